//! The contract: bytes in, events out.

mod ahead;
mod estimate;
mod frame;
mod read;

pub use estimate::{CharactersPerToken, CountTokens};
pub use frame::FrameEvents;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::memchr2;

use crate::dialect::{Claim, Decode, Dialect, Frame};
use crate::emitter::Emitter;
use crate::event::{Close, Event, Protocol, Resume};
use crate::framing::{Framer, Framing};
use crate::limits::Limits;
use ahead::Envelope;
use estimate::Estimate;
use read::Opening;

/// Turns the bytes of one response into events.
///
/// Call [`feed`](Self::feed) with bytes as they arrive and [`poll`](Self::poll) until it gives `None`; when the bytes
/// end, call [`finish`](Self::finish) once and poll until `None` again. The last event is an [`Event::End`]; calls
/// after it do nothing. Nothing here fails, blocks, or depends on how the bytes were cut.
///
/// One normalizer is one response. It is `Send`, begins with a few hundred bytes, and keeps at most 64 KiB in each of
/// its four buffers between frames.
// In this order: a program has thousands of streams, of which each gets a frame now and then, so that none of it is in the
// cache, and what every frame needs lies together. The same holds for what is in it.
#[repr(C)]
pub struct Normalizer {
    /// Bytes received. The frame at hand begins at `head` and is `frame.len` long.
    buffer: Vec<u8>,
    head: usize,
    /// Events of the frame at hand that have been given.
    given: usize,
    /// How much of the buffer was in use at most since it was last looked at, and how often it was empty of frames since.
    peak: usize,
    drains: u8,
    phase: Phase,
    framing: Framing,
    has_memo: bool,
    received: bool,
    /// It was said that nothing of the rest can be read.
    is_unreadable: bool,
    /// All that arrived was read, and what comes makes a frame only with a line end.
    is_waiting: bool,
    /// Frames that were told without reading them.
    repeats: u64,
    frame: Current,
    envelope: Envelope,
    /// What was said about places in `buffer` that are still to be read, in order.
    marks: VecDeque<Mark>,
    /// A frame's data, where its bytes were not UTF-8.
    lossy: String,
    opening: Opening,
    reader: Reader,
    framer: Framer,
    out: Emitter,
    limits: Limits,
    estimate: Option<Estimate>,
}

/// Who says what frames mean.
enum Reader {
    Known {
        name: Option<Cow<'static, str>>,
        protocol: Protocol,
        decoder: Box<dyn Decode + Send>,
        /// Whether a frame looks like the dialect's; none for a decoder of the caller's own.
        claims: Option<fn(&Frame<'_>) -> Claim>,
    },
    /// Not known yet: these may claim a frame. None are left when that has been given up.
    Candidates(Vec<Dialect>),
}

impl Reader {
    fn of(dialect: &Dialect) -> Self {
        let decoder = (dialect.decoder)(&dialect.oddities);
        let (name, claims) = (Some(dialect.name.clone()), Some(dialect.claims));
        Self::Known { name, protocol: dialect.protocol, decoder, claims }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing(Close),
    Ended,
}

/// What the bytes alone do not say.
enum Mark {
    /// A whole message, which goes past the framer.
    Message(Range<usize>),
    /// Another connection begins here.
    Border(usize),
}

impl Mark {
    /// Bytes before it end here.
    const fn start(&self) -> usize {
        match self {
            Self::Message(range) => range.start,
            Self::Border(at) => *at,
        }
    }

    /// The bytes before `by` have gone.
    const fn move_back(&mut self, by: usize) {
        match self {
            Self::Message(range) => {
                range.start -= by;
                range.end -= by;
            }
            Self::Border(at) => *at -= by,
        }
    }
}

/// The frame at hand.
#[derive(Default)]
struct Current {
    len: usize,
    number: u64,
    event: Option<Range<usize>>,
    is_exception: bool,
    id: Option<Range<usize>>,
    retry_ms: Option<u64>,
}

/// How much of what the model has no place for is given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detail {
    /// Whole frames that are unknown.
    #[default]
    Normal,
    /// Also fields of known frames that have no place in the model, when they change.
    Full,
}

/// How far a stream is, for whoever holds its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// More is expected.
    Open,
    /// Every choice that began has a finish reason, or the provider failed, or gave its end mark without any reason: give
    /// trailing usage a short while, then finish. Some servers never close.
    Finished,
    /// The provider said that the response is over: the connection may be closed now.
    Settled,
    /// [`Event::End`] was given, or is about to be: nothing more is read.
    Ended,
}

impl Normalizer {
    /// A normalizer for a response in a known dialect.
    #[must_use]
    pub fn new(dialect: &Dialect) -> Self {
        Self::with_reader(dialect.framing, Reader::of(dialect))
    }

    /// A normalizer that takes the dialect whose claim on the first frame is the strongest; of equals one whose framing
    /// the stream has, else the first.
    ///
    /// Bytes that none of them claims end as a local error. Signs of life before the claim give no event, and
    /// anomalies before it follow [`Event::Start`].
    #[must_use]
    pub fn detect<'d>(candidates: impl IntoIterator<Item = &'d Dialect>) -> Self {
        let candidates: Vec<_> = candidates.into_iter().cloned().collect();
        // That of AWS reads everything the others do.
        let is_binary = |dialect: &&Dialect| dialect.framing == Framing::AwsEventStream;
        let preferred = candidates.iter().find(is_binary).or_else(|| candidates.first());
        let framing = preferred.map_or(Framing::Sse, |dialect| dialect.framing);
        Self::with_reader(framing, Reader::Candidates(candidates))
    }

    /// A normalizer with a decoder of your own.
    #[must_use]
    pub fn with_decoder(framing: Framing, protocol: Protocol, decoder: Box<dyn Decode + Send>) -> Self {
        Self::with_reader(framing, Reader::Known { name: None, protocol, decoder, claims: None })
    }

    fn with_reader(framing: Framing, reader: Reader) -> Self {
        let limits = Limits::default();
        Self {
            buffer: Vec::new(),
            head: 0,
            frame: Current::default(),
            marks: VecDeque::new(),
            framing,
            framer: Framer::new(framing),
            reader,
            lossy: String::new(),
            out: Emitter::new(limits),
            given: 0,
            limits,
            estimate: None,
            phase: Phase::Open,
            opening: Opening::default(),
            is_unreadable: false,
            received: false,
            is_waiting: false,
            peak: 0,
            drains: 0,
            has_memo: true,
            envelope: Envelope::default(),
            repeats: 0,
        }
    }

    /// Other limits than the defaults. Call it before the first bytes.
    #[must_use]
    pub fn with_limits(mut self, mut limits: Limits) -> Self {
        limits.frame_bytes = limits.frame_bytes.min(FRAME_BYTES_MOST);
        self.limits = limits;
        self.out.set_limits(limits);
        self
    }

    /// More or less detail than the default. Call it before the first bytes.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.out.set_extras(detail == Detail::Full);
        self
    }

    /// Whether comments, pings and empty frames give [`Event::Heartbeat`]. Off by default.
    #[must_use]
    pub fn with_heartbeats(mut self, heartbeats: bool) -> Self {
        self.out.set_heartbeats(heartbeats);
        self
    }

    /// Whether frames that repeat an earlier one in all but a few values are told from that instead of read again. On by
    /// default; every event is the same either way. For tests of that, and for measuring what it saves. Call it before the
    /// first bytes.
    #[must_use]
    pub const fn with_memo(mut self, memo: bool) -> Self {
        self.has_memo = memo;
        self
    }

    /// Estimates the output tokens where the provider sends no counts at all: one [`Event::Usage`] of origin
    /// `Estimated` before [`Event::End`], for streams that gave anything out. Off by default. Call it before the first
    /// bytes.
    ///
    /// `input` is the number of input tokens, if the caller knows it. Counts of zero that the provider sent are
    /// counts: they stay, with an anomaly.
    ///
    /// ```
    /// use thalweg::{CharactersPerToken, Close, Event, Normalizer, UsageOrigin, dialects};
    ///
    /// let counter = Box::new(CharactersPerToken::default());
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_usage_estimate(counter, Some(12));
    /// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello!\"}}]}\n\n");
    /// normalizer.finish(Close::Clean);
    /// while let Some(event) = normalizer.poll() {
    ///     if let Event::Usage { counts, origin, .. } = event {
    ///         assert_eq!(origin, UsageOrigin::Estimated);
    ///         assert_eq!(counts.output.map(u64::from), Some(2));
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn with_usage_estimate(mut self, counter: Box<dyn CountTokens + Send>, input: Option<u64>) -> Self {
        self.estimate = Some(Estimate::new(counter, input));
        self
    }

    /// Takes a chunk of the body. Where it is cut means nothing. Poll until `None` afterwards.
    ///
    /// Chunks that are not polled for are kept: drain before you feed more.
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.is_waiting && self.is_more_of_a_line(chunk) {
            // Nothing else can come of it, so nothing else is looked at.
            match chunk {
                [byte] => self.buffer.push(*byte),
                _ => self.buffer.extend_from_slice(chunk),
            }
        } else if self.phase == Phase::Open {
            self.compact();
            self.received |= !chunk.is_empty();
            self.make_room(chunk.len());
            self.buffer.extend_from_slice(chunk);
            self.is_waiting = false;
        }
    }

    /// Takes one whole message (a WebSocket message, a polled body), past the framing. Poll until `None` afterwards.
    ///
    /// Use it instead of [`feed`](Self::feed), not with it: bytes of an unfinished frame before the message are
    /// given out as the end of a stream.
    pub fn feed_frame(&mut self, message: &[u8]) {
        if self.phase == Phase::Open {
            self.compact();
            self.received = true;
            self.is_waiting = false;
            let start = self.buffer.len();
            self.buffer.extend_from_slice(message);
            self.marks.push_back(Mark::Message(start..self.buffer.len()));
        }
    }

    /// Says that another connection continues this response: what is fed from here on came on it. Poll until `None`
    /// afterwards, or feed on: the border stays where it was said.
    ///
    /// A frame that the last connection began and did not end is dropped, with an anomaly; [`poll_frame`](Self::poll_frame)
    /// still gives its bytes. The new connection is looked at from its first byte, as the first one was. The decoder
    /// and all open blocks stay: text goes on in its block. Frames that are numbered and came before are dropped in
    /// silence, so it does no harm if the provider begins earlier than it was asked to. Where frames have no numbers,
    /// the new connection must begin behind the last whole frame: what it repeats comes twice.
    ///
    /// What to ask the provider for is [`resume`](Self::resume). After [`finish`](Self::finish) this has no effect: finish
    /// a response that can be continued only when it is given up.
    ///
    /// ```
    /// use thalweg::{Close, Fold, Normalizer, Outcome, Response, dialects};
    ///
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    /// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Ebb and\"}}]}\n\ndata: {\"choi");
    /// normalizer.reconnect(); // the connection broke inside the second frame
    /// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" flow\"},\"finish_reason\":\"stop\"}]}\n\n");
    /// normalizer.finish(Close::Clean);
    /// let mut response = Response::default();
    /// while let Some(event) = normalizer.poll() {
    ///     response.apply(&event);
    /// }
    /// assert_eq!(response.choices[0].text(), "Ebb and flow");
    /// assert_eq!(response.outcome, Some(Outcome::Complete));
    /// ```
    pub fn reconnect(&mut self) {
        let border = self.buffer.len();
        let is_said = matches!(self.marks.back(), Some(Mark::Border(at)) if *at == border);
        if self.phase == Phase::Open && !is_said {
            self.is_waiting = false;
            self.marks.push_back(Mark::Border(border));
        }
    }

    /// Says that the bytes have ended, and how. Poll until `None` afterwards; the last event is [`Event::End`].
    /// Only the first call counts.
    pub fn finish(&mut self, close: Close) {
        if self.phase == Phase::Open {
            self.is_waiting = false;
            self.phase = Phase::Closing(close);
        }
    }

    /// The next event, or `None`: feed more, or it is over. Sugar over [`advance`](Self::advance) and
    /// [`event`](Self::event).
    #[inline]
    pub fn poll(&mut self) -> Option<Event<'_>> {
        if self.advance() { self.event() } else { None }
    }

    /// Goes to the next event; false where [`poll`](Self::poll) would give `None`.
    ///
    /// With [`event`](Self::event) this is what filters are made of: a loop over `poll` that returns what it polled
    /// does not pass the borrow checker.
    ///
    /// ```
    /// use thalweg::{Event, Normalizer};
    ///
    /// fn next_text(normalizer: &mut Normalizer) -> Option<&str> {
    ///     while normalizer.advance() {
    ///         if let Some(Event::TextDelta { .. }) = normalizer.event() {
    ///             let Some(Event::TextDelta { text, .. }) = normalizer.event() else { break };
    ///             return Some(text);
    ///         }
    ///     }
    ///     None
    /// }
    /// ```
    #[inline]
    pub fn advance(&mut self) -> bool {
        while self.given >= self.out.len() {
            if self.is_waiting || !self.step() {
                return false;
            }
        }
        self.given += 1;
        true
    }

    /// The event that [`advance`](Self::advance) went to.
    #[inline]
    #[must_use]
    pub fn event(&self) -> Option<Event<'_>> {
        self.out.get(self.given.checked_sub(1)?)
    }

    /// The next frame with its exact bytes and all its events, also where it has none. For gateways that pass bytes
    /// on, for bindings, for batches.
    ///
    /// The bytes of all frames are the bytes fed: terminators, comments, sentinels and garbage included. The last
    /// one has no bytes and no number of its own: its events are what the end of the stream brings. Where [`poll`](Self::poll) stopped
    /// inside a frame, the rest of that frame's events comes first, with its bytes. (After a limit was reached
    /// nothing more is read.)
    pub fn poll_frame(&mut self) -> Option<FrameEvents<'_>> {
        if self.given >= self.out.len() && (self.is_waiting || !self.step()) {
            return None;
        }
        let from = core::mem::replace(&mut self.given, self.out.len());
        let bytes = &self.buffer[self.head..self.head + self.frame.len];
        Some(FrameEvents::new(bytes, &self.frame, &self.out, from))
    }

    /// The name of the dialect that the stream is read as; none while it is not known, or for a decoder of your own.
    #[must_use]
    pub fn dialect(&self) -> Option<&str> {
        match &self.reader {
            Reader::Known { name, .. } => name.as_deref(),
            Reader::Candidates(_) => None,
        }
    }

    /// How far the stream is. Ask after polling until `None`.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.phase == Phase::Ended {
            Stage::Ended
        } else if self.out.is_terminal() {
            Stage::Settled
        } else if self.out.all_finished() || self.out.has_failed() || self.out.has_sentinel() {
            Stage::Finished
        } else {
            Stage::Open
        }
    }

    /// What to ask the provider for to get the rest of the response on another connection, as far as frames have been
    /// polled; none where nothing more comes, or the provider does not keep it. [`Event::End`] says the same of a
    /// response that broke off.
    #[must_use]
    pub fn resume(&self) -> Option<Resume<&str>> {
        self.out.resume_point()
    }

    /// How many frames repeated an earlier one and were not read again: see [`with_memo`](Self::with_memo).
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Heap bytes in use, in round numbers. Bounded by [`Limits`] and a constant, after each drain.
    #[must_use]
    pub fn retained_bytes(&self) -> usize {
        let decoder = match &self.reader {
            Reader::Known { decoder, .. } => decoder.retained(),
            Reader::Candidates(candidates) => candidates.capacity() * size_of::<Dialect>(),
        };
        self.buffer.capacity()
            + self.lossy.capacity()
            + self.marks.capacity() * size_of::<Mark>()
            + self.framer.retained()
            + self.out.retained()
            + self.envelope.retained()
            + decoder
    }

    /// Whether a chunk only makes the line longer that is waited for, within the limit.
    #[inline]
    fn is_more_of_a_line(&self, chunk: &[u8]) -> bool {
        // For a few bytes a search is not worth its call.
        let has_end = match chunk {
            [byte] => matches!(byte, b'\n' | b'\r'),
            _ => memchr2(b'\n', b'\r', chunk).is_some(),
        };
        !has_end && self.buffer.len() - self.head + chunk.len() <= self.limits.frame_bytes
    }

    /// Makes the buffer no larger than it needs to be while it is small: the next chunk will be as large as this one, and
    /// find the beginning of a frame before it.
    fn make_room(&mut self, chunk: usize) {
        let needed = self.buffer.len().saturating_add(chunk);
        if needed > self.buffer.capacity() && needed <= KEPT_BYTES {
            self.buffer.reserve_exact((chunk + needed / 4).max(BUFFER_LEAST));
        }
    }

    /// Moves what is unread to the front of the buffer, when that costs less than it frees.
    fn compact(&mut self) {
        if self.head <= self.buffer.len() / 2 || self.given < self.out.len() {
            return;
        }
        // The frame at hand has been given out whole: its bytes go with the rest.
        self.release_frame();
        self.buffer.drain(..self.head);
        for mark in &mut self.marks {
            mark.move_back(self.head);
        }
        self.head = 0;
    }
}

impl core::fmt::Debug for Normalizer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Bodies hold what people said: sizes only.
        f.debug_struct("Normalizer")
            .field("stage", &self.stage())
            .field("pending_bytes", &(self.buffer.len() - self.head))
            .field("frame", &self.frame.number)
            .finish_non_exhaustive()
    }
}

/// Ranges of a frame are 32 bits wide, and decoding may write a few copies of it.
const FRAME_BYTES_MOST: usize = (u32::MAX / 32) as usize;

/// What each buffer keeps between chunks: more than any transport's chunk, so that nothing is allocated over and
/// over.
const KEPT_BYTES: usize = 64 * 1024;

/// What the buffer begins with at least: a frame, as most are.
const BUFFER_LEAST: usize = 512;

const fn send_unpin<T: Send + Unpin + 'static>() {}
const _: () = send_unpin::<Normalizer>();
