//! Whether an answer has nothing to show.

use crate::event::{BlockKind, Event, Reason};
use crate::fold::Fold;

/// Watches a stream for something to show: text, a refusal, media, a call. Reasoning alone is nothing.
///
/// The same as [`Response::is_empty`](crate::Response::is_empty) and [`ran_out`](crate::Response::ran_out), without
/// keeping the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptiness {
    is_shown: bool,
    ran_out: bool,
}

/// An answer with nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Empty {
    /// It says nothing. Some providers report a rate limit so.
    Silent,
    /// The output limit was reached first: all went into reasoning.
    RanOut,
}

impl Emptiness {
    /// None where there is something to show. Ask after [`Event::End`]; a stream that [failed](super::Failure::of_event)
    /// is not empty but failed.
    #[must_use]
    pub const fn verdict(&self) -> Option<Empty> {
        match (self.is_shown, self.ran_out) {
            (true, _) => None,
            (false, true) => Some(Empty::RanOut),
            (false, false) => Some(Empty::Silent),
        }
    }
}

impl Fold for Emptiness {
    fn apply(&mut self, event: &Event<'_>) {
        match event {
            Event::TextDelta { .. } | Event::RefusalDelta { .. } => self.is_shown = true,
            Event::BlockStart { kind, .. } => {
                let is_words = matches!(kind, BlockKind::Text | BlockKind::Refusal | BlockKind::Reasoning { .. });
                self.is_shown |= !is_words;
            }
            Event::Finish { reason, .. } => {
                self.is_shown |= *reason == Reason::Refusal;
                self.ran_out |= *reason == Reason::Length;
            }
            _ => {}
        }
    }
}
