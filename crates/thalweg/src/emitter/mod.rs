//! Turns what a decoder says into a well-formed sequence of events.
//!
//! A decoder reads one frame and says what it means ("this text, in this choice", "this piece of a tool call", "this
//! finish reason"); the emitter alone knows the grammar: it numbers and opens and ends blocks, tells tool calls
//! apart, latches finish reasons, notes anomalies, and gives the verdict. Whatever a decoder says, in whatever order,
//! the events are well formed, so decoders need no guards.
//!
//! Events of one frame live in a reused arena. On the delta path nothing is allocated once the arena is warm.

mod arena;
mod blocks;
mod calls;
mod choices;
mod count;
mod digest;
mod keyed;
mod reasoning;
mod repeats;
mod restated;
mod sequence;
#[cfg(test)]
mod tests;
mod verdict;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use arena::{Fragment, Span};
pub use calls::{CallFragment, Key};
pub use choices::Channel;
pub use count::Tally;
pub(crate) use digest::Digest;
pub use digest::Restatement;
pub use keyed::{At, List};
pub use reasoning::ReasoningPart;
pub use verdict::Failure;

use crate::event::{
    Action, AnomalyKind, BlockId, Close, Event, EventOf, LimitKind, MetaField, Protocol, Usage, UsageOrigin,
};
use crate::json::{self, Reader};
use crate::limits::Limits;
use arena::Arena;
use blocks::Blocks;
use calls::Calls;
use choices::Choice;
use keyed::Keyed;
use repeats::Repeats;
use sequence::Sequence;
use verdict::Facts;

/// One frame's events in a reused arena, and the state of the stream's grammar.
///
/// Decoders get one as `out`. Its methods never fail: what cannot be done as said becomes an anomaly, what goes
/// beyond a limit ends the stream.
// What every frame needs comes first: see [`Normalizer`](crate::Normalizer).
#[derive(Debug)]
#[repr(C)]
pub struct Emitter {
    arena: Arena,
    slots: Vec<EventOf<Span>>,
    facts: Facts,
    id_changed: bool,
    wants_heartbeats: bool,
    /// Of the frame at hand.
    has_unknown: bool,
    choices: Vec<Choice>,
    blocks: Blocks,
    keyed: Keyed,
    calls: Calls,
    usage: Option<(Usage, UsageOrigin)>,
    metas: [Option<Box<str>>; MetaField::ALL.len()],
    /// Bytes of strings kept for comparison, held to `limits.identity_bytes`.
    identity_bytes: usize,
    limits: Limits,
    repeats: Repeats,
    sequence: Sequence,
}

impl Emitter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            arena: Arena::default(),
            slots: Vec::new(),
            limits,
            blocks: Blocks::default(),
            choices: Vec::new(),
            calls: Calls::default(),
            keyed: Keyed::default(),
            metas: [const { None }; MetaField::ALL.len()],
            usage: None,
            facts: Facts::default(),
            identity_bytes: 0,
            id_changed: false,
            repeats: Repeats::default(),
            sequence: Sequence::default(),
            wants_heartbeats: false,
            has_unknown: false,
        }
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub(crate) fn set_extras(&mut self, are_wanted: bool) {
        self.repeats.wants_extras = are_wanted;
    }

    pub(crate) fn set_heartbeats(&mut self, are_wanted: bool) {
        self.wants_heartbeats = are_wanted;
    }

    /// Forgets the events of the last frame.
    pub(crate) fn clear(&mut self) {
        self.arena.clear();
        self.slots.clear();
        self.has_unknown = false;
    }

    /// Gives back what a large frame made the buffers grow to, beyond `keep` bytes each.
    pub(crate) fn shrink(&mut self, keep: usize) {
        self.arena.shrink(keep);
        self.slots.shrink_to(keep / size_of::<EventOf<Span>>());
    }

    /// Heap bytes in use.
    pub(crate) fn retained(&self) -> usize {
        self.arena.retained()
            + self.slots.capacity() * size_of::<EventOf<Span>>()
            + self.choices.capacity() * size_of::<Choice>()
            + self.choices.iter().map(Choice::retained).sum::<usize>()
            + self.repeats.retained()
            + self.blocks.retained()
            + self.calls.retained()
            + self.keyed.retained()
            + self.identity_bytes
    }

    /// How many events the frame has given.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether all that was given since there were `before` events is one fragment of content, and perhaps new counts.
    #[allow(dead_code, reason = "for the memo, which not every protocol has")]
    pub(crate) fn is_one_delta(&self, before: usize) -> bool {
        let Some([delta, counts @ ..]) = self.slots.get(before..) else { return false };
        let is_delta = matches!(
            delta,
            EventOf::TextDelta { .. }
                | EventOf::ReasoningDelta { .. }
                | EventOf::RefusalDelta { .. }
                | EventOf::ToolCallDelta { .. }
        );
        is_delta && matches!(counts, [] | [EventOf::Usage { .. }])
    }

    #[inline]
    pub(crate) fn get(&self, n: usize) -> Option<Event<'_>> {
        Some(self.slots.get(n)?.map(|span| self.arena.get(*span)))
    }

    /// The limits of this stream, for decoders that keep something of their own.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The response begins. The normalizer says this; decoders need not.
    pub(crate) fn start(&mut self, protocol: Protocol) {
        self.slots.push(EventOf::Start { protocol });
    }

    /// A fact about the response, as often as the wire repeats it: an event is given when it changes.
    ///
    /// Empty values are absent. The first id of a response stands: some proxies mint one a frame.
    #[inline]
    pub fn meta(&mut self, field: MetaField, value: Fragment<'_>) {
        if let Some(known) = &self.metas[field as usize] {
            if value.is(known) {
                return;
            }
            if field == MetaField::Id {
                if !value.is_empty() && !core::mem::replace(&mut self.id_changed, true) {
                    self.anomaly(AnomalyKind::IdChanged, Action::Dropped, None);
                }
                return;
            }
        }
        self.new_meta(field, value);
    }

    /// Whether a fact was last given so.
    #[must_use]
    pub fn is_known(&self, field: MetaField, value: Fragment<'_>) -> bool {
        self.metas[field as usize].as_ref().is_some_and(|known| value.is(known))
    }

    /// The response goes by another id from here on.
    fn replace_id(&mut self, id: Fragment<'_>) {
        if self.metas[MetaField::Id as usize].as_ref().is_none_or(|known| !id.is(known)) {
            self.new_meta(MetaField::Id, id);
        }
    }

    fn new_meta(&mut self, field: MetaField, value: Fragment<'_>) {
        if value.is_empty() {
            return;
        }
        let span = self.text(value);
        self.release(self.metas[field as usize].as_ref().map_or(0, |known| known.len()));
        self.metas[field as usize] = self.keep(span);
        self.slots.push(EventOf::Meta { field, value: span });
    }

    /// A snapshot of the token counts, as often as the wire sends one: an event is given when it changes.
    pub fn usage(&mut self, counts: Usage, origin: UsageOrigin) {
        if self.usage == Some((counts, origin)) {
            return;
        }
        let known = self.usage.map_or_else(Usage::default, |(known, _)| known);
        if counts.input < known.input || counts.output < known.output {
            self.anomaly(AnomalyKind::UsageDecreased, Action::Kept, None);
        }
        self.usage = Some((counts, origin));
        self.slots.push(EventOf::Usage { counts, origin });
    }

    pub(crate) const fn has_usage(&self) -> bool {
        self.usage.is_some()
    }

    /// A whole valid frame that the model has no place for.
    pub fn unknown(&mut self, wire_type: Fragment<'_>, json: &str) {
        let wire_type = self.text(wire_type);
        let json = self.text(json.into());
        self.slots.push(EventOf::Unknown { wire_type, json });
        self.has_unknown = true;
    }

    /// Whether the frame at hand is one that its decoder does not know.
    pub(crate) const fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// A sign of life and nothing else: an event where those are wanted.
    pub fn heartbeat(&mut self) {
        if self.wants_heartbeats {
            self.slots.push(EventOf::Heartbeat);
        }
    }

    /// A deviation that was seen and what was done about it.
    pub fn anomaly(&mut self, kind: AnomalyKind, action: Action, block: Option<BlockId>) {
        self.slots.push(EventOf::Anomaly { kind, action, block });
    }

    /// A list of frames where one was expected: gives `say` each object in it. A list that is broken says nothing.
    pub fn each(&mut self, list: &str, mut say: impl FnMut(&str, &mut Self)) {
        let depth = self.limits.json_depth;
        let whole = &mut Reader::new(list, depth);
        if let Err(error) = whole.skip().and_then(|_| whole.end()) {
            return self.bad_json(error);
        }
        let mut is_empty = true;
        // The list was validated.
        let _ = json::elements(list, depth, |_, element| {
            is_empty = false;
            if element.starts_with('{') {
                say(element, self);
            } else {
                self.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
            }
            Ok(())
        });
        if is_empty {
            self.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        }
    }

    /// The frame is not JSON, or nests too deep. Nothing may have been said of it before.
    pub fn bad_json(&mut self, error: json::Error) {
        if error.kind == json::ErrorKind::Depth {
            self.limit(LimitKind::JsonDepth);
        } else {
            self.anomaly(AnomalyKind::InvalidJson, Action::Dropped, None);
        }
    }

    /// The frame is no object, on a wire where all are: valid JSON without a meaning, or no JSON.
    pub fn no_object(&mut self, data: &str) {
        let json = &mut Reader::new(data, self.limits.json_depth);
        match json.skip().and_then(|_| json.end()) {
            Ok(()) => self.anomaly(AnomalyKind::BadFrame, Action::Dropped, None),
            Err(error) => self.bad_json(error),
        }
    }

    /// A limit was reached. The stream ends after this frame; what is said from here on is dropped.
    pub fn limit(&mut self, limit: LimitKind) {
        if self.facts.limit.is_none() {
            self.facts.limit = Some(limit);
            self.anomaly(AnomalyKind::LimitReached, Action::Dropped, None);
        }
    }

    /// Whether a limit was reached.
    #[inline]
    #[must_use]
    pub const fn is_over_limit(&self) -> bool {
        self.facts.limit.is_some()
    }

    /// Puts text into the frame's arena, for events that take a [`Span`]. Halves of surrogate pairs become U+FFFD.
    pub fn text(&mut self, fragment: Fragment<'_>) -> Span {
        let (mut span, edges) = self.arena.write(fragment);
        if edges.low.is_some() {
            span = self.arena.prepend(span, char::REPLACEMENT_CHARACTER);
        }
        if edges.high.is_some() {
            span = self.arena.append(span, char::REPLACEMENT_CHARACTER);
        }
        if edges.low.is_some() || edges.high.is_some() || edges.lone {
            self.anomaly(AnomalyKind::LoneSurrogate, Action::Replaced, None);
        }
        span
    }

    /// Puts text into the frame's arena, with the halves at its edges apart.
    fn write(&mut self, fragment: Fragment<'_>) -> (Span, json::Edges) {
        self.arena.write(fragment)
    }

    /// Keeps a string beyond its frame, for comparison with later ones.
    fn keep(&mut self, span: Span) -> Option<Box<str>> {
        let text = self.arena.get(span);
        if self.identity_bytes.saturating_add(text.len()) > self.limits.identity_bytes {
            self.limit(LimitKind::IdentityBytes);
            return None;
        }
        self.identity_bytes += text.len();
        Some(Box::from(text))
    }

    fn release(&mut self, bytes: usize) {
        self.identity_bytes = self.identity_bytes.saturating_sub(bytes);
    }

    /// Ends the stream: gives the verdict, ends what is open, says why choices ended. Nothing comes after it.
    pub(crate) fn end(&mut self, close: Option<Close>) {
        let outcome = self.outcome(close);
        self.settle_all(Some(outcome));
        let evidence = self.evidence(close);
        let resume = self.resume(outcome);
        self.slots.push(EventOf::End { outcome, evidence, resume });
    }
}
