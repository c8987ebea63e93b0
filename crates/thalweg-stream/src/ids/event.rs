use core::fmt;

use thalweg::{BlockKind, Event, Id, MetaField, OwnedEvent, Part, Place};

use super::codec::Tag;
use super::{IdKind, Ids, json};
use crate::hooks::{Edit, Hook, HookError};

/// Maps the ids in events: see [`Ids::hook`].
pub struct IdHook<T> {
    ids: Ids<T>,
    route: String,
}

impl<T: Tag> IdHook<T> {
    pub(super) fn new(ids: Ids<T>, route: String) -> Self {
        Self { ids, route }
    }

    fn map(&self, event: &mut OwnedEvent) {
        match event {
            OwnedEvent::Meta { field, value, .. } => {
                if let Some(kind) = kind_of(*field) {
                    self.id(kind, value);
                }
            }
            OwnedEvent::BlockStart { place, kind, .. } => {
                self.place(place);
                self.kind(kind);
            }
            OwnedEvent::BlockData { part, .. } => self.part(part),
            OwnedEvent::Extra { name, json, .. } => self.json(Some(name), json),
            OwnedEvent::End { resume: Some(resume), .. } => self.id(IdKind::Response, &mut resume.response_id),
            _ => {}
        }
    }

    fn place(&self, place: &mut Place<Box<str>>) {
        if let Some(id) = &mut place.id {
            self.id(IdKind::Item, id);
        }
    }

    fn kind(&self, kind: &mut BlockKind<Box<str>>) {
        match kind {
            BlockKind::ToolCall { id: Id::Wire(id), .. }
            | BlockKind::HostedCall { id: Id::Wire(id), .. }
            | BlockKind::Approval { id: Id::Wire(id), .. }
            | BlockKind::ToolResult { call_id: Some(id), .. } => self.id(IdKind::Call, id),
            _ => {}
        }
    }

    fn part(&self, part: &mut Part<Box<str>>) {
        match part {
            Part::CallId(id) => self.id(IdKind::Call, id),
            Part::Encrypted(content) => self.id(IdKind::Encrypted, content),
            Part::Citation(json) | Part::Json(json) => self.json(None, json),
            _ => {}
        }
    }

    fn id(&self, kind: IdKind, id: &mut Box<str>) {
        *id = self.ids.out(kind, &self.route, id).into();
    }

    fn json(&self, root: Option<&str>, json: &mut Box<str>) {
        let mut out = |kind, id: &str| match self.ids.out(kind, &self.route, id) {
            mapped if mapped == id => None,
            mapped => Some(mapped.into_owned()),
        };
        if let Some(mapped) = json::edit(json, root, json::DATA, &mut out) {
            *json = mapped.into();
        }
    }
}

impl<T: Tag> Hook for IdHook<T> {
    fn event(&mut self, edit: &mut Edit<'_>) -> Result<(), HookError> {
        let has_ids = match edit.event() {
            Event::Meta { field, .. } => kind_of(field).is_some(),
            Event::BlockStart { .. } | Event::BlockData { .. } | Event::Extra { .. } => true,
            Event::End { resume, .. } => resume.is_some(),
            _ => false,
        };
        if has_ids {
            edit.change(|event| self.map(event));
        }
        Ok(())
    }
}

impl<T> fmt::Debug for IdHook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdHook").field("route", &self.route).finish_non_exhaustive()
    }
}

const fn kind_of(field: MetaField) -> Option<IdKind> {
    match field {
        MetaField::Id => Some(IdKind::Response),
        MetaField::Conversation => Some(IdKind::Conversation),
        MetaField::Container => Some(IdKind::Container),
        _ => None,
    }
}
