//! Deadlines in an async stream: time is the caller's, the decisions are the policy's.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

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
    armed: Option<Armed>,
}

impl Clock {
    pub(crate) fn new(timer: Box<dyn Timer + Send>) -> Self {
        Self { timer, armed: None }
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.timer.now_us()
    }

    /// Waits for the next deadline, while the body has nothing.
    pub(crate) fn poll_passed(&mut self, watch: &mut Watch, stage: Stage, cx: &Context<'_>) -> Poll<Deadline> {
        for _ in 0..SLEEPS_A_POLL {
            if let Some(deadline) = watch.waits(stage, self.timer.now_us()) {
                return Poll::Ready(deadline);
            }
            let Some(next_us) = watch.next_us() else { return Poll::Pending };
            let armed = self.armed.take().filter(|armed| armed.at_us <= next_us);
            let armed = armed.unwrap_or_else(|| Armed::new(next_us, self.timer.sleep_until(next_us), cx.waker()));
            ready!(self.armed.insert(armed).poll(cx));
            self.armed = None;
        }
        // A timer that wakes too early again and again: others get a turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A sleep that is polled when it has called, and not whenever the body has nothing, which is once a chunk: to look at a
/// flag costs less than to be entered in the runtime's list anew.
struct Armed {
    at_us: u64,
    sleep: Sleep,
    bell: Arc<Bell>,
    /// Whom the bell wakes.
    task: Waker,
}

impl Armed {
    fn new(at_us: u64, sleep: Sleep, task: &Waker) -> Self {
        let bell = Bell { has_rung: AtomicBool::new(true), task: Mutex::new(task.clone()) };
        Self { at_us, sleep, bell: Arc::new(bell), task: task.clone() }
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if !self.task.will_wake(cx.waker()) {
            self.task.clone_from(cx.waker());
            self.bell.task().clone_from(cx.waker());
        }
        // Behind the change of the task: who rings from here on wakes the new one.
        if !self.bell.has_rung.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        self.bell.has_rung.store(false, Ordering::Release);
        self.sleep.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.bell))))
    }
}

/// What a sleep calls.
struct Bell {
    /// The sleep has called since it was polled, or was never polled.
    has_rung: AtomicBool,
    task: Mutex<Waker>,
}

impl Bell {
    fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        // Not under the lock: a waker may do anything.
        let task = self.task().clone();
        task.wake();
    }
}

/// How often one poll asks a timer that is ready before its time.
const SLEEPS_A_POLL: usize = 4;
