//! Deadlines in an async stream: time is the caller's, the decisions are the policy's.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use thalweg::policy::{Deadline, Deadlines};
use thalweg::{Event, FrameEvents, Normalizer, Stage};

/// Time, as the caller's runtime has it.
///
/// ```
/// use thalweg_stream::{Sleep, Timer};
/// use tokio::time::{Duration, Instant};
///
/// struct Tokio(Instant);
///
/// impl Timer for Tokio {
///     fn now_us(&self) -> u64 {
///         self.0.elapsed().as_micros() as u64
///     }
///
///     fn sleep_until(&self, at_us: u64) -> Sleep {
///         Box::pin(tokio::time::sleep_until(self.0 + Duration::from_micros(at_us)))
///     }
/// }
/// ```
pub trait Timer {
    /// Microseconds of a clock that never goes back, of any origin.
    fn now_us(&self) -> u64;

    /// Is ready when [`now_us`](Self::now_us) says `at_us` or later. Too early does no harm: it is asked for again.
    fn sleep_until(&self, at_us: u64) -> Sleep;
}

/// What is ready when it is time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The deadlines of a stream, with what they need to pass.
pub(crate) struct Clock {
    deadlines: Deadlines,
    timer: Box<dyn Timer + Send>,
    /// Armed for a time. That of a deadline which was put off stays, and is asked for again when it is over: chunks do
    /// not make a new one each.
    sleep: Option<(u64, Sleep)>,
    stage: Stage,
    /// When the last bytes came. Their events came then too.
    at_us: u64,
    pub(crate) passed: Option<Deadline>,
}

impl Clock {
    pub(crate) fn new(deadlines: Deadlines, timer: Box<dyn Timer + Send>) -> Self {
        let at_us = timer.now_us();
        Self { deadlines, timer, sleep: None, stage: Stage::Open, at_us, passed: None }
    }

    /// Bytes came. The deadline that has passed all the same: one of the whole stream.
    pub(crate) fn bytes(&mut self) -> Option<Deadline> {
        self.at_us = self.timer.now_us();
        self.deadlines.bytes(self.at_us);
        self.passed = self.deadlines.passed(self.at_us);
        self.passed
    }

    /// Waits for the next deadline, while the body has nothing.
    pub(crate) fn poll_passed(&mut self, stage: Stage, cx: &mut Context<'_>) -> Poll<Deadline> {
        if stage != self.stage {
            self.stage = stage;
            self.deadlines.stage(stage, self.at_us);
        }
        for _ in 0..SLEEPS_A_POLL {
            let now_us = self.timer.now_us();
            self.deadlines.waits(now_us);
            if let Some(deadline) = self.deadlines.passed(now_us) {
                self.passed = Some(deadline);
                return Poll::Ready(deadline);
            }
            let Some(next_us) = self.deadlines.next_us() else { return Poll::Pending };
            let armed = self.sleep.take().filter(|(at_us, _)| *at_us <= next_us);
            let (_, sleep) = self.sleep.insert(armed.unwrap_or_else(|| (next_us, self.timer.sleep_until(next_us))));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        // A timer that wakes too early again and again: others get a turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn event(&mut self, event: &Event<'_>) {
        self.deadlines.event(event, self.at_us);
    }
}

/// Goes to the normalizer's next event, and tells the clock.
#[inline]
pub(crate) fn advance(normalizer: &mut Normalizer, clock: &mut Option<Clock>) -> bool {
    let is_there = normalizer.advance();
    if let (Some(clock), Some(event)) = (clock, normalizer.event().filter(|_| is_there)) {
        clock.event(&event);
    }
    is_there
}

/// The normalizer's next frame, of whose events the clock is told.
pub(crate) fn poll_frame<'n>(normalizer: &'n mut Normalizer, clock: &mut Option<Clock>) -> Option<FrameEvents<'n>> {
    let frame = normalizer.poll_frame()?;
    if let Some(clock) = clock {
        frame.events().for_each(|event| clock.event(&event));
    }
    Some(frame)
}

impl core::fmt::Debug for Clock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Clock")
            .field("deadlines", &self.deadlines)
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}

/// How often one poll asks a timer that is ready before its time.
const SLEEPS_A_POLL: usize = 4;
