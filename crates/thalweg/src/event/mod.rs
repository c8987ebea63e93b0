//! The canonical event: what every provider's stream becomes.
//!
//! One definition serves three holders of text. [`Event`] is lent by a normalizer and borrows from it, is `Copy`
//! and costs no allocation; [`OwnedEvent`] is what a queue, a channel or a log keeps; inside the engine the same
//! events hold ranges of an arena. [`EventOf::map`] is the one function that knows every string of every variant,
//! and all three go through it.
//!
//! This module imports nothing of the crate: whoever only consumes events needs nothing else.

mod anomaly;
mod block;
mod facts;
mod number;
#[cfg(test)]
mod tests;

pub use anomaly::{Action, AnomalyKind};
pub use block::{BlockClose, BlockKind, Host, Id, InputForm, InputState, Part, Place, ReasoningForm};
pub use facts::{
    Close, ErrorKind, Evidence, LimitKind, MetaField, Origin, Outcome, Protocol, Reason, Resume, Retry, Scope, Usage,
    UsageOrigin,
};
pub use number::{BlockId, Count, Wide};

use alloc::boxed::Box;

/// What a normalizer lends: `Copy`, no destructor, valid until the normalizer is touched again.
pub type Event<'a> = EventOf<&'a str>;

/// What a queue, a channel or a log reader keeps.
pub type OwnedEvent = EventOf<Box<str>>;

/// One canonical event over any holder of text.
///
/// Every stream, whatever its bytes, is one [`Start`](Self::Start), then anything, then exactly one
/// [`End`](Self::End). Every [`BlockStart`](Self::BlockStart) has exactly one [`BlockEnd`](Self::BlockEnd), no delta
/// lies outside its block, and a choice has at most one [`Finish`](Self::Finish), after which no content of that
/// choice comes.
///
/// With the `serde` feature an event is one JSON object, its variant under `type`:
/// `{"type":"text_delta","block":0,"text":"Hello"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventOf<S> {
    /// Once, first. Facts about the response follow as [`Meta`](Self::Meta), when the wire gives them.
    #[non_exhaustive]
    Start {
        /// The wire format the bytes are read as.
        protocol: Protocol,
    },
    /// A fact about the response. The last value of a field stands.
    #[non_exhaustive]
    Meta {
        /// Which fact.
        field: MetaField,
        /// Its value, as the wire writes it.
        value: S,
    },
    /// A leaf of content begins.
    #[non_exhaustive]
    BlockStart {
        /// The block's number: dense, from 0, in order of appearance in the stream.
        block: BlockId,
        /// The choice it belongs to, as the wire numbers choices.
        choice: u32,
        /// Where the wire put it.
        place: Place<S>,
        /// What it is.
        kind: BlockKind<S>,
    },
    /// More of a text block. Never empty.
    #[non_exhaustive]
    TextDelta {
        /// The open block it belongs to.
        block: BlockId,
        /// The fragment, decoded.
        text: S,
    },
    /// More of a reasoning block. Never empty.
    #[non_exhaustive]
    ReasoningDelta {
        /// The open block it belongs to.
        block: BlockId,
        /// The fragment, decoded.
        text: S,
    },
    /// More of a refusal. Never empty.
    #[non_exhaustive]
    RefusalDelta {
        /// The open block it belongs to.
        block: BlockId,
        /// The fragment, decoded.
        text: S,
    },
    /// More of a call's input, verbatim: never parsed, never re-serialized, never empty.
    #[non_exhaustive]
    ToolCallDelta {
        /// The open block it belongs to.
        block: BlockId,
        /// The fragment of the input.
        input: S,
    },
    /// What belongs to a block and is not its text. May also come after the block's end (citations, signatures).
    #[non_exhaustive]
    BlockData {
        /// A block that has started.
        block: BlockId,
        /// The data; each part says how it merges with earlier ones.
        part: Part<S>,
    },
    /// The provider's own whole value, where appending cannot reach it: replaces what the deltas gave.
    #[non_exhaustive]
    Restated {
        /// A block that has started.
        block: BlockId,
        /// The whole value.
        value: S,
    },
    /// A block is over: no more deltas.
    #[non_exhaustive]
    BlockEnd {
        /// The block.
        block: BlockId,
        /// How it ended.
        how: BlockClose,
        /// For calls with JSON input: whether that input can be used.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        input: Option<InputState>,
    },
    /// A complete snapshot of all that is known: store it, never add it up.
    #[non_exhaustive]
    Usage {
        /// The counts.
        counts: Usage,
        /// Who says so.
        origin: UsageOrigin,
    },
    /// Why a choice ended; at most once a choice, when nothing more can come for it.
    #[non_exhaustive]
    Finish {
        /// The choice.
        choice: u32,
        /// The reason, normalized.
        reason: Reason,
        /// The provider's own word for it.
        #[cfg_attr(feature = "serde", serde(default = "none", skip_serializing_if = "Option::is_none"))]
        raw: Option<S>,
        /// What the provider adds to it (the stop sequence, a category).
        #[cfg_attr(feature = "serde", serde(default = "none", skip_serializing_if = "Option::is_none"))]
        detail: Option<S>,
    },
    /// The provider reports an error, or the body is no stream at all. Decoding goes on; one a cause.
    #[non_exhaustive]
    Error {
        /// The normalized kind.
        kind: ErrorKind,
        /// Whether trying again can help.
        retry: Retry,
        /// Whether the response is lost: a fatal error makes the outcome `Failed`.
        fatal: bool,
        /// The HTTP status the error names, if any.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        status: Option<u16>,
        /// The provider's code or type.
        #[cfg_attr(feature = "serde", serde(default = "none", skip_serializing_if = "Option::is_none"))]
        code: Option<S>,
        /// The provider's message.
        message: S,
        /// Who says so.
        origin: Origin,
        /// The provider's own error, verbatim JSON: what it says beyond the fields above. None where it is words, and
        /// for errors of ours.
        #[cfg_attr(feature = "serde", serde(default = "none", skip_serializing_if = "Option::is_none"))]
        raw: Option<S>,
    },
    /// A deviation that was seen, and what was done about it.
    #[non_exhaustive]
    Anomaly {
        /// What was seen.
        kind: AnomalyKind,
        /// What was done.
        action: Action,
        /// The block it concerns, if one.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        block: Option<BlockId>,
    },
    /// A field of a known frame that the model has no place for.
    #[non_exhaustive]
    Extra {
        /// What it belongs to.
        scope: Scope,
        /// The field's name.
        name: S,
        /// Its value, verbatim JSON.
        json: S,
    },
    /// A whole valid frame that the model has no place for, verbatim.
    #[non_exhaustive]
    Unknown {
        /// The frame's own name for itself, or "".
        wire_type: S,
        /// The frame.
        json: S,
    },
    /// The connection is alive and nothing else: comments, pings. Only where asked for.
    #[non_exhaustive]
    Heartbeat,
    /// Once, last: the verdict and what it rests on.
    #[non_exhaustive]
    End {
        /// The verdict.
        outcome: Outcome,
        /// The facts it rests on.
        evidence: Evidence,
        /// How another connection can go on, where the provider allows it.
        #[cfg_attr(feature = "serde", serde(default = "none", skip_serializing_if = "Option::is_none"))]
        resume: Option<Resume<S>>,
    },
}

/// `#[serde(default)]` on a field of type `Option<S>` would ask for `S: Default`.
#[cfg(feature = "serde")]
fn none<T>() -> Option<T> {
    None
}

impl<S> EventOf<S> {
    /// More of a text block. An empty text would break the grammar.
    #[must_use]
    pub const fn text_delta(block: BlockId, text: S) -> Self {
        Self::TextDelta { block, text }
    }

    /// More of a reasoning block. An empty text would break the grammar.
    #[must_use]
    pub const fn reasoning_delta(block: BlockId, text: S) -> Self {
        Self::ReasoningDelta { block, text }
    }

    /// More of a refusal. An empty text would break the grammar.
    #[must_use]
    pub const fn refusal_delta(block: BlockId, text: S) -> Self {
        Self::RefusalDelta { block, text }
    }

    /// More of a call's input. An empty input would break the grammar.
    #[must_use]
    pub const fn tool_call_delta(block: BlockId, input: S) -> Self {
        Self::ToolCallDelta { block, input }
    }

    /// The same event with every string passed through `f`.
    ///
    /// The one place that knows where strings are: lending, owning and the arena all go through it.
    #[inline]
    pub fn map<'s, T>(&'s self, mut f: impl FnMut(&'s S) -> T) -> EventOf<T> {
        // The deltas come first and stay in the caller: they are nearly all the events there are.
        match self {
            Self::TextDelta { block, text } => EventOf::TextDelta { block: *block, text: f(text) },
            Self::ReasoningDelta { block, text } => EventOf::ReasoningDelta { block: *block, text: f(text) },
            Self::ToolCallDelta { block, input } => EventOf::ToolCallDelta { block: *block, input: f(input) },
            other => other.map_rare(&mut f),
        }
    }

    fn map_rare<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> EventOf<T> {
        use EventOf as E;
        match self {
            Self::Start { protocol } => E::Start { protocol: *protocol },
            Self::Meta { field, value } => E::Meta { field: *field, value: f(value) },
            Self::BlockStart { block, choice, place, kind } => {
                E::BlockStart { block: *block, choice: *choice, place: place.map(f), kind: kind.map(f) }
            }
            Self::TextDelta { block, text } => E::TextDelta { block: *block, text: f(text) },
            Self::ReasoningDelta { block, text } => E::ReasoningDelta { block: *block, text: f(text) },
            Self::RefusalDelta { block, text } => E::RefusalDelta { block: *block, text: f(text) },
            Self::ToolCallDelta { block, input } => E::ToolCallDelta { block: *block, input: f(input) },
            Self::BlockData { block, part } => E::BlockData { block: *block, part: part.map(f) },
            Self::Restated { block, value } => E::Restated { block: *block, value: f(value) },
            Self::BlockEnd { block, how, input } => E::BlockEnd { block: *block, how: *how, input: *input },
            Self::Usage { counts, origin } => E::Usage { counts: *counts, origin: *origin },
            Self::Finish { choice, reason, raw, detail } => E::Finish {
                choice: *choice,
                reason: *reason,
                raw: raw.as_ref().map(&mut *f),
                detail: detail.as_ref().map(f),
            },
            Self::Error { kind, retry, fatal, status, code, message, origin, raw } => E::Error {
                kind: *kind,
                retry: *retry,
                fatal: *fatal,
                status: *status,
                code: code.as_ref().map(&mut *f),
                message: f(message),
                origin: *origin,
                raw: raw.as_ref().map(f),
            },
            Self::Anomaly { kind, action, block } => E::Anomaly { kind: *kind, action: *action, block: *block },
            Self::Extra { scope, name, json } => E::Extra { scope: *scope, name: f(name), json: f(json) },
            Self::Unknown { wire_type, json } => E::Unknown { wire_type: f(wire_type), json: f(json) },
            Self::Heartbeat => E::Heartbeat,
            Self::End { outcome, evidence, resume } => {
                E::End { outcome: *outcome, evidence: *evidence, resume: resume.as_ref().map(|r| r.map(f)) }
            }
        }
    }
}

impl<S: AsRef<str>> EventOf<S> {
    /// This event, borrowed: what folds and filters take.
    #[must_use]
    pub fn as_lent(&self) -> Event<'_> {
        self.map(AsRef::as_ref)
    }

    /// This event with its own copy of every string, to keep or to send. Allocates one box a string.
    #[must_use]
    pub fn to_owned(&self) -> OwnedEvent {
        self.map(|s| Box::from(s.as_ref()))
    }
}

const _: () = {
    assert!(size_of::<EventOf<(u32, u32)>>() <= 72);
    assert!(size_of::<Option<Event<'static>>>() <= 88);
    assert!(size_of::<OwnedEvent>() <= 88);
    assert!(!core::mem::needs_drop::<Event<'static>>());
};

const fn send_sync<T: Send + Sync>() {}
const _: () = {
    send_sync::<Event<'static>>();
    send_sync::<OwnedEvent>();
};
