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
    MessageStop,
    Metadata,
}

impl What {
    /// Their names, in order of declaration.
    pub(super) const NAMES: [&'static str; 6] =
        ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

    pub(super) const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "contentBlockDelta" => Self::BlockDelta,
            "contentBlockStart" => Self::BlockStart,
            "contentBlockStop" => Self::BlockStop,
            "messageStart" => Self::MessageStart,
            "messageStop" => Self::MessageStop,
            "metadata" => Self::Metadata,
            _ => return None,
        })
    }
}

/// An event, or a complete answer. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    /// The event that the frame's object holds under its name. Then the other fields are that event's.
    pub(super) inner: Option<What>,
    /// It holds more than one.
    pub(super) has_more: bool,
    /// The first key of all: what the frame calls itself, where it is not known.
    pub(super) first: Option<Text>,
    /// Which block it is about.
    pub(super) at: Option<At>,
    pub(super) delta: Delta,
    pub(super) start: Option<Raw>,
    pub(super) stop_reason: Option<Text>,
    /// Fields of the model's own that the request asked for.
    pub(super) additional: Option<Raw>,
    pub(super) usage: Option<Raw>,
    pub(super) trace: Option<Raw>,
    pub(super) service_tier: Option<Raw>,
    /// The message of a complete answer is in it.
    pub(super) output: Option<Raw>,
}

/// The `delta` of a block: one of these, in a well-formed stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta {
    /// It is an object.
    pub(super) is_there: bool,
    pub(super) text: Option<Text>,
    pub(super) thinking: Option<Text>,
    pub(super) signature: Option<Text>,
    /// Base64.
    pub(super) redacted: Option<Text>,
    pub(super) input: Option<Text>,
    /// Input that is no string.
    pub(super) input_object: Option<Raw>,
    /// It has members that are rare, or not known.
    pub(super) is_rare: bool,
}

impl Event {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut event = Self::default();
        let json = &mut Reader::new(data, depth);
        event.read_fields(json, true)?;
        json.end()?;
        Ok(event)
    }

    fn read_fields(&mut self, json: &mut Reader<'_>, is_outer: bool) -> Result<(), Error> {
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            self.first = self.first.or(Some(key));
            match key.name(data, &mut [0; 32]) {
                "contentBlockIndex" => self.at = At::read(json)?,
                "delta" => self.delta = Delta::read(json)?,
                "start" => self.start = json.present()?,
                "stopReason" => self.stop_reason = json.maybe_string()?,
                "additionalModelResponseFields" => self.additional = json.present()?,
                "usage" => self.usage = json.present()?,
                "trace" => self.trace = json.present()?,
                "serviceTier" => self.service_tier = json.present()?,
                "output" => self.output = json.present()?,
                name if is_outer && let Some(what) = What::of(name) => self.read_inner(what, json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    /// An event under its name.
    fn read_inner(&mut self, what: What, json: &mut Reader<'_>) -> Result<(), Error> {
        if json.peek()? != Kind::Object || self.inner.is_some() {
            self.has_more |= self.inner.is_some();
            json.skip()?;
            return Ok(());
        }
        self.inner = Some(what);
        self.read_fields(json, false)
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
                "text" if json.peek()? == Kind::String => delta.text = Some(json.string()?),
                "toolUse" if json.peek()? == Kind::Object => delta.read_input(json)?,
                "reasoningContent" if json.peek()? == Kind::Object => delta.read_reasoning(json)?,
                _ => delta.is_rare |= json.present()?.is_some(),
            }
        }
        Ok(delta)
    }

    fn read_input(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "input" if json.peek()? == Kind::String => self.input = Some(json.string()?),
                "input" => self.input_object = json.present()?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    fn read_reasoning(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        let data = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "text" => self.thinking = json.maybe_string()?,
                "signature" => self.signature = json.maybe_string()?,
                "redactedContent" => self.redacted = json.maybe_string()?,
                // As in a complete answer.
                "reasoningText" if json.peek()? == Kind::Object => self.read_reasoning(json)?,
                _ => self.is_rare |= json.present()?.is_some(),
            }
        }
        Ok(())
    }
}
