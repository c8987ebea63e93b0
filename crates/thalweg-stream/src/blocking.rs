//! Events from a [`std::io::Read`], for programs without an async runtime.

use core::fmt;
use core::iter::FusedIterator;
use std::io::{self, ErrorKind, Read};

use thalweg::policy::{Deadline, Deadlines, PreambleRules};
use thalweg::{Close, Dialect, Event, Normalizer, OwnedEvent, Stage};

use crate::decoder::Decoder;
use crate::taps::Taps;
use crate::watch::Watch;
use crate::{Hooks, Observer, Opening, Until};

/// The events of a body in a known dialect. Short for [`EventReader::new`] with [`Normalizer::new`].
pub fn events<R: Read>(body: R, dialect: &Dialect) -> EventReader<R> {
    EventReader::new(body, Normalizer::new(dialect))
}

/// How a body that gave this error has ended: `TimedOut` and `WouldBlock` (what a socket with a read timeout gives)
/// are [`Close::TimedOut`]; everything else, `UnexpectedEof`, `ConnectionReset` and `BrokenPipe` among them, is
/// [`Close::Broken`].
#[must_use]
pub fn close_of(error: &io::Error) -> Close {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Close::TimedOut,
        _ => Close::Broken,
    }
}

/// The events of one response, from a reader of its bytes.
///
/// Take events lent with [`next_event`](Self::next_event), or owned as an [`Iterator`]. The last one is always
/// [`Event::End`], whose outcome says what the response is worth. Errors of the reader are not in between: they end
/// the response as [`close_of`] says and are kept for [`error`](Self::error) and [`into_error`](Self::into_error).
/// `Interrupted` is none: the read is tried again.
///
/// The reader must block. It is read 16 KiB at a time at most, whenever every event of what was read has been taken,
/// and needs no buffer of its own.
///
/// A read timeout of the socket is the longest silence. It ends the response as timed out, with one exception: where
/// every choice has its finish reason ([`Stage::Finished`]), silence is what a server gives that never closes, and the
/// response ends as after a clean close. The error is kept in either case.
///
/// ```
/// use thalweg::{Event, dialects};
///
/// let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good morning\"},\"finish_reason\":\"stop\"}]}\n\n";
/// let mut events = thalweg_stream::blocking::events(body.as_bytes(), &dialects::OPENAI_CHAT);
/// let mut answer = String::new();
/// while let Some(event) = events.next_event() {
///     match event {
///         Event::TextDelta { text, .. } => answer.push_str(text),
///         Event::End { outcome, .. } => assert_eq!(outcome, thalweg::Outcome::Complete),
///         _ => {}
///     }
/// }
/// assert_eq!(answer, "Good morning");
/// assert!(events.into_error().is_none());
/// ```
#[must_use = "nothing is read before events are taken"]
pub struct EventReader<R, O = ()> {
    body: R,
    decoder: Decoder<O>,
    chunk: Box<[u8]>,
    until: Until,
    taps: Taps,
    now_us: Option<NowUs>,
    error: Option<io::Error>,
    /// Everything that was read has been given out.
    is_drained: bool,
}

impl<R> EventReader<R> {
    /// The events of a body, read by a normalizer: one for a dialect, one that detects it, with limits of its own.
    pub fn new(body: R, normalizer: Normalizer) -> Self {
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        Self {
            body,
            decoder: Decoder::new(normalizer, ()),
            chunk,
            until: Until::Settled,
            taps: Taps::default(),
            now_us: None,
            error: None,
            is_drained: false,
        }
    }
}

impl<R, O: Observer> EventReader<R, O> {
    /// Shows the response to an observer as it is decoded: see [`Observer`], of which there is one.
    pub fn with_observer<P: Observer>(self, observer: P) -> EventReader<R, P> {
        let Self { body, decoder, chunk, until, taps, now_us, error, is_drained } = self;
        EventReader { body, decoder: decoder.with_observer(observer), chunk, until, taps, now_us, error, is_drained }
    }

    /// How long the body is read. [`Until::Settled`] by default.
    pub fn with_until(mut self, until: Until) -> Self {
        self.until = until;
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
    pub fn with_merged_deltas(mut self, bytes: usize) -> Self {
        self.taps.merge(bytes);
        self
    }

    /// Ends the response when one of its deadlines passes: as timed out, or, when the drain window behind its finish is
    /// over, as after a clean close. [`deadline`](Self::deadline) says which it was.
    ///
    /// `deadlines` has begun when the request was sent, by the clock `now_us`, in microseconds. They are looked at
    /// whenever a read returns. Give the socket a short read timeout: it is then no silence, but how often they are
    /// looked at.
    ///
    /// ```no_run
    /// use std::net::TcpStream;
    /// use std::time::{Duration, Instant};
    ///
    /// use thalweg::dialects;
    /// use thalweg::policy::{DeadlineRules, Deadlines};
    ///
    /// # let socket = TcpStream::connect("localhost:80")?;
    /// socket.set_read_timeout(Some(Duration::from_millis(250)))?;
    /// let began = Instant::now();
    /// let deadlines = Deadlines::new(DeadlineRules::default(), 0);
    /// let mut events = thalweg_stream::blocking::events(socket, &dialects::OPENAI_CHAT)
    ///     .with_deadlines(deadlines, move || began.elapsed().as_micros() as u64);
    /// while let Some(event) = events.next_event() {
    ///     println!("{event:?}");
    /// }
    /// println!("{:?}", events.deadline());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn with_deadlines(mut self, deadlines: Deadlines, now_us: impl Fn() -> u64 + Send + 'static) -> Self {
        self.decoder.watch = Some(Watch::new(deadlines, now_us()));
        self.now_us = Some(Box::new(now_us));
        self
    }

    /// The caller wants no more: nothing more is read, and the outcome is `Cancelled`. Events of what was read still
    /// come, and then the end of every open block and of the response.
    pub fn cancel(&mut self) {
        self.finish_now(Close::Cancelled);
    }

    /// Says how the body ended, as the caller sees it: nothing more is read. Does nothing when that is known already.
    pub fn finish_now(&mut self, close: Close) {
        self.decoder.finish(close, self.now_us());
        self.is_drained = false;
    }

    fn now_us(&self) -> Option<u64> {
        self.now_us.as_ref().map(|now_us| now_us())
    }

    /// How far the response is, as far as its events have been taken.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.decoder.normalizer.stage()
    }

    /// The normalizer: the dialect it found, the memory it holds.
    #[must_use]
    pub fn normalizer(&self) -> &Normalizer {
        &self.decoder.normalizer
    }

    /// The deadline that ended the response, if one did.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.decoder.watch.as_ref()?.passed
    }

    /// The observer.
    #[must_use]
    pub const fn observer(&self) -> &O {
        &self.decoder.observer
    }

    /// The hooks, and what failed in them.
    pub fn hooks(&self) -> &Hooks {
        self.taps.hooks()
    }

    /// The body, for example to change the timeout of a socket. Bytes read from it here are missing from the events.
    #[must_use]
    pub fn body(&self) -> &R {
        &self.body
    }

    /// The error that ended the body, if one did.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// The error that ended the body, if one did. The body is dropped.
    #[must_use]
    pub fn into_error(self) -> Option<io::Error> {
        self.error
    }

    /// The body, where it stands.
    #[must_use]
    pub fn into_body(self) -> R {
        self.body
    }
}

impl<R: Read, O: Observer> EventReader<R, O> {
    /// The next event, lent: no allocation on the delta path. None when the response is over. Blocks as long as the
    /// reader does.
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        while !self.taps.advance(&mut self.decoder) {
            if self.stage() == Stage::Ended {
                return None;
            }
            self.is_drained = true;
            self.read();
        }
        self.taps.event(&self.decoder)
    }

    /// The next event of what was read, lent, without reading; `None`: [`pull`](Self::pull), or it is over.
    pub fn next_arrived(&mut self) -> Option<Event<'_>> {
        self.is_drained = !self.taps.advance(&mut self.decoder);
        if self.is_drained { None } else { self.taps.event(&self.decoder) }
    }

    /// Reads once; the events are then taken with [`next_arrived`](Self::next_arrived). Does nothing while there are
    /// events to take, and when it is over.
    ///
    /// Between two pulls [`stage`](Self::stage) is exact. At [`Stage::Finished`] trailing usage may still come, and
    /// some servers never close: the place to give a socket a shorter timeout.
    ///
    /// ```no_run
    /// use std::net::TcpStream;
    /// use std::time::Duration;
    ///
    /// use thalweg::{Stage, dialects};
    ///
    /// # let socket = TcpStream::connect("localhost:80")?;
    /// let mut events = thalweg_stream::blocking::events(socket, &dialects::OPENAI_CHAT);
    /// while events.stage() != Stage::Ended {
    ///     while let Some(event) = events.next_arrived() {
    ///         println!("{event:?}");
    ///     }
    ///     if events.stage() == Stage::Finished {
    ///         events.body().set_read_timeout(Some(Duration::from_secs(2)))?;
    ///     }
    ///     events.pull();
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pull(&mut self) {
        if !self.decoder.has_held() {
            self.read();
        }
    }

    /// Reads until there is something to show, and holds back what comes before: see `EventStream::opening`. Blocks as
    /// long as the reader does.
    ///
    /// ```
    /// use thalweg::policy::PreambleRules;
    /// use thalweg::{Outcome, dialects};
    /// use thalweg_stream::Opening;
    ///
    /// let body = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    /// let mut events = thalweg_stream::blocking::events(body.as_bytes(), &dialects::OPENAI_CHAT);
    /// assert_eq!(events.opening(PreambleRules::default()), Opening::Ended(Outcome::Complete));
    /// assert!(events.next().is_some()); // what was held comes now
    /// ```
    pub fn opening(&mut self, rules: PreambleRules) -> Opening {
        if !self.decoder.hold(rules) {
            return Opening::Content;
        }
        loop {
            if let Some(opening) = self.decoder.open() {
                self.is_drained = false;
                return opening;
            }
            if self.stage() == Stage::Ended {
                return self.decoder.ended();
            }
            self.is_drained = true;
            self.read();
        }
    }

    fn read(&mut self) {
        let stage = self.stage();
        if !self.is_drained || stage == Stage::Ended {
            return;
        }
        if self.until.is_reached(stage) {
            return self.finish_now(Close::Clean);
        }
        if self.has_passed() {
            return;
        }
        match self.body.read(&mut self.chunk) {
            Ok(0) => self.finish_now(Close::Clean),
            Ok(len) => {
                // A reader that claims more than it was given room for gets what there is.
                let now_us = self.now_us();
                self.decoder.feed(&self.chunk[..len.min(CHUNK_BYTES)], now_us);
                self.is_drained = false;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The deadlines say what is too long.
            Err(error) if self.now_us.is_some() && close_of(&error) == Close::TimedOut => _ = self.has_passed(),
            Err(error) => {
                let close = match close_of(&error) {
                    Close::TimedOut if self.stage() == Stage::Finished => Close::Clean,
                    close => close,
                };
                self.finish_now(close);
                self.error = Some(error);
            }
        }
    }

    /// Whether a deadline has passed while the reader had nothing; it ends the response.
    fn has_passed(&mut self) -> bool {
        let stage = self.until.waits_at(self.stage());
        let has_passed = self.decoder.waits(stage, self.now_us());
        self.is_drained &= !has_passed;
        has_passed
    }
}

/// The caller's time.
type NowUs = Box<dyn Fn() -> u64 + Send>;

impl<R: Read, O: Observer> Iterator for EventReader<R, O> {
    type Item = OwnedEvent;

    fn next(&mut self) -> Option<OwnedEvent> {
        self.next_event().map(|event| event.to_owned())
    }
}

impl<R: Read, O: Observer> FusedIterator for EventReader<R, O> {}

impl<R, O> fmt::Debug for EventReader<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReader")
            .field("normalizer", &self.decoder.normalizer)
            .field("until", &self.until)
            .field("hooks", self.taps.hooks())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// The most that one read takes.
const CHUNK_BYTES: usize = 16 * 1024;

const fn send_unpin<T: Send + Unpin>() {}
const _: () = send_unpin::<EventReader<std::net::TcpStream>>();
