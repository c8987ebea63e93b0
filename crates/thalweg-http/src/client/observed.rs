//! What is made of an answer's events beside giving them out: times, how the attempt ended, and its trace.

use thalweg::fold::Timing;
use thalweg::policy::{Attempt, Ending, Failure};
use thalweg::{Close, Event, Fold};
use thalweg_stream::Observer;

use super::trace::Trace;

/// Watches an answer as it is decoded.
pub(crate) struct Observed {
    pub(crate) timing: Timing,
    attempt: Attempt,
    /// The beginning of what the last error said.
    pub(crate) message: String,
    /// How the answer ended, when it has.
    pub(crate) close: Option<Close>,
    pub(crate) trace: Trace,
}

impl Observed {
    /// Of an attempt that began at 0 microseconds.
    pub(crate) fn new(trace: Trace) -> Self {
        Self { timing: Timing::since(0), attempt: Attempt::default(), message: String::new(), close: None, trace }
    }

    pub(crate) const fn ending(&self) -> Ending {
        self.attempt.ending()
    }

    /// What the attempt failed with so far.
    pub(crate) const fn failure(&self) -> Option<Failure> {
        match self.ending() {
            Ending::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl Observer for Observed {
    fn chunk(&mut self, chunk: &[u8], at_us: Option<u64>) {
        self.timing.chunk(chunk, at_us);
    }

    fn event(&mut self, event: &Event<'_>, at_us: Option<u64>) {
        self.timing.event(event, at_us);
        self.attempt.apply(event);
        match event {
            Event::Error { message, fatal: true, .. } => {
                self.message = message.chars().take(MESSAGE_CHARACTERS).collect()
            }
            Event::End { evidence, .. } => self.close = evidence.close.or(Some(Close::Cancelled)),
            _ => {}
        }
        self.trace.event(event, &self.timing);
    }
}

/// More than is written down, so that a secret on the border of that is known whole.
const MESSAGE_CHARACTERS: usize = 64 * 1024;
