//! The contract: bytes in, events out.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::dialect::{Claim, Decode, Dialect, Frame};
use crate::emitter::{Emitter, Failure};
use crate::event::{Action, AnomalyKind, Close, ErrorKind, Event, LimitKind, Origin, Protocol};
use crate::framing::{Cut, Defect, Foreign, Framer, Framing, Payload};
use crate::limits::Limits;

/// Turns the bytes of one response into events.
///
/// Call [`feed`](Self::feed) with bytes as they arrive and [`poll`](Self::poll) until it gives `None`; when the bytes
/// end, call [`finish`](Self::finish) once and poll until `None` again. The last event is an [`Event::End`]; calls
/// after it do nothing. Nothing here fails, blocks, or depends on how the bytes were cut.
///
/// One normalizer is one response. It is `Send` and holds a few kilobytes.
pub struct Normalizer {
    /// Bytes received. The frame at hand begins at `head` and is `frame.len` long.
    buffer: Vec<u8>,
    head: usize,
    frame: Current,
    /// Whole messages in `buffer`, which go past the framer.
    messages: VecDeque<Range<usize>>,
    framer: Framer,
    reader: Reader,
    /// A frame's data, where its bytes were not UTF-8.
    lossy: String,
    out: Emitter,
    /// Events of the frame at hand that have been given.
    given: usize,
    limits: Limits,
    options: Options,
    phase: Phase,
    is_started: bool,
    is_foreign: bool,
    received: bool,
}

/// Who says what frames mean.
enum Reader {
    Known {
        protocol: Protocol,
        decoder: Box<dyn Decode + Send>,
    },
    /// Not known yet: these may claim the first frame.
    Candidates(Vec<Dialect>),
}

#[derive(Clone, Copy, Default)]
struct Options {
    heartbeats: bool,
    detail: Detail,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing(Close),
    Ended,
}

/// The frame at hand.
#[derive(Default)]
struct Current {
    len: usize,
    number: u64,
    event: Option<Range<usize>>,
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
    /// Also fields of known frames, when they change.
    Full,
}

/// How far a stream is, for whoever holds its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// More is expected.
    Open,
    /// Every choice that began has a finish reason, or the provider failed: give trailing usage a short while, then
    /// finish. Some servers never close.
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
        let decoder = (dialect.decoder)(&dialect.oddities);
        Self::with_reader(dialect.framing, Reader::Known { protocol: dialect.protocol, decoder })
    }

    /// A normalizer that takes the dialect whose claim on the first frame is the strongest; the first of equals.
    ///
    /// Bytes that none of them claims end as a local error. Signs of life before the first frame give no event.
    #[must_use]
    pub fn detect<'d>(candidates: impl IntoIterator<Item = &'d Dialect>) -> Self {
        let candidates: Vec<_> = candidates.into_iter().cloned().collect();
        let framing = candidates.first().map_or(Framing::Sse, |first| first.framing);
        Self::with_reader(framing, Reader::Candidates(candidates))
    }

    /// A normalizer with a decoder of your own.
    #[must_use]
    pub fn with_decoder(framing: Framing, protocol: Protocol, decoder: Box<dyn Decode + Send>) -> Self {
        Self::with_reader(framing, Reader::Known { protocol, decoder })
    }

    fn with_reader(framing: Framing, reader: Reader) -> Self {
        let limits = Limits::default();
        Self {
            buffer: Vec::new(),
            head: 0,
            frame: Current::default(),
            messages: VecDeque::new(),
            framer: Framer::new(framing),
            reader,
            lossy: String::new(),
            out: Emitter::new(limits),
            given: 0,
            limits,
            options: Options::default(),
            phase: Phase::Open,
            is_started: false,
            is_foreign: false,
            received: false,
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
        self.options.detail = detail;
        self
    }

    /// Whether comments, pings and empty frames give [`Event::Heartbeat`]. Off by default.
    #[must_use]
    pub fn with_heartbeats(mut self, heartbeats: bool) -> Self {
        self.options.heartbeats = heartbeats;
        self
    }

    /// Takes a chunk of the body. Where it is cut means nothing. Poll until `None` afterwards.
    ///
    /// Chunks that are not polled for are kept: drain before you feed more.
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.phase == Phase::Open {
            self.compact();
            self.received |= !chunk.is_empty();
            self.buffer.extend_from_slice(chunk);
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
            let start = self.buffer.len();
            self.buffer.extend_from_slice(message);
            self.messages.push_back(start..self.buffer.len());
        }
    }

    /// Says that the bytes have ended, and how. Poll until `None` afterwards; the last event is [`Event::End`].
    /// Only the first call counts.
    pub fn finish(&mut self, close: Close) {
        if self.phase == Phase::Open {
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
            if !self.step() {
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
    /// frame has no bytes: its events are what the end of the stream brings. Where [`poll`](Self::poll) stopped
    /// inside a frame, the rest of that frame's events comes first, with its bytes. (After a limit was reached
    /// nothing more is read.)
    pub fn poll_frame(&mut self) -> Option<FrameEvents<'_>> {
        if self.given >= self.out.len() && !self.step() {
            return None;
        }
        let from = core::mem::replace(&mut self.given, self.out.len());
        let bytes = &self.buffer[self.head..self.head + self.frame.len];
        let text = |range: &Range<usize>| bytes.get(range.clone()).and_then(|name| core::str::from_utf8(name).ok());
        Some(FrameEvents {
            number: self.frame.number,
            bytes,
            name: self.frame.event.as_ref().and_then(text),
            id: self.frame.id.as_ref().and_then(text),
            retry_ms: self.frame.retry_ms,
            out: &self.out,
            from,
        })
    }

    /// How far the stream is. Ask after polling until `None`.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.phase == Phase::Ended {
            Stage::Ended
        } else if self.out.is_terminal() {
            Stage::Settled
        } else if self.out.all_finished() || self.out.has_failed() {
            Stage::Finished
        } else {
            Stage::Open
        }
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
            + self.messages.capacity() * size_of::<Range<usize>>()
            + self.framer.retained()
            + self.out.retained()
            + decoder
    }

    /// Moves what is unread to the front of the buffer, when that costs less than it frees.
    fn compact(&mut self) {
        if self.head <= self.buffer.len() / 2 || self.given < self.out.len() {
            return;
        }
        // The frame at hand has been given out whole: its bytes go with the rest.
        self.release_frame();
        self.buffer.drain(..self.head);
        for message in &mut self.messages {
            message.start -= self.head;
            message.end -= self.head;
        }
        self.head = 0;
    }

    fn release_frame(&mut self) {
        self.head += core::mem::take(&mut self.frame.len);
        self.out.clear();
        self.given = 0;
    }

    /// Reads the next frame, or ends the stream; false when there is nothing to read.
    fn step(&mut self) -> bool {
        if self.phase == Phase::Ended {
            return false;
        }
        self.release_frame();
        let end = self.messages.front().map_or(self.buffer.len(), |message| message.start);
        let pending = &self.buffer[self.head..end];
        let at_end = matches!(self.phase, Phase::Closing(_)) || !self.messages.is_empty();
        let cut = if at_end { self.framer.finish(pending) } else { self.framer.next(pending) };
        if cut.as_ref().map_or(pending.len(), |cut| cut.len) > self.limits.frame_bytes {
            return self.over_limit();
        }
        match cut {
            Some(cut) => self.read_cut(&cut),
            None => match (self.messages.pop_front(), self.phase) {
                (Some(message), _) => self.read_message(message),
                (None, Phase::Closing(close)) => self.conclude(close),
                (None, _) => {
                    self.shrink();
                    return false;
                }
            },
        }
        if self.out.is_over_limit() {
            self.end(None);
        }
        true
    }

    fn read_cut(&mut self, cut: &Cut) {
        self.frame = Current {
            len: cut.len,
            number: self.frame.number + u64::from(cut.len > 0),
            event: cut.event.clone(),
            id: cut.id.clone(),
            retry_ms: cut.retry_ms,
        };
        self.start_known();
        let data = match &cut.payload {
            Payload::Data(range) => Data::Buffer(self.head + range.start..self.head + range.end),
            Payload::Joined => Data::Joined,
            Payload::Empty => return self.read_empty(cut.defect),
            Payload::Junk => return self.read_junk(cut.defect),
        };
        match cut.defect {
            Some(Defect::Unterminated) => self.out.anomaly(AnomalyKind::UnterminatedFrame, Action::Kept, None),
            Some(Defect::Bare) => self.out.anomaly(AnomalyKind::BareJson, Action::Kept, None),
            _ => {}
        }
        let is_body = self.framer.is_body();
        self.read_data(&data, cut.event.clone(), is_body);
    }

    fn read_message(&mut self, message: Range<usize>) {
        self.frame =
            Current { len: message.len(), number: self.frame.number + 1, event: None, id: None, retry_ms: None };
        if message.len() > self.limits.frame_bytes {
            self.out.limit(LimitKind::FrameBytes);
            return;
        }
        self.start_known();
        self.read_data(&Data::Buffer(message), None, false);
    }

    fn read_empty(&mut self, defect: Option<Defect>) {
        if defect.is_some() {
            self.out.anomaly(AnomalyKind::UnterminatedFrame, Action::Dropped, None);
        } else {
            self.beat();
        }
    }

    fn beat(&mut self) {
        if self.options.heartbeats && self.is_started {
            self.out.heartbeat();
        }
    }

    fn read_junk(&mut self, defect: Option<Defect>) {
        match defect {
            Some(Defect::Foreign(foreign)) => self.read_foreign(foreign),
            Some(Defect::Trailing) => self.out.anomaly(AnomalyKind::TrailingBytes, Action::Dropped, None),
            _ => self.out.anomaly(AnomalyKind::UnterminatedFrame, Action::Dropped, None),
        }
    }

    /// The body is no stream: said once, however long it is.
    fn read_foreign(&mut self, foreign: Foreign) {
        if core::mem::replace(&mut self.is_foreign, true) {
            return;
        }
        self.start();
        self.out.anomaly(AnomalyKind::NotAStream, Action::Dropped, None);
        self.fail(match foreign {
            Foreign::Html => "the body is an HTML page, not a stream",
            Foreign::Compressed => "the body is compressed: decompress it before it is fed",
            Foreign::Binary => "the body is binary data, not a stream",
            Foreign::Text => "the body is plain text, not a stream",
        });
    }

    /// Decodes one frame's data.
    fn read_data(&mut self, data: &Data, event: Option<Range<usize>>, is_body: bool) {
        let bytes = match data {
            Data::Buffer(range) => &self.buffer[range.clone()],
            Data::Joined => self.framer.joined(),
        };
        let text = match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                self.out.anomaly(AnomalyKind::InvalidUtf8, Action::Replaced, None);
                self.lossy.clear();
                self.lossy.push_str(&String::from_utf8_lossy(bytes));
                &self.lossy
            }
        };
        if is_blank(text) {
            return self.beat();
        }
        let frame_bytes = &self.buffer[self.head..self.head + self.frame.len];
        let event = event.and_then(|range| core::str::from_utf8(frame_bytes.get(range)?).ok());
        let frame = Frame { event, data: text, is_body };
        self.out.count_frame();
        if let Reader::Candidates(candidates) = &self.reader {
            let claim = |dialect: &&Dialect| (dialect.claims)(&frame);
            // The first of the strongest: `max_by_key` would take the last.
            let best = candidates.iter().rev().max_by_key(claim).filter(|best| claim(best) > Claim::No);
            let Some(best) = best else {
                self.out.anomaly(AnomalyKind::ProtocolMismatch, Action::Dropped, None);
                return;
            };
            let decoder = (best.decoder)(&best.oddities);
            self.reader = Reader::Known { protocol: best.protocol, decoder };
        }
        if let Reader::Known { protocol, decoder } = &mut self.reader {
            if !core::mem::replace(&mut self.is_started, true) {
                self.out.start(*protocol);
            }
            decoder.frame(frame, &mut self.out);
        }
    }

    /// `Start`, as soon as it can be said what the stream is.
    fn start_known(&mut self) {
        if matches!(self.reader, Reader::Known { .. }) {
            self.start();
        }
    }

    fn start(&mut self) {
        if !core::mem::replace(&mut self.is_started, true) {
            self.out.start(match &self.reader {
                Reader::Known { protocol, .. } => *protocol,
                Reader::Candidates(_) => Protocol::Unrecognized,
            });
        }
    }

    fn over_limit(&mut self) -> bool {
        self.start();
        self.out.limit(LimitKind::FrameBytes);
        self.end(None);
        true
    }

    /// The bytes have ended and every frame is read.
    fn conclude(&mut self, close: Close) {
        self.frame.len = 0;
        self.start();
        if let Reader::Known { decoder, .. } = &mut self.reader {
            decoder.finish(&mut self.out);
        }
        if !self.out.has_failed() && !self.out.has_choices() {
            if !self.received && close == Close::Clean {
                self.fail("the body is empty");
            } else if self.out.frames() > 0 && matches!(self.reader, Reader::Candidates(_)) {
                self.fail("no known protocol has frames like these");
            } else if self.out.frames() > 0 && self.framer.is_body() {
                self.fail("the body is JSON, but no answer and no error");
            }
        }
        self.end(Some(close));
    }

    fn fail(&mut self, message: &str) {
        let mut failure = Failure::new(ErrorKind::NotAStream, message.into());
        failure.origin = Origin::Local;
        self.out.error(failure);
    }

    fn end(&mut self, close: Option<Close>) {
        self.out.end(close);
        self.phase = Phase::Ended;
    }

    /// Gives back what a large frame took. Called when everything that arrived has been read.
    fn shrink(&mut self) {
        let pending = self.buffer.len() - self.head;
        // A frame that is still growing keeps its room: giving it back each time would copy the frame each time.
        if self.buffer.capacity() > KEPT_BYTES && self.buffer.capacity() / 8 > pending {
            self.buffer.drain(..self.head);
            self.head = 0;
            self.buffer.shrink_to(KEPT_BYTES.max(2 * pending));
        } else if pending == 0 {
            self.buffer.clear();
            self.head = 0;
        }
        self.lossy.shrink_to(KEPT_BYTES);
        self.framer.shrink();
        self.out.shrink(KEPT_BYTES);
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

/// Where a frame's data is.
enum Data {
    Buffer(Range<usize>),
    Joined,
}

/// One frame: its exact bytes and its events.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct FrameEvents<'a> {
    /// The frame's number: from 1, in order of arrival.
    pub number: u64,
    /// Its bytes, as they were fed.
    pub bytes: &'a [u8],
    /// The name its framing gives it (`event:`), if any.
    pub name: Option<&'a str>,
    /// The id its framing gives it (`id:`); empty where the wire clears the last one.
    pub id: Option<&'a str>,
    /// The reconnection time it names (`retry:`), in milliseconds.
    pub retry_ms: Option<u64>,
    out: &'a Emitter,
    from: usize,
}

impl<'a> FrameEvents<'a> {
    /// Its events. They may live together, as long as the frame does.
    pub fn events(&self) -> impl Iterator<Item = Event<'a>> + use<'a> {
        let (out, from) = (self.out, self.from);
        (from..out.len()).filter_map(move |n| out.get(n))
    }
}

impl core::fmt::Debug for FrameEvents<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FrameEvents")
            .field("number", &self.number)
            .field("bytes", &self.bytes.len())
            .field("events", &(self.out.len() - self.from))
            .finish_non_exhaustive()
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Ranges of a frame are 32 bits wide, and decoding may write a few copies of it.
const FRAME_BYTES_MOST: usize = (u32::MAX / 8) as usize;

/// What each buffer keeps between chunks: more than any transport's chunk, so that nothing is allocated over and
/// over.
const KEPT_BYTES: usize = 64 * 1024;

const fn send_unpin<T: Send + Unpin + 'static>() {}
const _: () = send_unpin::<Normalizer>();
