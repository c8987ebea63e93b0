//! Messages of an AWS event stream into one frame each: [the format][spec].
//!
//! ```text
//! message = prelude *header payload message-crc
//! prelude = total-length headers-length prelude-crc
//! header  = name-length name type value
//! ```
//!
//! All numbers are big-endian and 32 bits wide; both checksums are CRC-32 of everything before them. A stream of them has
//! no other borders: where a length cannot be trusted, nothing behind it can be read.
//!
//! A message `chunk` of `InvokeModelWithResponseStream` wraps a frame of the model's own protocol as base64: its frame's
//! data is what is inside, so that the model's decoder reads it.
//!
//! [spec]: https://smithy.io/2.0/aws/amazon-eventstream.html

mod headers;
mod wrapped;

use alloc::vec::Vec;
use core::ops::Range;

use super::{Corrupt, Cut, Defect, Payload, RETAINED_BYTES_MAX, piece};
use headers::Headers;
use wrapped::Wrapped;

/// The scanner for a stream of messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Aws {
    /// Of the message at hand, once it is there and right.
    prelude: Option<Prelude>,
    /// How long the message that was last looked at says it is; zero where that is not known.
    declared: usize,
    /// Why nothing can be read any more.
    corrupt: Option<Corrupt>,
    /// What was inside the last message that wraps a frame.
    unwrapped: Vec<u8>,
}

/// What a message begins with.
#[derive(Clone, Copy, Debug)]
struct Prelude {
    /// The whole message: at least [`MESSAGE_BYTES_LEAST`].
    total: usize,
    /// Its headers. They fit between prelude and message checksum.
    headers: usize,
}

impl Aws {
    pub(super) fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        if let Some(corrupt) = self.corrupt {
            self.declared = 0;
            return piece(Defect::Corrupt(corrupt), pending, at_end);
        }
        match self.message(pending) {
            Ok(None) if at_end && !pending.is_empty() => {
                self.prelude = None;
                Some(Cut::new(pending.len(), Payload::Junk, Some(Defect::Unterminated)))
            }
            Ok(cut) => cut,
            Err((corrupt, len)) => {
                self.corrupt = Some(corrupt);
                Some(Cut::new(len, Payload::Junk, Some(Defect::Corrupt(corrupt))))
            }
        }
    }

    pub(super) fn shrink(&mut self) {
        self.unwrapped.clear();
        self.unwrapped.shrink_to(RETAINED_BYTES_MAX);
    }

    pub(super) fn unwrapped(&self) -> &[u8] {
        &self.unwrapped
    }

    pub(super) const fn declared(&self) -> usize {
        self.declared
    }

    pub(super) fn retained(&self) -> usize {
        self.unwrapped.capacity()
    }

    /// The message that `pending` begins with, if all of it is there; or why it is none, and how many bytes show that.
    fn message(&mut self, pending: &[u8]) -> Result<Option<Cut>, (Corrupt, usize)> {
        let prelude = match self.prelude {
            Some(prelude) => prelude,
            None => {
                self.declared = 0;
                let Some(bytes) = pending.first_chunk() else { return Ok(None) };
                let prelude = Prelude::read(bytes).map_err(|corrupt| (corrupt, PRELUDE_BYTES))?;
                self.declared = prelude.total;
                *self.prelude.insert(prelude)
            }
        };
        let Some(message) = pending.get(..prelude.total) else { return Ok(None) };
        self.prelude = None;
        self.read(message, prelude.headers).map(Some).map_err(|corrupt| (corrupt, message.len()))
    }

    /// Reads a message that is all there.
    fn read(&mut self, message: &[u8], headers: usize) -> Result<Cut, Corrupt> {
        let Some((checked, checksum)) = message.split_last_chunk() else { return Err(Corrupt::Length) };
        if crc32fast::hash(checked) != u32::from_be_bytes(*checksum) {
            return Err(Corrupt::MessageChecksum);
        }
        let payload = PRELUDE_BYTES + headers..checked.len();
        let headers = Headers::read(checked, PRELUDE_BYTES..payload.start).ok_or(Corrupt::Headers)?;
        let is = |value: &Option<Range<usize>>, text: &[u8]| value.clone().is_some_and(|value| &checked[value] == text);
        let (event, data, is_exception) = if is(&headers.message_type, b"exception") {
            (headers.exception_type, payload, true)
        } else if is(&headers.message_type, b"error") {
            (headers.error_code, headers.error_message.unwrap_or(payload), true)
        } else {
            (headers.event_type, payload, false)
        };
        let is_wrapped = !is_exception && is(&event, b"chunk");
        let (payload, defect) = if is_wrapped { self.unwrap(checked, data) } else { (Payload::Data(data), None) };
        let event = event.filter(|event| !event.is_empty());
        Ok(Cut { event, is_exception, ..Cut::new(message.len(), payload, defect) })
    }

    fn unwrap(&mut self, message: &[u8], data: Range<usize>) -> (Payload, Option<Defect>) {
        match wrapped::unwrap(&message[data.clone()], &mut self.unwrapped) {
            Wrapped::Not => (Payload::Data(data), None),
            Wrapped::Decoded => (Payload::Joined, None),
            Wrapped::Undecodable => (Payload::Junk, Some(Defect::Encoding)),
        }
    }
}

impl Prelude {
    fn read(bytes: &[u8; PRELUDE_BYTES]) -> Result<Self, Corrupt> {
        let [total, headers, checksum] = numbers(bytes);
        if crc32fast::hash(&bytes[..8]) != checksum {
            return Err(Corrupt::PreludeChecksum);
        }
        let (Ok(total), Ok(headers)) = (usize::try_from(total), usize::try_from(headers)) else {
            return Err(Corrupt::Length);
        };
        let payload = total.checked_sub(MESSAGE_BYTES_LEAST).and_then(|most| most.checked_sub(headers));
        match payload {
            Some(0..=PAYLOAD_BYTES_MAX) if headers <= HEADERS_BYTES_MAX => Ok(Self { total, headers }),
            _ => Err(Corrupt::Length),
        }
    }
}

/// Whether a stream begins with a prelude whose checksum is right: `None` when more bytes are needed to tell. Where no
/// message `is_expected`, only lengths that are allowed count, which begin with one of two bytes that no text has.
pub(super) fn begins(bytes: &[u8], is_expected: bool) -> Option<bool> {
    let first = bytes.first()?;
    if !is_expected && *first > 1 {
        return Some(false);
    }
    bytes.first_chunk().map(|prelude| {
        let [_, _, checksum] = numbers(prelude);
        crc32fast::hash(&prelude[..8]) == checksum
    })
}

/// The numbers of a prelude.
fn numbers(bytes: &[u8; PRELUDE_BYTES]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_be_bytes)
}

const PRELUDE_BYTES: usize = 12;
/// A message without headers and payload: the prelude and a checksum.
const MESSAGE_BYTES_LEAST: usize = 16;
/// The bounds of AWS's own clients.
const HEADERS_BYTES_MAX: usize = 128 << 10;
const PAYLOAD_BYTES_MAX: usize = 24 << 20;
