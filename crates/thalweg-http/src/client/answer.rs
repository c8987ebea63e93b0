//! An answer: its head, and its events as they come.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::collections::VecDeque;
use std::sync::Arc;

use futures_core::{FusedStream, Stream};
use thalweg::policy::{
    Attempt, Deadline, DeadlineRules, Deadlines, Decision, Empty, Ending, Failure, Given, Preamble, PreambleRules,
};
use thalweg::{Close, ErrorKind, Event, Fold, Normalizer, OwnedEvent, Response, Stage, Timing};
use thalweg_stream::{EventStream, Until};
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::{Body, Pipe, TransportError};
use super::head::Head;
use super::secret::Redactor;
use super::send::Call;
use super::trace::Trace;

/// The answer to a request: the head of the response, and a [`Stream`] of its events, the last of which is always
/// [`Event::End`].
///
/// Deadlines are kept while it is polled. A reader that takes its time is not taken for a silent server, but the time
/// for all of it runs on.
///
/// **Cancellation:** dropping it ends the upstream call at once. A dropped future of [`next_event`](Self::next_event) or
/// `next()` loses nothing. There is no task behind it.
#[must_use = "an answer that is dropped ends the call"]
pub struct Answer {
    head: Head,
    events: EventStream<Body>,
    pipe: Pipe,
    watch: Watch,
    preamble: Preamble,
    /// What was held back, and is given out first.
    held: VecDeque<OwnedEvent>,
    current: Option<OwnedEvent>,
    sleep: Option<Pin<Box<Sleep>>>,
    decision: Option<Decision>,
    call: Arc<Call>,
    redactor: Arc<Redactor>,
    is_logged: bool,
}

/// A whole answer. See [`Answer::collect_response`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Collected {
    /// The head of the response.
    pub head: Head,
    /// Everything that came. Its outcome says what it is worth.
    pub response: Response,
    /// When it came.
    pub timing: Timing,
    /// How the transport failed, if it did: what came before is in the response.
    pub error: Option<TransportError>,
    /// What the attempt failed with, if it did.
    pub failure: Option<Failure>,
}

/// What an answer is made of.
pub(crate) struct Opening {
    pub(crate) call: Arc<Call>,
    /// Knows the secrets of this attempt.
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) head: Head,
    pub(crate) body: Body,
    pub(crate) pipe: Pipe,
    pub(crate) normalizer: Normalizer,
    pub(crate) trace: Trace,
    pub(crate) sent: Instant,
    pub(crate) deadlines: DeadlineRules,
    pub(crate) preamble: PreambleRules,
    pub(crate) until: Until,
}

/// How an attempt began.
pub(crate) enum Verdict {
    /// With something to see.
    Opened,
    /// It failed before that.
    Failed(Failure),
    /// It ended before that.
    Empty(Empty),
}

/// What is made of the events beside giving them out.
struct Watch {
    sent: Instant,
    /// The time of the last chunk: events have it too.
    now_us: u64,
    received: u64,
    reads_on: bool,
    stage: Stage,
    deadlines: Deadlines,
    passed: Option<Deadline>,
    timing: Timing,
    attempt: Attempt,
    /// What the last error said.
    message: String,
    close: Option<Close>,
    is_over: bool,
    trace: Trace,
}

impl Answer {
    pub(crate) fn new(opening: Opening) -> Self {
        let Opening { call, redactor, head, body, pipe, normalizer, trace, sent, deadlines, preamble, until } = opening;
        let close_of = |error: &TransportError| if error.is_timeout { Close::TimedOut } else { Close::Broken };
        let now_us = super::send::micros(sent.elapsed());
        let mut deadlines = Deadlines::new(deadlines, 0);
        // The head is a sign of life.
        deadlines.bytes(now_us);
        Self {
            head,
            events: EventStream::new(body, normalizer).with_until(until).with_close(close_of),
            pipe,
            watch: Watch {
                sent,
                now_us,
                received: 0,
                reads_on: until == Until::Closed,
                stage: Stage::Open,
                deadlines,
                passed: None,
                timing: Timing::since(0),
                attempt: Attempt::default(),
                message: String::new(),
                close: None,
                is_over: false,
                trace,
            },
            preamble: Preamble::new(preamble),
            held: VecDeque::new(),
            current: None,
            sleep: None,
            decision: None,
            call,
            redactor,
            is_logged: false,
        }
    }

    /// The next event, lent; none when the answer is over. Dropping the future loses nothing.
    pub async fn next_event(&mut self) -> Option<Event<'_>> {
        if let Some(held) = self.held.pop_front() {
            return Some(self.current.insert(held).as_lent());
        }
        if poll_fn(|cx| self.poll_advance(cx)).await { self.events.normalizer().event() } else { None }
    }

    /// Folds all that comes into one response: what a caller wants who does not stream, also of a provider that only
    /// streams. An error of the transport comes back beside what there is, and never instead of it. Dropping the future
    /// ends the call.
    pub async fn collect_response(mut self) -> Collected {
        let mut response = Response::default();
        while let Some(event) = self.next_event().await {
            response.apply(&event);
        }
        let (timing, failure) = (self.watch.timing, self.failure());
        Collected { head: self.head, response, timing, failure, error: self.events.into_error() }
    }

    /// The caller wants no more: the upstream call ends, events of what has arrived still come, and the outcome is
    /// `Cancelled`. Or drop the answer.
    pub fn cancel(&mut self) {
        self.events.cancel();
    }

    /// The head of the response.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// When things came, since the request was sent; a retry begins anew.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.watch.timing
    }

    /// How far the answer is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.events.stage()
    }

    /// What the answer failed with, as far as it was read. Set when [`Client::send`](crate::Client::send) returns where
    /// it failed before there was anything to see: the place to choose an HTTP status.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        match self.watch.attempt.ending() {
            Ending::Failed(failure) => Some(failure.with_advice(self.head.advice)),
            _ => None,
        }
    }

    /// Why the answer was not asked for again, where it failed or is empty and was not.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// The deadline that ended it, if one did.
    #[must_use]
    pub const fn deadline(&self) -> Option<Deadline> {
        self.watch.passed
    }

    /// How the transport failed, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&TransportError> {
        self.events.error()
    }

    /// Reads until there is something to see, or until it is known that there is nothing.
    pub(crate) async fn begin(&mut self) -> Verdict {
        while poll_fn(|cx| self.poll_advance(cx)).await {
            let Some(event) = self.events.normalizer().event() else { break };
            let is_end = matches!(event, Event::End { .. });
            let given = self.preamble.push(&event);
            if !matches!(given, Given::Held) {
                let event = event.to_owned();
                self.held.extend(self.preamble.take());
                self.held.push_back(event);
                return Verdict::Opened;
            }
            if let Some(failure) = self.failure() {
                return Verdict::Failed(failure);
            }
            if is_end {
                break;
            }
        }
        if let Ending::Empty(empty) = self.watch.attempt.ending() {
            return Verdict::Empty(empty);
        }
        self.preamble.open();
        self.held.extend(self.preamble.take());
        Verdict::Opened
    }

    /// It is not asked for again: what was held is given out.
    pub(crate) fn give_out(&mut self, decision: Decision) {
        self.decision = Some(decision);
        self.preamble.open();
        self.held.extend(self.preamble.take());
    }

    /// Another attempt takes its place.
    pub(crate) fn give_up(&mut self) {
        self.log();
        self.watch.trace.is_replaced();
    }

    /// Goes to the next event; false when the answer is over.
    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        for _ in 0..CHUNKS_A_POLL {
            if let Some(event) = self.events.next_arrived() {
                self.watch.see(&event);
                if self.watch.is_over {
                    self.pipe.end(self.watch.close, cx);
                    self.log();
                }
                return Poll::Ready(true);
            }
            let stage = self.events.stage();
            if stage == Stage::Ended {
                return Poll::Ready(false);
            }
            self.watch.reached(stage);
            if self.events.poll_pull(cx).is_ready() {
                self.watch.pulled(self.pipe.received());
            } else {
                ready!(self.poll_deadline(cx));
            }
        }
        // The body has chunks and they give nothing: others get a turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits for a deadline; ready when one has passed, and the stream been finished by it.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now_us = self.watch.clock_us();
            self.watch.deadlines.waits(now_us);
            let Some(at_us) = self.watch.deadlines.next_us() else { return Poll::Pending };
            // Asked once a chunk; which one it is matters once an answer.
            if at_us <= now_us {
                self.watch.passed = self.watch.deadlines.passed(now_us);
                self.watch.now_us = now_us;
                self.events.finish_now(self.watch.passed.map_or(Close::TimedOut, Deadline::close));
                return Poll::Ready(());
            }
            // The clock of the runtime counts in milliseconds: an early wake finds nothing passed, and waits again.
            let at = self.watch.sent + core::time::Duration::from_micros(at_us.min(FAR_US));
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if sleep.deadline() > at || sleep.is_elapsed() {
                sleep.as_mut().reset(at);
            }
            ready!(sleep.as_mut().poll(cx));
        }
    }

    /// Writes the attempt to the log of failures, once, if it failed or said nothing.
    fn log(&mut self) {
        if core::mem::replace(&mut self.is_logged, true) || self.call.failures.is_none() {
            return;
        }
        let kind = match self.watch.attempt.ending() {
            Ending::Failed(failure) if failure.kind == ErrorKind::Other && self.watch.message.is_empty() => "broken",
            Ending::Failed(failure) => failure.kind.as_str(),
            Ending::Empty(Empty::RanOut) => "ran_out",
            Ending::Empty(_) => "empty",
            _ => return,
        };
        let recording = self.call.recorder.as_ref().map(super::Recorder::recording).unwrap_or_default();
        let message = self.redactor.text(&self.watch.message);
        self.call.log(kind, self.head.attempt, Some(self.head.status), &message, recording.bytes());
    }
}

impl Watch {
    fn see(&mut self, event: &Event<'_>) {
        self.deadlines.event(event, self.now_us);
        self.timing.apply_at(event, self.now_us);
        self.attempt.apply(event);
        match event {
            Event::Error { message, fatal: true, .. } => (*message).clone_into(&mut self.message),
            Event::End { evidence, .. } => {
                self.is_over = true;
                self.close = evidence.close.or(Some(Close::Cancelled));
            }
            _ => {}
        }
        self.trace.event(event, &self.timing);
    }

    /// A chunk came, or the end.
    fn pulled(&mut self, received: u64) {
        self.now_us = self.clock_us();
        if received > self.received {
            self.received = received;
            self.deadlines.bytes(self.now_us);
            self.timing.bytes_at(self.now_us);
        }
    }

    /// The answer is so far. Said once, because saying it ends a wait.
    fn reached(&mut self, stage: Stage) {
        // Who reads on to the end gives it the same short while as what may follow a finish.
        let stage = if self.reads_on { stage.min(Stage::Finished) } else { stage };
        if stage != self.stage {
            self.stage = stage;
            self.deadlines.stage(stage, self.now_us);
        }
    }

    fn clock_us(&self) -> u64 {
        super::send::micros(self.sent.elapsed())
    }
}

impl Stream for Answer {
    type Item = OwnedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        if let Some(held) = self.held.pop_front() {
            return Poll::Ready(Some(held));
        }
        self.poll_advance(cx).map(|is_event| is_event.then(|| Some(self.events.normalizer().event()?.to_owned()))?)
    }
}

impl FusedStream for Answer {
    fn is_terminated(&self) -> bool {
        self.held.is_empty() && self.watch.is_over
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("head", &self.head).field("stage", &self.stage()).finish_non_exhaustive()
    }
}

/// Chunks that one poll may take without giving anything: a body that is always ready must not keep its thread to
/// itself.
const CHUNKS_A_POLL: usize = 32;

/// A clock that is asked for a time further away than this overflows on some systems.
const FAR_US: u64 = 86_400_000_000 * 365;

const fn send_unpin<T: Send + Unpin + 'static>() {}
const _: () = send_unpin::<Answer>();
