//! Frames that repeat the last one to the byte, but for the values that vary in its data: told before they are cut.
//!
//! The lines around a frame's data repeat as the data does: `event: …`, `data: ` and the blank line. Where they stand
//! around data whose shape the decoder knows, the framer would find the same frame again: neither the lines nor the data
//! have a line end in a place where the last frame had none.

use alloc::vec::Vec;
use core::ops::Range;

use super::read::Data;
use super::{Current, Normalizer, Reader};
use crate::dialect::Ahead;
use crate::framing::{Cut, Payload};

/// What stood around the data of the last frame that repeated an earlier one.
#[derive(Default)]
pub(super) struct Envelope {
    /// All of it.
    bytes: Vec<u8>,
    /// How much of that stands before the data.
    before: usize,
    /// The name of the frame in it.
    event: Option<Range<usize>>,
}

impl Envelope {
    /// Becomes what stands around the data of a frame, `pending` beginning with that frame. Unless it varies: ids do.
    fn learn(&mut self, pending: &[u8], cut: &Cut) {
        let Payload::Data(data) = &cut.payload else { return };
        let (Some(before), Some(after)) = (pending.get(..data.start), pending.get(data.end..cut.len)) else { return };
        let is_known = self.before() == before && self.after() == after;
        // A name behind the data is in another place each time. A carriage return is the end of the frame only if no line
        // feed follows.
        let is_fit = cut.event.as_ref().is_none_or(|event| event.end <= data.start)
            && cut.id.is_none()
            && cut.retry_ms.is_none()
            && cut.defect.is_none()
            && !cut.is_exception
            && after.ends_with(b"\n")
            && before.len() + after.len() <= ENVELOPE_MOST;
        if is_known || !is_fit {
            return;
        }
        self.bytes.clear();
        self.bytes.reserve_exact(before.len() + after.len());
        self.bytes.extend_from_slice(before);
        self.bytes.extend_from_slice(after);
        self.before = before.len();
        self.event = cut.event.clone();
    }

    fn before(&self) -> &[u8] {
        self.bytes.get(..self.before).unwrap_or_default()
    }

    fn after(&self) -> &[u8] {
        self.bytes.get(self.before..).unwrap_or_default()
    }

    /// What may be such a frame, if anything may.
    #[inline]
    fn ahead<'a>(&'a self, pending: &'a [u8]) -> Option<Ahead<'a>> {
        let (before, after) = self.bytes.split_at_checked(self.before)?;
        let bytes = pending.strip_prefix(before).filter(|_| !after.is_empty())?;
        let name = self.event.as_ref().and_then(|range| before.get(range.clone()));
        Some(Ahead { name, bytes, end: Some(after) })
    }

    /// Heap bytes in use.
    pub(super) fn retained(&self) -> usize {
        self.bytes.capacity()
    }
}

impl Normalizer {
    /// Tells the next frame from what is known of the last ones, lines and all; false, with nothing done, where that
    /// cannot be.
    #[inline]
    pub(super) fn repeat_ahead(&mut self) -> bool {
        if !self.has_memo || !self.framer.is_at_event() || !self.opening.is_started {
            return false;
        }
        let pending = self.buffer.get(self.head..self.pending_end()).unwrap_or_default();
        let (Some(ahead), Reader::Known { decoder, .. }) = (self.envelope.ahead(pending), &mut self.reader) else {
            return false;
        };
        if pending.len() > self.limits.frame_bytes {
            return false;
        }
        let Some(len) = decoder.repeat(ahead, &mut self.out) else { return false };
        self.framer.skip_event();
        self.frame = Current {
            len: self.envelope.bytes.len() + len,
            number: self.frame.number + 1,
            event: self.envelope.event.clone(),
            ..Current::default()
        };
        self.count_repeat();
        true
    }

    /// Whether the data of the frame at hand repeats that of an earlier one: then it was said.
    #[inline]
    pub(super) fn is_repeat(&mut self, data: &Data, is_body: bool) -> bool {
        let (Data::Buffer(range), Reader::Known { decoder, .. }) = (data, &mut self.reader) else { return false };
        if is_body || self.frame.is_exception || !self.opening.is_started || !self.has_memo {
            return false;
        }
        let name = self.frame.event.as_ref().and_then(|name| self.buffer.get(self.head..)?.get(name.clone()));
        let bytes = self.buffer.get(range.clone()).unwrap_or_default();
        if decoder.repeat(Ahead { name, bytes, end: None }, &mut self.out).is_none() {
            return false;
        }
        self.count_repeat();
        true
    }

    /// Keeps what stands around the data of a frame that repeated an earlier one.
    pub(super) fn learn_envelope(&mut self, cut: &Cut) {
        if self.framer.is_at_event() {
            self.envelope.learn(self.buffer.get(self.head..).unwrap_or_default(), cut);
        }
    }

    fn count_repeat(&mut self) {
        self.out.count_frame();
        self.repeats += 1;
    }
}

/// More than the lines around a frame's data have: a name, and a few bytes that are syntax.
const ENVELOPE_MOST: usize = 128;
