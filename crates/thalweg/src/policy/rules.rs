//! How often and after how long, as data.

use alloc::borrow::Cow;
use core::time::Duration;

/// How often a request is sent again, and after how long. All fields may be set; start from
/// [`RetryRules::default`].
///
/// | failure | retries | first delay | then |
/// |---|---|---|---|
/// | rate limit | 10 | 2 s, or what the server asks | doubled |
/// | transient: connection, timeout, server, overload | 10 | 2 s, or what the server asks | doubled |
/// | a stream without content | 3 | 1 s | the same |
/// | a whole answer without content | 10 | 2 s | doubled |
///
/// Together at most 20, none later than 120 s after the last.
///
/// What others do can be said too; this is how OpenAI's own client for Python retries:
///
/// ```
/// use std::time::Duration;
/// use thalweg::policy::{Jitter, RetryRules, Schedule};
///
/// let mut rules = RetryRules::default();
/// rules.retries_max = 2;
/// rules.transient = Schedule::doubling(2, Duration::from_millis(500), Duration::from_secs(8)).with_jitter(Jitter::Less(25));
/// rules.rate_limit = rules.transient;
/// rules.empty_stream.retries_max = 0;
/// rules.statuses = Some((&[(408, 409), (429, 429), (500, u16::MAX)][..]).into());
/// rules.grows_together = true;
/// rules.obeys_zero = false; // a delay of nothing is none
/// rules.obeys_bodies = false;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryRules {
    /// Retries of all kinds together.
    pub retries_max: u16,
    /// After rate limits.
    pub rate_limit: Schedule,
    /// After everything else that may pass: no connection, timeouts, server errors, overload.
    pub transient: Schedule,
    /// After a stream with nothing to show. Long waits do not help there.
    pub empty_stream: Schedule,
    /// After a whole answer, not streamed, with nothing to show.
    pub empty_answer: Schedule,
    /// No delay is longer than this.
    pub delay_max: Duration,
    /// What to do where the server asks for more than [`delay_max`](Self::delay_max).
    pub too_long: TooLong,
    /// Whether delays that headers name are kept; else the schedule's own stand.
    pub obeys_headers: bool,
    /// Whether delays that bodies and events name are kept, where no header names one.
    pub obeys_bodies: bool,
    /// Whether a delay of nothing is kept too, and the request sent again at once; else it is absent.
    pub obeys_zero: bool,
    /// Whether `x-should-retry` decides where it is sent.
    pub obeys_should_retry: bool,
    /// Whether `x-ratelimit-reset` counts as a delay where nothing else names one.
    pub obeys_reset: bool,
    /// Whether delays grow with the retries of all kinds, and not with those of their own kind only.
    pub grows_together: bool,
    /// Statuses that are tried again only once: 421 and 425 by default, which pass at once or not at all.
    pub once: Cow<'static, [u16]>,
    /// Whether an error that says nothing about itself is tried again, as a transient one.
    pub retries_unknown: bool,
    /// Where given, responses are tried again by their status alone, whatever they say: ranges, both ends included.
    /// Else what an error means decides, so that a 429 for an account without money is not tried again.
    pub statuses: Option<Cow<'static, [(u16, u16)]>>,
}

/// How often, and after how long each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// Retries of this kind.
    pub retries_max: u16,
    /// The first delay.
    pub first: Duration,
    /// Each delay is this many times the one before: 1 for a fixed delay.
    pub factor: u32,
    /// No delay of the schedule is longer than this, before jitter.
    pub longest: Duration,
    /// What is random about it.
    pub jitter: Jitter,
}

/// What is random about a delay, so that clients that failed together do not come back together. Delays that a server
/// names have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Nothing.
    #[default]
    None,
    /// Up to so many percent less, at most 100.
    Less(u8),
    /// Up to so much more.
    More(Duration),
}

/// What to do where the server asks for more than the longest delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TooLong {
    /// Give up: whoever comes earlier is sent away again.
    #[default]
    Refuse,
    /// Wait for the longest delay.
    WaitTheCap,
}

impl Schedule {
    /// The same delay each time.
    #[must_use]
    pub const fn fixed(retries_max: u16, delay: Duration) -> Self {
        Self { retries_max, first: delay, factor: 1, longest: delay, jitter: Jitter::None }
    }

    /// Twice the delay each time, up to `longest`.
    #[must_use]
    pub const fn doubling(retries_max: u16, first: Duration, longest: Duration) -> Self {
        Self { retries_max, first, factor: 2, longest, jitter: Jitter::None }
    }

    /// With jitter.
    #[must_use]
    pub const fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The delay after `retries` retries. `roll` is a random number, any of all `u32` alike.
    #[must_use]
    pub fn delay(&self, retries: u16, roll: u32) -> Duration {
        let grown = self.factor.checked_pow(retries.into()).and_then(|times| self.first.checked_mul(times));
        let delay = grown.unwrap_or(self.longest).min(self.longest);
        match self.jitter {
            Jitter::None => delay,
            Jitter::Less(percent) => delay.saturating_sub(part(delay, roll) / 100 * u32::from(percent.min(100))),
            Jitter::More(most) => delay.saturating_add(part(most, roll)),
        }
    }
}

impl RetryRules {
    /// No retries at all.
    #[must_use]
    pub fn never() -> Self {
        Self { retries_max: 0, ..Self::default() }
    }
}

impl Default for RetryRules {
    fn default() -> Self {
        let backoff = Schedule::doubling(10, Duration::from_secs(2), DELAY_MAX);
        Self {
            retries_max: 20,
            rate_limit: backoff,
            transient: backoff,
            empty_stream: Schedule::fixed(3, Duration::from_secs(1)),
            empty_answer: backoff,
            delay_max: DELAY_MAX,
            too_long: TooLong::default(),
            obeys_headers: true,
            obeys_bodies: true,
            obeys_zero: true,
            obeys_should_retry: true,
            obeys_reset: false,
            grows_together: false,
            once: Cow::Borrowed(&[421, 425]),
            retries_unknown: false,
            statuses: None,
        }
    }
}

const DELAY_MAX: Duration = Duration::from_secs(120);

/// `roll` of all `u32` parts of a duration, to the microsecond.
fn part(whole: Duration, roll: u32) -> Duration {
    let micros = (whole.as_micros() * u128::from(roll)) >> 32;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
