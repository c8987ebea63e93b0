//! Received bytes into frames.
//!
//! A [`Framer`] says where the next frame in the received bytes ends and which part of it is data.
//! It copies nothing except data that the wire spread over several `data:` lines or wrapped in
//! base64, knows of JSON only where a value ends, judges no UTF-8 and knows no sentinel such as
//! `[DONE]`: those belong to who reads the frames. Server-sent events follow the
//! [WHATWG HTML standard, section 9.2][sse]; what is tolerated beyond it (JSON without a field name,
//! a last frame without its blank line, a body that is no stream) is named in [`Defect`].
//!
//! Three invariants hold for any bytes: the lengths of all cuts add up to the input, the cuts do
//! not depend on how the input was chunked, and each byte is looked at a constant number of times.
//!
//! [sse]: https://html.spec.whatwg.org/multipage/server-sent-events.html

use core::ops::Range;

mod array;
mod aws;
mod body;
mod lines;
mod sniff;
mod sse;

use array::Array;
use aws::Aws;
use body::Body;
use lines::Lines;
use sniff::{Sniff, Verdict};
use sse::Sse;

/// How a dialect's bytes are cut into frames.
///
/// It is what servers should send. The first bytes are looked at, and may show something else: with
/// any framing, a body that begins with `[` is an array whose elements are frames, and its closing
/// bracket an end mark; binary messages are read as [`Self::AwsEventStream`]; and an error page or
/// compressed bytes are no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events. A body that begins with `{` is cut as [`Self::Body`].
    Sse,
    /// JSON objects and arrays one after another, with whitespace or nothing between them; each one
    /// is a frame. A body that begins with a field of server-sent events is cut as [`Self::Sse`].
    Body,
    /// JSON, one object a line; each line is a frame. A body that begins with a field of server-sent
    /// events is cut as [`Self::Sse`].
    Lines,
    /// Binary messages of an AWS event stream. A body that begins as text is cut as [`Self::Sse`].
    AwsEventStream,
}

/// One frame, found at the start of the pending bytes. All ranges are offsets into those pending
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut {
    /// How many bytes belong to the frame: line ends, comments, blank lines and a byte order mark
    /// included. Zero only for what the end of the stream shows when all bytes went out before: the
    /// verdict [`Foreign::Text`], and [`Defect::Unterminated`] of an array.
    pub len: usize,
    /// Where the data of the frame is.
    pub payload: Payload,
    /// The value of the last `event` field, or of the header that names an AWS message; absent where
    /// there is none or it is empty, which the standard treats alike.
    pub event: Option<Range<usize>>,
    /// The frame is an AWS message of type `exception`, or of type `error`, whose data is its message
    /// where it has one.
    pub is_exception: bool,
    /// The value of the last valid `id` field. An empty one clears the last event id, so it is not
    /// the same as none.
    pub id: Option<Range<usize>>,
    /// The last valid `retry` field, in milliseconds; `u64::MAX` stands for any larger number.
    pub retry_ms: Option<u64>,
    /// What is wrong with the frame, if anything is.
    pub defect: Option<Defect>,
}

/// Where the data of a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// One contiguous piece of the pending bytes, possibly empty.
    Data(Range<usize>),
    /// Several `data` lines, joined by LF, or what was wrapped in base64: read [`Framer::joined`]
    /// before the next call.
    Joined,
    /// Nothing to decode: comments, blank lines, fields without data.
    Empty,
    /// The framing's own end mark, the closing bracket of an array: no frame comes behind it.
    End,
    /// Bytes that are no frame, or the beginning of one that cannot be used.
    Junk,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// The bytes ended inside the frame. It carries data only where the data is whole JSON, and
    /// [`Payload::Junk`] otherwise; [`Payload::Empty`] says that an event was named and none of its
    /// data came.
    Unterminated,
    /// JSON without `data:` between server-sent events, given out as data. Stands also where the
    /// bytes ended before the blank line, if the JSON is whole.
    Bare,
    /// The body is no stream at all.
    Foreign(Foreign),
    /// A line after a JSON body, or instead of one, that begins no JSON object or array.
    Trailing,
    /// The frame wraps another one, in what should be base64 and is not.
    Encoding,
    /// A binary message is damaged, and with it everything behind it: its borders are known from
    /// nothing else. All cuts from the first damaged one on say so.
    Corrupt(Corrupt),
}

/// What is wrong with a binary message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// The checksum of its lengths does not fit them.
    PreludeChecksum,
    /// Its lengths contradict each other, or are more than AWS allows: 128 KiB of headers, 24 MiB of
    /// payload.
    Length,
    /// The checksum of the whole message does not fit it.
    MessageChecksum,
    /// A header is cut, is of an unknown type, or has the name of another one; or there are more
    /// than 64.
    Headers,
}

/// What a body that is no stream seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// It begins with `<`: an error page.
    Html,
    /// It begins like gzip or zstd: a transport did not decompress it.
    Compressed,
    /// It begins with a control character that no text begins with.
    Binary,
    /// Lines without one field, comment or JSON object among them. Known only at the end, so only
    /// the last cut says it.
    Text,
}

/// The scanner for one stream.
///
/// The caller holds the received bytes. `pending` is always the slice from the start of the frame
/// that is not finished to the end of what has arrived: it only grows until a cut is returned, and
/// then begins `cut.len` bytes later. The framer remembers how far into it it has looked.
#[derive(Clone, Debug)]
pub struct Framer {
    scanner: Scanner,
}

/// What the stream is taken for. It changes once, when the first bytes are known.
#[derive(Clone, Debug)]
enum Scanner {
    Unknown(Sniff),
    Sse(Sse),
    Body(Body),
    Array(Array),
    Lines(Lines),
    Aws(Aws),
    Foreign(Foreign),
}

impl Framer {
    /// A scanner at the start of a stream.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self { scanner: Scanner::Unknown(Sniff::new(framing)) }
    }

    /// The next whole frame at the start of `pending`, or `None` when more bytes are needed.
    ///
    /// Looks at each byte a constant number of times, however often it is called.
    pub fn next(&mut self, pending: &[u8]) -> Option<Cut> {
        self.scan(pending, false)
    }

    /// As [`Self::next`], when no more bytes will come: gives also what is left. Call it until it
    /// returns `None`.
    pub fn finish(&mut self, pending: &[u8]) -> Option<Cut> {
        self.scan(pending, true)
    }

    /// Releases what a large frame made the framer keep, down to 4 KiB. A frame that is being
    /// joined stays as it is; the joined data of the last cut is gone afterwards.
    pub fn shrink(&mut self) {
        match &mut self.scanner {
            Scanner::Sse(sse) => sse.shrink(),
            Scanner::Aws(aws) => aws.shrink(),
            _ => {}
        }
    }

    /// The data of the last cut, where that cut's payload is [`Payload::Joined`].
    #[must_use]
    pub fn joined(&self) -> &[u8] {
        match &self.scanner {
            Scanner::Sse(sse) => sse.joined(),
            Scanner::Aws(aws) => aws.unwrapped(),
            _ => &[],
        }
    }

    /// Whether the bytes turned out to be JSON values instead of a stream, so that a frame may be a
    /// whole answer.
    #[must_use]
    pub const fn is_body(&self) -> bool {
        matches!(self.scanner, Scanner::Body(_))
    }

    /// Whether the bytes turned out to be an array, whose elements are the frames.
    #[must_use]
    pub const fn is_array(&self) -> bool {
        matches!(self.scanner, Scanner::Array(_))
    }

    /// Whether the bytes turned out to be binary messages.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self.scanner, Scanner::Aws(_))
    }

    /// How long the frame says it is that was last returned, or else the one at hand; zero where it
    /// says nothing. So a frame that is too long is known before it is there.
    #[must_use]
    pub const fn declared_len(&self) -> usize {
        match &self.scanner {
            Scanner::Aws(aws) => aws.declared(),
            _ => 0,
        }
    }

    /// Whether no frame ends without a line end, so that bytes without one need not be looked at.
    #[must_use]
    pub const fn waits_for_line_end(&self) -> bool {
        matches!(self.scanner, Scanner::Sse(_))
    }

    /// Whether the pending bytes begin with a server-sent event of which no line was read yet.
    #[inline]
    pub(crate) const fn is_at_event(&self) -> bool {
        match &self.scanner {
            Scanner::Sse(sse) => sse.is_at_event(),
            _ => false,
        }
    }

    /// The event was found without reading its lines: the pending bytes begin behind it from now on.
    #[inline]
    pub(crate) const fn skip_event(&mut self) {
        if let Scanner::Sse(sse) = &mut self.scanner {
            sse.skip_event();
        }
    }

    /// Heap bytes that the framer keeps: at most five times the largest data that was joined since
    /// [`Self::shrink`], and twice where no base64 was written with escapes.
    #[must_use]
    pub fn retained(&self) -> usize {
        match &self.scanner {
            Scanner::Sse(sse) => sse.retained(),
            Scanner::Aws(aws) => aws.retained(),
            _ => 0,
        }
    }

    fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        if let Scanner::Unknown(sniff) = &mut self.scanner {
            self.scanner = match sniff.look(pending, at_end)? {
                Verdict::BlankLine { len } => return Some(Cut::new(len, Payload::Empty, None)),
                Verdict::Sse { start } => Scanner::Sse(Sse::new(start)),
                Verdict::Body { start } => Scanner::Body(Body::new(start)),
                Verdict::Array { start } => Scanner::Array(Array::new(start)),
                Verdict::Lines { start } => Scanner::Lines(Lines::new(start)),
                Verdict::Aws => Scanner::Aws(Aws::default()),
                Verdict::Foreign(foreign) => Scanner::Foreign(foreign),
            };
        }
        match &mut self.scanner {
            Scanner::Unknown(_) => None,
            Scanner::Sse(sse) => sse.scan(pending, at_end),
            Scanner::Body(body) => body.scan(pending, at_end),
            Scanner::Array(array) => array.scan(pending, at_end),
            Scanner::Lines(lines) => lines.scan(pending, at_end),
            Scanner::Aws(aws) => aws.scan(pending, at_end),
            Scanner::Foreign(foreign) => piece(Defect::Foreign(*foreign), pending, at_end),
        }
    }
}

impl Cut {
    /// A cut without any field.
    fn new(len: usize, payload: Payload, defect: Option<Defect>) -> Self {
        Self { len, payload, event: None, is_exception: false, id: None, retry_ms: None, defect }
    }
}

/// What cannot be read goes out in pieces of a fixed size: its memory is bounded and the cuts depend
/// on offsets only.
fn piece(defect: Defect, pending: &[u8], at_end: bool) -> Option<Cut> {
    let len = pending.len().min(JUNK_PIECE_BYTES);
    let full = len == JUNK_PIECE_BYTES;
    (full || (at_end && len > 0)).then(|| Cut::new(len, Payload::Junk, Some(defect)))
}

/// JSON's whitespace, which is also what may stand before a stream.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// How many bytes of whitespace `bytes` begins with.
fn count_spaces(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| !is_space(byte)).unwrap_or(bytes.len())
}

/// Whether `bytes` stop inside of what may become `whole`.
fn is_cut(bytes: &[u8], whole: &[u8]) -> bool {
    bytes.len() < whole.len() && whole.starts_with(bytes)
}

const JUNK_PIECE_BYTES: usize = 4096;
/// What [`Framer::shrink`] leaves.
const RETAINED_BYTES_MAX: usize = 4096;

#[cfg(test)]
mod tests;
