//! Deadlines in an async stream: time is the caller's, the decisions are the policy's.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use thalweg::Stage;
use thalweg::policy::Deadline;

use crate::watch::Watch;

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

/// The caller's time, and what wakes a stream when one of its deadlines passes.
pub(crate) struct Clock {
    timer: Box<dyn Timer + Send>,
    /// Armed for a time. That of a deadline which was put off stays, and is asked for again when it is over: chunks do
    /// not make a new one each.
    sleep: Option<(u64, Sleep)>,
}

impl Clock {
    pub(crate) fn new(timer: Box<dyn Timer + Send>) -> Self {
        Self { timer, sleep: None }
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.timer.now_us()
    }

    /// Waits for the next deadline, while the body has nothing.
    pub(crate) fn poll_passed(&mut self, watch: &mut Watch, stage: Stage, cx: &mut Context<'_>) -> Poll<Deadline> {
        for _ in 0..SLEEPS_A_POLL {
            if let Some(deadline) = watch.waits(stage, self.timer.now_us()) {
                return Poll::Ready(deadline);
            }
            let Some(next_us) = watch.next_us() else { return Poll::Pending };
            let armed = self.sleep.take().filter(|(at_us, _)| *at_us <= next_us);
            let (_, sleep) = self.sleep.insert(armed.unwrap_or_else(|| (next_us, self.timer.sleep_until(next_us))));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        // A timer that wakes too early again and again: others get a turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// How often one poll asks a timer that is ready before its time.
const SLEEPS_A_POLL: usize = 4;
