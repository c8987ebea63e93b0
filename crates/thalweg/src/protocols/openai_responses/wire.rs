//! One frame, read in one pass.

use super::response::{self, Members, Response};
use crate::emitter::At;
use crate::json::{self, Error, Raw, Reader, Text, members_of};

/// What the frames of all types have, as ranges of the frame. All of it is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wire {
    pub(super) kind: Option<Text>,
    pub(super) object: Option<Text>,
    pub(super) sequence: Option<u64>,
    /// The same as it stands in the frame.
    pub(super) sequence_raw: Option<Raw>,
    /// Padding, which means nothing and varies.
    pub(super) padding: Option<Text>,
    pub(super) place: Place,
    pub(super) delta: Option<Text>,
    /// The whole value that `.done` says again: `text`, `refusal`, `arguments`, `input`, `code`.
    pub(super) whole: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) part: Option<Raw>,
    pub(super) item: Option<Raw>,
    response: Option<(Raw, Members)>,
    pub(super) error: Option<Raw>,
    pub(super) annotation: Option<Raw>,
    pub(super) logprobs: Option<Raw>,
    pub(super) preview: Option<Text>,
    pub(super) preview_index: Option<u64>,
}

/// Which item a frame is about, and which part of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) item_id: Option<Text>,
    pub(super) output_index: Option<u64>,
    /// `content_index` or `summary_index`.
    pub(super) part_index: Option<u64>,
}

/// The names above, and those that are known to say nothing more.
pub(super) const KNOWN: &[&str] = &[
    "type",
    "object",
    "sequence_number",
    "item_id",
    "output_index",
    "content_index",
    "summary_index",
    "delta",
    "text",
    "refusal",
    "arguments",
    "input",
    "code",
    "name",
    "part",
    "item",
    "response",
    "annotation",
    "annotation_index",
    "logprobs",
    "partial_image_b64",
    "partial_image_index",
    "obfuscation",
    "stream_id",
];

impl Wire {
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut wire = Self::default();
        let json = &mut Reader::new(data, depth);
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "type" => wire.kind = json.maybe_string()?,
                "delta" => wire.delta = json.maybe_string()?,
                "item_id" => wire.place.item_id = json.maybe_string()?,
                "output_index" => wire.place.output_index = index(json)?,
                "content_index" | "summary_index" => wire.place.part_index = index(json)?,
                "sequence_number" => {
                    let raw = json.skip()?;
                    wire.sequence = json::count(raw.of(data));
                    wire.sequence_raw = Some(raw);
                }
                "logprobs" => wire.logprobs = json.present()?.filter(|list| list.of(data) != "[]"),
                "text" | "refusal" | "arguments" | "input" | "code" => {
                    wire.whole = json.maybe_string()?.or(wire.whole);
                }
                "name" => wire.name = json.maybe_string()?,
                "part" => wire.part = json.present()?,
                "item" => wire.item = json.present()?,
                "response" => {
                    // As large as all else together: read once.
                    let response = members_of(json, &response::MEMBERS)?;
                    wire.response = Some(response).filter(|(raw, _)| raw.of(data) != "null");
                }
                "error" => wire.error = json.present()?,
                "annotation" => wire.annotation = json.present()?,
                "partial_image_b64" => wire.preview = json.maybe_string()?,
                "partial_image_index" => wire.preview_index = index(json)?,
                "obfuscation" => wire.padding = json.maybe_string()?,
                "object" => wire.object = json.maybe_string()?,
                _ => _ = json.skip()?,
            }
        }
        json.end()?;
        Ok(wire)
    }

    /// The response in the frame.
    pub(super) fn response<'a>(&self, data: &'a str) -> Option<Response<'a>> {
        let (raw, members) = self.response?;
        Some(Response::of(raw.of(data), data, members))
    }
}

/// A number of an item or a part. One that is no whole number is told apart by its text alone.
fn index(json: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    let Some(raw) = json.present()? else { return Ok(None) };
    let text = raw.of(json.source()).trim_matches('"');
    Ok(Some(json::count(text).unwrap_or_else(|| At::odd_number(text))))
}
