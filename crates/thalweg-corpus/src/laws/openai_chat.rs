//! An independent reader of the OpenAI chat wire, over `serde_json` values: the oracle for laws about content.

use serde_json::{Value, json};
use thalweg::dialect::Oddities;

use super::deltas::{CallPiece, Delta};
use crate::{Setup, wire};

/// All that the frames say, in order. The error is why an independent reading is impossible.
pub(super) fn read(body: &[u8]) -> Result<Vec<Delta>, &'static str> {
    let mut deltas = Vec::new();
    for frame in wire::frames(body).ok_or("bytes that are no text")? {
        if frame.data.trim().is_empty() || frame.data.trim() == "[DONE]" || is_prose(&frame.data) {
            continue;
        }
        let value: Value = serde_json::from_str(&frame.data).map_err(|_| "a frame that is no JSON")?;
        for choice in value["choices"].as_array().map_or(&[][..], Vec::as_slice) {
            deltas.push(read_choice(choice)?);
        }
    }
    Ok(deltas)
}

/// A frame that is a comment or a sentence, and no JSON that was cut or broken: it holds no content.
pub(super) fn is_prose(data: &str) -> bool {
    let begins = data.trim_start().starts_with(|first: char| first == ':' || first.is_alphabetic());
    begins && serde_json::from_str::<Value>(data).is_err()
}

/// Undoes what a vendor does to text: fragments that repeat what came before, reasoning between tags. The error is why
/// what comes out is still not the sum of what the frames say.
pub(super) fn undo(setup: &Setup<'_>, deltas: &mut [Delta]) -> Result<(), &'static str> {
    let Some(dialect) = setup.dialect else { return Ok(()) };
    let oddities = &dialect.oddities;
    if oddities.has_null_ids {
        deltas
            .iter_mut()
            .flat_map(|delta| &mut delta.calls)
            .filter(|call| call.id == "null")
            .for_each(|call| call.id.clear());
    }
    if oddities.has_one_choice && deltas.iter().any(|delta| delta.choice > 0) {
        return Err("choices that are one message");
    }
    let mut choices: Vec<_> = deltas.iter().map(|delta| delta.choice).collect();
    choices.sort_unstable();
    choices.dedup();
    for choice in choices {
        if oddities.is_cumulative {
            shorten(deltas.iter_mut().filter(|delta| delta.choice == choice).map(|delta| &mut delta.text))?;
            shorten(deltas.iter_mut().filter(|delta| delta.choice == choice).map(|delta| &mut delta.reasoning))?;
        }
        if !oddities.reasoning_tags.is_empty() {
            untag(oddities, deltas.iter_mut().filter(|delta| delta.choice == choice))?;
        }
    }
    Ok(())
}

/// Takes from each text what came before it.
fn shorten<'a>(texts: impl Iterator<Item = &'a mut String>) -> Result<(), &'static str> {
    let mut known = String::new();
    for text in texts.filter(|text| !text.is_empty()) {
        let new = text.strip_prefix(&*known).ok_or("a fragment that does not repeat what came before it")?.to_owned();
        known = core::mem::replace(text, new);
    }
    Ok(())
}

/// Makes reasoning of what stands between tags in a choice's text, all in its first delta.
fn untag<'a>(oddities: &Oddities, mut deltas: impl Iterator<Item = &'a mut Delta>) -> Result<(), &'static str> {
    let Some(first) = deltas.next() else { return Ok(()) };
    let has_flat = |delta: &Delta| !delta.reasoning.is_empty();
    let mut is_flat_first = has_flat(first) && first.text.is_empty();
    for delta in deltas {
        is_flat_first |= has_flat(delta) && first.text.is_empty();
        first.text += &core::mem::take(&mut delta.text);
        first.reasoning += &core::mem::take(&mut delta.reasoning);
    }
    let mut reasoning = String::new();
    let mut rest = first.text.as_str();
    let mut inside = oddities.reasoning_tags.first().filter(|_| oddities.begins_in_reasoning);
    loop {
        let Some(tags) = inside.take() else {
            let word = rest.trim_start();
            let Some(tags) = oddities.reasoning_tags.iter().find(|tags| word.starts_with(&*tags.open)) else { break };
            reasoning += &rest[..rest.len() - word.len()];
            rest = &word[tags.open.len()..];
            inside = Some(tags);
            continue;
        };
        let (said, after) = rest.split_once(&*tags.close).unwrap_or((rest, ""));
        reasoning += said;
        rest = after;
    }
    if is_flat_first && !reasoning.is_empty() {
        return Err("reasoning before reasoning between tags");
    }
    first.text = rest.to_owned();
    first.reasoning.insert_str(0, &reasoning);
    Ok(())
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
    // The same text again, in more detail; where it differs an anomaly says so.
    let details = texts(&delta["reasoning_details"])?;
    reasoning = if details.is_empty() { reasoning } else { details };
    let mut calls = Vec::new();
    for call in delta["tool_calls"].as_array().map_or(&[][..], Vec::as_slice) {
        calls.push(read_call(call)?);
    }
    if delta["function_call"].is_object() {
        calls.push(read_function(&delta["function_call"])?);
    }
    let mut read = Delta { choice: index, text: string(&choice["text"])?, reasoning, calls, ..Delta::default() };
    read.refusal = string(&delta["refusal"])?;
    let has_legacy = !read.text.is_empty();
    match &delta["content"] {
        Value::Array(parts) => parts.iter().try_for_each(|part| read_part(part, &mut read))?,
        content => read.text += &string(content)?,
    }
    if has_legacy && !matches!(&delta["content"], Value::Null) && delta["content"] != "" {
        return Err("two different texts");
    }
    Ok(read)
}

/// One part of a `content` that is a list, of those that hold text.
fn read_part(part: &Value, delta: &mut Delta) -> Result<(), &'static str> {
    match (part, part["type"].as_str()) {
        (Value::Null, _) => {}
        (Value::String(text), _) => delta.text += text,
        (_, Some("text" | "output_text" | "input_text")) => delta.text += &texts(&part["text"])?,
        (_, Some("thinking")) => delta.reasoning += &texts(&part["thinking"])?,
        (_, Some("reasoning")) => delta.reasoning += &texts(&part["summary"])?,
        (_, Some("refusal")) => delta.refusal += &string(&part["refusal"])?,
        (_, Some("image_url" | "image" | "reference" | "citation")) => {}
        _ => return Err("an unknown part of content"),
    }
    Ok(())
}

/// A text, or a list of objects with texts.
fn texts(value: &Value) -> Result<String, &'static str> {
    let Value::Array(entries) = value else { return string(value) };
    let text = |entry: &Value| {
        let named = ["text", "summary"].into_iter().find(|name| entry[name].is_string());
        string(&entry[named.unwrap_or("text")])
    };
    entries.iter().map(text).collect()
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
        let reason = choice["finish_reason"].as_str();
        reason.is_some_and(|reason| !reason.is_empty() && !reason.eq_ignore_ascii_case("null"))
            || choice["message"].is_object()
            || !choice["error"].is_null()
    };
    let has_choice = value["choices"].as_array().is_some_and(|choices| choices.iter().any(has_reason));
    has_choice
        || [&value["error"], &value["detail"], &value["x_groq"]["error"]].iter().any(|it| !it.is_null())
        || value["object"] == "error"
}

/// The usage objects of a frame, in the order in which they are read.
pub(super) fn usages(data: &str) -> Vec<Value> {
    let Ok(value) = serde_json::from_str::<Value>(data) else { return Vec::new() };
    let in_choices = value["choices"].as_array().into_iter().flatten().map(|choice| &choice["usage"]);
    let all = in_choices.chain([&value["usage"], &value["x_groq"]["usage"]]);
    all.filter(|usage| usage.is_object()).cloned().collect()
}

/// A frame that says a frame's usage again, where it was said, and nothing else.
pub(super) fn usage_again(data: &str) -> Option<Value> {
    if usages(data).is_empty() {
        return None;
    }
    let value: Value = serde_json::from_str(data).ok()?;
    let again = |choice: &Value| json!({"index": choice["index"], "usage": choice["usage"]});
    let has_usage = |choice: &&Value| choice["usage"].is_object();
    let choices: Vec<_> = value["choices"].as_array().into_iter().flatten().filter(has_usage).map(again).collect();
    Some(json!({"choices": choices, "usage": value["usage"], "x_groq": {"usage": value["x_groq"]["usage"]}}))
}

/// Input, output and total of a usage object. None where what they are is a matter of judgement.
pub(super) fn counts(usage: &Value) -> Option<[Option<u64>; 3]> {
    let count = |names: [&str; 2]| {
        let [one, other] = names.map(|name| usage[name].as_u64());
        (one.is_none() || other.is_none() || one == other).then(|| one.or(other))
    };
    let mut input = count(["prompt_tokens", "input_tokens"])?;
    let mut output = count(["completion_tokens", "output_tokens"])?;
    if let Some(models) = usage["models"].as_array() {
        let sum = |name| models.iter().map(|model| model[name].as_u64()).sum::<Option<u64>>();
        if input.is_some() || output.is_some() {
            return None;
        }
        (input, output) = (sum("input_tokens"), sum("output_tokens"));
    }
    // Counted beside the input, or a mistake: who knows.
    let cached = ["cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens"].map(|name| &usage[name]);
    let cached = cached.into_iter().chain([&usage["prompt_tokens_details"]["cached_tokens"]]);
    let is_within = cached.filter_map(Value::as_u64).all(|cached| Some(cached) <= input);
    is_within.then(|| [input, output, usage["total_tokens"].as_u64()])
}
