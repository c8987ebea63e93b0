//! What an independent reader makes of a wire whose blocks begin and end.

use serde_json::Value;
use thalweg::fold::Block;
use thalweg::{BlockKind, Protocol, Response};

use super::{anthropic_messages, openai_responses};
use crate::{Setup, Violation, wire};

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    Reasoning,
    Refusal,
    /// A call that the client must run.
    Call {
        id: String,
        name: String,
    },
    /// What the law has nothing to say about.
    Other,
}

/// A block, and what its frames say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spoken {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// Whether the bytes are read as a protocol of such blocks.
pub(super) fn protocol(setup: &Setup<'_>) -> Option<Protocol> {
    let has_reader = |protocol: &Protocol| matches!(protocol, Protocol::OpenaiResponses | Protocol::AnthropicMessages);
    setup.dialect.map(|dialect| dialect.protocol).filter(has_reader)
}

/// All that the frames say. The error is why an independent reading is impossible.
pub(super) fn read(protocol: Protocol, body: &[u8]) -> Result<Vec<Spoken>, &'static str> {
    let frames = frames(body)?;
    match protocol {
        Protocol::OpenaiResponses => openai_responses::read(&frames),
        _ => anthropic_messages::read(&frames),
    }
}

/// Whether a frame may bear on the verdict: it is an end mark, ends the answer, is an error, or cannot be read.
pub(super) fn may_end(protocol: Protocol, data: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(data) else { return true };
    let ends = match protocol {
        Protocol::OpenaiResponses => openai_responses::may_end(&value),
        _ => anthropic_messages::may_end(&value),
    };
    ends || value["type"] == "error" || !value["error"].is_null()
}

/// The frames of a body as values.
pub(super) fn frames(body: &[u8]) -> Result<Vec<Value>, &'static str> {
    let frames = wire::frames(body).ok_or("bytes that are no text")?;
    let is_mark = |data: &str| data.trim().is_empty() || data.trim() == "[DONE]";
    let texts = frames.iter().map(|frame| frame.data.as_str()).filter(|data| !is_mark(data));
    texts.map(|data| serde_json::from_str(data).map_err(|_| "a frame that is no JSON")).collect()
}

/// The blocks given are those of the wire, each with its text; in which order they begin is not the law's.
pub(super) fn check(mut spoken: Vec<Spoken>, response: &Response, law: &'static str) -> Result<(), Violation> {
    let given = response.choices.iter().flat_map(|choice| &choice.blocks).map(of_block);
    let says = |spoken: &Spoken| {
        !spoken.text.is_empty() && spoken.kind != Kind::Other || matches!(spoken.kind, Kind::Call { .. })
    };
    let mut given: Vec<_> = given.filter(says).collect();
    spoken.retain(says);
    given.sort();
    spoken.sort();
    if given == spoken {
        return Ok(());
    }
    Err(Violation::new(law, "blocks on the wire (left) and given (right) differ").between(spoken, given))
}

fn of_block(block: &Block) -> Spoken {
    let kind = match &block.kind {
        BlockKind::Text => Kind::Text,
        BlockKind::Reasoning { .. } => Kind::Reasoning,
        BlockKind::Refusal => Kind::Refusal,
        BlockKind::ToolCall { .. } => {
            let [id, name] = [block.wire_id(), block.name()].map(|text| text.unwrap_or_default().to_owned());
            Kind::Call { id, name }
        }
        _ => Kind::Other,
    };
    Spoken { kind, text: block.text.clone() }
}

/// A string, or nothing.
pub(super) fn string(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err("a value where a string should be"),
    }
}
