//! Streams with nothing that can be left out, which grow in one direction each.

use thalweg::dialects::OPENAI_CHAT;

use super::chat::input_delta;
use super::words::alphabet;
use super::{Stream, Wire};

/// One `data:` line of exactly `line_bytes` bytes (at least 100) with a text in it, and an end.
#[must_use]
pub fn giant_line(line_bytes: usize) -> Stream {
    let (before, after) = (r#"{"choices":[{"index":0,"delta":{"content":""#, r#""}}]}"#);
    let room = line_bytes.saturating_sub("data: ".len() + before.len() + after.len());
    let text = alphabet(room);
    let mut wire = Wire::new("giant line", &OPENAI_CHAT);
    wire.frame(&format!("{before}{text}{after}"));
    wire.say(0, &text);
    end(wire)
}

/// That many frames of one letter, and an end.
#[must_use]
pub fn small_events(events: usize) -> Stream {
    let mut wire = Wire::new("small events", &OPENAI_CHAT);
    for letter in alphabet(events).chars() {
        wire.frame(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{letter}"}}}}]}}"#));
        wire.say(0, letter.encode_utf8(&mut [0; 4]));
    }
    end(wire)
}

/// One tool call with an input of exactly `input_bytes` bytes (at least 20), in deltas of `delta_bytes`, and an end.
#[must_use]
pub fn tool_input(input_bytes: usize, delta_bytes: usize) -> Stream {
    let (before, after) = (r#"{"text":""#, r#""}"#);
    let input = format!("{before}{}{after}", alphabet(input_bytes.saturating_sub(before.len() + after.len())));
    let mut wire = Wire::new("tool input", &OPENAI_CHAT);
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
    end(wire)
}

fn end(mut wire: Wire) -> Stream {
    wire.frame(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    wire.frame(r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}"#);
    wire.frame("[DONE]");
    wire.end()
}
