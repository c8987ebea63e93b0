use core::ops::Range;
use std::collections::BTreeMap;

use thalweg::json::{Error, Kind, Reader, Text};
use thalweg::{Dialect, Event, Normalizer, Protocol};

use super::Messages;
use crate::{Setup, wire};

/// A member, wherever a body has it.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// The path of the member it is in.
    pub(super) parent: Option<String>,
    /// Bytes of the body without which this member is gone and the rest is JSON as before: sorted by their beginnings,
    /// overlapping where one object has the member twice.
    pub(super) places: Vec<Range<usize>>,
    /// Its values that are text, a number or a truth, each with another one of the same kind. None of null, which is
    /// the same as absent.
    pub(super) others: Vec<(Range<usize>, &'static str)>,
}

/// All members of the JSON in a body, by path. See [`super::Paths::see`] for the frames that are passed over. Of a body of
/// binary `messages` the places are those in what they carry.
pub(super) fn members(setup: &Setup<'_>, body: &[u8], messages: Option<&Messages>) -> BTreeMap<String, Member> {
    let is_chat = |dialect: &Dialect| matches!(dialect.protocol, Protocol::OpenaiChat | Protocol::Mistral);
    let is_typed = !setup.dialect.is_some_and(is_chat);
    of_documents(&documents(setup, body, messages), is_typed)
}

/// As [`members`]. `is_typed`: the `type` at the top of a frame says what kind of frame it is, so that the same key in
/// frames of different kinds is not the same member. In chat nothing says that: `type` is an error's own there.
pub(super) fn of_documents(documents: &[Document], is_typed: bool) -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    for document in documents {
        let Ok(found) = Walk::over(document, is_typed) else { continue };
        for Found { path, parent, place, other } in found {
            let member: &mut Member = members.entry(path).or_default();
            member.parent = parent;
            member.places.extend(document.places(&place));
            if let Some((value, other)) = other {
                member.others.extend(document.places(&value).map(|place| (place, other)));
            }
        }
    }
    for member in members.values_mut() {
        member.places.sort_by_key(|place| place.start);
        member.others.sort_by_key(|(place, _)| place.start);
    }
    members
}

/// The data of one frame, and where in the body it is from.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Of the message that carries it.
    name: Option<String>,
    text: String,
    /// For each piece, which has a line feed behind it: where it begins in `text`, and where in the body.
    pieces: Vec<(usize, usize)>,
}

impl Document {
    fn push(&mut self, start: usize, piece: &str) {
        self.pieces.push((self.text.len(), start));
        self.text.push_str(piece);
        self.text.push('\n');
    }

    /// A range of `text` in the body. The line feeds between pieces stay: outside of strings they are white space, and
    /// inside there is none.
    fn places(&self, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let ends = self.pieces.iter().skip(1).map(|piece| piece.0).chain([self.text.len()]);
        self.pieces.iter().zip(ends).filter_map(move |(&(start, place), end)| {
            let (from, to) = (range.start.max(start), range.end.min(end - 1));
            (from < to).then(|| place + from - start..place + to - start)
        })
    }
}

/// The data of all frames but those that have none, are no text, or come out whole.
fn documents(setup: &Setup<'_>, body: &[u8], messages: Option<&Messages>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut normalizer = setup.normalizer();
    let (mut at, mut number) = (0, 0);
    let mut drain = |normalizer: &mut Normalizer| {
        while let Some(frame) = normalizer.poll_frame() {
            let is_whole = frame.events().any(|event| matches!(event, Event::Unknown { .. }));
            let document = match messages {
                Some(messages) => messages.get(number).and_then(|(place, name)| {
                    let document = data(place.start, &messages.plain[place])?;
                    Some(Document { name: name.map(String::from), ..document })
                }),
                None => data(at, frame.bytes),
            };
            documents.extend(document.filter(|_| !is_whole));
            at += frame.bytes.len();
            number += 1;
        }
    };
    normalizer.feed(body);
    drain(&mut normalizer);
    normalizer.finish(setup.close);
    drain(&mut normalizer);
    documents
}

/// The `data` lines of a frame, or the frame itself where it has none.
pub(super) fn data(at: usize, frame: &[u8]) -> Option<Document> {
    let mut document = Document::default();
    let at = at + frame.len();
    let frame = frame.strip_prefix(wire::BYTE_ORDER_MARK).unwrap_or(frame);
    let at = at - frame.len();
    for line in wire::lines(frame) {
        if let Some(value) = line.text.strip_prefix(b"data:") {
            document.push(at + line.start + line.text.len() - value.len(), str::from_utf8(value).ok()?);
        }
    }
    if document.pieces.is_empty() {
        document.push(at, str::from_utf8(frame).ok()?);
    }
    Some(document)
}

/// A way through one document.
struct Walk<'j> {
    reader: Reader<'j>,
    found: Vec<Found>,
}

/// A member of one object.
struct Found {
    path: String,
    /// The path of the member it is in.
    parent: Option<String>,
    /// Its bytes, with the comma that belongs to them.
    place: Range<usize>,
    /// Its value, where that has another: where it is, and that.
    other: Option<(Range<usize>, &'static str)>,
}

impl<'j> Walk<'j> {
    /// All members of a document.
    fn over(document: &'j Document, is_typed: bool) -> Result<Vec<Found>, Error> {
        let json = &document.text;
        let mut walk = Walk { reader: Reader::new(json, DEPTH_MAX), found: Vec::new() };
        let mut root = walk.reader.clone();
        let prefix = match (&document.name, type_of(&mut root)?) {
            (Some(name), _) => format!("{name}: "),
            (None, Some(name)) if is_typed => format!("{}: ", name.raw(json)),
            _ => String::new(),
        };
        walk.value(&prefix, None)?;
        walk.reader.end()?;
        Ok(walk.found)
    }

    /// Reads a value whose members' paths begin with `prefix`, and gives back where it is.
    fn value(&mut self, prefix: &str, parent: Option<&str>) -> Result<Range<usize>, Error> {
        let whole = self.reader.clone().skip()?;
        match self.reader.peek()? {
            Kind::Array => {
                self.reader.array()?;
                let prefix = format!("{}[]", prefix.strip_suffix('.').unwrap_or(prefix));
                while self.reader.element()? {
                    self.value(&format!("{prefix}."), parent)?;
                }
            }
            Kind::Object => {
                self.reader.object()?;
                self.object(prefix, parent)?;
            }
            _ => _ = self.reader.skip()?,
        }
        Ok(self.range(whole.of(self.reader.source())))
    }

    fn object(&mut self, prefix: &str, parent: Option<&str>) -> Result<(), Error> {
        let mut members: Vec<(String, Range<usize>, Range<usize>)> = Vec::new();
        while let Some(key) = self.reader.key()? {
            let path = format!("{prefix}{}", name(key, self.reader.source()));
            let start = self.range(key.raw(self.reader.source())).start - 1;
            let value = self.value(&format!("{path}."), Some(&path))?;
            members.push((path, start..value.end, value));
        }
        for n in 0..members.len() {
            let (path, range, value) = &members[n];
            // The comma behind a member goes with it; the last one has none, and takes that of the last that stays.
            let place = match members.get(n + 1) {
                Some((_, next, _)) => range.start..next.start,
                None => {
                    let stays = members[..n].iter().rfind(|(other, ..)| other != path);
                    stays.map_or(members[0].1.start, |(_, stays, _)| stays.end)..range.end
                }
            };
            let other = another(&self.reader.source()[value.clone()]).map(|other| (value.clone(), other));
            self.found.push(Found { path: path.clone(), parent: parent.map(String::from), place, other });
        }
        Ok(())
    }

    /// Where a slice of the document is in it.
    fn range(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr() - self.reader.source().as_ptr().addr();
        start..start + part.len()
    }
}

/// Another value of the same kind.
fn another(value: &str) -> Option<&'static str> {
    match value {
        "null" => None,
        "1" => Some("2"),
        "true" => Some("false"),
        "false" => Some("true"),
        _ if value.starts_with('"') => Some("\"~\""),
        _ if value.starts_with(['{', '[']) => None,
        _ => Some("1"),
    }
}

/// The `type` of an object, if it has one that is text.
fn type_of(reader: &mut Reader<'_>) -> Result<Option<Text>, Error> {
    if reader.peek()? != Kind::Object {
        return Ok(None);
    }
    reader.object()?;
    while let Some(key) = reader.key()? {
        if key.is(reader.source(), "type") {
            return reader.maybe_string();
        }
        reader.skip()?;
    }
    Ok(None)
}

/// A key as a path has it.
fn name(key: Text, json: &str) -> String {
    let mut name = String::new();
    key.decode(json, &mut name);
    let is_plain = !name.is_empty() && !name.contains(|c: char| ".:[]\" ".contains(c) || c.is_control());
    if is_plain { name } else { format!("{name:?}") }
}

/// As deep as frames may be nested by default.
const DEPTH_MAX: u16 = 128;
