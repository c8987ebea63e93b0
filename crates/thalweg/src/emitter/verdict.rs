//! The verdict on a stream, from the facts that were seen.

use super::{Emitter, Fragment};
use crate::event::{
    Action, AnomalyKind, Close, ErrorKind, EventOf, Evidence, LimitKind, Origin, Outcome, Reason, Retry,
};

/// What was seen of the end so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// A fatal error was reported.
    pub(super) failed: bool,
    /// The provider said that the response is over, and how.
    pub(super) terminal: bool,
    /// The framing's end mark came.
    pub(super) sentinel: bool,
    /// The client is asked for permission.
    pub(super) asks: bool,
    /// The response waits for its turn.
    pub(super) waits: bool,
    /// The provider said that the answer is not whole, for whatever reason.
    pub(super) cut: bool,
    /// Frames that carried data.
    pub(super) frames: u64,
    pub(super) limit: Option<LimitKind>,
}

/// An error as a decoder reports it. Build it with [`Failure::new`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Failure<'a> {
    /// The normalized kind.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Whether the response is lost.
    pub fatal: bool,
    /// The HTTP status the error names.
    pub status: Option<u16>,
    /// The provider's code or type.
    pub code: Option<Fragment<'a>>,
    /// The provider's message.
    pub message: Fragment<'a>,
    /// Who says so.
    pub origin: Origin,
    /// The provider's own error: valid JSON.
    pub raw: Option<&'a str>,
}

impl<'a> Failure<'a> {
    /// A fatal error of the provider's, of a kind, with its message.
    #[must_use]
    pub const fn new(kind: ErrorKind, message: Fragment<'a>) -> Self {
        let (retry, origin) = (Retry::Unknown, Origin::Provider);
        Self { kind, retry, fatal: true, status: None, code: None, message, origin, raw: None }
    }
}

impl Emitter {
    /// An error; one a cause. It ends nothing: decoding goes on.
    pub fn error(&mut self, failure: Failure<'_>) {
        let code = failure.code.filter(|code| !code.is_empty()).map(|code| self.text(code));
        let message = self.text(failure.message);
        let raw = failure.raw.map(|json| self.text(json.into()));
        self.facts.failed |= failure.fatal;
        self.slots.push(EventOf::Error {
            kind: failure.kind,
            retry: failure.retry,
            fatal: failure.fatal,
            status: failure.status,
            code,
            message,
            origin: failure.origin,
            raw,
        });
    }

    /// A frame that carries data was read.
    pub(crate) fn count_frame(&mut self) {
        self.facts.frames += 1;
    }

    pub(crate) const fn frames(&self) -> u64 {
        self.facts.frames
    }

    /// The framing's end mark (`[DONE]`, the `]` of an array). It is strong evidence if a finish reason was seen:
    /// then every choice ends here. Without any it shows that the provider meant to end, and nothing else.
    pub fn sentinel(&mut self) {
        self.facts.sentinel = true;
        if self.choices.iter().any(|choice| choice.reason.is_some()) {
            self.terminal();
        } else if !self.facts.failed {
            self.anomaly(AnomalyKind::MissingFinish, Action::Kept, None);
        }
    }

    /// The provider said that the response is over, and how: every choice ends here.
    pub fn terminal(&mut self) {
        if core::mem::replace(&mut self.facts.terminal, true) {
            return;
        }
        let is_silent = self.choices.iter().all(|choice| choice.reason.is_none()) && !self.facts.failed;
        let is_missing = is_silent || self.choices.iter().any(|choice| choice.reason.is_none() && choice.has_content());
        // What waits does not say that it is over.
        if is_missing && !self.facts.waits {
            self.anomaly(AnomalyKind::MissingFinish, Action::Kept, None);
        }
        let outcome = self.facts.failed.then_some(Outcome::Failed);
        self.settle_all(outcome);
    }

    /// A whole response says that it waits for its turn, or is still at work: no more of it comes here.
    pub fn wait(&mut self) {
        self.facts.waits = true;
        self.terminal();
    }

    /// The provider says that the answer is not whole, which its reason alone may not show.
    pub fn incomplete(&mut self) {
        self.facts.cut = true;
    }

    pub(crate) const fn is_terminal(&self) -> bool {
        self.facts.terminal
    }

    /// Whether a fatal error was reported.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.facts.failed
    }

    pub(crate) const fn has_sentinel(&self) -> bool {
        self.facts.sentinel
    }

    pub(crate) fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    /// The first that holds, in the order of the event model.
    pub(super) fn outcome(&self, close: Option<Close>) -> Outcome {
        let facts = &self.facts;
        if facts.failed {
            Outcome::Failed
        } else if facts.limit.is_some() {
            Outcome::Limit
        } else if close == Some(Close::Cancelled) {
            Outcome::Cancelled
        } else if facts.terminal {
            self.by_reasons()
        } else if self.all_finished() {
            if close == Some(Close::Clean) { self.by_reasons() } else { Outcome::Truncated }
        } else if facts.sentinel {
            Outcome::Incomplete
        } else {
            Outcome::Truncated
        }
    }

    fn by_reasons(&self) -> Outcome {
        let told = |slot: &usize| self.choices[*slot].reason.is_some() || self.choices[*slot].has_content();
        let reasons = || (0..self.choices.len()).filter(told).map(|slot| self.final_reason(slot));
        let suspends = |reason| {
            matches!(reason, Some(Reason::Pause)) || (self.facts.asks && matches!(reason, Some(Reason::ToolCalls)))
        };
        let cuts = |reason| match reason {
            Some(Reason::Length | Reason::ContextWindow | Reason::ContentFilter) => true,
            Some(Reason::Error | Reason::Cancelled) => true,
            Some(_) => false,
            // The end mark came, but not for this choice.
            None => true,
        };
        if self.facts.waits || reasons().any(suspends) {
            Outcome::Suspended
        } else if self.facts.cut || reasons().next().is_none() || reasons().any(cuts) {
            Outcome::Incomplete
        } else {
            Outcome::Complete
        }
    }

    pub(super) fn evidence(&self, close: Option<Close>) -> Evidence {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Evidence {
            frames: self.facts.frames,
            terminal: self.facts.terminal,
            sentinel: self.facts.sentinel,
            choices: count(self.choices.len()),
            finished: count(self.choices.iter().filter(|choice| choice.reason.is_some()).count()),
            close,
            limit: self.facts.limit,
        }
    }
}
