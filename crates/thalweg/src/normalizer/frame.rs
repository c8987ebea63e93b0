//! One frame, lent with its events.

use core::ops::Range;

use super::Current;
use crate::emitter::Emitter;
use crate::event::Event;

/// One frame: its exact bytes and its events.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct FrameEvents<'a> {
    /// The frame's number: from 1, in order of arrival.
    pub number: u64,
    /// Its bytes, as they were fed.
    pub bytes: &'a [u8],
    /// The name its framing gives it (`event:`), if any.
    pub name: Option<&'a str>,
    /// The id its framing gives it (`id:`); empty where the wire clears the last one.
    pub id: Option<&'a str>,
    /// The reconnection time it names (`retry:`), in milliseconds.
    pub retry_ms: Option<u64>,
    out: &'a Emitter,
    from: usize,
}

impl<'a> FrameEvents<'a> {
    pub(super) fn new(bytes: &'a [u8], frame: &Current, out: &'a Emitter, from: usize) -> Self {
        let text = |range: &Option<Range<usize>>| core::str::from_utf8(bytes.get(range.clone()?)?).ok();
        Self {
            number: frame.number,
            bytes,
            name: text(&frame.event),
            id: text(&frame.id),
            retry_ms: frame.retry_ms,
            out,
            from,
        }
    }

    /// Its events. They may live together, as long as the frame does.
    pub fn events(&self) -> impl Iterator<Item = Event<'a>> + use<'a> {
        let (out, from) = (self.out, self.from);
        (from..out.len()).filter_map(move |n| out.get(n))
    }
}

impl core::fmt::Debug for FrameEvents<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FrameEvents")
            .field("number", &self.number)
            .field("bytes", &self.bytes.len())
            .field("events", &(self.out.len() - self.from))
            .finish_non_exhaustive()
    }
}
