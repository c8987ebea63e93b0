//! Whether to send a request again, and when.

use core::fmt;
use core::time::Duration;

use super::{Empty, Failure, RetryRules, Schedule, TooLong};
use crate::event::{self, ErrorKind};

/// The retries of one logical request: a count for each kind of failure, and one for all of them.
///
/// One value a request, over all its attempts. Tell it when content has been given out: nothing is tried again after
/// that, because the reader would see it twice.
///
/// ```
/// use std::time::Duration;
/// use thalweg::dialect::Oddities;
/// use thalweg::policy::{Advice, Decision, Failure, Retry, RetryRules};
///
/// let mut retry = Retry::new(RetryRules::default());
/// let mut attempt = || {
///     // What came of sending the request: the status, headers and body of an error.
///     let advice = Advice::of_headers([("retry-after", "1.5")], Duration::ZERO);
///     Failure::of_response(429, advice, b"", &Oddities::none())
/// };
/// match retry.failed(&attempt(), 0) {
///     Decision::Again { delay, .. } => assert_eq!(delay, Duration::from_millis(1500)), // sleep, then try again
///     Decision::Stop { why, recoverable, .. } => panic!("{why:?}, {recoverable}"),     // hand the error on
///     _ => unreachable!(),
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    rules: RetryRules,
    /// Retries by [`Kind`].
    spent: [u16; 4],
    is_once_spent: bool,
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
        /// Whether it is a failure that may pass, so that whoever gets it may try again later. Never for a rate limit that
        /// was waited for in vain, or that lasts longer than the rules allow to wait.
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
    /// The model wrote what cannot be used: no failure of the stream, and asking again is a new question.
    InvalidOutput,
    /// Nothing is known about the failure.
    Unknown,
    /// The server says so (`x-should-retry: false`).
    ServerSaysNo,
    /// The server asks for a longer delay than the longest.
    #[non_exhaustive]
    TooLong {
        /// What it asks for.
        asked: Duration,
    },
    /// The provider goes on with the response and keeps it: asking again would begin another. The rest of it can be asked
    /// for instead.
    Resumable,
    /// All retries for this kind of failure were made.
    Spent,
    /// All retries were made.
    AllSpent,
    /// The output limit was reached before anything could be shown: the same request ends the same way.
    RanOut,
    /// The conversation ends with the assistant's message, to which an empty answer may be all there is to add.
    EndsWithAssistant,
}

/// In words, for logs.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ContentGiven => "content was given out",
            Self::Permanent => "it does not pass",
            Self::InvalidOutput => "the model wrote what cannot be used",
            Self::Unknown => "nothing is known about the failure",
            Self::ServerSaysNo => "the server says so",
            Self::TooLong { asked } => return write!(f, "the server asks for {asked:?}, which is too long"),
            Self::Resumable => "the provider goes on with it, and the rest can be asked for",
            Self::Spent => "all retries for this kind of failure were made",
            Self::AllSpent => "all retries were made",
            Self::RanOut => "the output limit was reached before there was anything to show",
            Self::EndsWithAssistant => "the conversation ends with the assistant's message",
        })
    }
}

impl Retry {
    /// No retries made yet.
    #[must_use]
    pub const fn new(rules: RetryRules) -> Self {
        Self { rules, spent: [0; 4], is_once_spent: false, is_given: false }
    }

    /// An attempt failed. `roll` is a random number, any of all `u32` alike; only jitter needs it.
    pub fn failed(&mut self, failure: &Failure, roll: u32) -> Decision {
        let kind = if failure.kind == ErrorKind::RateLimit { Kind::RateLimit } else { Kind::Transient };
        if let Err(why) = self.may_pass(failure) {
            return Decision::Stop { why, recoverable: matches!(why, Why::InvalidOutput | Why::Resumable) };
        }
        let asked = self.asked(failure);
        let is_too_long = self.rules.too_long == TooLong::Refuse;
        if let Some(asked) = asked.filter(|asked| is_too_long && *asked > self.rules.delay_max && !self.is_given) {
            return Decision::Stop { why: Why::TooLong { asked }, recoverable: kind != Kind::RateLimit };
        }
        let is_once = failure.status.is_some_and(|status| self.rules.once.contains(&status));
        if is_once && self.is_once_spent {
            return Decision::Stop { why: Why::Spent, recoverable: true };
        }
        let decision = self.again(kind, asked, roll);
        self.is_once_spent |= is_once && matches!(decision, Decision::Again { .. });
        decision
    }

    /// A stream ended without a failure and with [nothing to show](super::Ending::Empty).
    pub fn stream_was_empty(&mut self, empty: Empty, roll: u32) -> Decision {
        match empty {
            Empty::RanOut => Decision::Stop { why: Why::RanOut, recoverable: false },
            Empty::Silent => self.again(Kind::EmptyStream, None, roll),
        }
    }

    /// A whole answer, not streamed, has [nothing to show](super::Ending::Empty). `ends_with_assistant`: the last message
    /// of the request is the assistant's.
    pub fn answer_was_empty(&mut self, empty: Empty, ends_with_assistant: bool, roll: u32) -> Decision {
        match empty {
            Empty::RanOut => Decision::Stop { why: Why::RanOut, recoverable: false },
            Empty::Silent if ends_with_assistant => Decision::Stop { why: Why::EndsWithAssistant, recoverable: false },
            Empty::Silent => self.again(Kind::EmptyAnswer, None, roll),
        }
    }

    /// Content was given out. For good.
    pub const fn content_was_given(&mut self) {
        self.is_given = true;
    }

    /// The retries that were decided on, of all kinds.
    #[must_use]
    pub fn retries(&self) -> u16 {
        self.spent.iter().fold(0, |sum, spent| sum.saturating_add(*spent))
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &RetryRules {
        &self.rules
    }

    /// Another attempt, if any is left.
    fn again(&mut self, kind: Kind, asked: Option<Duration>, roll: u32) -> Decision {
        let (schedule, spent, all_spent) = (self.schedule(kind), self.spent[kind as usize], self.retries());
        let why = if self.is_given {
            return Decision::Stop { why: Why::ContentGiven, recoverable: true };
        } else if spent >= schedule.retries_max {
            Some(Why::Spent)
        } else if all_spent >= self.rules.retries_max {
            Some(Why::AllSpent)
        } else {
            None
        };
        if let Some(why) = why {
            return Decision::Stop { why, recoverable: kind != Kind::RateLimit };
        }
        self.spent[kind as usize] = spent.saturating_add(1);
        let retries = if self.rules.grows_together { all_spent } else { spent };
        let delay = asked.unwrap_or_else(|| schedule.delay(retries, roll)).min(self.rules.delay_max);
        Decision::Again { delay }
    }

    /// Whether a failure is one that may pass.
    fn may_pass(&self, failure: &Failure) -> Result<(), Why> {
        if failure.resumes {
            return Err(Why::Resumable);
        }
        let statuses = self.rules.statuses.as_deref().zip(failure.status);
        // An account without money stays without, whatever a header says.
        if statuses.is_none() && failure.kind == ErrorKind::Quota {
            return Err(Why::Permanent);
        }
        match failure.advice.should_retry.filter(|_| self.rules.obeys_should_retry) {
            Some(true) => return Ok(()),
            Some(false) => return Err(Why::ServerSaysNo),
            None => {}
        }
        if let Some((statuses, status)) = statuses {
            let is_listed = statuses.iter().any(|(first, last)| (*first..=*last).contains(&status));
            return if is_listed { Ok(()) } else { Err(Why::Permanent) };
        }
        match failure.retry {
            event::Retry::No => Err(Why::Permanent),
            event::Retry::Unknown if !self.rules.retries_unknown => Err(Why::Unknown),
            _ if failure.kind == ErrorKind::InvalidOutput => Err(Why::InvalidOutput),
            _ => Ok(()),
        }
    }

    /// How long the server asks to wait.
    fn asked(&self, failure: &Failure) -> Option<Duration> {
        let in_headers = failure.advice.delay.filter(|_| self.rules.obeys_headers);
        let in_body = match failure.retry {
            event::Retry::After { ms, .. } if self.rules.obeys_bodies => Some(Duration::from_millis(ms.into())),
            _ => None,
        };
        let reset = failure.advice.reset.filter(|_| self.rules.obeys_reset);
        let is_kept = |delay: &Duration| self.rules.obeys_zero || !delay.is_zero();
        [in_headers, in_body, reset].into_iter().flatten().find(is_kept)
    }

    const fn schedule(&self, kind: Kind) -> Schedule {
        match kind {
            Kind::RateLimit => self.rules.rate_limit,
            Kind::Transient => self.rules.transient,
            Kind::EmptyStream => self.rules.empty_stream,
            Kind::EmptyAnswer => self.rules.empty_answer,
        }
    }
}

/// What is counted apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    RateLimit,
    Transient,
    EmptyStream,
    EmptyAnswer,
}
