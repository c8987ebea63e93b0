//! What a stream's deadlines are told, whoever waits.

use thalweg::policy::{Deadline, Deadlines};
use thalweg::{Event, Stage};

/// The deadlines of a stream that is being read.
#[derive(Debug)]
pub(crate) struct Watch {
    deadlines: Deadlines,
    stage: Stage,
    /// When the last bytes came, or the end. Their events came then too.
    pub(crate) at_us: u64,
    pub(crate) passed: Option<Deadline>,
}

impl Watch {
    pub(crate) const fn new(deadlines: Deadlines, now_us: u64) -> Self {
        Self { deadlines, stage: Stage::Open, at_us: now_us, passed: None }
    }

    /// Bytes came. The deadline that has passed all the same: one of the whole stream.
    pub(crate) fn bytes(&mut self, now_us: u64) -> Option<Deadline> {
        self.at_us = now_us;
        self.deadlines.bytes(now_us);
        self.passed = self.deadlines.passed(now_us);
        self.passed
    }

    /// The body has nothing. The deadline that has passed.
    pub(crate) fn waits(&mut self, stage: Stage, now_us: u64) -> Option<Deadline> {
        if stage != self.stage {
            self.stage = stage;
            self.deadlines.stage(stage, self.at_us);
        }
        self.deadlines.waits(now_us);
        self.passed = self.deadlines.passed(now_us);
        self.passed
    }

    #[inline]
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.deadlines.event(event, self.at_us);
    }

    /// When the next deadline passes, if nothing happens. A reader cannot be woken.
    #[cfg(feature = "async")]
    pub(crate) fn next_us(&self) -> Option<u64> {
        self.deadlines.next_us()
    }
}
