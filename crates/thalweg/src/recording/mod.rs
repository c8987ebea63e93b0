//! A stream as it was received: the truth that events are derived from.
//!
//! A [`Recording`] holds chunks with their arrival times, the borders between connections, and how the stream closed.
//! It is filled while a response is received and [replayed](Recording::replay) whenever its events are wanted again:
//! the same recording always gives the same events, and a better decoder gives better ones. On disk it is two files:
//! the bytes as they came, and a table of times ([`to_tsv`](Recording::to_tsv)).
//!
//! It never reads a clock: times are arguments.

mod tsv;

#[cfg(test)]
mod tests;

pub use tsv::{RecordingError, RecordingFault};

use alloc::vec::Vec;

use crate::event::{Close, Event};
use crate::normalizer::Normalizer;

/// Default of [`Recording::with_held_bytes`]: 256 MiB.
pub const HELD_BYTES: usize = 256 << 20;

/// Chunks as they arrived, and how the stream closed.
///
/// Fill it with [`push`](Self::push) while you receive, [`finish`](Self::finish) it with the close the transport saw,
/// and [`replay`](Self::replay) it. What it holds is bounded; when the bound is reached it keeps the beginning of the
/// stream and [says so](Self::is_truncated).
///
/// ```
/// use thalweg::{Close, Event, Normalizer, Recording, dialects};
///
/// let mut recording = Recording::new();
/// recording.push(31_190, b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},");
/// recording.push(32_030, b"\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
/// recording.finish(Some(32_100), Close::Clean);
///
/// let mut texts = Vec::new();
/// recording.replay(&mut Normalizer::new(&dialects::OPENAI_CHAT), |at_us, event| {
///     if let Event::TextDelta { text, .. } = event {
///         texts.push((at_us, text.to_string()));
///     }
/// });
/// assert_eq!(texts, [(32_030, "Hi".to_string())]);
///
/// // What is stored: the bytes, and their times beside them.
/// assert_eq!(recording.to_tsv(), "at_us\tend\twhat\n31190\t54\t\n32030\t95\t\n32100\t95\tclose:clean\n");
/// let stored = Recording::from_parts(recording.bytes(), &recording.to_tsv())?;
/// assert_eq!(stored, recording);
/// # Ok::<(), thalweg::recording::RecordingError>(())
/// ```
#[derive(Clone)]
pub struct Recording {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    close: Option<Closing>,
    is_truncated: bool,
    held_bytes_max: usize,
}

/// One chunk of a [`Recording`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk<'r> {
    /// When it arrived, in microseconds; whose zero is the recorder's choice (in the corpus: the request was sent).
    pub at_us: u64,
    /// The connection it came on: 0 is the first.
    pub connection: u32,
    /// Its bytes, at least one.
    pub bytes: &'r [u8],
}

/// Where a chunk ends, or another connection begins.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    at_us: u64,
    /// The offset in the bytes, exclusive.
    end: usize,
    is_border: bool,
}

/// How the stream closed, and when, if that is known.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Closing {
    at_us: Option<u64>,
    close: Close,
}

impl Recording {
    /// A recording of nothing yet, which holds up to [`HELD_BYTES`].
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), marks: Vec::new(), close: None, is_truncated: false, held_bytes_max: HELD_BYTES }
    }

    /// Another bound than [`HELD_BYTES`] on what is held: the bytes, and 24 more for each chunk and each connection.
    /// Call it before the first chunk.
    #[must_use]
    pub const fn with_held_bytes(mut self, held_bytes_max: usize) -> Self {
        self.held_bytes_max = held_bytes_max;
        self
    }

    /// Takes a chunk and the time of its arrival in microseconds. False where it was not recorded: the bound is
    /// reached or the stream has [closed](Self::finish), and [`is_truncated`](Self::is_truncated) from here on.
    ///
    /// A chunk is kept whole or not at all, and after one that was not nothing more is: what is held is always a
    /// beginning of the stream. A time below the last one counts as the last. An empty chunk is no arrival and leaves
    /// no trace.
    pub fn push(&mut self, at_us: u64, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return !self.is_truncated;
        }
        let has_room = self.mark(at_us, bytes.len(), false);
        if has_room {
            self.bytes.extend_from_slice(bytes);
        }
        has_room
    }

    /// Says that another connection continues the response from here: the chunks that follow came on it. The first
    /// connection needs no call. False where it was not recorded, as with [`push`](Self::push).
    pub fn connection(&mut self, at_us: u64) -> bool {
        self.mark(at_us, 0, true)
    }

    /// Says how the stream closed, as the transport saw it, and when in microseconds, if that is known. Only the first
    /// call counts. What arrives later is not recorded.
    pub fn finish(&mut self, at_us: Option<u64>, close: Close) {
        let at_us = at_us.map(|at_us| at_us.max(self.last_us()));
        self.close.get_or_insert(Closing { at_us, close });
    }

    /// The bytes of all chunks, in order.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The chunks, in order.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        let (mut start, mut connection) = (0, 0_u32);
        self.marks.iter().filter_map(move |mark| {
            if mark.is_border {
                connection = connection.saturating_add(1);
                return None;
            }
            let bytes = self.bytes.get(core::mem::replace(&mut start, mark.end)..mark.end)?;
            Some(Chunk { at_us: mark.at_us, connection, bytes })
        })
    }

    /// How the stream closed; none where the recording ends before the stream did.
    #[must_use]
    pub fn close(&self) -> Option<Close> {
        self.close.map(|closing| closing.close)
    }

    /// When the stream closed, in microseconds; none where that is not known.
    #[must_use]
    pub fn closed_us(&self) -> Option<u64> {
        self.close.and_then(|closing| closing.at_us)
    }

    /// When each connection after the first began, in microseconds, in order: also those on which nothing arrived.
    pub fn reconnects_us(&self) -> impl Iterator<Item = u64> + '_ {
        self.marks.iter().filter(|mark| mark.is_border).map(|mark| mark.at_us)
    }

    /// Whether something arrived that is not here: the bound was reached, or it came after the close.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Feeds a normalizer that was fed nothing yet, chunk by chunk, and shows each event with the time at which it
    /// could be known: that of the chunk, or of the close. The events are those of the live stream.
    ///
    /// Where a recording is [truncated](Self::is_truncated) or has no close, the normalizer finishes with
    /// [`Close::Broken`], at the time of the last chunk: what is missing must not look like an end. Where another
    /// connection begins, it is told to [`reconnect`](Normalizer::reconnect).
    pub fn replay(&self, normalizer: &mut Normalizer, mut see: impl FnMut(u64, &Event<'_>)) {
        let mut drain = |normalizer: &mut Normalizer, at_us| {
            while let Some(event) = normalizer.poll() {
                see(at_us, &event);
            }
        };
        let mut start = 0;
        for mark in &self.marks {
            if mark.is_border {
                normalizer.reconnect();
            } else if let Some(chunk) = self.bytes.get(core::mem::replace(&mut start, mark.end)..mark.end) {
                normalizer.feed(chunk);
            }
            drain(normalizer, mark.at_us);
        }
        let closing = self.close.filter(|_| !self.is_truncated);
        normalizer.finish(closing.map_or(Close::Broken, |closing| closing.close));
        drain(normalizer, closing.and_then(|closing| closing.at_us).unwrap_or_else(|| self.last_us()));
    }

    /// Adds a mark `len` bytes behind the last, if there is room for both.
    fn mark(&mut self, at_us: u64, len: usize, is_border: bool) -> bool {
        let marks = (self.marks.len() + 1).saturating_mul(size_of::<Mark>());
        let held = marks.saturating_add(self.bytes.len()).saturating_add(len);
        if self.is_truncated || self.close.is_some() || held > self.held_bytes_max {
            self.is_truncated = true;
            return false;
        }
        self.marks.push(Mark { at_us: at_us.max(self.last_us()), end: self.bytes.len() + len, is_border });
        true
    }

    fn last_us(&self) -> u64 {
        self.marks.last().map_or(0, |mark| mark.at_us)
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self::new()
    }
}

/// What was recorded; not how much more would be.
impl PartialEq for Recording {
    fn eq(&self, other: &Self) -> bool {
        (&self.bytes, &self.marks, self.close, self.is_truncated)
            == (&other.bytes, &other.marks, other.close, other.is_truncated)
    }
}

impl Eq for Recording {}

impl core::fmt::Debug for Recording {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Bodies hold what people said: sizes only.
        f.debug_struct("Recording")
            .field("bytes", &self.bytes.len())
            .field("chunks", &self.chunks().count())
            .field("close", &self.close())
            .field("is_truncated", &self.is_truncated)
            .finish_non_exhaustive()
    }
}

const _: () = assert!(size_of::<Mark>() <= 24);
