//! One event as ranges of its frame, read in one pass.
//!
//! Reading comes before saying: a frame that turns out to be broken in its last byte has said nothing.

use crate::emitter::{At, Fragment};
use crate::json::{self, Error, Kind, Raw, Reader, Text};
pub(super) use crate::json::{fields, skip};

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    MessageStart,
    ContentStart,
    ContentDelta,
    ContentEnd,
    PlanDelta,
    CallStart,
    CallDelta,
    CallEnd,
    CitationStart,
    CitationEnd,
    MessageEnd,
    Debug,
}

impl What {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "content-delta" => Self::ContentDelta,
            "tool-call-delta" => Self::CallDelta,
            "tool-plan-delta" => Self::PlanDelta,
            "content-start" => Self::ContentStart,
            "content-end" => Self::ContentEnd,
            "tool-call-start" => Self::CallStart,
            "tool-call-end" => Self::CallEnd,
            "citation-start" => Self::CitationStart,
            "citation-end" => Self::CitationEnd,
            "message-start" => Self::MessageStart,
            "message-end" => Self::MessageEnd,
            "debug" => Self::Debug,
            _ => return None,
        })
    }
}

/// An event, or an answer that was not streamed. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    pub(super) kind: Option<Text>,
    pub(super) index: Option<u64>,
    pub(super) id: Option<Text>,
    pub(super) delta: Delta,
    pub(super) logprobs: Option<Raw>,
    /// Of an answer that was not streamed, whose `message` is an object; of an error it is a string.
    pub(super) message: Option<Raw>,
    pub(super) end: End,
}

/// The fields of an event that have a place in the model.
pub(super) const EVENT_FIELDS: &[&str] = &["type", "index", "id", "delta", "logprobs"];

/// The same of a `delta` that ends the message.
pub(super) const END_FIELDS: &[&str] = &["finish_reason", "usage", "error"];

/// The same of an answer that was not streamed.
pub(super) const ANSWER_FIELDS: &[&str] = &["id", "message", "finish_reason", "usage", "logprobs"];

/// The `delta` of an event: mostly a `message` with one thing in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta {
    pub(super) content: Content,
    pub(super) plan: Option<Text>,
    pub(super) call: Call,
    /// One citation, or a list.
    pub(super) citations: Option<Raw>,
    pub(super) end: End,
}

/// How the message ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    pub(super) reason: Option<Text>,
    pub(super) usage: Option<Raw>,
    pub(super) error: Option<Raw>,
}

/// A part of the content.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Content {
    pub(super) is_there: bool,
    pub(super) kind: Option<Text>,
    pub(super) text: Option<Text>,
    pub(super) thinking: Option<Text>,
}

/// The fields of a part that have a place in the model.
pub(super) const CONTENT_FIELDS: &[&str] = &["type", "text", "thinking"];

/// A tool call, or what a delta says of one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Call {
    pub(super) id: Option<Text>,
    pub(super) name: Option<Text>,
    arguments: Option<Raw>,
}

/// The fields of a call that have a place in the model.
pub(super) const CALL_FIELDS: &[&str] = &["id", "type", "function"];

impl Event {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut event = Self::default();
        let json = &mut Reader::new(data, depth);
        fields(json, |name, json| {
            match name {
                "type" => event.kind = json.maybe_string()?,
                "index" => event.index = read_index(json)?,
                "id" => event.id = json.maybe_string()?,
                "delta" => event.delta = Delta::read(json)?,
                "logprobs" => event.logprobs = json.present()?,
                "message" => event.message = json.present()?,
                _ => event.end.read(name, json)?,
            }
            Ok(())
        })?;
        json.end()?;
        Ok(event)
    }
}

impl Delta {
    fn read(json: &mut Reader<'_>) -> Result<Self, Error> {
        let mut delta = Self::default();
        fields(json, |name, json| match name {
            "message" => delta.read_message(json),
            _ => delta.end.read(name, json),
        })?;
        Ok(delta)
    }

    fn read_message(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        fields(json, |name, json| {
            match name {
                "content" => self.content.read(json)?,
                "tool_plan" => self.plan = json.maybe_string()?,
                "tool_calls" => self.call.read(json)?,
                "citations" => self.citations = json.present()?,
                _ => skip(json)?,
            }
            Ok(())
        })
    }
}

impl End {
    fn read(&mut self, name: &str, json: &mut Reader<'_>) -> Result<(), Error> {
        match name {
            "finish_reason" => self.reason = json.maybe_string()?,
            "usage" => self.usage = json.present()?,
            "error" => self.error = json.present()?,
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl Content {
    /// Reads a part, where the next value is one.
    pub(super) fn read(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        self.is_there = json.peek()? == Kind::Object;
        fields(json, |name, json| {
            match name {
                "type" => self.kind = json.maybe_string()?,
                "text" => self.text = json.maybe_string()?,
                "thinking" => self.thinking = json.maybe_string()?,
                _ => skip(json)?,
            }
            Ok(())
        })
    }
}

impl Call {
    /// Reads a call, where the next value is one. In a list it is the first.
    pub(super) fn read(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        if json.peek()? != Kind::Array {
            return self.read_object(json);
        }
        json.array()?;
        let mut is_first = true;
        while json.element()? {
            if core::mem::replace(&mut is_first, false) {
                self.read_object(json)?;
            } else {
                skip(json)?;
            }
        }
        Ok(())
    }

    fn read_object(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        fields(json, |name, json| match name {
            "id" => {
                self.id = json.maybe_string()?;
                Ok(())
            }
            "function" => fields(json, |name, json| {
                match name {
                    "name" => self.name = json.maybe_string()?,
                    "arguments" => self.arguments = json.present()?,
                    _ => skip(json)?,
                }
                Ok(())
            }),
            _ => skip(json),
        })
    }

    /// A piece of its input: what is in a string, or the bytes of any other value.
    pub(super) fn input<'a>(&self, json: &'a str) -> Option<Fragment<'a>> {
        let input = self.arguments?.of(json);
        Some(Fragment::value(input).unwrap_or_else(|| input.into())).filter(|input| !input.is_empty())
    }
}

/// The number of a block. Numbers come as strings, or with a fraction, from some.
fn read_index(json: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    let raw = json.skip()?.of(json.source());
    let text = raw.trim_matches('"');
    Ok(match json::count(text) {
        _ if matches!(text, "" | "null") => None,
        Some(index) => Some(index),
        None => Some(At::odd_number(text)),
    })
}
