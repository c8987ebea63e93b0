//! An answer: its head, and its events as they come.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use futures_core::{FusedStream, Stream};
use thalweg::fold::Timing;
use thalweg::policy::{Deadline, DeadlineRules, Deadlines, Decision, Empty, Ending, Failure, PreambleRules, Retry};
use thalweg::{Close, ErrorKind, Event, Fold, Normalizer, OwnedEvent, Response, Stage};
use thalweg_stream::{EventStream, Hooks, Opening, Until};
use tokio::time::Instant;

use super::body::{Body, TransportError};
use super::head::Head;
use super::observed::Observed;
use super::secret::Redactor;
use super::send::{ANSWER_BYTES, Call, micros};
use super::timer::Since;
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
    events: EventStream<Body, Observed>,
    decision: Option<Decision>,
    call: Arc<Call>,
    redactor: Arc<Redactor>,
    is_over: bool,
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
    /// Whether there is nothing to show, and nothing failed.
    pub empty: Option<Empty>,
    /// Why it was not asked for again, where it failed or is empty.
    pub decision: Option<Decision>,
    /// The deadline that ended it, if one did.
    pub deadline: Option<Deadline>,
}

/// What an answer is made of.
pub(crate) struct Parts {
    pub(crate) call: Arc<Call>,
    /// Knows the secrets of this attempt.
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) head: Head,
    pub(crate) body: Body,
    pub(crate) normalizer: Normalizer,
    pub(crate) trace: Trace,
    pub(crate) sent: Instant,
    pub(crate) deadlines: DeadlineRules,
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

impl Answer {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { call, redactor, head, body, normalizer, trace, sent, deadlines, until } = parts;
        let mut deadlines = Deadlines::new(deadlines, 0);
        // The head is a sign of life.
        deadlines.bytes(micros(sent.elapsed()));
        let events = EventStream::new(body, normalizer)
            .with_until(until)
            .with_close(|error| if error.is_timeout { Close::TimedOut } else { Close::Broken })
            .with_deadlines(deadlines, Since(sent))
            .with_observer(Observed::new(trace));
        Self { head, events, decision: None, call, redactor, is_over: false }
    }

    /// Shows every event to hooks before it is given out: see [`EventStream::with_hooks`]. What was held back until there
    /// was something to see goes to them too; an attempt that another one took the place of does not.
    ///
    /// Times, traces and [`failure`](Self::failure) go by what the provider said, whatever hooks make of it.
    pub fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.events = self.events.with_hooks(hooks);
        self
    }

    /// Merges deltas of one block that came in one chunk, up to `bytes` of text each: see
    /// [`EventStream::with_merged_deltas`].
    pub fn with_merged_deltas(mut self, bytes: usize) -> Self {
        self.events = self.events.with_merged_deltas(bytes);
        self
    }

    /// Ends the answer as [`cancel`](Self::cancel) does, as soon as a future is ready: see [`EventStream::with_cancel`].
    pub fn with_cancel(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.events = self.events.with_cancel(signal);
        self
    }

    /// The next event, lent; none when the answer is over. Dropping the future loses nothing.
    pub async fn next_event(&mut self) -> Option<Event<'_>> {
        if poll_fn(|cx| self.poll_advance(cx)).await { self.events.event() } else { None }
    }

    /// Folds all that comes into one response: what a caller wants who does not stream, also of a provider that only
    /// streams. An error of the transport comes back beside what there is, and never instead of it. Dropping the future
    /// ends the call.
    pub async fn collect_response(mut self) -> Collected {
        let mut response = Response::default();
        while let Some(event) = self.next_event().await {
            response.apply(&event);
        }
        Collected {
            timing: *self.timing(),
            failure: self.failure(),
            empty: self.empty(),
            decision: self.decision(),
            deadline: self.deadline(),
            response,
            head: self.head,
            error: self.events.into_error(),
        }
    }

    /// The caller wants no more: the upstream call ends, events of what has arrived still come, and the outcome is
    /// `Cancelled`. Or drop the answer.
    pub fn cancel(&mut self) {
        self.events.cancel();
        self.events.body_mut().let_go();
    }

    /// The head of the response.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// When things came, since the request was sent; a retry begins anew.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.events.observer().timing
    }

    /// How far the answer is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.events.stage()
    }

    /// The hooks, and what failed in them.
    pub fn hooks(&self) -> &Hooks {
        self.events.hooks()
    }

    /// What the answer failed with, as far as it was read. Set when [`Client::send`](crate::Client::send) returns where
    /// it failed before there was anything to see: the place to choose an HTTP status.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        Some(self.events.observer().failure()?.with_advice(self.head.advice))
    }

    /// Whether the answer is over, has nothing to show, and did not fail. Some providers say a rate limit so. Set when
    /// [`Client::send`](crate::Client::send) returns.
    #[must_use]
    pub fn empty(&self) -> Option<Empty> {
        let observed = self.events.observer();
        match observed.ending() {
            Ending::Empty(empty) if observed.close.is_some() => Some(empty),
            _ => None,
        }
    }

    /// Why the answer was not asked for again, where it failed or is empty. ([`Decision::Again`]: there was no time left
    /// for it.)
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        self.decision.or_else(|| {
            // It failed behind content.
            let mut retry = Retry::new(self.call.retry.clone());
            retry.content_was_given();
            Some(retry.failed(&self.failure()?, 0))
        })
    }

    /// The deadline that ended it, if one did.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.events.deadline()
    }

    /// How the transport failed, if it did.
    #[must_use]
    pub fn error(&self) -> Option<&TransportError> {
        self.events.error()
    }

    /// Reads until there is something to see, or until it is known that there is nothing. All of it is held.
    pub(crate) async fn begin(&mut self, rules: PreambleRules) -> Verdict {
        loop {
            let opening = poll_fn(|cx| {
                let opening = ready!(self.events.poll_opening(rules, cx));
                self.settle(cx);
                Poll::Ready(opening)
            });
            match (opening.await, self.failure()) {
                (Opening::Content, _) => return Verdict::Opened,
                (_, Some(failure)) => return Verdict::Failed(failure),
                // An error that says nothing about sending it again: what else comes decides.
                (Opening::Failed(_), None) => {}
                (_, None) => break,
            }
        }
        match self.events.observer().ending() {
            Ending::Empty(empty) => Verdict::Empty(empty),
            _ => Verdict::Opened,
        }
    }

    /// It is not asked for again: what was held is given out. `decision`: why not, where that was a question.
    pub(crate) fn give_out(&mut self, decision: Option<Decision>) {
        self.decision = decision;
        self.events.observer_mut().trace.stands();
    }

    /// Another attempt takes its place.
    pub(crate) fn give_up(&mut self) {
        self.log();
        self.events.observer_mut().trace.is_replaced();
    }

    /// Goes to the next event; false when the answer is over.
    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let is_event = ready!(self.events.poll_advance(cx));
        self.settle(cx);
        Poll::Ready(is_event)
    }

    /// Lets go of the body when the answer is over, and writes it to the log of failures if it is one.
    fn settle(&mut self, cx: &mut Context<'_>) {
        if let (Some(close), false) = (self.events.observer().close, self.is_over) {
            self.events.body_mut().end(close, cx);
            self.log();
        }
    }

    /// Writes the attempt to the log of failures, once, if it failed or said nothing.
    fn log(&mut self) {
        if core::mem::replace(&mut self.is_over, true) || self.call.failures.is_none() {
            return;
        }
        let observed = self.events.observer();
        let kind = match observed.ending() {
            Ending::Failed(failure) if failure.kind == ErrorKind::Other && observed.message.is_empty() => "broken",
            Ending::Failed(failure) => failure.kind.as_str(),
            Ending::Empty(Empty::RanOut) => "ran_out",
            Ending::Empty(_) => "empty",
            _ => return,
        };
        // What the provider says, else the transport, else the deadline.
        let message = match (&*observed.message, self.events.error(), self.events.deadline()) {
            ("", Some(error), _) => error.message.clone(),
            ("", None, Some(deadline)) => deadline.to_string(),
            (message, ..) => self.redactor.text(message),
        };
        let message: String = message.chars().take(MESSAGE_CHARACTERS).collect();
        let answer = self.events.body_mut().beginning(ANSWER_BYTES);
        self.call.log(kind, self.head.attempt, Some(self.head.status), &message, &answer);
    }
}

impl Stream for Answer {
    type Item = OwnedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        self.poll_advance(cx).map(|is_event| is_event.then(|| Some(self.events.event()?.to_owned()))?)
    }
}

impl FusedStream for Answer {
    fn is_terminated(&self) -> bool {
        self.events.is_terminated()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("head", &self.head).field("stage", &self.stage()).finish_non_exhaustive()
    }
}

/// What is written down of an error's message.
const MESSAGE_CHARACTERS: usize = 4096;

const fn send_unpin<T: Send + Unpin + 'static>() {}
const _: () = send_unpin::<Answer>();
