//! What of a message says where it goes.

use crate::json::{self, Kind, Reader, Text};

/// The fields of a message that say where it goes, as far as it could be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    /// `type`.
    pub(super) kind: Option<Text>,
    /// `stream_id`; an empty one is none.
    pub(super) stream: Option<Text>,
    /// `response.id`.
    pub(super) id: Option<Text>,
    has_error: bool,
    /// Why it could not be read to its end.
    pub(super) fault: Option<json::Error>,
}

impl Head {
    pub(super) fn of(message: &str, depth: u16) -> Self {
        let mut head = Self::default();
        head.fault = head.read(message, depth).err();
        head
    }

    /// The message may be a response's first. Content alone begins none: what comes behind the end of a response would be
    /// taken for another one.
    pub(super) fn is_beginning(&self, message: &str) -> bool {
        self.kind.is_some_and(|kind| BEGINNINGS.iter().any(|name| kind.is(message, name)))
    }

    /// The message says that a response, old or new, is another than `id`.
    pub(super) fn begins_another_than(&self, id: Option<&str>, message: &str) -> bool {
        let is_created = self.kind.is_some_and(|kind| kind.is(message, CREATED));
        let differs = |id| self.id.is_some_and(|other| !other.is_empty() && !other.is(message, id));
        is_created && id.is_some_and(differs)
    }

    /// The message is the provider's error envelope.
    pub(super) fn is_error(&self, message: &str) -> bool {
        self.kind.map_or(self.has_error, |kind| kind.is(message, "error"))
    }

    fn read(&mut self, message: &str, depth: u16) -> Result<(), json::Error> {
        let mut reader = Reader::new(message, depth);
        if reader.peek()? != Kind::Object {
            reader.skip()?;
            return reader.end();
        }
        reader.object()?;
        let mut short = [0; 32];
        while let Some(key) = reader.key()? {
            match key.name(message, &mut short) {
                "type" => self.kind = reader.maybe_string()?,
                "stream_id" => self.stream = reader.maybe_string()?.filter(|name| !name.is_empty()),
                "response" if reader.peek()? == Kind::Object => self.id = read_id(&mut reader)?,
                "error" => {
                    self.has_error = reader.peek()? != Kind::Null;
                    reader.skip()?;
                }
                _ => drop(reader.skip()?),
            }
        }
        reader.end()
    }
}

/// The `id` of the object that follows.
fn read_id(reader: &mut Reader<'_>) -> Result<Option<Text>, json::Error> {
    let mut id = None;
    reader.object()?;
    while let Some(key) = reader.key()? {
        if key.is(reader.source(), "id") {
            id = reader.maybe_string()?;
        } else {
            reader.skip()?;
        }
    }
    Ok(id)
}

const CREATED: &str = "response.created";
const BEGINNINGS: [&str; 3] = [CREATED, "response.queued", "response.in_progress"];
