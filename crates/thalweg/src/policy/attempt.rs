//! How an attempt ended.

use alloc::vec::Vec;

use super::Failure;
use crate::event::{AnomalyKind, BlockId, BlockKind, Close, ErrorKind, Event, Origin, Outcome, Reason, Retry};
use crate::fold::Fold;

/// Watches the events of one attempt: whether there was something to show, and whether it failed. A response of no bytes
/// at all is an empty answer here, and no failure, if it ended cleanly.
///
/// ```
/// use thalweg::policy::{Attempt, Decision, Empty, Ending, Retry, RetryRules};
/// use thalweg::{Close, Fold, Normalizer, dialects};
///
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
/// normalizer.finish(Close::Clean);
/// let mut attempt = Attempt::default();
/// while let Some(event) = normalizer.poll() {
///     attempt.apply(&event);
/// }
/// assert_eq!(attempt.ending(), Ending::Empty(Empty::Silent));
/// let decision = Retry::new(RetryRules::default()).stream_was_empty(Empty::Silent, 0);
/// assert!(matches!(decision, Decision::Again { delay, .. } if delay.as_secs() == 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    emptiness: Emptiness,
    is_foreign: bool,
    is_blank: bool,
    is_mismatch: bool,
    is_suspended: bool,
    failure: Option<Failure>,
}

/// Watches a stream for something to show: text, a refusal, media, a call. Reasoning alone is nothing.
///
/// The same as [`Response::is_empty`](crate::Response::is_empty) and [`ran_out`](crate::Response::ran_out), without
/// keeping the response. [`Attempt`] asks it, and knows failures too.
#[derive(Clone, Debug, Default)]
pub struct Emptiness {
    is_shown: bool,
    ran_out: bool,
    /// Blocks of text and refusals in which nothing was seen yet: as many as there may be blocks at most.
    blank: Vec<BlockId>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// There is something to show, and nothing failed. Also an answer that goes on elsewhere ([`Outcome::Suspended`]): a
    /// job in the background has nothing to show yet, and asked for again it would be another job.
    Fine,
    /// There is nothing to show, and nothing failed.
    Empty(Empty),
    /// It failed.
    Failed(Failure),
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

impl Attempt {
    /// How it ended. Ask after [`Event::End`].
    #[must_use]
    pub const fn ending(&self) -> Ending {
        match (self.failure, self.emptiness.verdict()) {
            (Some(failure), _) => Ending::Failed(failure),
            (None, Some(empty)) if !self.is_suspended => Ending::Empty(empty),
            (None, _) => Ending::Fine,
        }
    }
}

impl Fold for Attempt {
    fn apply(&mut self, event: &Event<'_>) {
        self.emptiness.apply(event);
        match event {
            Event::Anomaly { kind: AnomalyKind::NotAStream, .. } => self.is_foreign = true,
            Event::Anomaly { kind: AnomalyKind::ProtocolMismatch, .. } => self.is_mismatch = true,
            // All of it came, and nothing of it could be read: the next time it is the same.
            Event::End { outcome: Outcome::Truncated, evidence, .. }
                if self.is_mismatch && evidence.close == Some(Close::Clean) && self.emptiness.verdict().is_some() =>
            {
                self.failure = self.failure.or(Some(Failure::new(ErrorKind::NotAStream, Retry::No)));
            }
            // Nothing at all came: of what is no stream, that was said before.
            Event::Error { kind: ErrorKind::NotAStream, origin: Origin::Local, .. } if !self.is_foreign => {
                self.is_blank = true;
            }
            Event::End { evidence, .. } if self.is_blank => {
                self.failure = self.failure.or_else(|| Failure::of_close(evidence.close?));
            }
            Event::End { outcome: Outcome::Suspended, .. } => self.is_suspended = true,
            _ => self.failure = self.failure.or_else(|| Failure::of_event(event)),
        }
    }
}

impl Emptiness {
    /// None where there is something to show. Ask after [`Event::End`]; a stream that failed is not empty but failed.
    #[must_use]
    pub const fn verdict(&self) -> Option<Empty> {
        match (self.is_shown, self.ran_out) {
            (true, _) => None,
            (false, true) => Some(Empty::RanOut),
            (false, false) => Some(Empty::Silent),
        }
    }

    fn show(&mut self) {
        self.is_shown = true;
        self.blank = Vec::new();
    }
}

impl Fold for Emptiness {
    fn apply(&mut self, event: &Event<'_>) {
        match event {
            Event::TextDelta { .. } | Event::RefusalDelta { .. } => self.show(),
            Event::BlockStart { kind, .. } if !is_words(kind) => self.show(),
            Event::BlockStart { kind: BlockKind::Text | BlockKind::Refusal, block, .. } if !self.is_shown => {
                self.blank.push(*block);
            }
            Event::Restated { block, value } if !value.is_empty() && self.blank.contains(block) => self.show(),
            Event::Finish { reason: Reason::Refusal, .. } => self.show(),
            Event::Finish { reason: Reason::Length, .. } => self.ran_out = true,
            _ => {}
        }
    }
}

/// Blocks that have nothing in them when they begin.
pub(super) const fn is_words<S>(kind: &BlockKind<S>) -> bool {
    matches!(kind, BlockKind::Text | BlockKind::Refusal | BlockKind::Reasoning { .. })
}
