//! Several responses on one connection: OpenAI Responses over WebSocket.
//!
//! There a message is one frame, and a message's `stream_id` names the lane it belongs to. Responses of one lane come one
//! after another, those of different lanes interleave. [`Lanes`] gives each response a [`Normalizer`] of its own.

mod head;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

use crate::dialect::Dialect;
use crate::event::{Action, AnomalyKind, Close, Event, OwnedEvent};
use crate::json::{self, Text};
use crate::limits::Limits;
use crate::normalizer::{Detail, Normalizer, Stage};
use head::Head;

/// Default of [`Lanes::with_open_max`]: 64 responses at once.
pub const OPEN_MAX: usize = 64;
/// The longest name of a lane, in bytes: the most that the provider allows.
pub const NAME_BYTES_MAX: usize = 256;

/// Turns the messages of one connection into the events of its responses.
///
/// [`feed`](Self::feed) it each message as it arrives and [`poll`](Self::poll) until it gives `None`; when the connection
/// ends, call [`finish`](Self::finish) once and poll until `None` again. The events of one response, those with its
/// number, are a well-formed sequence, from [`Event::Start`] to [`Event::End`].
///
/// - A response begins with `response.created` (or `response.queued`, `response.in_progress`) on a lane where none is
///   open, and ends as soon as the provider says so: its `End` comes with the message that says it. After that the lane
///   costs nothing until the next response begins on it. That is how a steered response goes on: as the next one.
/// - While a response is open, every message of its lane is its: also what it does not know, which is
///   [`Event::Unknown`] as anywhere. A `response.created` with another id ends it (it is truncated) and begins the next.
/// - An error without a `stream_id` belongs to the one response that is open. Where none is, or several are, or its lane
///   has none, it is a response of its own that ends at once: it began and it failed, as a request does that is refused.
/// - Whatever else comes belongs to no response ([`LaneEvent::response`] is `None`): news of steering, the headers that
///   some servers send first, content behind a response's end. It is given as [`Event::Unknown`], whole, or as
///   [`Event::Anomaly`] where it is no JSON. Never is it decoded: the end of a response that never began, or one that is
///   said twice, must not look like an answer.
///
/// Memory is bounded by the responses that are open, at most [`OPEN_MAX`], each within its [`Limits`]. Where one more
/// would begin, one that has failed and did not end makes room for it. Where none has, or the name of its lane has more
/// than [`NAME_BYTES_MAX`] bytes, its first message is dropped with [`AnomalyKind::LimitReached`], and the others belong
/// to no response.
///
/// Responses do not outlive their connection: finish, and begin another connection with other `Lanes`.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use thalweg::{Close, Fold, Lanes, Outcome, Response, dialects};
///
/// let mut lanes = Lanes::new(&dialects::OPENAI_RESPONSES);
/// let mut responses = BTreeMap::<u64, Response>::new();
/// for message in [
///     r#"{"type":"response.created","stream_id":"a","response":{"id":"resp_1"}}"#,
///     r#"{"type":"response.created","stream_id":"b","response":{"id":"resp_2"}}"#,
///     r#"{"type":"response.output_text.delta","stream_id":"a","output_index":0,"content_index":0,"delta":"Ebb"}"#,
///     r#"{"type":"response.output_text.delta","stream_id":"b","output_index":0,"content_index":0,"delta":"Flow"}"#,
///     r#"{"type":"response.completed","stream_id":"a","response":{"id":"resp_1","status":"completed"}}"#,
/// ] {
///     lanes.feed(message.as_bytes());
///     while let Some(given) = lanes.poll() {
///         if let Some(number) = given.response {
///             responses.entry(number).or_default().apply(&given.event);
///         }
///     }
/// }
/// assert_eq!(responses[&0].choices[0].text(), "Ebb");
/// assert_eq!((responses[&0].outcome, responses[&1].outcome), (Some(Outcome::Complete), None));
/// lanes.finish(Close::Broken);
/// while let Some(given) = lanes.poll() {
///     assert_eq!((given.lane, given.response), (Some("b"), Some(1)));
///     responses.entry(1).or_default().apply(&given.event);
/// }
/// assert_eq!(responses[&1].outcome, Some(Outcome::Truncated));
/// ```
pub struct Lanes {
    dialect: Dialect,
    limits: Limits,
    detail: Detail,
    heartbeats: bool,
    open_max: usize,
    /// Lanes with an open response, in the order in which these began.
    open: Vec<Lane>,
    /// How many responses have begun.
    begun: u64,
    /// Messages that are not read yet.
    buffer: Vec<u8>,
    messages: VecDeque<Range<usize>>,
    at: At,
    close: Option<Close>,
}

/// An event and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LaneEvent<'a> {
    /// The lane, as `stream_id` names it; none for the lane without a name.
    pub lane: Option<&'a str>,
    /// The number of the response on this connection: from 0, in the order in which they begin. None for what belongs to
    /// no response, which is one event a message: `Unknown` or `Anomaly`.
    pub response: Option<u64>,
    /// The event.
    pub event: Event<'a>,
}

/// A lane with an open response.
struct Lane {
    name: Option<Box<str>>,
    number: u64,
    id: Option<Box<str>>,
    normalizer: Normalizer,
    /// It ends with its first message.
    is_one_message: bool,
}

/// Where the next event comes from.
enum At {
    Nowhere,
    /// The response at this place among the open ones.
    Open(usize),
    /// A message that belongs to no response. `is_given` once it has been gone to.
    Stray {
        lane: Option<Box<str>>,
        event: OwnedEvent,
        is_given: bool,
    },
}

impl Lanes {
    /// Lanes of a connection that speaks a dialect.
    #[must_use]
    pub fn new(dialect: &Dialect) -> Self {
        Self {
            dialect: dialect.clone(),
            limits: Limits::default(),
            detail: Detail::default(),
            heartbeats: false,
            open_max: OPEN_MAX,
            open: Vec::new(),
            begun: 0,
            buffer: Vec::new(),
            messages: VecDeque::new(),
            at: At::Nowhere,
            close: None,
        }
    }

    /// Other limits of each response than the defaults. Call it before the first message.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Another bound than [`OPEN_MAX`] on the responses that are open at once. Call it before the first message.
    #[must_use]
    pub const fn with_open_max(mut self, open_max: usize) -> Self {
        self.open_max = open_max;
        self
    }

    /// More or less detail than the default. Call it before the first message.
    #[must_use]
    pub const fn with_detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// Whether signs of life of an open response give [`Event::Heartbeat`]. Off by default.
    #[must_use]
    pub const fn with_heartbeats(mut self, heartbeats: bool) -> Self {
        self.heartbeats = heartbeats;
        self
    }

    /// Takes one whole message, text or binary: both are UTF-8. Poll until `None` afterwards; messages that are not
    /// polled for are kept.
    pub fn feed(&mut self, message: &[u8]) {
        if self.close.is_some() {
            return;
        }
        if self.messages.is_empty() {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES);
        }
        let start = self.buffer.len();
        self.buffer.extend_from_slice(message);
        self.messages.push_back(start..self.buffer.len());
    }

    /// Says that the connection has ended, and how: every response that is open ends with it. Poll until `None`
    /// afterwards. Only the first call counts.
    pub fn finish(&mut self, close: Close) {
        self.close.get_or_insert(close);
    }

    /// The next event, or `None`: feed more, or it is over. Sugar over [`advance`](Self::advance) and
    /// [`event`](Self::event).
    pub fn poll(&mut self) -> Option<LaneEvent<'_>> {
        if self.advance() { self.event() } else { None }
    }

    /// Goes to the next event; false where [`poll`](Self::poll) would give `None`.
    pub fn advance(&mut self) -> bool {
        loop {
            match &mut self.at {
                At::Nowhere => {
                    if !self.read() && !self.close_next() {
                        return false;
                    }
                }
                At::Stray { is_given, .. } => {
                    if !mem::replace(is_given, true) {
                        return true;
                    }
                    self.at = At::Nowhere;
                }
                &mut At::Open(n) => {
                    let lane = &mut self.open[n];
                    if lane.normalizer.advance() {
                        return true;
                    }
                    match lane.normalizer.stage() {
                        Stage::Ended => {
                            self.open.remove(n);
                            self.at = At::Nowhere;
                        }
                        // It ends with what was just read, however the connection ends.
                        stage if stage == Stage::Settled || lane.is_one_message => lane.normalizer.finish(Close::Clean),
                        _ => self.at = At::Nowhere,
                    }
                }
            }
        }
    }

    /// The event that [`advance`](Self::advance) went to.
    #[must_use]
    pub fn event(&self) -> Option<LaneEvent<'_>> {
        match &self.at {
            At::Nowhere => None,
            At::Open(n) => {
                let lane = self.open.get(*n)?;
                let event = lane.normalizer.event()?;
                Some(LaneEvent { lane: lane.name.as_deref(), response: Some(lane.number), event })
            }
            At::Stray { lane, event, .. } => {
                Some(LaneEvent { lane: lane.as_deref(), response: None, event: event.as_lent() })
            }
        }
    }

    /// How many responses are open. Ask after polling until `None`; at 0 the connection can be closed without loss.
    #[must_use]
    pub const fn open(&self) -> usize {
        self.open.len()
    }

    /// Heap bytes in use, in round numbers.
    #[must_use]
    pub fn retained_bytes(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let lane = |lane: &Lane| text(&lane.name) + text(&lane.id) + lane.normalizer.retained_bytes();
        self.open.capacity() * size_of::<Lane>()
            + self.open.iter().map(lane).sum::<usize>()
            + self.buffer.capacity()
            + self.messages.capacity() * size_of::<Range<usize>>()
    }

    /// The connection has ended: ends the response that began first.
    fn close_next(&mut self) -> bool {
        let (Some(close), Some(lane)) = (self.close, self.open.first_mut()) else { return false };
        lane.normalizer.finish(close);
        self.at = At::Open(0);
        true
    }

    /// Reads the next message; false where there is none.
    fn read(&mut self) -> bool {
        let Some(range) = self.messages.pop_front() else { return false };
        let buffer = mem::take(&mut self.buffer);
        let message = &buffer[range.clone()];
        let text = String::from_utf8_lossy(message);
        let head = Head::of(&text, self.limits.json_depth);
        if let Some(n) = self.lane_of(&head, &text) {
            let lane = &mut self.open[n];
            if head.begins_another_than(lane.id.as_deref(), &text) {
                // It comes again when that one has ended.
                lane.normalizer.finish(Close::Clean);
                self.messages.push_front(range);
            } else {
                lane.normalizer.feed_frame(message);
            }
            self.at = At::Open(n);
        } else if let Some(n) = self.in_the_way_of(&head, &text) {
            self.open[n].normalizer.finish(Close::Clean);
            self.messages.push_front(range);
            self.at = At::Open(n);
        } else {
            self.at = self.begin(&head, &text, message);
        }
        self.buffer = buffer;
        true
    }

    /// The open response that a message belongs to.
    fn lane_of(&self, head: &Head, text: &str) -> Option<usize> {
        let is_its = |lane: &Lane| match (&lane.name, head.stream) {
            (Some(name), Some(stream)) => stream.is(text, name),
            (None, None) => true,
            _ => false,
        };
        let is_for_the_one = head.is_error(text) && head.stream.is_none() && self.open.len() == 1;
        self.open.iter().position(is_its).or_else(|| is_for_the_one.then_some(0))
    }

    /// A response that has failed and was not ended, where there is no room for the one that begins.
    fn in_the_way_of(&self, head: &Head, text: &str) -> Option<usize> {
        let is_full = self.open.len() >= self.open_max && head.is_beginning(text);
        let has_failed = |lane: &Lane| lane.normalizer.stage() > Stage::Open;
        is_full.then(|| self.open.iter().position(has_failed)).flatten()
    }

    /// Begins a response with a message of a lane that has none open, if it begins one.
    fn begin(&mut self, head: &Head, text: &str, message: &[u8]) -> At {
        let name = head.stream.map(|stream| decoded(stream, text));
        let is_error = head.is_error(text);
        let limit = OwnedEvent::Anomaly { kind: AnomalyKind::LimitReached, action: Action::Dropped, block: None };
        if name.as_ref().is_some_and(|name| name.len() > NAME_BYTES_MAX) {
            return At::Stray { lane: None, event: limit, is_given: false };
        }
        let is_beginning = head.is_beginning(text);
        if !is_error && !is_beginning {
            return self.stray(head, text, name);
        }
        if is_beginning && self.open.len() >= self.open_max {
            return At::Stray { lane: name, event: limit, is_given: false };
        }
        let mut normalizer = Normalizer::new(&self.dialect)
            .with_limits(self.limits)
            .with_detail(self.detail)
            .with_heartbeats(self.heartbeats);
        normalizer.feed_frame(message);
        let id = head.id.filter(|id| !id.is_empty() && id.raw(text).len() <= ID_BYTES_MAX).map(|id| decoded(id, text));
        self.open.push(Lane { name, number: self.begun, id, normalizer, is_one_message: is_error });
        self.begun += 1;
        At::Open(self.open.len() - 1)
    }

    /// A message that belongs to no response.
    fn stray(&self, head: &Head, text: &str, lane: Option<Box<str>>) -> At {
        let anomaly = |kind| OwnedEvent::Anomaly { kind, action: Action::Dropped, block: None };
        let event = match head.fault.map(|fault| fault.kind) {
            _ if text.trim_ascii().is_empty() => return At::Nowhere,
            _ if text.len() > self.limits.frame_bytes => anomaly(AnomalyKind::LimitReached),
            Some(json::ErrorKind::Depth) => anomaly(AnomalyKind::LimitReached),
            Some(_) => anomaly(AnomalyKind::InvalidJson),
            None => {
                let wire_type = head.kind.map(|kind| decoded(kind, text)).unwrap_or_default();
                OwnedEvent::Unknown { wire_type, json: text.into() }
            }
        };
        At::Stray { lane, event, is_given: false }
    }
}

impl core::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Messages hold what people said: numbers only.
        f.debug_struct("Lanes")
            .field("open", &self.open.len())
            .field("begun", &self.begun)
            .field("pending_messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}

fn decoded(text: Text, json: &str) -> Box<str> {
    if let Some(plain) = text.plain(json) {
        return plain.into();
    }
    let mut decoded = String::new();
    text.decode(json, &mut decoded);
    decoded.into()
}

/// What the buffer keeps between messages.
const KEPT_BYTES: usize = 64 * 1024;
/// A longer id of a response is not compared.
const ID_BYTES_MAX: usize = 4096;

const fn send_unpin<T: Send + Unpin + 'static>() {}
const _: () = send_unpin::<Lanes>();
