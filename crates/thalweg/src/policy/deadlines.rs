//! How long a stream may take.

use core::fmt;
use core::time::Duration;

use crate::event::{Close, Event};
use crate::normalizer::Stage;

/// How long a stream may take. All fields may be set; start from [`DeadlineRules::default`]. None is no deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadlineRules {
    /// Without any bytes: 5 minutes by default. Models think long before the first.
    pub silence: Option<Duration>,
    /// Without any event but heartbeats: none by default. For servers that send pings and nothing else.
    pub no_event: Option<Duration>,
    /// All together, from the beginning, however slow the reader is: 1 hour by default.
    pub total: Option<Duration>,
    /// After all choices have finished ([`Stage::Finished`]): what usage and end marks get to arrive, 2 seconds by default.
    pub drain: Option<Duration>,
}

/// A deadline of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deadline {
    /// No bytes for too long.
    Silence,
    /// No event for too long.
    NoEvent,
    /// The stream takes too long.
    Total,
    /// All is here, and what may follow has had its time, or the provider said that nothing follows. No failure.
    Drain,
}

/// The deadlines of one stream.
///
/// Times are microseconds of a clock that never goes back, of any origin. Of silence, events and draining only the time
/// counts in which the driver waits for bytes, so a slow reader is never taken for a silent server: say
/// [`waits`](Self::waits) when the source has nothing, and [`rests`](Self::rests) when events are handed out and
/// nobody reads. Ask the source first and for a deadline after it, because what lay in a buffer was not silence:
///
/// 1. Read. Bytes: [`bytes`](Self::bytes), feed them, [`event`](Self::event) for each event, then
///    [`stage`](Self::stage). Handing events to a reader that is not there yet: `rests`.
/// 2. Nothing to read: `waits`, then [`passed`](Self::passed). A deadline: finish with its [`Deadline::close`].
/// 3. Else sleep until the source wakes, or [`next_us`](Self::next_us).
///
/// ```
/// use thalweg::policy::{Deadline, DeadlineRules, Deadlines};
/// use thalweg::{Close, Stage};
///
/// let mut deadlines = Deadlines::new(DeadlineRules::default(), 0);
/// deadlines.bytes(1_500_000);
/// deadlines.stage(Stage::Finished, 1_500_000); // of the normalizer, after its events
/// deadlines.waits(1_600_000); // the server does not close
/// assert_eq!(deadlines.next_us(), Some(3_600_000));
/// assert_eq!(deadlines.passed(3_600_000), Some(Deadline::Drain));
/// assert_eq!(Deadline::Drain.close(), Close::Clean); // `normalizer.finish(Close::Clean)`
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    rules: Micros,
    /// When all of it has taken too long.
    total_us: u64,
    start_us: u64,
    /// Since when it waits.
    waits_since_us: Option<u64>,
    /// Waited before that: since the last bytes, since the last event, since the choices finished.
    silent_us: u64,
    eventless_us: u64,
    drained_us: u64,
    stage: Stage,
}

/// The rules in microseconds; [`NEVER`] where there is none.
#[derive(Clone, Copy, Debug)]
struct Micros {
    silence: u64,
    no_event: u64,
    drain: u64,
}

/// Later than any deadline.
const NEVER: u64 = u64::MAX;

impl Deadline {
    /// How the bytes ended: for [`Normalizer::finish`](crate::Normalizer::finish).
    #[must_use]
    pub const fn close(self) -> Close {
        match self {
            Self::Drain => Close::Clean,
            Self::Silence | Self::NoEvent | Self::Total => Close::TimedOut,
        }
    }
}

/// In words, for logs.
impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "no bytes came for too long",
            Self::NoEvent => "no event came for too long",
            Self::Total => "all together took too long",
            Self::Drain => "what may follow the finish has had its time",
        })
    }
}

impl Deadlines {
    /// The request is sent, and the driver waits for bytes.
    #[must_use]
    pub const fn new(rules: DeadlineRules, now_us: u64) -> Self {
        let DeadlineRules { silence, no_event, total, drain } = rules;
        Self {
            rules: Micros { silence: micros(silence), no_event: micros(no_event), drain: micros(drain) },
            total_us: now_us.saturating_add(micros(total)),
            start_us: now_us,
            waits_since_us: Some(now_us),
            silent_us: 0,
            eventless_us: 0,
            drained_us: 0,
            stage: Stage::Open,
        }
    }

    /// Bytes came.
    pub fn bytes(&mut self, now_us: u64) {
        self.rests(now_us);
        self.silent_us = 0;
    }

    /// An event came.
    pub fn event(&mut self, event: &Event<'_>, now_us: u64) {
        self.rests(now_us);
        if !matches!(event, Event::Heartbeat) {
            self.eventless_us = 0;
        }
    }

    /// How far the stream is now.
    pub fn stage(&mut self, stage: Stage, now_us: u64) {
        self.rests(now_us);
        self.stage = stage;
        if stage < Stage::Finished {
            self.drained_us = 0;
        }
    }

    /// The source has nothing: the driver waits for bytes. Again and again does nothing.
    pub fn waits(&mut self, now_us: u64) {
        self.waits_since_us = self.waits_since_us.or(Some(now_us));
    }

    /// Nobody waits for bytes: the reader is busy with what came.
    pub fn rests(&mut self, now_us: u64) {
        let Some(since_us) = self.waits_since_us.take() else { return };
        let waited_us = now_us.saturating_sub(since_us);
        self.silent_us = self.silent_us.saturating_add(waited_us);
        self.eventless_us = self.eventless_us.saturating_add(waited_us);
        if self.stage >= Stage::Finished {
            self.drained_us = self.drained_us.saturating_add(waited_us);
        }
    }

    /// When to ask again, if nothing happens: the earliest deadline.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        let (at_us, _) = self.earliest();
        (at_us != NEVER).then_some(at_us)
    }

    /// The deadline that has passed, the earliest where there are several.
    #[must_use]
    pub fn passed(&self, now_us: u64) -> Option<Deadline> {
        let (at_us, deadline) = self.earliest();
        (at_us <= now_us && at_us != NEVER).then_some(deadline)
    }

    /// Asked for every chunk, so it is a few comparisons. Of two at the same time the drain window is said first.
    fn earliest(&self) -> (u64, Deadline) {
        if self.stage >= Stage::Settled {
            return (self.start_us, Deadline::Drain);
        }
        let total = (self.total_us, Deadline::Total);
        let Some(since_us) = self.waits_since_us else { return total };
        let waiting = |rule: u64, waited_us: u64| match rule {
            NEVER => NEVER,
            rule => since_us.saturating_add(rule.saturating_sub(waited_us)),
        };
        let drain = if self.stage >= Stage::Finished { self.rules.drain } else { NEVER };
        let earlier = |known: (u64, Deadline), other: (u64, Deadline)| if other.0 < known.0 { other } else { known };
        [
            (waiting(self.rules.silence, self.silent_us), Deadline::Silence),
            (waiting(self.rules.no_event, self.eventless_us), Deadline::NoEvent),
            total,
        ]
        .into_iter()
        .fold((waiting(drain, self.drained_us), Deadline::Drain), earlier)
    }
}

/// A rule in microseconds. One that no counter can hold is none.
const fn micros(rule: Option<Duration>) -> u64 {
    let Some(span) = rule else { return NEVER };
    match span.as_secs().checked_mul(1_000_000) {
        Some(micros) => micros.saturating_add(span.subsec_micros() as u64),
        None => NEVER,
    }
}

impl Default for DeadlineRules {
    fn default() -> Self {
        Self {
            silence: Some(Duration::from_secs(5 * 60)),
            no_event: None,
            total: Some(Duration::from_secs(60 * 60)),
            drain: Some(Duration::from_secs(2)),
        }
    }
}
