//! Anthropic Messages, in Anthropic's own shape: named events, deltas padded with blanks before their last brace.

use thalweg::dialects::ANTHROPIC_MESSAGES;

use super::chat::{for_each_long_piece, input_piece};
use super::words::{Random, quoted};
use super::{Stream, Wire};

/// A text answer: about 131 bytes a frame, about 8 of them text.
#[must_use]
pub fn text(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = begin("text");
    text_block(&mut wire, 0, deltas, &mut random);
    end(wire, "end_turn")
}

/// Thinking in half of the deltas, its signature, then a text.
#[must_use]
pub fn thinking(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = begin("thinking");
    start(&mut wire, 0, r#"{"type":"thinking","thinking":"","signature":""}"#);
    for _ in 0..deltas / 2 {
        let piece = random.piece();
        wire.say(0, &piece);
        delta(&mut wire, 0, &format!(r#"{{"type":"thinking_delta","thinking":{}}}"#, quoted(&piece)), &mut random);
    }
    let signature = random.letters(340);
    delta(&mut wire, 0, &format!(r#"{{"type":"signature_delta","signature":"{signature}"}}"#), &mut random);
    stop(&mut wire, 0);
    text_block(&mut wire, 1, deltas - deltas / 2, &mut random);
    end(wire, "end_turn")
}

/// A short text, then two tool calls, one after another as this API sends them.
#[must_use]
pub fn tools(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = begin("tools");
    let texts = deltas / 8;
    text_block(&mut wire, 0, texts, &mut random);
    for call in 1..=CALLS {
        let inputs = deltas - texts;
        let pieces = inputs / CALLS + usize::from(call <= inputs % CALLS);
        open_call(&mut wire, call, &mut random);
        for done in 0..pieces {
            let mut piece = input_piece(done, pieces - done - 1, &mut random);
            if (2..pieces - 1).contains(&done) && random.below(3) > 0 {
                piece.push_str(&input_piece(2, 1, &mut random));
            }
            input(&mut wire, call, &piece, &mut random);
        }
        stop(&mut wire, call);
    }
    end(wire, "tool_use")
}

/// One tool call whose input grows to about `input_bytes`, in deltas of 4 KiB.
#[must_use]
pub fn long_input(input_bytes: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = begin("long input");
    open_call(&mut wire, 0, &mut random);
    for_each_long_piece(input_bytes, seed, |piece| input(&mut wire, 0, piece, &mut random));
    stop(&mut wire, 0);
    end(wire, "tool_use")
}

impl Random {
    /// A fragment of text: longer than elsewhere.
    fn piece(&mut self) -> String {
        let tokens = 1 + usize::from(self.below(3) > 0);
        self.tokens(tokens)
    }

    fn blanks(&mut self) -> &'static str {
        &"              "[self.below(15)..]
    }
}

fn begin(name: &'static str) -> Wire {
    let mut wire = Wire::new(name, &ANTHROPIC_MESSAGES);
    wire.event(
        "message_start",
        concat!(
            r#"{"type":"message_start","message":{"model":"example-sonnet-20260131","id":"msg_01OrvelSil4WendaFindoLum","#,
            r#""type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"#,
            r#""usage":{"input_tokens":1051,"cache_creation_input_tokens":0,"cache_read_input_tokens":1024,"#,
            r#""cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"#,
            r#""output_tokens":1,"service_tier":"standard"}}}"#
        ),
    );
    wire
}

fn text_block(wire: &mut Wire, block: usize, deltas: usize, random: &mut Random) {
    start(wire, block, r#"{"type":"text","text":""}"#);
    if block == 0 {
        wire.event("ping", r#"{"type": "ping"}"#);
    }
    for _ in 0..deltas {
        let piece = random.piece();
        wire.say(block, &piece);
        delta(wire, block, &format!(r#"{{"type":"text_delta","text":{}}}"#, quoted(&piece)), random);
    }
    stop(wire, block);
}

fn open_call(wire: &mut Wire, block: usize, random: &mut Random) {
    let id = random.letters(22);
    start(
        wire,
        block,
        &format!(r#"{{"type":"tool_use","id":"toolu_01{id}","name":"write_file_{block}","input":{{}}}}"#),
    );
    input(wire, block, "", random);
}

fn input(wire: &mut Wire, block: usize, piece: &str, random: &mut Random) {
    wire.say(block, piece);
    delta(wire, block, &format!(r#"{{"type":"input_json_delta","partial_json":{}}}"#, quoted(piece)), random);
}

fn start(wire: &mut Wire, block: usize, content: &str) {
    let data = format!(r#"{{"type":"content_block_start","index":{block},"content_block":{content}            }}"#);
    wire.event("content_block_start", &data);
}

fn delta(wire: &mut Wire, block: usize, delta: &str, random: &mut Random) {
    let blanks = random.blanks();
    let data = format!(r#"{{"type":"content_block_delta","index":{block},"delta":{delta}{blanks}}}"#);
    wire.event("content_block_delta", &data);
}

fn stop(wire: &mut Wire, block: usize) {
    wire.event("content_block_stop", &format!(r#"{{"type":"content_block_stop","index":{block}      }}"#));
}

fn end(mut wire: Wire, reason: &str) -> Stream {
    let usage = concat!(
        r#"{"input_tokens":1051,"cache_creation_input_tokens":0,"cache_read_input_tokens":1024,"#,
        r#""output_tokens":800}"#
    );
    let delta = format!(r#"{{"stop_reason":"{reason}","stop_sequence":null}}"#);
    wire.event("message_delta", &format!(r#"{{"type":"message_delta","delta":{delta},"usage":{usage}    }}"#));
    wire.event("message_stop", r#"{"type":"message_stop"          }"#);
    wire.end()
}

const CALLS: usize = 2;
