//! Made streams of the openai-chat protocol, with what must come out of them.
//!
//! The same arguments give the same bytes, everywhere and always: the numbers come from a generator in this file, not
//! from a dependency that may change its own. Two shapes are OpenAI's own ([`chat`] and [`tools`]); the others are
//! small on purpose and grow in one direction each.

use core::fmt::Write as _;

/// A stream and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What it is called in tables.
    pub name: &'static str,
    /// What is on the wire.
    pub bytes: Vec<u8>,
    /// How many frames with data there are, `[DONE]` included.
    pub frames: usize,
    /// The content of each block in order of appearance: exactly what a fold must give.
    pub visible: Vec<String>,
}

/// Deltas of a typical response.
pub const TYPICAL: usize = 800;

/// A text answer in OpenAI's shape: about 331 bytes a frame, about 5 of them text.
#[must_use]
pub fn chat(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("chat");
    wire.openai(r#"{"role":"assistant","content":"","refusal":null}"#, "null", &mut random);
    for _ in 0..deltas {
        let token = random.pick(TOKENS);
        wire.say(0, token);
        wire.openai(&format!(r#"{{"content":{}}}"#, quoted(token)), "null", &mut random);
    }
    wire.openai("{}", r#""stop""#, &mut random);
    wire.end()
}

/// Four tool calls, their inputs interleaved, in OpenAI's shape: about 378 bytes a frame, about 5 of them input.
///
/// Each input is one JSON object; `deltas` is how many fragments they come in, all together, and at least 12.
#[must_use]
pub fn tools(deltas: usize, seed: u64) -> Stream {
    let mut random = Random(seed);
    let mut wire = Wire::new("tools");
    for call in 0..CALLS {
        let role = if call == 0 { r#""role":"assistant","content":null,"# } else { "" };
        let id = random.letters(24);
        let function = format!(r#"{{"name":"write_file_{call}","arguments":""}}"#);
        let call = format!(r#"{{"index":{call},"id":"call_{id}","type":"function","function":{function}}}"#);
        wire.openai(&format!(r#"{{{role}"tool_calls":[{call}]}}"#), "null", &mut random);
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
        wire.openai(&input_delta(call, &piece), "null", &mut random);
    }
    wire.openai("{}", r#""tool_calls""#, &mut random);
    wire.end()
}

/// One `data:` line of exactly `line_bytes` bytes (at least 100) with a text in it, and an end.
#[must_use]
pub fn giant_line(line_bytes: usize) -> Stream {
    let (before, after) = (r#"{"choices":[{"index":0,"delta":{"content":""#, r#""}}]}"#);
    let room = line_bytes.saturating_sub("data: ".len() + before.len() + after.len());
    let text = letters(room);
    let mut wire = Wire::new("giant line");
    wire.frame(&format!("{before}{text}{after}"));
    wire.say(0, &text);
    wire.frame(STOP);
    wire.end()
}

/// That many frames of one letter and nothing that can be left out, and an end.
#[must_use]
pub fn small_events(events: usize) -> Stream {
    let mut wire = Wire::new("small events");
    for letter in letters(events).chars() {
        wire.frame(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{letter}"}}}}]}}"#));
        wire.say(0, letter.encode_utf8(&mut [0; 4]));
    }
    wire.frame(STOP);
    wire.end()
}

/// One tool call with an input of exactly `input_bytes` bytes (at least 20), in deltas of `delta_bytes`, and an end.
#[must_use]
pub fn tool_input(input_bytes: usize, delta_bytes: usize) -> Stream {
    let (before, after) = (r#"{"text":""#, r#""}"#);
    let input = format!("{before}{}{after}", letters(input_bytes.saturating_sub(before.len() + after.len())));
    let mut wire = Wire::new("tool input");
    wire.frame(
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"write"}}]}}]}"#,
    );
    let mut rest = input.as_str();
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(delta_bytes.clamp(1, rest.len()));
        wire.frame(&format!(r#"{{"choices":[{{"index":0,"delta":{}}}]}}"#, input_delta(0, piece)));
        rest = next;
    }
    wire.say(0, &input);
    wire.frame(STOP);
    wire.end()
}

/// A stream that is being written.
struct Wire {
    name: &'static str,
    bytes: String,
    frames: usize,
    visible: Vec<String>,
}

impl Wire {
    const fn new(name: &'static str) -> Self {
        Self { name, bytes: String::new(), frames: 0, visible: Vec::new() }
    }

    fn frame(&mut self, data: &str) {
        self.bytes.push_str("data: ");
        self.bytes.push_str(data);
        self.bytes.push_str("\n\n");
        self.frames += 1;
    }

    /// A chunk with all the fields that OpenAI sends, and the padding that hides how long its text is.
    fn openai(&mut self, delta: &str, finish: &str, random: &mut Random) {
        let mut data = String::from(FACTS);
        let _infallible = write!(
            data,
            r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null,"#
        );
        let padding_len = 5 + random.below(9);
        let padding = random.letters(padding_len);
        let _infallible = write!(data, r#""obfuscation":"{padding}"}}"#);
        self.frame(&data);
    }

    /// Notes what a frame says.
    fn say(&mut self, block: usize, text: &str) {
        crate::steps::collect(&mut self.visible, block, text);
    }

    fn end(mut self) -> Stream {
        self.frame(USAGE);
        self.frame("[DONE]");
        Stream { name: self.name, bytes: self.bytes.into_bytes(), frames: self.frames, visible: self.visible }
    }
}

/// The `done`th piece of a call's input, when `left` more will come: together they are one JSON object.
fn input_piece(done: usize, left: usize, random: &mut Random) -> String {
    match (done, left) {
        (0, _) => r#"{"path"#.into(),
        (1, _) => r#"":""#.into(),
        (_, 0) => r#""}"#.into(),
        _ => {
            let token = quoted(random.pick(TOKENS));
            token[1..token.len() - 1].into()
        }
    }
}

fn input_delta(call: usize, piece: &str) -> String {
    let piece = quoted(piece);
    format!(r#"{{"tool_calls":[{{"index":{call},"function":{{"arguments":{piece}}}}}]}}"#)
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            _ => json.push(letter),
        }
    }
    json.push('"');
    json
}

/// The alphabet, over and over.
fn letters(count: usize) -> String {
    (b'a'..=b'z').cycle().take(count).map(char::from).collect()
}

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small: the bias does not matter here.
    const fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    fn letters(&mut self, count: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

const CALLS: usize = 4;

const FACTS: &str = concat!(
    r#"{"id":"chatcmpl-D2NUTAZqdNCNmo6V3lzApSGvc1QYE","object":"chat.completion.chunk","created":1769459325,"#,
    r#""model":"gpt-5-mini-2025-08-07","service_tier":"default","system_fingerprint":"fp_560af6e559","#
);

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

const USAGE: &str = concat!(
    r#"{"id":"chatcmpl-D2NUTAZqdNCNmo6V3lzApSGvc1QYE","object":"chat.completion.chunk","created":1769459325,"#,
    r#""model":"gpt-5-mini-2025-08-07","service_tier":"default","system_fingerprint":"fp_560af6e559","choices":[],"#,
    r#""usage":{"prompt_tokens":1051,"completion_tokens":800,"total_tokens":1851,"#,
    r#""prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},"#,
    r#""completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":0,"accepted_prediction_tokens":0,"#,
    r#""rejected_prediction_tokens":0}},"obfuscation":"oG1UN"}"#
);

/// Fragments as models give them: five bytes on average, a few with something to unescape, a few that are not ASCII.
const TOKENS: &[&str] = &[
    " the",
    " river",
    " runs",
    " to",
    " a",
    " sea",
    ",",
    " and",
    " water",
    " finds",
    " its",
    " line",
    ".",
    " stone",
    " current",
    " of",
    " deep",
    " channel",
    " in",
    " flow",
    " bank",
    "ing",
    "ed",
    " where",
    " under",
    " it",
    "\n\n",
    " \"bed\"",
    " café",
    " slow",
    " between",
    " winter",
    " spring",
    " tide",
    " at",
    " noon",
    " is",
    " measured",
];

#[cfg(test)]
mod tests;
