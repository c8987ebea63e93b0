//! Frames that repeat an earlier one in all but a few values, told without reading them again.
//!
//! The frames of a stream are the same few hundred bytes around a few that are new. A decoder that has read a frame whole,
//! and knows what in it varies, leaves its [shape](crate::json) here with a plan: what to say of a frame of that shape. The
//! next frame is compared with it, which costs a tenth of reading. What is kept is how to read, never what came out: the
//! emitter's grammar, keys, numbers and limits apply to each frame as ever.
//!
//! Without a memo every event is the same. A decoder keeps to three rules for that: it leaves only frames that gave one
//! delta and nothing else but counts, so that what they say beside it is known and says nothing when it comes again; it forgets all
//! of them at any other frame; and what it says by plan is what it says of the frame that was read.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::json::{Shape, Slot, Values, same};

/// The shapes of a decoder's latest frames, each with the decoder's own plan.
#[derive(Debug)]
pub(crate) struct Memo<P> {
    known: Vec<Known<P>>,
    /// How many of them are valid: the others are kept for their room.
    count: usize,
    /// The one that fitted last, which is tried first.
    latest: usize,
}

#[derive(Debug)]
struct Known<P> {
    /// The name that the framing gives the frame; empty for none.
    name: Box<[u8]>,
    shape: Shape,
    plan: P,
}

impl<P: Copy> Memo<P> {
    /// The plan for the frame that `bytes` begin with, where its shape is known, and what is in its slots. `ends` tells
    /// whether a frame's data ends before the bytes that it gets.
    #[inline]
    pub(crate) fn find<'a>(
        &mut self,
        name: Option<&[u8]>,
        bytes: &'a [u8],
        ends: impl Fn(&[u8]) -> bool,
    ) -> Option<(P, Values<'a>)> {
        let name = name.unwrap_or_default();
        for step in 0..self.count {
            let at = (self.latest + step) % self.count;
            let known = self.known.get(at)?;
            if same(&known.name, name)
                && let Some(values) = known.shape.fit(bytes, &ends)
            {
                self.latest = at;
                return Some((known.plan, values));
            }
        }
        None
    }

    /// Keeps the shape of a frame that was read whole, in place of the one that has not fitted for longest.
    pub(crate) fn learn<const SLOTS: usize>(
        &mut self,
        name: Option<&str>,
        data: &str,
        slots: [Option<Slot>; SLOTS],
        plan: P,
    ) {
        let name = name.unwrap_or_default().as_bytes();
        if self.count < SHAPES_MOST {
            if self.known.capacity() == 0 {
                // Many streams have frames of one shape.
                self.known.reserve_exact(1);
            }
            if self.known.len() == self.count {
                self.known.push(Known { name: Box::default(), shape: Shape::default(), plan });
            }
            self.latest = self.count;
            self.count += 1;
        } else {
            self.latest = (self.latest + 1) % self.count;
        }
        let Some(known) = self.known.get_mut(self.latest) else { return };
        if *known.name != *name {
            known.name = name.into();
        }
        known.plan = plan;
        if !known.shape.learn(data, slots) {
            self.forget();
        }
    }

    /// Something else came: nothing that was known may be true any more.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.count = 0;
        self.latest = 0;
    }

    /// Heap bytes in use.
    pub(crate) fn retained(&self) -> usize {
        let each = |known: &Known<P>| known.name.len() + known.shape.retained();
        self.known.capacity() * size_of::<Known<P>>() + self.known.iter().map(each).sum::<usize>()
    }
}

impl<P> Default for Memo<P> {
    fn default() -> Self {
        Self { known: Vec::new(), count: 0, latest: 0 }
    }
}

/// Frames of more kinds than these seldom alternate: text, reasoning, and a few calls at once.
const SHAPES_MOST: usize = 4;
