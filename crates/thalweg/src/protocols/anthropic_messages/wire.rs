//! One event as ranges of its frame, read in one pass.
//!
//! Reading comes before saying: a frame that turns out to be broken in its last byte has said nothing.

use crate::emitter::At;
use crate::json::{Error, Kind, Raw, Reader, Text};

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageDelta,
    MessageStop,
    Ping,
    Error,
    /// A complete message.
    Message,
}

impl What {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "content_block_delta" => Self::BlockDelta,
            "content_block_start" => Self::BlockStart,
            "content_block_stop" => Self::BlockStop,
            "message_start" => Self::MessageStart,
            "message_delta" => Self::MessageDelta,
            "message_stop" => Self::MessageStop,
            "ping" => Self::Ping,
            "error" => Self::Error,
            "message" => Self::Message,
            _ => return None,
        })
    }
}

/// An event. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    pub(super) kind: Option<Text>,
    /// Which block it is about.
    pub(super) at: Option<At>,
    pub(super) delta: Delta,
    pub(super) content_block: Option<Raw>,
    pub(super) message: Option<Raw>,
    pub(super) usage: Option<Raw>,
    pub(super) error: Option<Raw>,
    /// Bedrock's counts, in the last event.
    pub(super) metrics: Option<Raw>,
    /// A chunk of OpenAI Chat Completions has this.
    pub(super) has_choices: bool,
}

/// The fields of an event that have a place in the model.
pub(super) const EVENT_FIELDS: &[&str] = &["type", "index", "delta", "content_block", "message", "error"];

/// The `delta` of a block or of the message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta {
    /// All of it.
    pub(super) is_there: bool,
    pub(super) kind: Option<Text>,
    pub(super) text: Option<Text>,
    pub(super) thinking: Option<Text>,
    pub(super) partial_json: Option<Text>,
    /// Input that is no string.
    pub(super) input: Option<Raw>,
    pub(super) signature: Option<Text>,
    pub(super) citation: Option<Raw>,
    pub(super) content: Option<Raw>,
    pub(super) encrypted_content: Option<Text>,
    pub(super) stop_reason: Option<Text>,
    pub(super) stop_sequence: Option<Text>,
    pub(super) stop_details: Option<Raw>,
    pub(super) container: Option<Raw>,
}

impl Event {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut event = Self::default();
        let json = &mut Reader::new(data, depth);
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "type" => event.kind = json.maybe_string()?,
                "index" => event.at = At::read(json)?,
                "delta" => event.delta = Delta::read(json)?,
                "content_block" => event.content_block = object(json)?,
                "message" => event.message = object(json)?,
                "usage" => event.usage = object(json)?,
                "error" => event.error = json.present()?,
                "amazon-bedrock-invocationMetrics" => event.metrics = object(json)?,
                "choices" => {
                    event.has_choices = true;
                    json.skip()?;
                }
                _ => drop(json.skip()?),
            }
        }
        json.end()?;
        Ok(event)
    }
}

impl Delta {
    fn read(json: &mut Reader<'_>) -> Result<Self, Error> {
        let mut delta = Self::default();
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(delta);
        }
        delta.is_there = true;
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "type" => delta.kind = json.maybe_string()?,
                "text" => delta.text = json.maybe_string()?,
                "thinking" => delta.thinking = json.maybe_string()?,
                "partial_json" if json.peek()? == Kind::String => delta.partial_json = Some(json.string()?),
                "partial_json" => delta.input = object(json)?,
                "signature" => delta.signature = json.maybe_string()?,
                "citation" => delta.citation = json.present()?,
                "content" => delta.content = json.present()?,
                "encrypted_content" => delta.encrypted_content = json.maybe_string()?,
                "stop_reason" => delta.stop_reason = json.maybe_string()?,
                "stop_sequence" => delta.stop_sequence = json.maybe_string()?,
                "stop_details" => delta.stop_details = object(json)?,
                "container" => delta.container = object(json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(delta)
    }
}

/// An object, verbatim; any other value is nothing.
pub(super) fn object(json: &mut Reader<'_>) -> Result<Option<Raw>, Error> {
    let is_object = json.peek()? == Kind::Object;
    let raw = json.skip()?;
    Ok(is_object.then_some(raw))
}

/// The fields of `json`, where it is an object: `field` reads or skips each one's value.
pub(super) fn fields(
    json: &str,
    depth: u16,
    mut field: impl FnMut(&str, &mut Reader<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(());
    }
    reader.object()?;
    while let Some(key) = reader.key()? {
        field(key.name(json, &mut [0; 32]), reader)?;
    }
    Ok(())
}

/// Reads past a value.
pub(super) fn skip(json: &mut Reader<'_>) -> Result<(), Error> {
    json.skip().map(|_| ())
}
