//! What is counted of a stream.

use alloc::collections::BTreeMap;

use crate::event::{Action, AnomalyKind, Count, ErrorKind, Event, Outcome, Usage, UsageOrigin};
use crate::fold::Fold;

/// Counts of one stream, or of several one after another. It holds no text, is of fixed size but for the kinds of
/// anomalies and errors that were seen, and its counters stop at `u64::MAX`.
///
/// Fold the events of a stream into it and give it to [`Metrics::record`](super::Metrics::record). Streams that run at
/// the same time each need their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) streams: u64,
    pub(super) events: [u64; EVENT_TYPES.len()],
    pub(super) anomalies: BTreeMap<(AnomalyKind, Action), u64>,
    pub(super) outcomes: [u64; Outcome::ALL.len()],
    pub(super) errors: BTreeMap<ErrorKind, u64>,
    pub(super) usages: [u64; UsageOrigin::ALL.len()],
    pub(super) tokens: [u64; TOKEN_KINDS.len()],
    /// The last snapshot of the stream that is running: only the last one of a stream counts.
    usage: Option<(Usage, UsageOrigin)>,
}

impl Tally {
    /// Adds what another counted. A stream that is still running there is counted without its tokens.
    pub fn merge(&mut self, other: &Self) {
        let Self { streams, events, anomalies, outcomes, errors, usages, tokens, usage: _ } = other;
        add(&mut self.streams, *streams);
        add_all(&mut self.events, events);
        add_all(&mut self.outcomes, outcomes);
        add_all(&mut self.usages, usages);
        add_all(&mut self.tokens, tokens);
        anomalies.iter().for_each(|(key, count)| add(self.anomalies.entry(*key).or_default(), *count));
        errors.iter().for_each(|(key, count)| add(self.errors.entry(*key).or_default(), *count));
    }

    /// How many streams began.
    #[must_use]
    pub const fn streams(&self) -> u64 {
        self.streams
    }

    /// How many events came.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.iter().fold(0, |sum: u64, count| sum.saturating_add(*count))
    }

    /// How many streams ended so.
    #[must_use]
    pub const fn outcomes(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// How often this was seen, whatever was done.
    #[must_use]
    pub fn anomalies(&self, kind: AnomalyKind) -> u64 {
        let of_kind = self.anomalies.iter().filter(|((known, _), _)| *known == kind);
        of_kind.fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
    }

    /// How many errors of this kind were reported.
    #[must_use]
    pub fn errors(&self, kind: ErrorKind) -> u64 {
        self.errors.get(&kind).copied().unwrap_or_default()
    }

    fn end(&mut self, outcome: Outcome) {
        add(&mut self.outcomes[outcome as usize], 1);
        let Some((counts, origin)) = self.usage.take() else { return };
        add(&mut self.usages[origin as usize], 1);
        if origin == UsageOrigin::Provider {
            for (sum, (_, count)) in self.tokens.iter_mut().zip(TOKEN_KINDS) {
                add(sum, count(&counts).map_or(0, Count::get));
            }
        }
    }
}

impl Fold for Tally {
    fn apply(&mut self, event: &Event<'_>) {
        add(&mut self.events[event_type(event)], 1);
        match *event {
            Event::Start { .. } => {
                add(&mut self.streams, 1);
                self.usage = None;
            }
            Event::Usage { counts, origin } => self.usage = Some((counts, origin)),
            Event::Anomaly { kind, action, .. } => add(self.anomalies.entry((kind, action)).or_default(), 1),
            Event::Error { kind, .. } => add(self.errors.entry(kind).or_default(), 1),
            Event::End { outcome, .. } => self.end(outcome),
            _ => {}
        }
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

fn add_all(sums: &mut [u64], counts: &[u64]) {
    sums.iter_mut().zip(counts).for_each(|(sum, count)| add(sum, *count));
}

/// Named as the serialized form of an event names its type.
pub(super) const EVENT_TYPES: [&str; 18] = [
    "start",
    "meta",
    "block_start",
    "text_delta",
    "reasoning_delta",
    "refusal_delta",
    "tool_call_delta",
    "block_data",
    "restated",
    "block_end",
    "usage",
    "finish",
    "error",
    "anomaly",
    "extra",
    "unknown",
    "heartbeat",
    "end",
];

/// Where an event is in [`EVENT_TYPES`].
pub(super) const fn event_type(event: &Event<'_>) -> usize {
    match event {
        Event::Start { .. } => 0,
        Event::Meta { .. } => 1,
        Event::BlockStart { .. } => 2,
        Event::TextDelta { .. } => 3,
        Event::ReasoningDelta { .. } => 4,
        Event::RefusalDelta { .. } => 5,
        Event::ToolCallDelta { .. } => 6,
        Event::BlockData { .. } => 7,
        Event::Restated { .. } => 8,
        Event::BlockEnd { .. } => 9,
        Event::Usage { .. } => 10,
        Event::Finish { .. } => 11,
        Event::Error { .. } => 12,
        Event::Anomaly { .. } => 13,
        Event::Extra { .. } => 14,
        Event::Unknown { .. } => 15,
        Event::Heartbeat => 16,
        Event::End { .. } => 17,
    }
}

type Counted = fn(&Usage) -> Option<Count>;

/// The kinds of tokens, and where their count is. The total is no kind: it may count what these count.
pub(super) const TOKEN_KINDS: [(&str, Counted); 7] = [
    ("input", |usage| usage.input),
    ("output", |usage| usage.output),
    ("cache_read", |usage| usage.cache_read),
    ("cache_write", |usage| usage.cache_write),
    ("reasoning", |usage| usage.reasoning),
    ("input_audio", |usage| usage.input_audio),
    ("output_audio", |usage| usage.output_audio),
];
