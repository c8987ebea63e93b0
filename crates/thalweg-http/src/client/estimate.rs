//! How many tokens a request has, roughly.

use serde_json::Value;
use thalweg::{CharactersPerToken, CountTokens};

/// An estimate of a request's input, and how it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputEstimate {
    /// The tokens.
    pub tokens: u64,
    /// How they were counted.
    pub method: String,
}

/// Counts the text of a request: everything that is a string in its messages, prompts and tools, data of pictures and
/// sounds left out. With a counter, named by its caller, or at four characters a token.
///
/// ```
/// let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": "Twelve chars"}]});
/// let estimate = thalweg_http::estimate_input(&body, None);
/// assert_eq!((estimate.tokens, &*estimate.method), (4, "characters / 4"));
/// ```
#[must_use]
pub fn estimate_input(body: &Value, counter: Option<(&str, &mut dyn CountTokens)>) -> InputEstimate {
    match counter {
        Some((method, counter)) => {
            count(body, counter);
            InputEstimate { tokens: counter.tokens(), method: method.to_owned() }
        }
        None => {
            let mut counter = CharactersPerToken::default();
            count(body, &mut counter);
            InputEstimate { tokens: counter.tokens(), method: "characters / 4".to_owned() }
        }
    }
}

/// Without recursion: a body that a program made can be of any depth.
fn count(body: &Value, counter: &mut dyn CountTokens) {
    let mut open: Vec<&Value> = PLACES.iter().rev().filter_map(|place| body.get(*place)).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if !is_data(text) => counter.add(text),
            Value::Array(values) => open.extend(values.iter().rev()),
            Value::Object(members) => open.extend(members.values().rev()),
            _ => {}
        }
    }
}

/// Base64 of a picture or a sound.
fn is_data(text: &str) -> bool {
    text.starts_with("data:") || (text.len() > DATA_LEAST && !text.contains(char::is_whitespace))
}

/// Words of people are not so long.
const DATA_LEAST: usize = 1024;

/// Members of a request that are input.
const PLACES: &[&str] = &[
    "instructions",
    "system",
    "systemInstruction",
    "system_instruction",
    "messages",
    "input",
    "contents",
    "prompt",
    "message",
    "tools",
];
