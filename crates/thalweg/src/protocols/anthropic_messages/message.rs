//! Messages: the head of one in `message_start`, a whole one as a body or as the last event.

use super::finish::Stop;
use super::wire::{fields, object};
use crate::emitter::{Emitter, Fragment};
use crate::event::{MetaField, Scope};
use crate::json::{Error, Raw, Text};

/// A message. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    pub(super) id: Option<Text>,
    pub(super) model: Option<Text>,
    pub(super) content: Option<Raw>,
    pub(super) usage: Option<Raw>,
    pub(super) container: Option<Raw>,
    pub(super) stop: Stop,
}

/// The fields of a message that have a place in the model.
const FIELDS: &[&str] =
    &["type", "role", "id", "model", "content", "usage", "stop_reason", "stop_sequence", "stop_details"];

impl Message {
    pub(super) fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut message = Self::default();
        fields(json, depth, |name, json| {
            match name {
                "id" => message.id = json.maybe_string()?,
                "model" => message.model = json.maybe_string()?,
                "content" => message.content = json.present()?,
                "usage" => message.usage = object(json)?,
                "container" => message.container = object(json)?,
                "stop_reason" => message.stop.reason = json.maybe_string()?,
                "stop_sequence" => message.stop.sequence = json.maybe_string()?,
                "stop_details" => message.stop.details = object(json)?,
                _ => drop(json.skip()?),
            }
            Ok(())
        })?;
        Ok(message)
    }

    pub(super) fn say_facts(&self, json: &str, out: &mut Emitter) -> Result<(), Error> {
        for (field, text) in [(MetaField::Id, self.id), (MetaField::Model, self.model)] {
            if let Some(text) = text {
                out.meta(field, Fragment::json(json, text));
            }
        }
        say_container(self.container.map(|raw| raw.of(json)), out)?;
        out.extras_of(Scope::Response, json, FIELDS);
        Ok(())
    }
}

/// The container that tools run in: its id is a fact.
pub(super) fn say_container(container: Option<&str>, out: &mut Emitter) -> Result<(), Error> {
    if let Some(container) = container
        && let Some(id) = Fragment::member(container, "id", out.limits().json_depth)?
    {
        out.meta(MetaField::Container, id);
    }
    Ok(())
}
