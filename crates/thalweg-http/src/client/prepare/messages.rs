//! What is done to the messages of a request.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::client::profile::Kind;

/// Leaves out messages of the assistant that say nothing and call nothing.
pub(super) fn drop_empty(body: &mut Map<String, Value>) -> usize {
    let Some(Value::Array(messages)) = body.get_mut("messages") else { return 0 };
    let before = messages.len();
    messages
        .retain(|message| message.get("role").and_then(Value::as_str) != Some("assistant") || has_anything(message));
    before - messages.len()
}

/// Content that says something, or a member that stands for an answer of its own: calls, audio, a refusal, reasoning.
fn has_anything(message: &Value) -> bool {
    let says = match message.get("content") {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(parts)) => parts.iter().any(part_says),
        Some(_) => true,
    };
    says || MEMBERS.iter().any(|member| match message.get(*member) {
        None | Some(Value::Null) => false,
        Some(Value::Array(calls)) => !calls.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    })
}

/// A part that is not a text without words.
fn part_says(part: &Value) -> bool {
    part.get("type").and_then(Value::as_str) != Some("text") || part.get("text").and_then(Value::as_str) != Some("")
}

/// Members of a message that say something without content.
const MEMBERS: &[&str] = &["tool_calls", "function_call", "refusal", "audio", "reasoning_details", "thinking_blocks"];

/// Takes every `cache_control` out of messages, their parts, the system prompt and tools.
pub(super) fn remove_cache_control(body: &mut Map<String, Value>) -> usize {
    let places = ["messages", "system", "tools"];
    let removed: usize = places.iter().map(|place| body.get_mut(*place).map_or(0, remove_marks)).sum();
    removed + usize::from(body.shift_remove("cache_control").is_some())
}

/// Of the elements of a list, and of the parts of their content. Not deeper: there it is somebody's data.
fn remove_marks(list: &mut Value) -> usize {
    let Value::Array(elements) = list else { return 0 };
    let mut removed = 0;
    for element in elements {
        let Value::Object(members) = element else { continue };
        removed += usize::from(members.shift_remove("cache_control").is_some());
        if let Some(tool) = members.get_mut("function").and_then(Value::as_object_mut) {
            removed += usize::from(tool.shift_remove("cache_control").is_some());
        }
        if let Some(parts) = members.get_mut("content") {
            removed += remove_marks(parts);
        }
    }
    removed
}

/// Puts an instruction behind the system prompt, wherever the request has it.
pub(super) fn instruct(body: &mut Map<String, Value>, instruction: &str, kind: Kind) {
    if kind != Kind::Chat {
        return add_words(body.entry("system").or_insert(Value::Null), instruction);
    }
    let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) else { return };
    let is_system =
        |message: &&mut Value| matches!(message.get("role").and_then(Value::as_str), Some("system" | "developer"));
    match messages.iter_mut().find(is_system).and_then(|message| message.get_mut("content")) {
        Some(content) => add_words(content, instruction),
        None => messages.insert(0, json!({"role": "system", "content": instruction})),
    }
}

fn add_words(prompt: &mut Value, words: &str) {
    match prompt {
        Value::String(text) if !text.is_empty() => text.extend(["\n\n", words]),
        Value::Array(parts) => parts.push(json!({"type": "text", "text": words})),
        _ => *prompt = words.into(),
    }
}

/// Gives reasoning and cache points in blocks the form of parts.
pub(super) fn blocks_to_parts(body: &mut Map<String, Value>) -> usize {
    let Some(Value::Array(messages)) = body.get_mut("messages") else { return 0 };
    let mut changed = 0;
    for parts in messages.iter_mut().filter_map(|message| message.get_mut("content")?.as_array_mut()) {
        let mut kept: Vec<Value> = Vec::with_capacity(parts.len());
        for part in parts.drain(..) {
            let reasoning = part.pointer("/reasoningContent/reasoningText");
            match (part.get("cachePoint"), reasoning) {
                (Some(_), _) => {
                    if let Some(Value::Object(before)) = kept.last_mut() {
                        before.insert("cache_control".to_owned(), json!({"type": "ephemeral"}));
                    }
                }
                (None, Some(reasoning)) => {
                    let mut thinking = json!({"type": "thinking", "thinking": reasoning.get("text")});
                    if let Some(signature) = reasoning.get("signature") {
                        thinking["signature"] = signature.clone();
                    }
                    kept.push(thinking);
                }
                (None, None) => {
                    kept.push(part);
                    continue;
                }
            }
            changed += 1;
        }
        *parts = kept;
    }
    changed
}

/// What stands between a call's id and the signature in it.
const THOUGHT: &str = "__thought__";

/// Puts signatures that stand beside calls into their ids, and into those of their results, which come behind them: an id
/// that comes again in a later turn is another call.
pub(super) fn put_signatures(body: &mut Map<String, Value>) -> usize {
    let Some(Value::Array(messages)) = body.get_mut("messages") else { return 0 };
    let mut signed: HashMap<String, String> = HashMap::new();
    let mut count = 0;
    for message in messages {
        for call in message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
            count += usize::from(put_signature(call, &mut signed));
        }
        let Some(id) = message.get("tool_call_id").and_then(Value::as_str) else { continue };
        if let Some(full) = signed.get(id) {
            message["tool_call_id"] = full.as_str().into();
        }
    }
    count
}

/// Puts the signature that stands beside a call into its id.
fn put_signature(call: &mut Value, signed: &mut HashMap<String, String>) -> bool {
    let Some(id) = call.get("id").and_then(Value::as_str).map(str::to_owned) else { return false };
    let signature = ["/provider_specific_fields", "/function/provider_specific_fields"]
        .iter()
        .find_map(|place| call.pointer(place)?.get("thought_signature")?.as_str());
    let Some(signature) = signature.filter(|signature| !signature.is_empty() && !id.contains(THOUGHT)) else {
        // Results of this one have no signature of an earlier one of the same id.
        signed.remove(&id);
        return false;
    };
    let full = format!("{id}{THOUGHT}{signature}");
    call["id"] = full.as_str().into();
    signed.insert(id, full);
    true
}
