//! The binary form of a log.
//!
//! # Format
//!
//! ```text
//! log     = magic version header record*
//! magic   = 0x89 "thalweg"                      the first byte is in no text
//! version = number                              1
//! header  = group of: dialect?, protocol, detail, heartbeats, limits
//! limits  = group of: (name, value)*            those that differ from the defaults of version 1
//! record  = group of: tag, the event's fields   the n-th record is event n, from 0
//!
//! group   = number (its length in bytes), then as many bytes
//! text    = number (its length in bytes), then as many bytes of UTF-8
//! number  = 7 bits a byte, the lowest first; the high bit is set on all but the last
//! flag    = 0 or 1
//! x?      = flag, then x where it is 1
//! ```
//!
//! Tags are numbers, each stands for one variant for ever, and the tables of tags and fields are in the file
//! `wire/tables.rs` beside this one. What is a plain name in the model (a reason, an anomaly's kind) is a text, its
//! stable id. A structure or a variant with data inside an event is a group too. A delta of the block 3 with the text
//! "Hi" is `05 04 03 02 48 69`: five bytes, tag 4, block 3, a text of two bytes.
//!
//! Absent fields at the end of a group are left out, so that a log stays what it is when a later version adds a field
//! behind them. A reader leaves out what a group has behind the fields it knows, takes a field that is missing as
//! absent where it may be, and gives a record with a tag or a word it does not know as
//! [`Event::Unknown`](crate::Event::Unknown): its `wire_type` is `tag:N`, its `json` the whole record behind its
//! length as a JSON string of hexadecimal digits.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::header::{self, Header};
use super::wire::{Bad, Input, Wire, put_group, put_number};
use super::{LogError, LogFault, Position, RECORD_BYTES, Record, VERSION};
use crate::event::{Event, OwnedEvent};

/// Writes a log into memory. Make it with a header, [`write`](Self::write) every event in order, and take
/// [the bytes](Self::as_bytes) at the end, or now and then with [`clear`](Self::clear).
#[derive(Clone, Debug)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// A log that has its header and no event.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let mut out = MAGIC.to_vec();
        put_number(VERSION, &mut out);
        put_group(&mut out, |out| {
            header.dialect.as_deref().put(out);
            header.protocol.put(out);
            header::detail_name(header.detail).put(out);
            header.heartbeats.put(out);
            put_group(out, |out| {
                for (name, value) in header::stored_limits(&header.limits) {
                    name.put(out);
                    value.put(out);
                }
            });
        });
        Self { out }
    }

    /// Adds the next event. Nothing is allocated but the buffer that is given out.
    pub fn write(&mut self, event: &Event<'_>) {
        event.put(&mut self.out);
    }

    /// What has been written since the last [`clear`](Self::clear). Each part is to be stored behind the one before.
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
}

/// Reads a log, from any source: each item is the next event, or the error behind which nothing can be read.
///
/// It holds nothing but the header. A log that ends between two records is read to its end, whether or not its last
/// event is an [`Event::End`].
#[derive(Clone, Debug)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    header: Header,
    /// Where the next record begins; none after an error.
    at: Option<usize>,
    next: u64,
    record_bytes_max: usize,
}

impl<'b> Reader<'b> {
    /// Reads the header.
    ///
    /// # Errors
    /// The bytes are no log, or one of a later version, or end inside the header.
    pub fn new(bytes: &'b [u8]) -> Result<Self, LogError> {
        let not_a_log = LogError { position: Position::Byte(0), fault: LogFault::NotALog };
        let mut input = Input(bytes.strip_prefix(MAGIC).ok_or(not_a_log)?);
        let version = input.number().map_err(|_| not_a_log)?;
        if !(1..=VERSION).contains(&version) {
            return Err(LogError { fault: LogFault::Version { version }, ..not_a_log });
        }
        let at = bytes.len() - input.0.len();
        let (group, end) = record(bytes, at, RECORD_BYTES).map_err(|fault| error(at, fault))?;
        let header = take_header(Input(group)).map_err(|_| error(at, LogFault::Damaged))?;
        Ok(Self { bytes, header, at: Some(end), next: 0, record_bytes_max: RECORD_BYTES })
    }

    /// Another bound than [`RECORD_BYTES`] on a record.
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

    /// The record at an offset, and where the next one begins.
    fn read(&self, at: usize) -> Result<(Record, usize), LogFault> {
        let (group, end) = record(self.bytes, at, self.record_bytes_max)?;
        let (event, is_foreign) = match Event::take(&mut Input(&self.bytes[at..end])) {
            Ok(event) => (event.to_owned(), false),
            Err(Bad::Newer) => (foreign(group), true),
            Err(Bad::Damaged) => return Err(LogFault::Damaged),
        };
        Ok((Record { seq: self.next, event, is_foreign }, end))
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take().filter(|at| *at < self.bytes.len())?;
        Some(match self.read(at) {
            Ok((record, end)) => {
                self.at = Some(end);
                self.next += 1;
                Ok(record)
            }
            Err(fault) => Err(error(at, fault)),
        })
    }
}

const fn error(at: usize, fault: LogFault) -> LogError {
    LogError { position: Position::Byte(at), fault }
}

/// The group at an offset, and where it ends.
fn record(bytes: &[u8], at: usize, bytes_max: usize) -> Result<(&[u8], usize), LogFault> {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut input = Input(rest);
    // A length that is not over yet is cut; one that no number can be is damage.
    let is_cut = rest.len() < NUMBER_BYTES_MOST && rest.iter().all(|byte| *byte >= 0x80);
    let len = input.number().map_err(|_| if is_cut { LogFault::Cut } else { LogFault::Damaged })?;
    let len = usize::try_from(len).ok().filter(|len| *len <= bytes_max).ok_or(LogFault::TooLong)?;
    let group = input.0.get(..len).ok_or(LogFault::Cut)?;
    Ok((group, bytes.len() - input.0.len() + len))
}

fn take_header(mut group: Input<'_>) -> Result<Header, Bad> {
    let dialect: Option<&str> = Wire::take(&mut group)?;
    let protocol = header::protocol_of(<&str>::take(&mut group)?);
    let detail = header::detail_of(<&str>::take(&mut group)?);
    let heartbeats = bool::take(&mut group)?;
    let mut stored = Input(group.prefixed()?);
    let mut limits = Vec::new();
    while !stored.0.is_empty() {
        limits.push((<&str>::take(&mut stored)?, stored.number()?));
    }
    Ok(Header { detail, heartbeats, limits: header::limits_of(limits), ..Header::new(dialect, protocol) })
}

/// What stands for a record that this version does not know.
fn foreign(group: &[u8]) -> OwnedEvent {
    let tag = Input(group).number().unwrap_or_default();
    let mut json = String::with_capacity(2 * group.len() + 2);
    json.push('"');
    for byte in group {
        // Writing to a string does not fail.
        let _ = write!(json, "{byte:02x}");
    }
    json.push('"');
    OwnedEvent::Unknown { wire_type: Box::from(format!("tag:{tag}")), json: json.into() }
}

const MAGIC: &[u8] = b"\x89thalweg";

/// 64 bits in groups of 7.
const NUMBER_BYTES_MOST: usize = 10;
