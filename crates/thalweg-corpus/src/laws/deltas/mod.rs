//! Independent readers of wires whose frames add up: what each frame says of each choice, over `serde_json` values. The
//! oracle for laws about content.

mod bedrock_converse;
mod cohere;
mod gemini;
mod ollama;

use serde_json::Value;
use thalweg::{Protocol, dialect::Dialect};

use super::openai_chat;
use crate::{Setup, wire};
use wire::Document;

/// What one frame says of one choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Delta {
    pub(super) choice: u32,
    /// Where the wire numbers its blocks: which of them.
    pub(super) place: Option<i64>,
    /// A block begins here, though nothing is in it yet.
    pub(super) begins: bool,
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

/// A wire that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Gemini,
    Converse,
    Ollama,
    Cohere,
}

impl Wire {
    /// The wire that the bytes are read as. Dialects with bytes of their own have no reader.
    pub(super) fn of(setup: &Setup<'_>) -> Option<Self> {
        let Dialect { name, protocol, .. } = setup.dialect?;
        match protocol {
            Protocol::OpenaiChat => Some(Self::Chat),
            Protocol::Mistral if name != "mistral-conversations" => Some(Self::Chat),
            Protocol::Gemini if name != "gemini-interactions" => Some(Self::Gemini),
            Protocol::BedrockConverse if name == "bedrock-converse" => Some(Self::Converse),
            Protocol::Ollama => Some(Self::Ollama),
            Protocol::Cohere if name == "cohere" => Some(Self::Cohere),
            _ => None,
        }
    }

    /// Whether pieces of inputs come out in the order in which the wire has them. Where blocks are numbered they are
    /// read block by block.
    pub(super) const fn has_inputs_in_order(self) -> bool {
        matches!(self, Self::Chat)
    }

    /// Whether an input is a value on the wire, of which the same value may be written in several ways.
    pub(super) const fn has_values(self) -> bool {
        matches!(self, Self::Gemini | Self::Ollama)
    }

    /// All that the frames say, in order. The error is why an independent reading is impossible.
    pub(super) fn read(self, body: &[u8]) -> Result<Vec<Delta>, &'static str> {
        if self == Self::Chat {
            return openai_chat::read(body);
        }
        let documents = wire::documents(body)?;
        match self {
            Self::Chat => openai_chat::read(body),
            Self::Gemini => gemini::read(&documents),
            Self::Converse => bedrock_converse::read(&documents).and_then(in_blocks),
            Self::Ollama => ollama::read(&documents),
            Self::Cohere => cohere::read(&documents).and_then(in_blocks),
        }
    }

    /// Whether a frame may bear on the verdict: it ends the answer, is an error, or is nothing known.
    pub(super) fn may_end(self, document: &Document) -> bool {
        let value = &document.value;
        match self {
            Self::Chat => openai_chat::may_end(&value.to_string()),
            Self::Gemini => gemini::may_end(value),
            Self::Converse => bedrock_converse::may_end(document),
            Self::Ollama => ollama::may_end(value),
            Self::Cohere => cohere::may_end(value),
        }
    }
}

/// The deltas block by block, in the order in which the blocks begin. The error is why which block a delta is of cannot be
/// told.
fn in_blocks(mut deltas: Vec<Delta>) -> Result<Vec<Delta>, &'static str> {
    let mut known: Vec<(Option<i64>, Option<[bool; 2]>)> = Vec::new();
    for delta in &deltas {
        let kind = [!delta.text.is_empty(), !delta.reasoning.is_empty()];
        let kind = Some(kind).filter(|kind| kind.contains(&true));
        if !delta.begins && kind.is_none() && delta.calls.is_empty() {
            continue;
        }
        match known.iter_mut().find(|(place, _)| *place == delta.place) {
            Some((_, known)) if known.is_some() && kind.is_some() && *known != kind => {
                return Err("a block of two kinds");
            }
            Some((_, known)) => *known = known.or(kind),
            None => known.push((delta.place, kind)),
        }
    }
    deltas.sort_by_key(|delta| known.iter().position(|(place, _)| *place == delta.place));
    Ok(deltas)
}

/// The elements of an array; none of what is no array.
fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An input that is a value, as text.
fn input(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
