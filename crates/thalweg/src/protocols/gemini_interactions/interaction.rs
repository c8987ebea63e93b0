//! The interaction itself: in the events that begin and end it, and where it was not streamed.

use crate::emitter::{Emitter, Fragment};
use crate::event::{MetaField, Scope};
use crate::json::{Error, Raw, members};

/// An interaction. Every field is optional on the wire.
pub(super) struct Interaction<'a> {
    pub(super) id: Option<Fragment<'a>>,
    pub(super) status: Option<Fragment<'a>>,
    pub(super) usage: Option<&'a str>,
    /// What it consists of. Before there were steps these were the parts of the answer.
    pub(super) steps: Option<&'a str>,
    pub(super) error: Option<&'a str>,
    pub(super) errors: Option<&'a str>,
    facts: [(MetaField, Option<Fragment<'a>>); 4],
}

/// The fields that have a place in the model. Steps are those of the events, if there were any.
const FIELDS: &[&str] = &[
    "id",
    "object",
    "status",
    "model",
    "created",
    "service_tier",
    "environment_id",
    "usage",
    "steps",
    "outputs",
    "error",
    "errors",
    // Of a frame that is one.
    "event_type",
    "type",
];

impl<'a> Interaction<'a> {
    pub(super) fn read(json: &'a str, depth: u16) -> Result<Self, Error> {
        let text = |raw: Option<Raw>| raw.and_then(|raw| Fragment::value(raw.of(json))).filter(|text| !text.is_empty());
        let value = |raw: Option<Raw>| raw.map(|raw| raw.of(json));
        let [id, status, model, created, tier, environment] =
            members(json, ["id", "status", "model", "created", "service_tier", "environment_id"], depth)?;
        let [usage, steps, outputs, error, errors] =
            members(json, ["usage", "steps", "outputs", "error", "errors"], depth)?;
        Ok(Self {
            id: text(id),
            status: text(status),
            usage: value(usage),
            steps: value(steps.or(outputs)),
            error: value(error),
            errors: value(errors),
            facts: [
                (MetaField::Model, text(model)),
                (MetaField::Created, text(created)),
                (MetaField::ServiceTier, text(tier)),
                (MetaField::Container, text(environment)),
            ],
        })
    }

    pub(super) fn say_facts(&self, out: &mut Emitter) {
        if let Some(id) = self.id {
            out.meta(MetaField::Id, id);
        }
        for (field, value) in self.facts {
            if let Some(value) = value {
                out.meta(field, value);
            }
        }
    }

    pub(super) fn say_extras(&self, json: &str, out: &mut Emitter) {
        out.extras_of(Scope::Response, json, FIELDS);
    }
}
