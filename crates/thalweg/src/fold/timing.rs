//! How long a response took, from times that the host measured: there is no clock here.

use super::Fold;
use crate::event::{Event, Part};

/// When things came and how steadily. All times are microseconds since the start.
///
/// Tell it the host's time with every event: [`apply_at`](Self::apply_at). The host's clock should be monotonic, from
/// any origin. Where it goes back it counts as standing still until it has caught up, and that is
/// [counted](Self::backward_steps).
///
/// What was generated is text, reasoning, refusal, input of a call, and data of a picture, a sound or a file, each
/// only where it is not empty: a start, facts and heartbeats are no token.
///
/// ```
/// use thalweg::fold::Timing;
/// use thalweg::{Close, Fold, Normalizer, Response, dialects};
///
/// let chunks: [(u64, &[u8]); 3] = [
///     (120_000, b"data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"),
///     (350_000, b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good \"}}]}\n\n"),
///     (390_000, b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"day\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
/// ];
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// let mut response = Response::default();
/// let mut timing = Timing::since(0); // when the request was sent
/// for (now_us, chunk) in chunks {
///     timing.bytes_at(now_us);
///     normalizer.feed(chunk);
///     while let Some(event) = normalizer.poll() {
///         // With others in one pass; alone: `timing.apply_at(&event, now_us)`.
///         (timing.at(now_us), &mut response).apply(&event);
///     }
/// }
/// normalizer.finish(Close::Clean);
/// while let Some(event) = normalizer.poll() {
///     timing.apply_at(&event, 391_000);
/// }
/// assert_eq!(timing.first_byte_us, Some(120_000));
/// assert_eq!(timing.first_token_us(), Some(350_000));
/// assert_eq!(timing.gaps.longest_us, 40_000);
/// assert_eq!(timing.end_us, Some(391_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Timing {
    /// When the first bytes came. Only the host knows: [`bytes_at`](Self::bytes_at).
    pub first_byte_us: Option<u64>,
    /// When the first event came, of whatever kind.
    pub first_event_us: Option<u64>,
    /// Everything generated.
    pub all: Generated,
    /// Of it: text.
    pub text: Generated,
    /// Of it: reasoning.
    pub reasoning: Generated,
    /// Of it: refusal.
    pub refusal: Generated,
    /// Of it: input of calls, whoever runs them.
    pub calls: Generated,
    /// Of it: data of pictures, sounds and files, and the words of sounds.
    pub media: Generated,
    /// The time between one delta and the next, of whatever kind.
    pub gaps: Gaps,
    /// When the first choice had its finish. Where the wire does not say that a choice is over, that is the end.
    pub finish_us: Option<u64>,
    /// When the end came.
    pub end_us: Option<u64>,
    /// How often the host's time went back.
    pub backward_steps: u64,
    /// The host's time at the start.
    start_us: u64,
    /// The host's time at the latest.
    latest_us: u64,
}

/// Deltas of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Generated {
    /// When the first came.
    pub first_us: Option<u64>,
    /// When the last came.
    pub last_us: Option<u64>,
    /// How many.
    pub deltas: u64,
}

/// Gaps between deltas. Deltas that came in one chunk have none between them: such a gap is zero, and counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Gaps {
    /// How many: one less than deltas.
    pub count: u64,
    /// Their sum.
    pub total_us: u64,
    /// The longest.
    pub longest_us: u64,
    /// How many were at most so long as the same place of [`Gaps::BOUNDS_US`] and longer than the one before; the last
    /// is for all that are longer.
    pub buckets: [u64; BUCKETS],
}

impl Timing {
    /// Begins at a time of the host, in microseconds from any origin: when the request was sent.
    #[must_use]
    pub const fn since(now_us: u64) -> Self {
        Self {
            first_byte_us: None,
            first_event_us: None,
            all: Generated::NONE,
            text: Generated::NONE,
            reasoning: Generated::NONE,
            refusal: Generated::NONE,
            calls: Generated::NONE,
            media: Generated::NONE,
            gaps: Gaps::NONE,
            finish_us: None,
            end_us: None,
            backward_steps: 0,
            start_us: now_us,
            latest_us: now_us,
        }
    }

    /// Bytes came, at a time of the host: only the first call counts for
    /// [`first_byte_us`](Self::first_byte_us).
    pub fn bytes_at(&mut self, now_us: u64) {
        let at_us = self.elapsed(now_us);
        self.first_byte_us.get_or_insert(at_us);
    }

    /// Takes one event in that came at a time of the host.
    pub fn apply_at(&mut self, event: &Event<'_>, now_us: u64) {
        let at_us = self.elapsed(now_us);
        self.first_event_us.get_or_insert(at_us);
        match event {
            Event::Finish { .. } => drop(self.finish_us.get_or_insert(at_us)),
            Event::End { .. } => drop(self.end_us.get_or_insert(at_us)),
            _ => {}
        }
        let Some(kind) = self.kind_of(event) else { return };
        kind.add(at_us);
        if let Some(last_us) = self.all.last_us {
            self.gaps.add(at_us - last_us);
        }
        self.all.add(at_us);
    }

    /// Itself as a fold of events that come at this time of the host, to pair it with other folds.
    pub fn at(&mut self, now_us: u64) -> TimingAt<'_> {
        TimingAt { timing: self, now_us }
    }

    /// The time to the first token: the first thing generated, of whatever kind.
    #[must_use]
    pub const fn first_token_us(&self) -> Option<u64> {
        self.all.first_us
    }

    /// Never goes back, so that no difference of two underflows.
    fn elapsed(&mut self, now_us: u64) -> u64 {
        if now_us < self.latest_us {
            self.backward_steps = self.backward_steps.saturating_add(1);
        } else {
            self.latest_us = now_us;
        }
        self.latest_us - self.start_us
    }

    fn kind_of(&mut self, event: &Event<'_>) -> Option<&mut Generated> {
        let (kind, what) = match *event {
            Event::TextDelta { text, .. } => (&mut self.text, text),
            Event::ReasoningDelta { text, .. } => (&mut self.reasoning, text),
            Event::RefusalDelta { text, .. } => (&mut self.refusal, text),
            Event::ToolCallDelta { input, .. } => (&mut self.calls, input),
            // Pieces of structured input: the input itself comes only when the call ends.
            Event::BlockData { part: Part::Progress(json), .. } => (&mut self.calls, json),
            Event::BlockData { part: Part::Base64(data) | Part::Preview { base64: data, .. }, .. } => {
                (&mut self.media, data)
            }
            Event::BlockData { part: Part::Transcript(words), .. } => (&mut self.media, words),
            _ => return None,
        };
        (!what.is_empty()).then_some(kind)
    }
}

impl Generated {
    const NONE: Self = Self { first_us: None, last_us: None, deltas: 0 };

    fn add(&mut self, at_us: u64) {
        self.first_us.get_or_insert(at_us);
        self.last_us = Some(at_us);
        self.deltas = self.deltas.saturating_add(1);
    }
}

impl Gaps {
    /// The upper bounds of [`buckets`](Self::buckets), inclusive, in microseconds: 1 ms to 30 s.
    pub const BOUNDS_US: [u64; BUCKETS - 1] =
        [1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000, 30_000_000];

    const NONE: Self = Self { count: 0, total_us: 0, longest_us: 0, buckets: [0; BUCKETS] };

    fn add(&mut self, gap_us: u64) {
        self.count = self.count.saturating_add(1);
        self.total_us = self.total_us.saturating_add(gap_us);
        self.longest_us = self.longest_us.max(gap_us);
        let bucket = &mut self.buckets[Self::BOUNDS_US.partition_point(|bound| *bound < gap_us)];
        *bucket = bucket.saturating_add(1);
    }
}

/// A [`Timing`] that takes events in at one time of the host. See [`Timing::at`].
#[derive(Debug)]
pub struct TimingAt<'t> {
    timing: &'t mut Timing,
    now_us: u64,
}

impl Fold for TimingAt<'_> {
    fn apply(&mut self, event: &Event<'_>) {
        self.timing.apply_at(event, self.now_us);
    }
}

const BUCKETS: usize = 13;

#[cfg(test)]
mod tests;
