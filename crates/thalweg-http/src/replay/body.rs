//! A script as the body of an HTTP answer: each step at its time, and none before the last has left.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::script::{Script, Step};
use super::served::{Ended, Watch};
use super::socket::Gate;
use super::speed::Speed;
use super::take::End;

/// The body of one answer.
pub(super) struct Answer {
    script: Script,
    /// What is sent when the sleep is over.
    step: Option<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    clock: Clock,
    gate: Arc<Gate>,
    watch: Watch,
    /// So many bytes are still to come, where that was told in the head.
    left: Option<u64>,
}

/// Recorded time as it passes.
struct Clock {
    zero: Instant,
    speed: Speed,
    /// How long pauses took, which are in no recording.
    paused: Duration,
}

impl Answer {
    /// Recorded times count from `zero`.
    pub(super) fn new(script: Script, zero: Instant, speed: Speed, gate: Arc<Gate>, mut watch: Watch) -> Self {
        // The head leaves first, also where the body breaks off at once.
        gate.give();
        let left = script.len();
        if left == Some(0) {
            // It is never asked for anything.
            watch.end(Ended::Whole);
        }
        let clock = Clock { zero, speed, paused: Duration::ZERO };
        Self { script, step: None, sleep: None, clock, gate, watch, left }
    }

    /// Looks at the time of a step: it is done now, or kept until a sleep is over.
    fn on_time(&mut self, step: Step) -> Option<Step> {
        let due = match &step {
            Step::Pause(pause) => {
                self.clock.paused = self.clock.paused.saturating_add(*pause);
                self.sleep = Some(Box::pin(sleep_until(Instant::now() + *pause)));
                return None;
            }
            Step::Send { at, .. } | Step::End { at, .. } => at.and_then(|at| self.clock.due(at)),
        };
        match due.filter(|due| *due > Instant::now()) {
            None => Some(step),
            Some(due) => {
                self.sleep = Some(Box::pin(sleep_until(due)));
                self.step = Some(step);
                None
            }
        }
    }

    fn send(&mut self, bytes: Bytes) -> Frame<Bytes> {
        self.gate.give();
        self.watch.sent(bytes.len());
        self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
        if self.left == Some(0) {
            // It is not asked for more.
            self.watch.end(Ended::Whole);
        }
        Frame::data(bytes)
    }

    fn end(&mut self, end: End) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let broken = || Poll::Ready(Some(Err(io::Error::other("the answer breaks off here"))));
        match end {
            End::Clean => {
                self.watch.end(Ended::Whole);
                Poll::Ready(None)
            }
            End::Broken => {
                self.watch.end(Ended::Cut);
                broken()
            }
            End::Reset => {
                self.watch.end(Ended::Reset);
                self.gate.reset();
                broken()
            }
            // Whoever ends it, it is not this side.
            End::Silent => Poll::Pending,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        loop {
            ready!(this.gate.poll_left(cx));
            let step = if let Some(sleep) = &mut this.sleep {
                ready!(sleep.as_mut().poll(cx));
                this.sleep = None;
                this.step.take()
            } else {
                let step = this.script.next();
                this.on_time(step)
            };
            match step {
                None | Some(Step::Pause(_)) => {}
                Some(Step::Send { bytes, .. }) => return Poll::Ready(Some(Ok(this.send(bytes)))),
                Some(Step::End { end, .. }) => return this.end(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Clock {
    /// When something comes that was recorded at this time; none: at once.
    fn due(&self, at: Duration) -> Option<Instant> {
        self.speed.due(at).and_then(|due| self.zero.checked_add(due)?.checked_add(self.paused))
    }
}
