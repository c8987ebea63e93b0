//! One rule, done to a body.

use serde_json::{Map, Value, json};

use super::rules::Change;
use super::{PrepareError, Prepared, content, messages};
use crate::client::profile::Kind;

/// Does one thing to a body, and says what it did.
pub(super) fn apply(
    change: &Change,
    body: &mut Map<String, Value>,
    kind: Kind,
    prepared: &mut Prepared,
) -> Result<(), PrepareError> {
    let said = match change {
        Change::Remove { member } => body.shift_remove(&**member).map(|_| format!("{member} taken out")),
        Change::RemoveNull { member } => body
            .get(&**member)
            .is_some_and(Value::is_null)
            .then(|| body.shift_remove(&**member))
            .map(|_| format!("{member}: null taken out")),
        Change::Rename { member, to } if !body.contains_key(&**to) => body.shift_remove(&**member).map(|value| {
            body.insert(to.to_string(), value);
            format!("{member} is {to}")
        }),
        Change::Rename { .. } => None,
        Change::Default { member, json } => match body.get(&**member) {
            Some(value) if !is_empty(value) => None,
            _ => Some(set(body, member, json)?),
        },
        Change::Set { member, json } => Some(set(body, member, json)?),
        Change::Require { member } => match body.get(&**member) {
            Some(value) if !value.is_null() => None,
            _ => return Err(PrepareError::Missing { member: member.to_string() }),
        },
        Change::AskUsage => ask_usage(body, prepared.streams),
        Change::DropEmptyAssistant => counted(messages::drop_empty(body), "empty messages of the assistant left out"),
        Change::RemoveCacheControl => counted(messages::remove_cache_control(body), "cache_control taken out"),
        Change::JsonByInstruction { words } => json_by_instruction(body, words, kind),
        Change::PutSignaturesIntoIds => counted(messages::put_signatures(body), "signatures put into ids of calls"),
        Change::BlocksToParts => counted(messages::blocks_to_parts(body), "blocks are parts"),
        Change::ContentToResponses => counted(content::to_responses(body)?, "parts of content renamed"),
    };
    prepared.changes.extend(said);
    Ok(())
}

fn counted(n: usize, what: &str) -> Option<String> {
    (n > 0).then(|| format!("{what}: {n}"))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn set(body: &mut Map<String, Value>, member: &str, json: &str) -> Result<String, PrepareError> {
    let value = serde_json::from_str(json).map_err(|_| PrepareError::Rule { member: member.to_owned() })?;
    body.insert(member.to_owned(), value);
    Ok(format!("{member} set"))
}

fn ask_usage(body: &mut Map<String, Value>, streams: bool) -> Option<String> {
    const MEMBER: &str = "stream_options";
    if !streams {
        return body.shift_remove(MEMBER).map(|_| "stream_options taken out".to_owned());
    }
    let options = body.entry(MEMBER).or_insert(Value::Null);
    if options.is_null() {
        *options = json!({});
    }
    let options = options.as_object_mut().filter(|options| !options.contains_key("include_usage"))?;
    options.insert("include_usage".to_owned(), true.into());
    Some("stream_options.include_usage set".to_owned())
}

/// `response_format` in words.
fn json_by_instruction(body: &mut Map<String, Value>, words: &str, kind: Kind) -> Option<String> {
    let format = body.shift_remove("response_format")?;
    if !matches!(format.get("type").and_then(Value::as_str), Some("json_object" | "json_schema")) {
        return Some("response_format taken out".to_owned());
    }
    let schema = format.pointer("/json_schema/schema").map(|schema| format!(" It follows this schema: {schema}"));
    let instruction = format!("{words}{}", schema.unwrap_or_default());
    messages::instruct(body, &instruction, kind);
    Some("response_format is an instruction".to_owned())
}
