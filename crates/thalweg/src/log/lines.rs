//! A log as JSON Lines: the header, then one event a line.
//!
//! ```text
//! {"thalweg_log":1,"dialect":"openai-chat","protocol":"openai-chat","detail":"normal","heartbeats":false}
//! {"seq":0,"type":"start","protocol":"openai-chat"}
//! {"seq":1,"type":"text_delta","block":0,"text":"Hi"}
//! ```
//!
//! An event is its serialized form behind its number. The header's `dialect` is left out where there is none, and
//! `limits` where all are the defaults of version 1. A reader leaves out fields that it does not know. An object with
//! the right `seq` and a `type` that does not fit the model (a new type, a new word) reads as
//! [`Event::Unknown`](crate::Event::Unknown): its `wire_type` is that type, its `json` the line.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::header::{self, Header};
use super::{LogError, LogFault, Position, RECORD_BYTES, Record, VERSION};
use crate::event::{Event, OwnedEvent};

/// Writes a log into memory, line by line. Make it with a header, [`write`](Self::write) every event in order, and take
/// [the bytes](Self::as_bytes) at the end, or now and then with [`clear`](Self::clear).
#[derive(Clone, Debug)]
pub struct Writer {
    out: Vec<u8>,
    next: u64,
}

impl Writer {
    /// A log that has its header and no event.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let mut writer = Self::headless();
        writer.line(&HeaderLine::from(header));
        writer
    }

    /// The lines of the events alone. No reader takes them: nothing says what they are.
    #[must_use]
    pub const fn headless() -> Self {
        Self { out: Vec::new(), next: 0 }
    }

    /// Adds the next event.
    pub fn write(&mut self, event: &Event<'_>) {
        self.line(&EventLine { seq: self.next, event });
        self.next += 1;
    }

    /// What has been written since the last [`clear`](Self::clear): whole lines of UTF-8. Each part is to be stored
    /// behind the one before.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// Forgets what has been written: it is stored elsewhere. The buffer is kept.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// What has been written since the last [`clear`](Self::clear).
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn line(&mut self, line: &impl Serialize) {
        let line = serde_json::to_vec(line).expect("every key of these types is a string");
        self.out.extend_from_slice(&line);
        self.out.push(b'\n');
    }
}

/// Reads a log, from any source: each item is the next event, or the error behind which nothing is read.
///
/// It holds nothing but the header. A log that ends between two lines is read to its end, whether or not its last
/// event is an [`Event::End`].
#[derive(Clone, Debug)]
pub struct Reader<'b> {
    rest: &'b [u8],
    header: Header,
    line: usize,
    next: u64,
    record_bytes_max: usize,
}

impl<'b> Reader<'b> {
    /// Reads the header.
    ///
    /// # Errors
    /// The first line is no header of a log, or one of a later version.
    pub fn new(bytes: &'b [u8]) -> Result<Self, LogError> {
        let error = |fault| LogError { position: Position::Line(1), fault };
        let (line, rest) = split_line(bytes);
        if line.len() > RECORD_BYTES {
            return Err(error(LogFault::TooLong));
        }
        let VersionLine { thalweg_log: version } =
            serde_json::from_slice(line).map_err(|_| error(LogFault::NotALog))?;
        if !(1..=VERSION).contains(&version) {
            return Err(error(LogFault::Version { version }));
        }
        let header: HeaderLine = serde_json::from_slice(line).map_err(|_| error(LogFault::Damaged))?;
        Ok(Self { rest, header: header.into(), line: 1, next: 0, record_bytes_max: RECORD_BYTES })
    }

    /// Another bound than [`RECORD_BYTES`] on a line.
    #[must_use]
    pub const fn with_record_bytes(mut self, record_bytes_max: usize) -> Self {
        self.record_bytes_max = record_bytes_max;
        self
    }

    /// How the events were made.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    fn read(&self, line: &[u8], is_terminated: bool) -> Result<Record, LogFault> {
        if line.len() > self.record_bytes_max {
            return Err(LogFault::TooLong);
        }
        let cut_or_damaged = |error: serde_json::Error| match error.is_eof() && !is_terminated {
            true => LogFault::Cut,
            false => LogFault::Damaged,
        };
        let Opening { seq, wire_type } = serde_json::from_slice(line).map_err(cut_or_damaged)?;
        if seq != self.next {
            return Err(LogFault::Sequence { expected: self.next, found: seq });
        }
        if let Ok(event) = serde_json::from_slice(line) {
            return Ok(Record { seq, event, is_foreign: false });
        }
        let json = core::str::from_utf8(line).map_err(|_| LogFault::Damaged)?.into();
        Ok(Record { seq, event: OwnedEvent::Unknown { wire_type, json }, is_foreign: true })
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = split_line(self.rest);
        let read = self.read(line, line.len() < self.rest.len());
        self.rest = rest;
        self.line += 1;
        match read {
            Ok(_) => self.next += 1,
            Err(_) => self.rest = &[],
        }
        Some(read.map_err(|fault| LogError { position: Position::Line(self.line), fault }))
    }
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

#[derive(Serialize)]
struct EventLine<'e> {
    seq: u64,
    #[serde(flatten)]
    event: &'e Event<'e>,
}

/// What every line of an event has, whatever the event.
#[derive(Deserialize)]
struct Opening {
    seq: u64,
    #[serde(rename = "type")]
    wire_type: Box<str>,
}

#[derive(Deserialize)]
struct VersionLine {
    thalweg_log: u64,
}

#[derive(Serialize, Deserialize)]
struct HeaderLine {
    thalweg_log: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dialect: Option<Box<str>>,
    protocol: Box<str>,
    detail: Box<str>,
    heartbeats: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    limits: BTreeMap<Box<str>, u64>,
}

impl From<&Header> for HeaderLine {
    fn from(header: &Header) -> Self {
        Self {
            thalweg_log: VERSION,
            dialect: header.dialect.clone(),
            protocol: header.protocol.as_str().into(),
            detail: header::detail_name(header.detail).into(),
            heartbeats: header.heartbeats,
            limits: header::stored_limits(&header.limits).map(|(name, value)| (name.into(), value)).collect(),
        }
    }
}

impl From<HeaderLine> for Header {
    fn from(line: HeaderLine) -> Self {
        Self {
            dialect: line.dialect,
            protocol: header::protocol_of(&line.protocol),
            detail: header::detail_of(&line.detail),
            heartbeats: line.heartbeats,
            limits: header::limits_of(line.limits.iter().map(|(name, value)| (&**name, *value))),
        }
    }
}
