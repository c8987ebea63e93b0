//! What the wire says again of a block, whole: compared with what was given of it, by length and hash.

use super::digest::{Digest, Restatement};
use super::{At, Emitter, Fragment, Span};
use crate::event::{Action, AnomalyKind, BlockId, EventOf, LimitKind};
use crate::json::Edges;

impl Emitter {
    /// The provider's own whole value of a block, as often as the wire repeats it. What the deltas lack of it is given
    /// as one; where they say something else it replaces them ([`Event::Restated`](crate::Event::Restated)). An empty
    /// value takes nothing away, and none is taken after the finish.
    pub fn restate(&mut self, block: BlockId, whole: Fragment<'_>) {
        if whole.is_empty() {
            if !self.is_blank(block) {
                self.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, Some(block));
            }
            return;
        }
        self.take_held(block);
        let value = self.text(whole);
        if self.is_over_limit() {
            return;
        }
        self.blocks.forget_half(block);
        let relation = self.digest_of(block).compare(self.arena.get(value));
        let is_over = self.blocks.get(block).is_none_or(|state| self.choices[state.slot].settled);
        match relation {
            Restatement::Same => {}
            Restatement::First if self.is_open(block) => self.delta_span_of(block, value),
            Restatement::Longer { known } if self.is_open(block) => {
                let rest = value.after(known);
                self.delta_span_of(block, rest);
            }
            _ if is_over => {
                self.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, Some(block));
            }
            _ => self.replace(block, value),
        }
    }

    /// The same for the block at a place. Of a call that waits for its name only what it lacks is taken.
    pub fn restate_at(&mut self, at: At, whole: Fragment<'_>) {
        if let Some(block) = self.block_at(at) {
            return self.restate(block, whole);
        }
        let Some(call) = self.call_of(at) else { return };
        let value = self.text(whole);
        match self.calls.digest_of(call).compare(self.arena.get(value)) {
            Restatement::First => self.take_input(call, value, Edges::default()),
            Restatement::Longer { known } => self.take_input(call, value.after(known), Edges::default()),
            Restatement::Same | Restatement::Differs => {}
        }
    }

    fn delta_span_of(&mut self, block: BlockId, span: Span) {
        match self.blocks.get(block).and_then(|state| state.call) {
            Some(call) => self.take_input(call, span, Edges::default()),
            None => self.delta_span(block, span, Edges::default()),
        }
    }

    pub(super) fn replace(&mut self, block: BlockId, value: Span) {
        let text = self.arena.get(value);
        match self.blocks.get(block).and_then(|state| state.call) {
            Some(_) if text.len() as u64 > self.limits.tool_input_bytes => {
                return self.limit(LimitKind::ToolInputBytes);
            }
            Some(call) => self.calls.replace(call, text),
            None => self.blocks.replace(block, text),
        }
        self.slots.push(EventOf::Restated { block, value });
        self.anomaly(AnomalyKind::RestatementDiffers, Action::Replaced, Some(block));
    }

    /// What is known of a block's content.
    fn digest_of(&self, block: BlockId) -> Digest {
        let Some(state) = self.blocks.get(block) else { return Digest::default() };
        match state.call {
            Some(call) => self.calls.digest_of(call),
            None => state.given.unwrap_or_default(),
        }
    }

    /// Whether nothing of a block's content has been given.
    #[must_use]
    pub fn is_blank(&self, block: BlockId) -> bool {
        self.digest_of(block) == Digest::default()
    }
}
