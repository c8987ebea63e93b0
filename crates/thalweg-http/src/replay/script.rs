//! What an answer sends, and when: a recorded connection with the faults that were asked for.
//!
//! Steps are made one by one, while they are sent: an answer of any length takes a few hundred bytes and shares the
//! recording's.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;

use super::fault::FaultKind;
use super::filler::{Filler, frame_border};
use super::gzip::Gzip;
use super::library::Wire;
use super::take::{End, Take};

/// The steps of one answer.
#[derive(Debug)]
pub(super) struct Script {
    take: Take,
    /// Sorted by offset.
    inserts: VecDeque<(usize, Insert)>,
    gzip: Option<Gzip>,
    /// Whether a compressed stream gets its end.
    is_gzip_whole: bool,
    /// The length of chunks where it is not the recorded one.
    chunk_bytes: Option<usize>,
    /// So many recorded bytes have been given out.
    at: usize,
    /// The place of a chunk that ends at `at` or later, or of one before it.
    chunk: usize,
    /// Nothing of the recording is sent from here on.
    until: usize,
    end: End,
    is_over: bool,
    /// Whether servers say how long such a body is: a document that is sent whole.
    tells_len: bool,
}

/// What is done at an offset of the recorded bytes.
#[derive(Debug)]
enum Insert {
    Pause(Duration),
    Filler(Filler),
}

/// What is done next.
#[derive(Debug)]
pub(super) enum Step {
    /// Wait so long; all recorded times move by it.
    Pause(Duration),
    /// Send these bytes, not before the recorded time where there is one.
    Send { at: Option<Duration>, bytes: Bytes },
    /// End, not before the recorded time where it is known.
    End { at: Option<Duration>, end: End },
}

impl Script {
    /// The script of a connection. Of faults that contradict each other the one that comes first on the wire holds.
    pub(super) fn new<'f>(take: Take, wire: Wire, faults: impl IntoIterator<Item = &'f FaultKind>) -> Self {
        let len = take.bytes.len();
        let end = take.end;
        let tells_len = matches!(wire, Wire::Json | Wire::Html) && take.is_one_chunk();
        let mut script = Self {
            take,
            inserts: VecDeque::new(),
            gzip: None,
            is_gzip_whole: true,
            chunk_bytes: None,
            at: 0,
            chunk: 0,
            until: len,
            end,
            is_over: false,
            tells_len,
        };
        let mut is_gzip_cut = false;
        for fault in faults {
            is_gzip_cut |= matches!(fault, FaultKind::Gzip { is_cut: true, .. });
            script.add(wire, fault);
        }
        script.is_gzip_whole = !is_gzip_cut;
        let until = script.until;
        script.inserts.make_contiguous().sort_by_key(|(at, _)| *at);
        script.inserts.retain(|(at, _)| *at <= until);
        script
    }

    /// How long the body is, where a server would say it, and where it is true: nothing is put in, and it ends.
    pub(super) fn len(&self) -> Option<u64> {
        let is_plain = self.gzip.is_none() && !self.inserts.iter().any(|(_, at)| matches!(at, Insert::Filler(_)));
        // A body that is broken off behind its last byte would pass for whole.
        let is_told = self.end == End::Clean || (self.until < self.take.bytes.len() && self.end != End::Silent);
        (self.tells_len && is_plain && is_told).then_some(self.take.bytes.len() as u64)
    }

    /// Whether the body comes compressed.
    pub(super) const fn is_compressed(&self) -> bool {
        self.gzip.is_some()
    }

    /// The next step. The last is an end, and it comes again.
    pub(super) fn next(&mut self) -> Step {
        let max = self.chunk_bytes.unwrap_or(usize::MAX);
        while self.inserts.front().is_some_and(|(at, _)| *at <= self.at) {
            if let Some((_, Insert::Filler(filler))) = self.inserts.front_mut()
                && let Some(bytes) = filler.next(max)
            {
                return self.send(None, bytes);
            }
            if let Some((_, Insert::Pause(pause))) = self.inserts.pop_front() {
                return Step::Pause(pause);
            }
        }
        if self.at < self.until {
            let (at, bytes) = self.recorded(max);
            return self.send(Some(at), bytes);
        }
        if let Some(gzip) = &mut self.gzip
            && self.end == End::Clean
            && self.is_gzip_whole
            && !core::mem::replace(&mut self.is_over, true)
        {
            return Step::Send { at: None, bytes: gzip.end() };
        }
        let is_whole = self.until == self.take.bytes.len();
        Step::End { at: self.take.ended.filter(|_| is_whole), end: self.end }
    }

    fn add(&mut self, wire: Wire, fault: &FaultKind) {
        let len = self.take.bytes.len();
        let offset = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(len);
        let behind = |at: u64| frame_border(wire, &self.take.bytes, at);
        match *fault {
            FaultKind::Cut { at } => self.stop(offset(at), End::Broken),
            FaultKind::Reset { at: Some(at) } => self.stop(offset(at), End::Reset),
            FaultKind::Hang => self.stop(len, End::Silent),
            FaultKind::Stall { pause, at } => self.inserts.push_back((offset(at), Insert::Pause(pause))),
            FaultKind::Garbage { bytes, seed, at } => {
                let at = behind(at.unwrap_or(len as u64 / 2));
                self.inserts.push_back((at, Insert::Filler(Filler::garbage(wire, bytes, seed))));
            }
            FaultKind::Heartbeats { count, at } => {
                let at = behind(at);
                self.inserts.push_back((at, Insert::Filler(Filler::heartbeats(wire, count))));
            }
            FaultKind::Line { bytes, at } => {
                let at = behind(at);
                self.inserts.push_back((at, Insert::Filler(Filler::line(wire, bytes))));
            }
            FaultKind::Chunk { bytes } => self.chunk_bytes = Some(bytes.get()),
            FaultKind::Gzip { is_cut, at } => {
                self.gzip = Some(Gzip::new());
                if is_cut {
                    self.stop(at.map_or(len / 2, offset), End::Clean);
                }
            }
            // These are not about a body.
            FaultKind::Wait { .. } | FaultKind::Drop | FaultKind::Reset { at: None } | FaultKind::Status(_) => {}
        }
    }

    /// Nothing is sent from an offset on, unless it stopped before.
    fn stop(&mut self, at: usize, end: End) {
        let was_stopped = self.until < self.take.bytes.len();
        if at < self.until || !was_stopped {
            (self.until, self.end) = (at, end);
        }
    }

    /// The next of the recorded bytes, and when they came.
    fn recorded(&mut self, max: usize) -> (Duration, Bytes) {
        let insert = self.inserts.front().map_or(usize::MAX, |(at, _)| *at);
        let most = self.until.min(insert);
        let (_, border) = self.take.chunk_of(self.at + 1, &mut self.chunk);
        let end = match self.chunk_bytes {
            None => border.min(most),
            Some(_) => self.at.saturating_add(max).min(most),
        };
        // A chunk of another length is whole when its last byte came.
        let (at, _) = self.take.chunk_of(end, &mut self.chunk);
        let bytes = self.take.bytes.slice(self.at..end);
        self.at = end;
        (at, bytes)
    }

    fn send(&mut self, at: Option<Duration>, bytes: Bytes) -> Step {
        let bytes = match &mut self.gzip {
            None => bytes,
            Some(gzip) => gzip.chunk(&bytes),
        };
        Step::Send { at, bytes }
    }
}

#[cfg(test)]
mod tests;
