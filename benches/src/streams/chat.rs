//! OpenAI Chat Completions, in OpenAI's own shape.

use core::fmt::Write as _;

use thalweg::dialects::OPENAI_CHAT;

use super::words::{Random, escaped, quoted};
use super::{LONG_DELTA_BYTES, Stream, Wire};

/// A text answer: about 331 bytes a frame, about 5 of them text.
#[must_use]
pub fn text(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("text", &OPENAI_CHAT);
    chunk(&mut wire, r#"{"role":"assistant","content":"","refusal":null}"#, "null", &mut random);
    for _ in 0..deltas {
        let token = random.token();
        wire.say(0, token);
        chunk(&mut wire, &format!(r#"{{"content":{}}}"#, quoted(token)), "null", &mut random);
    }
    end(wire, "stop", &mut random)
}

/// Reasoning in half of the deltas, then a text, in the shape that DeepSeek gave it and that others took over.
#[must_use]
pub fn reasoning(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("reasoning", &OPENAI_CHAT);
    let facts = concat!(
        r#"{"id":"7c1d0a52-90ee-4c1b-a4d3-5be2f0c6d911","object":"chat.completion.chunk","created":1760000000,"#,
        r#""model":"example-reasoner","system_fingerprint":"fp_c0ffee1234_prod0001_fp8","#
    );
    let say = |wire: &mut Wire, delta: &str, finish: &str| {
        let choice = format!(r#"{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}"#);
        wire.frame(&format!(r#"{facts}"choices":[{choice}]}}"#));
    };
    say(&mut wire, r#"{"role":"assistant","content":null,"reasoning_content":""}"#, "null");
    for delta in 0..deltas {
        let token = random.token();
        let is_reasoning = delta < deltas / 2;
        wire.say(usize::from(!is_reasoning), token);
        let token = quoted(token);
        let delta = if is_reasoning {
            format!(r#"{{"content":null,"reasoning_content":{token}}}"#)
        } else {
            format!(r#"{{"content":{token},"reasoning_content":null}}"#)
        };
        say(&mut wire, &delta, "null");
    }
    say(&mut wire, r#"{"content":"","reasoning_content":null}"#, r#""stop""#);
    wire.frame(&format!(r#"{facts}"choices":[],"usage":{USAGE}}}"#));
    wire.frame("[DONE]");
    wire.end()
}

/// Four tool calls, their inputs interleaved: about 378 bytes a frame, about 5 of them input.
///
/// Each input is one JSON object; `deltas` is how many fragments they come in, all together, and at least 12.
#[must_use]
pub fn tools(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("tools", &OPENAI_CHAT);
    for call in 0..CALLS {
        open_call(&mut wire, call, &mut random);
    }
    let mut left: Vec<_> = (0..CALLS).map(|call| deltas / CALLS + usize::from(call < deltas % CALLS)).collect();
    let whole = left.clone();
    for _ in 0..deltas {
        let mut call = random.below(CALLS);
        while left[call] == 0 {
            call = (call + 1) % CALLS;
        }
        let done = whole[call] - left[call];
        left[call] -= 1;
        let piece = input_piece(done, left[call], &mut random);
        wire.say(call, &piece);
        chunk(&mut wire, &input_delta(call, &piece), "null", &mut random);
    }
    end(wire, "tool_calls", &mut random)
}

/// One tool call whose input grows to about `input_bytes`, in deltas of 4 KiB.
#[must_use]
pub fn long_input(input_bytes: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("long input", &OPENAI_CHAT);
    open_call(&mut wire, 0, &mut random);
    for_each_long_piece(input_bytes, seed, |piece| {
        wire.say(0, piece);
        chunk(&mut wire, &input_delta(0, piece), "null", &mut random);
    });
    end(wire, "tool_calls", &mut random)
}

/// The pieces of about 4 KiB of one JSON object of about that many bytes. The other protocols use it too.
pub(super) fn for_each_long_piece(input_bytes: usize, seed: u64, mut visit: impl FnMut(&str)) {
    let mut random = Random(seed ^ LONG);
    visit(r#"{"path":"ora/mel.txt","text":""#);
    let mut done = 0;
    while done < input_bytes {
        let mut piece = String::with_capacity(LONG_DELTA_BYTES + 16);
        while piece.len() < LONG_DELTA_BYTES {
            piece.push_str(&escaped(random.token()));
        }
        done += piece.len();
        visit(&piece);
    }
    visit(r#""}"#);
}

/// The `done`th piece of a call's input, when `left` more will come: together they are one JSON object.
pub(super) fn input_piece(done: usize, left: usize, random: &mut Random) -> String {
    match (done, left) {
        (0, _) => r#"{"path"#.into(),
        (1, _) => r#"":""#.into(),
        (_, 0) => r#""}"#.into(),
        _ => escaped(random.token()),
    }
}

pub(super) fn input_delta(call: usize, piece: &str) -> String {
    let piece = quoted(piece);
    format!(r#"{{"tool_calls":[{{"index":{call},"function":{{"arguments":{piece}}}}}]}}"#)
}

fn open_call(wire: &mut Wire, call: usize, random: &mut Random) {
    let role = if call == 0 { r#""role":"assistant","content":null,"# } else { "" };
    let id = random.letters(24);
    let function = format!(r#"{{"name":"write_file_{call}","arguments":""}}"#);
    let call = format!(r#"{{"index":{call},"id":"call_{id}","type":"function","function":{function}}}"#);
    chunk(wire, &format!(r#"{{{role}"tool_calls":[{call}]}}"#), "null", random);
}

/// A chunk with all the fields that OpenAI sends, and the padding that hides how long its text is.
fn chunk(wire: &mut Wire, delta: &str, finish: &str, random: &mut Random) {
    let mut data = String::from(FACTS);
    let _infallible = write!(
        data,
        r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null,"#
    );
    let padding_len = 5 + random.below(9);
    let padding = random.letters(padding_len);
    let _infallible = write!(data, r#""obfuscation":"{padding}"}}"#);
    wire.frame(&data);
}

fn end(mut wire: Wire, reason: &str, random: &mut Random) -> Stream {
    chunk(&mut wire, "{}", &quoted(reason), random);
    wire.frame(&format!(r#"{FACTS}"choices":[],"usage":{USAGE},"obfuscation":"oG1UN"}}"#));
    wire.frame("[DONE]");
    wire.end()
}

const CALLS: usize = 4;

/// So that the pieces do not repeat what the stream around them draws.
const LONG: u64 = 0x10_46;

const FACTS: &str = concat!(
    r#"{"id":"chatcmpl-WmVLoUm2bqAeN0sRivoPeTalDune7","object":"chat.completion.chunk","created":1760000000,"#,
    r#""model":"example-5-mini-2026-01-31","service_tier":"default","system_fingerprint":"fp_0e1a2b3c4d","#
);

const USAGE: &str = concat!(
    r#"{"prompt_tokens":1051,"completion_tokens":800,"total_tokens":1851,"#,
    r#""prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},"#,
    r#""completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":0,"accepted_prediction_tokens":0,"#,
    r#""rejected_prediction_tokens":0}}"#
);
