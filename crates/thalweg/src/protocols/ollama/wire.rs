//! One object as ranges of its frame, read in one pass.
//!
//! Reading comes before saying: an object that turns out to be broken in its last byte has said nothing.

use crate::emitter::{CallFragment, Fragment, Key};
use crate::json::{self, Error, Kind, Raw, Reader, Text};

/// An object of either endpoint. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Object {
    pub(super) model: Option<Text>,
    pub(super) created_at: Option<Text>,
    pub(super) content: Content,
    /// One of the fields that content comes in is there.
    pub(super) is_answer: bool,
    pub(super) done: Option<bool>,
    pub(super) done_reason: Option<Text>,
    pub(super) prompt_eval_count: Option<u64>,
    pub(super) eval_count: Option<u64>,
    pub(super) logprobs: Option<Raw>,
    pub(super) error: Option<Raw>,
    /// How far a picture is.
    pub(super) is_progress: bool,
}

/// What an object or its `message` holds of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Content {
    pub(super) text: Option<Text>,
    pub(super) thinking: Option<Text>,
    pub(super) tool_calls: Option<Raw>,
    /// A list of pictures, or one.
    pub(super) images: Option<Raw>,
}

/// The fields of an object that have a place in the model, or are a declared loss.
pub(super) const FIELDS: &[&str] = &[
    "model",
    "created_at",
    "message",
    "response",
    "thinking",
    "tool_calls",
    "image",
    "done",
    "done_reason",
    "prompt_eval_count",
    "eval_count",
    "logprobs",
    "error",
];

/// The same of a `message`.
pub(super) const MESSAGE_FIELDS: &[&str] = &["role", "content", "thinking", "tool_calls", "images"];

impl Object {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut object = Self::default();
        let json = &mut Reader::new(data, depth);
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "model" => object.model = json.maybe_string()?,
                "created_at" => object.created_at = json.maybe_string()?,
                "message" => object.read_message(json)?,
                "response" => {
                    object.content.text = json.maybe_string()?;
                    object.is_answer = true;
                }
                "thinking" => {
                    object.content.thinking = json.maybe_string()?;
                    object.is_answer = true;
                }
                "tool_calls" => {
                    object.content.tool_calls = json.present()?;
                    object.is_answer = true;
                }
                "image" => {
                    object.content.images = json.present()?;
                    object.is_answer = true;
                }
                "done" => object.done = read_done(json)?,
                "done_reason" => object.done_reason = json.maybe_string()?,
                "prompt_eval_count" => object.prompt_eval_count = json::count(json.skip()?.of(data)),
                "eval_count" => object.eval_count = json::count(json.skip()?.of(data)),
                "logprobs" => object.logprobs = json.present()?,
                "error" => object.error = json.present()?,
                "completed" => {
                    object.is_progress = true;
                    json.skip()?;
                }
                _ => drop(json.skip()?),
            }
        }
        json.end()?;
        Ok(object)
    }

    pub(super) fn has_reason(&self) -> bool {
        self.done_reason.is_some_and(|reason| !reason.is_empty())
    }

    fn read_message(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(());
        }
        self.is_answer = true;
        let data = json.source();
        let content = &mut self.content;
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "content" => content.text = json.maybe_string()?,
                "thinking" => content.thinking = json.maybe_string()?,
                "tool_calls" => content.tool_calls = json.present()?,
                "images" => content.images = json.present()?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }
}

/// One whole call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Call {
    pub(super) key: Option<Key>,
    id: Option<Text>,
    name: Option<Text>,
    arguments: Option<Raw>,
}

/// The fields of a call that have a place in the model; the same of its `function`.
pub(super) const CALL_FIELDS: &[&str] = &["id", "type", "function"];
pub(super) const FUNCTION_FIELDS: &[&str] = &["index", "name", "arguments"];

impl Call {
    pub(super) fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut call = Self::default();
        let reader = &mut Reader::new(json, depth);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key.name(json, &mut [0; 32]) {
                "id" => call.id = reader.maybe_string()?,
                "function" => call.read_function(reader)?,
                _ => drop(reader.skip()?),
            }
        }
        Ok(call)
    }

    fn read_function(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(());
        }
        let source = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(source, &mut [0; 32]) {
                "index" => self.key = json::integer(json.skip()?.of(source)).map(Key::index),
                "name" => self.name = json.maybe_string()?,
                "arguments" => self.arguments = json.present()?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    /// What the emitter takes. Arguments are an object, given as its bytes; a string of them is what is in it.
    pub(super) fn fragment<'a>(&self, json: &'a str) -> CallFragment<'a> {
        let text = |text: Option<Text>| text.map(|text| Fragment::json(json, text));
        let input = self.arguments.map(|raw| raw.of(json));
        CallFragment {
            key: self.key,
            id: text(self.id),
            name: text(self.name),
            input: input.map(|input| Fragment::value(input).unwrap_or_else(|| input.into())),
            ..CallFragment::default()
        }
    }
}

fn read_done(json: &mut Reader<'_>) -> Result<Option<bool>, Error> {
    if json.peek()? == Kind::Bool {
        return json.boolean().map(Some);
    }
    json.skip()?;
    Ok(None)
}
