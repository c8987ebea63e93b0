//! One frame, or one object in it, as ranges of its text, read in one pass.
//!
//! Reading comes before saying: a frame that turns out to be broken in its last byte has said nothing.

use crate::emitter::{At, Fragment};
use crate::json::{self, Error, Kind, Raw, Reader, Text};
pub(super) use crate::json::{fields, skip};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Created,
    Status,
    Completed,
    Start,
    Delta,
    Stop,
    Error,
}

impl What {
    /// By the name of its event. Before May 2026 steps were called content, and the ends of the interaction otherwise.
    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "step.delta" | "content.delta" => Self::Delta,
            "step.start" | "content.start" => Self::Start,
            "step.stop" | "content.stop" => Self::Stop,
            "interaction.created" | "interaction.start" => Self::Created,
            "interaction.status_update" => Self::Status,
            "interaction.completed" | "interaction.complete" => Self::Completed,
            "error" | "interaction.error" => Self::Error,
            _ => Self::status_in(name).map(|_| Self::Status)?,
        })
    }

    /// The status that an event is named by: `interaction.requires_action`.
    pub(super) fn status_in(name: &str) -> Option<&str> {
        name.strip_prefix("interaction.").filter(|status| STATUSES.contains(status))
    }
}

const STATUSES: &[&str] = &[
    "queued",
    "in_progress",
    "requires_action",
    "requires_continuation",
    "incomplete",
    "budget_exceeded",
    "failed",
    "cancelled",
];

/// Bytes of the longest known name, and some.
pub(super) const LONGEST_NAME: usize = 48;

/// A frame. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wire {
    event_type: Option<Text>,
    kind: Option<Text>,
    pub(super) index: Option<u64>,
    /// The step, the content or the delta that the frame is about.
    pub(super) item: Item,
    pub(super) has_item: bool,
    pub(super) interaction: Option<Raw>,
    pub(super) interaction_id: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) usage: Option<Raw>,
    pub(super) metadata: Option<Raw>,
    pub(super) error: Option<Raw>,
    object: Option<Text>,
    has_steps: bool,
    pub(super) has_candidates: bool,
}

/// The fields of a frame that have a place in the model.
pub(super) const FRAME_FIELDS: &[&str] = &[
    "event_type",
    "type",
    "index",
    "step",
    "content",
    "delta",
    "interaction",
    "interaction_id",
    "status",
    "usage",
    "error",
];

/// A step, a piece of content or a delta: each kind has some of these.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    pub(super) kind: Option<Text>,
    pub(super) text: Option<Text>,
    /// A piece of input as a string, or all of it as an object.
    arguments: Option<Raw>,
    /// One piece of content, or a list of them.
    pub(super) content: Option<Raw>,
    pub(super) summary: Option<Raw>,
    pub(super) signature: Option<Text>,
    pub(super) id: Option<Text>,
    pub(super) call_id: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) server_name: Option<Text>,
    pub(super) result: Option<Raw>,
    pub(super) is_error: Option<bool>,
    pub(super) annotations: Option<Raw>,
    pub(super) data: Option<Text>,
    pub(super) mime_type: Option<Text>,
    pub(super) uri: Option<Text>,
    pub(super) error: Option<Raw>,
}

/// The fields of an item that have a place in the model. Of a result the last two have none.
pub(super) const ITEM_FIELDS: &[&str] = &[
    "type",
    "text",
    "arguments",
    "partial_arguments",
    "content",
    "summary",
    "signature",
    "id",
    "call_id",
    "result",
    "is_error",
    "annotations",
    "data",
    "mime_type",
    "uri",
    "error",
    "name",
    "server_name",
];

/// The same of what a call gave.
pub(super) const RESULT_FIELDS: &[&str] = ITEM_FIELDS.split_at(ITEM_FIELDS.len() - 2).0;

impl Wire {
    /// Reads a frame that is a JSON object.
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut wire = Self::default();
        let json = &mut Reader::new(data, depth);
        fields(json, |name, json| {
            match name {
                "event_type" => wire.event_type = json.maybe_string()?,
                "index" => wire.index = read_index(json)?,
                "delta" | "step" | "content" => {
                    wire.has_item |= json.peek()? == Kind::Object;
                    wire.item.read(json)?;
                }
                "type" => wire.kind = json.maybe_string()?,
                "interaction" => wire.interaction = object(json)?,
                "interaction_id" => wire.interaction_id = json.maybe_string()?,
                "status" => wire.status = json.maybe_string()?,
                "usage" => wire.usage = json.present()?,
                "metadata" => wire.metadata = json.present()?,
                "error" => wire.error = json.present()?,
                "object" => wire.object = json.maybe_string()?,
                "steps" | "outputs" => wire.has_steps |= json.skip()?.of(data).starts_with('['),
                "candidates" => {
                    wire.has_candidates = true;
                    skip(json)?;
                }
                _ => skip(json)?,
            }
            Ok(())
        })?;
        json.end()?;
        Ok(wire)
    }

    /// What the frame is called: by itself, else by its framing.
    pub(super) fn name<'a>(&self, data: &'a str, event: Option<&'a str>, short: &'a mut [u8]) -> &'a str {
        let said = self.event_type.filter(|name| !name.is_empty());
        match said.or_else(|| self.kind.filter(|kind| !kind.is_empty() && is_name(*kind, data))) {
            Some(name) => name.name(data, short),
            None => event.unwrap_or_default(),
        }
    }

    /// The provider's own name of a frame that is not known.
    pub(super) fn wire_type<'a>(&self, data: &'a str, event: Option<&'a str>) -> Fragment<'a> {
        let name = fragment(data, self.event_type).or_else(|| event.map(Fragment::from));
        name.or_else(|| fragment(data, self.kind)).or_else(|| fragment(data, self.object)).unwrap_or_else(|| "".into())
    }

    /// Whether it is an interaction that was not streamed.
    pub(super) fn is_body(&self, data: &str) -> bool {
        self.object.map_or(self.has_steps, |object| object.is(data, OBJECT))
    }

    /// The item of a frame that has its type beside it.
    pub(super) fn own_item(&self) -> Item {
        if self.has_item { self.item } else { Item { kind: self.kind, ..Item::default() } }
    }
}

fn is_name(kind: Text, data: &str) -> bool {
    What::of(kind.name(data, &mut [0; LONGEST_NAME])).is_some()
}

/// What an interaction calls itself.
pub(super) const OBJECT: &str = "interaction";

impl Item {
    /// Reads an item, where the next value is one.
    #[inline]
    pub(super) fn read(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        fields(json, |name, json| {
            match name {
                "type" => self.kind = json.maybe_string()?,
                "text" => self.text = json.maybe_string()?,
                "arguments" | "partial_arguments" => self.arguments = json.present()?.or(self.arguments),
                "content" => self.content = json.present()?,
                "summary" => self.summary = json.present()?,
                "signature" => self.signature = json.maybe_string()?,
                "id" => self.id = json.maybe_string()?,
                "call_id" => self.call_id = json.maybe_string()?,
                "name" => self.name = json.maybe_string()?,
                "server_name" => self.server_name = json.maybe_string()?,
                "result" => self.result = json.present()?,
                "is_error" => self.is_error = json.present()?.map(|raw| raw.of(json.source()) == "true"),
                "annotations" => self.annotations = json.present()?,
                "data" => self.data = json.maybe_string()?,
                "mime_type" => self.mime_type = json.maybe_string()?,
                "uri" => self.uri = json.maybe_string()?,
                "error" => self.error = json.present()?,
                _ => skip(json)?,
            }
            Ok(())
        })
    }

    /// An item that is a value of its own.
    pub(super) fn of(json: &str, depth: u16) -> Result<Self, Error> {
        let mut item = Self::default();
        item.read(&mut Reader::new(json, depth))?;
        Ok(item)
    }

    /// The wire's word for what it is; "" where it does not say.
    #[inline]
    pub(super) fn word<'a>(&self, json: &'a str, short: &'a mut [u8]) -> &'a str {
        self.kind.map_or("", |kind| kind.name(json, short))
    }

    /// The same in full, however long it is.
    pub(super) fn wire_type<'a>(&self, json: &'a str) -> Fragment<'a> {
        fragment(json, self.kind).unwrap_or_else(|| "".into())
    }

    /// A call's input: what is in a string, or the bytes of any other value. `{}` stands for what comes in deltas.
    #[inline]
    pub(super) fn input<'a>(&self, json: &'a str) -> Option<Fragment<'a>> {
        let input = self.arguments?.of(json);
        match Fragment::value(input) {
            Some(piece) => Some(piece).filter(|piece| !piece.is_empty()),
            None if is_empty_object(input) => None,
            None => Some(input.into()),
        }
    }

    /// The id that a call has, or that its result names.
    pub(super) fn call_id<'a>(&self, json: &'a str) -> Option<Fragment<'a>> {
        fragment(json, self.call_id).or_else(|| fragment(json, self.id))
    }
}

fn is_empty_object(json: &str) -> bool {
    json.strip_prefix('{').is_some_and(|rest| rest.trim_start() == "}")
}

/// A string of a frame; none where it is absent or empty.
#[inline]
pub(super) fn fragment(json: &str, text: Option<Text>) -> Option<Fragment<'_>> {
    text.filter(|text| !text.is_empty()).map(|text| Fragment::json(json, text))
}

/// The number of a step. Numbers come as strings, or with a fraction, from some.
fn read_index(json: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    let raw = json.skip()?.of(json.source());
    let text = raw.trim_matches('"');
    Ok(match json::count(text) {
        _ if matches!(text, "" | "null") => None,
        Some(index) => Some(index),
        None => Some(At::odd_number(text)),
    })
}

/// The next value, where it is an object.
fn object(json: &mut Reader<'_>) -> Result<Option<Raw>, Error> {
    let is_object = json.peek()? == Kind::Object;
    Ok(Some(json.skip()?).filter(|_| is_object))
}
