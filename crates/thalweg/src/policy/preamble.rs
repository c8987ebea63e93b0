//! The beginning of a stream that nobody has seen yet.

use alloc::vec::{self, Vec};

use super::attempt;
use crate::event::{BlockId, BlockKind, Event, EventOf, OwnedEvent};

/// Holds back the first events of an attempt while there is nothing to see in them, so that an error can still become
/// an HTTP status, or the attempt be dropped and another one take its place: what comes out has one
/// [`Start`](crate::Event::Start), whatever was tried before.
///
/// Held are `Start`, `Meta`, `Usage`, `Error`, `Anomaly`, `Extra`, `Finish`, `End`, and the beginning and end of blocks of
/// text, reasoning and refusals that have nothing in them. A `Heartbeat` is left out: it says that the connection to the
/// provider is alive, and there is none to the reader yet. The first event of any other kind opens: every delta, every
/// other block and what belongs to one, and frames that are not known.
///
/// Give each event to [`push`](Self::push). After an event that says that the attempt failed, and after `End`, decide:
/// [`again`](Self::again) drops what is held, [`open`](Self::open) lets it out.
///
/// ```
/// use thalweg::policy::{Given, Preamble};
/// use thalweg::{Close, Normalizer, dialects};
///
/// let mut preamble = Preamble::default();
/// let attempts: [&[u8]; 2] = [
///     b"data: {\"error\":{\"code\":\"server_error\",\"message\":\"boom\"}}\n\n",
///     b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n",
/// ];
/// let mut starts = 0;
/// for bytes in attempts {
///     let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
///     normalizer.feed(bytes);
///     normalizer.finish(Close::Clean);
///     while let Some(event) = normalizer.poll() {
///         match preamble.push(&event) {
///             Given::Held => {}
///             Given::Opened => starts += preamble.take().count(), // and the event
///             _ => {}                                             // give out the event
///         }
///     }
///     if preamble.is_holding() && !preamble.again() {
///         unreachable!("nothing was given out");
///     }
/// }
/// assert_eq!(starts, 2); // the start of the second attempt, and its empty block of text
/// ```
#[derive(Clone, Debug)]
pub struct Preamble {
    rules: PreambleRules,
    held: Vec<OwnedEvent>,
    bytes: usize,
    is_open: bool,
}

/// How much a [`Preamble`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreambleRules {
    /// Whether reasoning is held too, so that a stream with nothing but reasoning can be tried again. Off by default: it
    /// delays what readers like to see at once.
    pub holds_reasoning: bool,
    /// It opens rather than hold more events than this: 1,024 by default.
    pub events_max: usize,
    /// It opens rather than hold more text than this: 1 MiB by default.
    pub bytes_max: usize,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Given {
    /// It is held, or left out: give out nothing.
    Held,
    /// The preamble is over with this event: give out what [`Preamble::take`] has, then the event. Tell
    /// [`Retry`](super::Retry) that content was given.
    Opened,
    /// It was over before: give out the event.
    Passed,
}

impl Preamble {
    /// Holding.
    #[must_use]
    pub const fn new(rules: PreambleRules) -> Self {
        Self { rules, held: Vec::new(), bytes: 0, is_open: false }
    }

    /// The next event of the attempt.
    pub fn push(&mut self, event: &Event<'_>) -> Given {
        if self.is_open {
            return Given::Passed;
        }
        if matches!(event, Event::Heartbeat) {
            return Given::Held;
        }
        let bytes = self.bytes.saturating_add(text_bytes(event));
        let fits = self.held.len() < self.rules.events_max && bytes <= self.rules.bytes_max;
        if !fits || !self.can_hold(event) {
            self.is_open = true;
            return Given::Opened;
        }
        self.held.push(event.to_owned());
        self.bytes = bytes;
        Given::Held
    }

    /// The attempt is given up, and another takes its place: what is held is dropped. False where the preamble is over, so
    /// that the reader has seen something: then it must not.
    #[must_use]
    pub fn again(&mut self) -> bool {
        if !self.is_open {
            self.held.clear();
            self.bytes = 0;
        }
        !self.is_open
    }

    /// Holds nothing back any more: the caller wants what there is. Give out what [`take`](Self::take) has.
    pub const fn open(&mut self) {
        self.is_open = true;
    }

    /// What was held, in order. Empty while it is holding.
    pub fn take(&mut self) -> vec::IntoIter<OwnedEvent> {
        let held = if self.is_open { core::mem::take(&mut self.held) } else { Vec::new() };
        held.into_iter()
    }

    /// Whether nothing has been given out.
    #[must_use]
    pub const fn is_holding(&self) -> bool {
        !self.is_open
    }

    fn can_hold(&self, event: &Event<'_>) -> bool {
        match event {
            Event::Start { .. }
            | Event::Meta { .. }
            | Event::Usage { .. }
            | Event::Error { .. }
            | Event::Anomaly { .. }
            | Event::Extra { .. }
            | Event::BlockEnd { .. }
            | Event::Finish { .. }
            | Event::End { .. } => true,
            Event::BlockStart { kind, .. } => attempt::is_words(kind),
            Event::ReasoningDelta { .. } => self.rules.holds_reasoning,
            Event::BlockData { block, .. } | Event::Restated { block, .. } => {
                self.rules.holds_reasoning && self.is_reasoning(*block)
            }
            _ => false,
        }
    }

    fn is_reasoning(&self, block: BlockId) -> bool {
        let is_its_start = |event: &OwnedEvent| matches!(event, EventOf::BlockStart { block: own, kind: BlockKind::Reasoning { .. }, .. } if *own == block);
        self.held.iter().any(is_its_start)
    }
}

impl Default for Preamble {
    fn default() -> Self {
        Self::new(PreambleRules::default())
    }
}

impl Default for PreambleRules {
    fn default() -> Self {
        Self { holds_reasoning: false, events_max: 1024, bytes_max: 1024 * 1024 }
    }
}

fn text_bytes(event: &Event<'_>) -> usize {
    let mut bytes = 0;
    event.map(|text| bytes += text.len());
    bytes
}
