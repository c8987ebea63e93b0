use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream, TryStream};
use thalweg::policy::{Deadline, Deadlines, PreambleRules};
use thalweg::{Close, Dialect, Event, Fold, Normalizer, OwnedEvent, Response, Stage};

use crate::decoder::Decoder;
use crate::feed::{AnyBody, Feed, send_unpin};
use crate::taps::Taps;
use crate::{Hooks, Observer, Opening, Timer, Until};

/// The events of a body in a known dialect. Short for [`EventStream::new`] with [`Normalizer::new`].
pub fn events<S: TryStream>(body: S, dialect: &Dialect) -> EventStream<S> {
    EventStream::new(body, Normalizer::new(dialect))
}

/// Folds all events into a response. Beside it the error of the transport, if there was one: what came before the
/// error is in the response, whose outcome says what it is worth.
///
/// ```
/// use thalweg::{Outcome, dialects};
///
/// # futures::executor::block_on(async {
/// let body = futures::stream::iter([
///     Ok(&b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good mor"[..]),
///     Ok(&b"ning\"}}]}\n\n"[..]),
///     Err("connection reset"),
/// ]);
/// let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
/// let (response, error) = thalweg_stream::collect_response(events).await;
/// assert_eq!(response.choices[0].text(), "Good morning");
/// assert_eq!(response.outcome, Some(Outcome::Truncated));
/// assert_eq!(error, Some("connection reset"));
/// # });
/// ```
pub async fn collect_response<S, O>(mut events: EventStream<S, O>) -> (Response, Option<S::Error>)
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
    O: Observer,
{
    let mut response = Response::default();
    while let Some(event) = events.next_event().await {
        response.apply(&event);
    }
    (response, events.into_error())
}

/// The events of one response, from a stream of its chunks.
///
/// `S` is any stream of `Result<B, E>` where `B` is bytes (`Bytes`, `Vec<u8>`, `&[u8]`). As a [`Stream`] its items are
/// [`OwnedEvent`]s, not results: the last one is always [`Event::End`], whose outcome says what the response is worth,
/// and the transport's error is kept for [`error`](Self::error) and [`into_error`](Self::into_error). To spare a copy
/// of each event, use [`next_event`](Self::next_event) instead of `next()`.
///
/// How the response ends: when the body does ([`Close::Clean`]); when the body gives an error ([`Close::Broken`], or
/// what [`with_close`](Self::with_close) makes of it), after which the body is not asked again; when the provider says
/// that the response is over ([`Until::Settled`], the default here); when the caller says so
/// ([`cancel`](Self::cancel), [`finish_now`](Self::finish_now)).
///
/// - **Cancellation:** dropping a future of `next()` or `next_event()` loses nothing; dropping the stream drops the
///   body.
/// - **Back-pressure:** the next chunk is pulled when every event of the last has been taken. What is kept is one chunk
///   and what [`Limits`](thalweg::Limits) bounds.
/// - **Deadlines** need a clock, and the caller has one: see [`with_deadlines`](Self::with_deadlines), or
///   [`pull`](Self::pull) for a loop of one's own.
/// - **`Unpin`:** bodies must be, so that everything else here is a plain method; any other fits in `Box::pin(body)`
///   or `pin!(body)`.
#[must_use = "streams do nothing unless polled"]
pub struct EventStream<S: TryStream, O = ()> {
    pub(crate) feed: Feed<S, O>,
    taps: Taps,
}

impl<S: TryStream> EventStream<S> {
    /// The events of a body, read by a normalizer: one for a dialect, one that detects it, with limits of its own.
    ///
    /// ```
    /// use thalweg::{Normalizer, registry};
    ///
    /// let body = futures::stream::empty::<Result<Vec<u8>, std::io::Error>>();
    /// let normalizer = Normalizer::detect(registry::ALL.iter().copied()).with_heartbeats(true);
    /// let events = thalweg_stream::EventStream::new(body, normalizer);
    /// ```
    pub fn new(body: S, normalizer: Normalizer) -> Self {
        Self { feed: Feed::new(body, normalizer, Until::Settled), taps: Taps::default() }
    }
}

impl<S: TryStream, O: Observer> EventStream<S, O> {
    /// Shows the response to an observer as it is decoded: see [`Observer`], of which there is one.
    pub fn with_observer<P: Observer>(self, observer: P) -> EventStream<S, P> {
        EventStream { feed: self.feed.with_observer(observer), taps: self.taps }
    }

    /// How long the body is read. [`Until::Settled`] by default.
    pub fn with_until(mut self, until: Until) -> Self {
        self.feed.until = until;
        self
    }

    /// How a body that gives an error has ended. [`Close::Broken`] by default, whatever the error.
    ///
    /// ```
    /// # let body = futures::stream::empty::<Result<Vec<u8>, std::io::Error>>();
    /// # let dialect = &thalweg::dialects::OPENAI_CHAT;
    /// let events = thalweg_stream::events(body, dialect).with_close(thalweg_stream::blocking::close_of);
    /// ```
    pub fn with_close(mut self, close_of: fn(&S::Error) -> Close) -> Self {
        self.feed.close_of = close_of;
        self
    }

    /// Shows every event to hooks before it is given out, behind those that are there: see [`Hooks`]. Hooks that
    /// come later see what comes later.
    pub fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.taps.add(hooks);
        self
    }

    /// Merges deltas of one block that follow each other in what one chunk brought, up to `bytes` of text each; 0, the
    /// default: does not. The text is the same to the byte, and nothing waits: what a chunk brought goes out before
    /// another is asked for. Merging is ahead of the hooks.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use thalweg::{OwnedEvent, dialects};
    ///
    /// # futures::executor::block_on(async {
    /// let word = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
    /// let body = futures::stream::iter([Ok::<_, std::io::Error>(word.repeat(3)), Ok(word.repeat(2))]);
    /// let events = thalweg_stream::events(body, &dialects::OPENAI_CHAT).with_merged_deltas(1024);
    /// let texts: Vec<_> = events
    ///     .filter_map(async |event| if let OwnedEvent::TextDelta { text, .. } = event { Some(text) } else { None })
    ///     .collect()
    ///     .await;
    /// assert_eq!(texts, ["word word word ".into(), "word word ".into()]);
    /// # });
    /// ```
    pub fn with_merged_deltas(mut self, bytes: usize) -> Self {
        self.taps.merge(bytes);
        self
    }

    /// Ends the response as [`cancel`](Self::cancel) does, as soon as a future is ready: the receiver of a channel, the
    /// `cancelled_owned()` of a token. It is asked whenever more of the body is waited for. What has arrived by then
    /// still comes.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use thalweg::{Outcome, OwnedEvent, dialects};
    ///
    /// # futures::executor::block_on(async {
    /// let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    /// let body = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    /// let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT).with_cancel(async { _ = stopped.await });
    /// drop(stop); // or send: from any thread
    /// let events: Vec<_> = events.collect().await;
    /// assert!(matches!(events.last(), Some(OwnedEvent::End { outcome: Outcome::Cancelled, .. })));
    /// # });
    /// ```
    pub fn with_cancel(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.feed.cancel = Some(Box::pin(signal));
        self
    }

    /// Ends the response when one of its deadlines passes: as timed out, or, when the drain window behind its finish is
    /// over, as after a clean close. [`deadline`](Self::deadline) says which it was.
    ///
    /// `deadlines` has begun when the request was sent, by the clock of `timer`. They are looked at when more of the body
    /// is waited for, and that of the whole stream whenever a chunk comes: a stream that nobody polls is not ended.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use thalweg::policy::{Deadline, DeadlineRules, Deadlines};
    /// use thalweg::{Outcome, OwnedEvent, dialects};
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
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let timer = Tokio(Instant::now());
    /// let silent = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    /// let deadlines = Deadlines::new(DeadlineRules::default(), timer.now_us());
    /// let mut events = thalweg_stream::events(silent, &dialects::OPENAI_CHAT).with_deadlines(deadlines, timer);
    /// let given: Vec<_> = events.by_ref().collect().await;
    /// assert!(matches!(given.last(), Some(OwnedEvent::End { outcome: Outcome::Truncated, .. })));
    /// assert_eq!(events.deadline(), Some(Deadline::Silence));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn with_deadlines(mut self, deadlines: Deadlines, timer: impl Timer + Send + 'static) -> Self {
        self.feed.with_deadlines(deadlines, Box::new(timer));
        self
    }

    /// The caller wants no more: the body is not asked again, and the outcome is `Cancelled`. Events of what has
    /// arrived still come, and then the end of every open block and of the response; or drop the stream.
    pub fn cancel(&mut self) {
        self.finish_now(Close::Cancelled);
    }

    /// Says how the body ended, as the caller sees it: the body is not asked again, the remaining events come at once.
    /// Does nothing when that is known already. For the ends of drain windows and deadlines: see [`pull`](Self::pull).
    pub fn finish_now(&mut self, close: Close) {
        self.feed.finish(close);
    }

    /// How far the response is, as far as its events have been taken.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.feed.stage()
    }

    /// The normalizer: the dialect it found, the memory it holds.
    #[must_use]
    pub fn normalizer(&self) -> &Normalizer {
        &self.feed.decoder.normalizer
    }

    /// The observer.
    #[must_use]
    pub const fn observer(&self) -> &O {
        &self.feed.decoder.observer
    }

    /// The observer, to change it.
    #[must_use]
    pub const fn observer_mut(&mut self) -> &mut O {
        &mut self.feed.decoder.observer
    }

    /// The deadline that ended the response, if one did.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.feed.deadline()
    }

    /// The hooks, and what failed in them.
    pub fn hooks(&self) -> &Hooks {
        self.taps.hooks()
    }

    /// The error that ended the body, if one did.
    #[must_use]
    pub fn error(&self) -> Option<&S::Error> {
        self.feed.error.as_ref()
    }

    /// The error that ended the body, if one did. The body is dropped.
    #[must_use]
    pub fn into_error(self) -> Option<S::Error> {
        self.feed.error
    }

    /// The body, for example to let go of a connection when the response is over. Bytes read from it here are missing
    /// from the events.
    #[must_use]
    pub const fn body_mut(&mut self) -> &mut S {
        &mut self.feed.body
    }

    /// The body, where it stands: for whoever reads it to its end so that its connection can be used again.
    #[must_use]
    pub fn into_body(self) -> S {
        self.feed.body
    }
}

impl<S, O> EventStream<S, O>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
    O: Observer,
{
    /// The next event, lent: no allocation on the delta path. None when the response is over.
    ///
    /// ```
    /// use thalweg::{Event, dialects};
    ///
    /// # futures::executor::block_on(async {
    /// # let body = futures::stream::empty::<Result<Vec<u8>, std::io::Error>>();
    /// let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    /// while let Some(event) = events.next_event().await {
    ///     if let Event::TextDelta { text, .. } = event {
    ///         print!("{text}");
    ///     }
    /// }
    /// # });
    /// ```
    pub async fn next_event(&mut self) -> Option<Event<'_>> {
        if poll_fn(|cx| self.poll_advance(cx)).await { self.event() } else { None }
    }

    /// The next event of what has arrived, lent, without waiting; `None`: [`pull`](Self::pull), or it is over.
    pub fn next_arrived(&mut self) -> Option<Event<'_>> {
        self.feed.is_drained = !self.taps.advance(&mut self.feed.decoder);
        if self.feed.is_drained { None } else { self.event() }
    }

    /// Waits for the next chunk of the body, or for its end; the events are then taken with
    /// [`next_arrived`](Self::next_arrived). Returns at once while there are events to take, and when it is over.
    /// Dropping the future loses nothing.
    ///
    /// This is the place for a clock. Every sign of life counts here, also a comment that gives no event; and between
    /// two pulls [`stage`](Self::stage) is exact, while `next()` may go on waiting behind a finish reason that it has
    /// read. At [`Stage::Finished`] a drain window begins: trailing usage may still come, and some servers never close.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use futures::StreamExt;
    /// use thalweg::{Close, Event, Outcome, Stage, dialects};
    /// use tokio::time::timeout;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let frame = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n";
    /// let never_closes = futures::stream::iter([Ok::<_, std::io::Error>(frame)]).chain(futures::stream::pending());
    /// let mut events = thalweg_stream::events(never_closes, &dialects::OPENAI_CHAT);
    /// # let mut outcomes = Vec::new();
    /// loop {
    ///     while let Some(event) = events.next_arrived() {
    ///         println!("{event:?}");
    /// #       if let Event::End { outcome, .. } = event { outcomes.push(outcome) }
    ///     }
    ///     let (wait, close) = match events.stage() {
    ///         Stage::Ended => break,
    ///         Stage::Open => (Duration::from_secs(60), Close::TimedOut),
    ///         _ => (Duration::from_secs(2), Close::Clean),
    ///     };
    ///     if timeout(wait, events.pull()).await.is_err() {
    ///         events.finish_now(close);
    ///     }
    /// }
    /// # assert_eq!(outcomes, [Outcome::Complete]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn pull(&mut self) {
        poll_fn(|cx| self.poll_pull(cx)).await;
    }

    /// [`pull`](Self::pull), for futures written by hand.
    pub fn poll_pull(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.feed.decoder.has_held() { Poll::Ready(()) } else { self.feed.poll_pull(cx) }
    }

    /// Waits until there is something to show, and holds back what comes before: whoever answers only then can make a
    /// status of an error, and nobody has seen anything of an attempt that is dropped for another one, no hook either.
    ///
    /// Call it before the first event is taken; later it is [`Opening::Content`] at once. Nothing is lost but heartbeats:
    /// whatever it says, the held events are the first ones that are taken then. [`stage`](Self::stage) is ahead of them:
    /// how far the response is as it was decoded. To wait on behind an error, for the end, call it again. Dropping the
    /// future loses nothing.
    ///
    /// ```
    /// use thalweg::policy::PreambleRules;
    /// use thalweg::{EventOf, dialects};
    /// use thalweg_stream::Opening;
    ///
    /// # futures::executor::block_on(async {
    /// let body = futures::stream::iter([Ok::<_, std::io::Error>(
    ///     "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\",\"code\":503}}\n\n",
    /// )]);
    /// let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    /// let status = match events.opening(PreambleRules::default()).await {
    ///     Opening::Failed(EventOf::Error { status, .. }) => status.unwrap_or(502),
    ///     _ => 200,
    /// };
    /// assert_eq!(status, 503);
    /// # });
    /// ```
    pub async fn opening(&mut self, rules: PreambleRules) -> Opening {
        poll_fn(|cx| self.poll_opening(rules, cx)).await
    }

    /// [`opening`](Self::opening), for futures written by hand.
    pub fn poll_opening(&mut self, rules: PreambleRules, cx: &mut Context<'_>) -> Poll<Opening> {
        if !self.feed.decoder.hold(rules) {
            return Poll::Ready(Opening::Content);
        }
        let opening = ready!(self.feed.poll_take(cx, Decoder::open));
        Poll::Ready(opening.unwrap_or_else(|| self.feed.decoder.ended()))
    }

    /// Goes to the next event, which [`event`](Self::event) then lends; false when the response is over.
    /// [`next_event`](Self::next_event) is made of the two, for futures written by hand.
    pub fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Self { feed, taps } = self;
        feed.poll_take(cx, |decoder| taps.advance(decoder).then_some(())).map(|taken| taken.is_some())
    }

    /// The event that was taken last, lent once more. Behind the end it is the last one.
    #[must_use]
    pub fn event(&self) -> Option<Event<'_>> {
        self.taps.event(&self.feed.decoder)
    }
}

impl<S, O> Stream for EventStream<S, O>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
    O: Observer,
{
    type Item = OwnedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        self.poll_advance(cx).map(|is_event| is_event.then(|| Some(self.event()?.to_owned()))?)
    }
}

impl<S, O> FusedStream for EventStream<S, O>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
    O: Observer,
{
    fn is_terminated(&self) -> bool {
        self.stage() == Stage::Ended
            && !self.feed.decoder.has_held()
            && matches!(self.event(), None | Some(Event::End { .. }))
    }
}

impl<S: TryStream, O> fmt::Debug for EventStream<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("feed", &self.feed)
            .field("hooks", self.taps.hooks())
            .finish_non_exhaustive()
    }
}

const _: () = send_unpin::<EventStream<AnyBody>>();
