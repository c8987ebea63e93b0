//! An independent reader of the OpenAI chat wire, over `serde_json` values: the oracle for laws about content.

use serde_json::Value;
use thalweg::Protocol;

use crate::{Setup, wire};

/// What one frame says of one choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    pub(super) choice: u32,
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) refusal: String,
    pub(super) calls: Vec<CallPiece>,
}

/// A piece of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct CallPiece {
    pub(super) index: Option<i64>,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) input: String,
}

/// Whether the bytes are read as this protocol.
pub(super) fn speaks(setup: &Setup<'_>) -> bool {
    setup.dialect.is_some_and(|dialect| dialect.protocol == Protocol::OpenaiChat)
}

/// All that the frames say, in order. The error is why an independent reading is impossible.
pub(super) fn read(body: &[u8]) -> Result<Vec<Delta>, &'static str> {
    let mut deltas = Vec::new();
    for frame in wire::frames(body).ok_or("bytes that are no text")? {
        if frame.data.trim().is_empty() || frame.data.trim() == "[DONE]" {
            continue;
        }
        let value: Value = serde_json::from_str(&frame.data).map_err(|_| "a frame that is no JSON")?;
        for choice in value["choices"].as_array().map_or(&[][..], Vec::as_slice) {
            deltas.push(read_choice(choice)?);
        }
    }
    Ok(deltas)
}

/// Why what comes out is not the sum of what the frames say, where a vendor's ways make it so.
pub(super) fn differs_from_sum(setup: &Setup<'_>, deltas: &[Delta]) -> Option<&'static str> {
    let oddities = &setup.dialect?.oddities;
    let text: String = deltas.iter().map(|delta| delta.text.as_str()).collect();
    if oddities.is_cumulative {
        return Some("fragments that repeat what came before");
    }
    if oddities.has_one_choice && deltas.iter().any(|delta| delta.choice > 0) {
        return Some("choices that are one message");
    }
    oddities.reasoning_tags.iter().any(|tags| text.contains(&*tags.open)).then_some("reasoning between tags")
}

fn read_choice(choice: &Value) -> Result<Delta, &'static str> {
    if choice["message"].is_object() {
        return Err("a whole message");
    }
    let delta = &choice["delta"];
    let index = match &choice["index"] {
        Value::Null => 0,
        index => index.as_u64().and_then(|index| u32::try_from(index).ok()).ok_or("an odd choice index")?,
    };
    let mut reasoning = String::new();
    for name in ["reasoning_content", "reasoning", "reasoning_text"] {
        let text = string(&delta[name])?;
        if !text.is_empty() && !reasoning.is_empty() && text != reasoning {
            return Err("two different reasonings");
        }
        reasoning = if text.is_empty() { reasoning } else { text };
    }
    if reasoning.is_empty() && delta["reasoning_details"].is_array() {
        return Err("reasoning in details alone");
    }
    let mut calls = Vec::new();
    for call in delta["tool_calls"].as_array().map_or(&[][..], Vec::as_slice) {
        calls.push(read_call(call)?);
    }
    if delta["function_call"].is_object() {
        calls.push(read_function(&delta["function_call"])?);
    }
    let (legacy, text) = (string(&choice["text"])?, string(&delta["content"])?);
    if !legacy.is_empty() && !text.is_empty() {
        return Err("two different texts");
    }
    Ok(Delta { choice: index, text: text + &legacy, reasoning, refusal: string(&delta["refusal"])?, calls })
}

fn read_call(call: &Value) -> Result<CallPiece, &'static str> {
    let form = if call["custom"].is_object() { "custom" } else { "function" };
    let mut piece = read_function(&call[form])?;
    piece.index = match &call["index"] {
        Value::Null => None,
        index => Some(index.as_i64().ok_or("an odd call index")?),
    };
    let id = string(&call["id"])?;
    if !id.is_empty() {
        piece.id = id;
    }
    Ok(piece)
}

fn read_function(function: &Value) -> Result<CallPiece, &'static str> {
    let [arguments, input] = ["arguments", "input"].map(|name| string(&function[name]));
    let (arguments, input) = (arguments?, input?);
    if !arguments.is_empty() && !input.is_empty() {
        return Err("two different inputs");
    }
    let (id, name) = (string(&function["id"])?, string(&function["name"])?);
    Ok(CallPiece { index: None, id, name, input: arguments + &input })
}

/// A string, or nothing.
fn string(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err("a value where a string should be"),
    }
}

/// Whether a frame may bear on the verdict: it is an end mark, has a finish reason or an error, or cannot be read.
pub(super) fn may_end(data: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(data) else { return true };
    let has_reason = |choice: &Value| {
        choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty())
            || choice["message"].is_object()
            || !choice["error"].is_null()
    };
    let has_choice = value["choices"].as_array().is_some_and(|choices| choices.iter().any(has_reason));
    has_choice
        || [&value["error"], &value["x_groq"]["error"]].iter().any(|it| !it.is_null())
        || value["object"] == "error"
}

/// The usage object of a frame, if it has one.
pub(super) fn usage(data: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(data).ok()?;
    let usage = value.get_mut("usage")?.take();
    usage.is_object().then_some(usage)
}

/// Whether a frame counts tokens only where some vendors do.
pub(super) fn counts_elsewhere(data: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(data) else { return false };
    let in_choice = |choice: &Value| choice["usage"].is_object();
    let in_choices = value["choices"].as_array().is_some_and(|choices| choices.iter().any(in_choice));
    !value["usage"].is_object() && (in_choices || value["x_groq"]["usage"].is_object())
}
