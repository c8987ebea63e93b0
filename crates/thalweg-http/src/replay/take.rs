//! What came on one connection of a recording: its chunks, when they came, and how it ended.

use core::ops::Range;
use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use thalweg::{Close, Recording};

/// One connection. Times count from its beginning, offsets from its first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Take {
    pub(super) bytes: Bytes,
    /// Ends and times rise.
    marks: Arc<[Mark]>,
    pub(super) end: End,
    /// When it ended, where that is known.
    pub(super) ended: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    end: usize,
    at: Duration,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As HTTP has it.
    Clean,
    /// The connection is closed in mid-body.
    Broken,
    /// The connection is reset in mid-body.
    Reset,
    /// It does not end: nothing more comes.
    Silent,
}

impl Take {
    /// The connections of a recording, in order; at least one.
    ///
    /// That another connection followed means that the one before it broke off. A recording that is not whole breaks
    /// off too: what is missing must not look like an end.
    pub(super) fn all(recording: &Recording) -> Vec<Self> {
        let bytes = Bytes::copy_from_slice(recording.bytes());
        let begins: Vec<u64> = [0].into_iter().chain(recording.reconnects_us()).collect();
        let mut arrived: Vec<(Range<usize>, Vec<Mark>)> = vec![(0..0, Vec::new()); begins.len()];
        let mut end = 0;
        for chunk in recording.chunks() {
            let at = chunk.connection as usize;
            let (Some((range, marks)), Some(begin)) = (arrived.get_mut(at), begins.get(at)) else { continue };
            if marks.is_empty() {
                *range = end..end;
            }
            end += chunk.bytes.len();
            range.end = end;
            let at = Duration::from_micros(chunk.at_us.saturating_sub(*begin));
            marks.push(Mark { end: range.len(), at });
        }
        let takes = arrived.into_iter().map(|(range, marks)| {
            let (bytes, marks) = (bytes.slice(range), marks.into());
            Self { bytes, marks, end: End::Broken, ended: None }
        });
        let mut takes: Vec<_> = takes.collect();
        if let (Some(last), Some(begin)) = (takes.last_mut(), begins.last()) {
            last.end = match recording.close().filter(|_| !recording.is_truncated()) {
                Some(Close::Clean) => End::Clean,
                Some(Close::TimedOut) => End::Silent,
                _ => End::Broken,
            };
            last.ended = recording.closed_us().map(|at_us| Duration::from_micros(at_us.saturating_sub(*begin)));
        }
        takes
    }

    /// A body that was not recorded and comes at once.
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let marks = [Mark { end: bytes.len(), at: Duration::ZERO }].into();
        Self { bytes, marks, end: End::Clean, ended: None }
    }

    /// The time of the chunk that brought the byte before `end`, and where that chunk ends. `from` is the place of a
    /// chunk at or before it, and moves there.
    pub(super) fn chunk_of(&self, end: usize, from: &mut usize) -> (Duration, usize) {
        while let Some(mark) = self.marks.get(*from) {
            if mark.end >= end {
                return (mark.at, mark.end);
            }
            *from += 1;
        }
        (self.marks.last().map_or(Duration::ZERO, |mark| mark.at), self.bytes.len())
    }

    /// Whether it came at once.
    pub(super) fn is_one_chunk(&self) -> bool {
        self.marks.len() <= 1
    }
}
