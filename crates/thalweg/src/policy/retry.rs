//! Whether to send a request again, and when.

use core::time::Duration;

use super::{Empty, Failure, RetryRules};

/// The retries of one logical request: a count for each kind of failure, and one for all of them.
///
/// One value a request, over all its attempts. Tell it when content has been given out: nothing is tried again after
/// that, because the reader would see it twice.
#[derive(Clone, Debug)]
pub struct Retry {
    rules: RetryRules,
    spent: u16,
    is_given: bool,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Send the request again.
    #[non_exhaustive]
    Again {
        /// After this long.
        delay: Duration,
    },
    /// Hand on what came: the error, or the empty answer.
    #[non_exhaustive]
    Stop {
        /// Why it is not tried again.
        why: Why,
        /// Whether trying it again later may help. Never for a rate limit that was waited for in vain.
        recoverable: bool,
    },
}

/// Why a request is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Content was given out: the reader would see it twice.
    ContentGiven,
    /// The failure is one that does not pass.
    Permanent,
    /// Nothing is known about the failure.
    Unknown,
    /// The server says so (`x-should-retry: false`).
    ServerSaysNo,
    /// The server asks for a longer delay than the longest.
    TooLong {
        /// What it asks for.
        asked: Duration,
    },
    /// All retries for this kind of failure were made.
    Spent,
    /// All retries were made.
    AllSpent,
    /// The output limit was reached before anything could be shown: the same request ends the same way.
    RanOut,
    /// The conversation ends with the assistant's message, to which an empty answer may be all there is to add.
    EndsWithAssistant,
}

impl Retry {
    /// No retries made yet.
    #[must_use]
    pub const fn new(rules: RetryRules) -> Self {
        Self { rules, spent: 0, is_given: false }
    }

    /// An attempt failed. `roll` is a random number, any of all `u32` alike; only jitter needs it.
    pub fn failed(&mut self, failure: &Failure, roll: u32) -> Decision {
        let _ = (failure, roll);
        Decision::Stop { why: Why::Permanent, recoverable: false }
    }

    /// A stream ended well and is [empty](super::Emptiness::verdict).
    pub fn stream_was_empty(&mut self, empty: Empty, roll: u32) -> Decision {
        let _ = (empty, roll);
        Decision::Stop { why: Why::RanOut, recoverable: false }
    }

    /// A whole answer, not streamed, is [empty](super::Emptiness::verdict). `ends_with_assistant`: the last message of
    /// the request is the assistant's.
    pub fn answer_was_empty(&mut self, empty: Empty, ends_with_assistant: bool, roll: u32) -> Decision {
        let _ = ends_with_assistant;
        self.stream_was_empty(empty, roll)
    }

    /// Content was given out. For good.
    pub const fn content_was_given(&mut self) {
        self.is_given = true;
    }

    /// The retries that were decided on, of all kinds.
    #[must_use]
    pub const fn retries(&self) -> u16 {
        self.spent
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &RetryRules {
        &self.rules
    }
}
