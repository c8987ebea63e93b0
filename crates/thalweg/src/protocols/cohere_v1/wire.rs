//! One event as ranges of its frame, read in one pass.
//!
//! Reading comes before saying: a frame that turns out to be broken in its last byte has said nothing.

use crate::emitter::{CallFragment, Fragment, Key};
use crate::json::{self, Error, Raw, Reader, Text};
pub(super) use crate::json::{fields, skip};

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Start,
    Text,
    Citations,
    Queries,
    Results,
    CallChunk,
    Calls,
    Debug,
    End,
}

impl What {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "text-generation" => Self::Text,
            "tool-calls-chunk" => Self::CallChunk,
            "stream-start" => Self::Start,
            "citation-generation" => Self::Citations,
            "search-queries-generation" => Self::Queries,
            "search-results" => Self::Results,
            "tool-calls-generation" => Self::Calls,
            "debug" => Self::Debug,
            "stream-end" => Self::End,
            _ => return None,
        })
    }
}

/// An event, the response that the last one repeats, or an answer that was not streamed: they share their fields.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    pub(super) kind: Option<Text>,
    pub(super) generation_id: Option<Text>,
    pub(super) conversation_id: Option<Text>,
    pub(super) text: Option<Text>,
    pub(super) call: Call,
    pub(super) calls: Option<Raw>,
    pub(super) citations: Option<Raw>,
    pub(super) documents: Option<Raw>,
    pub(super) is_finished: bool,
    pub(super) reason: Option<Text>,
    pub(super) response: Option<Raw>,
    pub(super) meta: Option<Raw>,
    /// Bedrock's counts, in the last event.
    pub(super) metrics: Option<Raw>,
    pub(super) error: Option<Raw>,
    pub(super) message: Option<Raw>,
}

/// The fields of an event that have a place in the model, or are a declared loss.
pub(super) const FIELDS: &[&str] = &[
    "event_type",
    "is_finished",
    "generation_id",
    "conversation_id",
    "text",
    "tool_call_delta",
    "tool_calls",
    "citations",
    "documents",
    "finish_reason",
    "response",
    "chat_history",
    "error",
    "message",
];

/// A call, or a piece of one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Call {
    key: Option<Key>,
    name: Option<Text>,
    parameters: Option<Raw>,
    /// A piece of the plan.
    pub(super) text: Option<Text>,
}

impl Event {
    /// Reads a frame that is a JSON object, or an object in one.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut event = Self::default();
        let json = &mut Reader::new(data, depth);
        fields(json, |name, json| {
            match name {
                "event_type" => event.kind = json.maybe_string()?,
                "text" => event.text = json.maybe_string()?,
                "is_finished" => event.is_finished = json.skip()?.of(json.source()) == "true",
                "tool_call_delta" => event.call = Call::read(json)?,
                "generation_id" => event.generation_id = json.maybe_string()?,
                "conversation_id" => event.conversation_id = json.maybe_string()?,
                "tool_calls" => event.calls = json.present()?,
                "citations" => event.citations = json.present()?,
                "documents" => event.documents = json.present()?,
                "finish_reason" => event.reason = json.maybe_string()?,
                "response" => event.response = json.present()?,
                "meta" => event.meta = json.present()?,
                "amazon-bedrock-invocationMetrics" => event.metrics = json.present()?,
                "error" => event.error = json.present()?,
                "message" => event.message = json.present()?,
                _ => skip(json)?,
            }
            Ok(())
        })?;
        json.end()?;
        Ok(event)
    }
}

impl Call {
    /// Reads a call, where the next value is one.
    pub(super) fn read(json: &mut Reader<'_>) -> Result<Self, Error> {
        let mut call = Self::default();
        fields(json, |name, json| {
            match name {
                // A whole number, which may be written as a float.
                "index" => call.key = json::integer(json.skip()?.of(json.source())).map(Key::index),
                "name" => call.name = json.maybe_string()?,
                "parameters" => call.parameters = json.present()?,
                "text" => call.text = json.maybe_string()?,
                _ => skip(json)?,
            }
            Ok(())
        })?;
        Ok(call)
    }

    /// Its input: what is in a string, as pieces are, or the bytes of an object.
    pub(super) fn input<'a>(&self, json: &'a str) -> Option<Fragment<'a>> {
        let input = self.parameters?.of(json);
        Some(Fragment::value(input).unwrap_or_else(|| input.into()))
    }

    /// What the emitter takes.
    pub(super) fn fragment<'a>(&self, json: &'a str) -> CallFragment<'a> {
        let name = self.name.map(|name| Fragment::json(json, name));
        CallFragment { key: self.key, name, input: self.input(json), ..CallFragment::default() }
    }
}
