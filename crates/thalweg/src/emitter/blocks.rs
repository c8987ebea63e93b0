//! The block table: numbers, what is open, and halves of surrogate pairs that wait for the other half.

use alloc::vec::Vec;

use super::digest::Digest;
use super::{Emitter, Fragment, Span};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, EventOf, Host, Id, InputState, LimitKind, Part, Place,
};
use crate::json::Edges;

/// What kind of delta a block takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Reasoning,
    Refusal,
    Call,
    /// Only data parts.
    Data,
}

impl Family {
    pub(super) const fn of(kind: &BlockKind<Span>) -> Self {
        match kind {
            BlockKind::Text => Self::Text,
            BlockKind::Refusal => Self::Refusal,
            BlockKind::Reasoning { .. } => Self::Reasoning,
            BlockKind::ToolCall { .. } | BlockKind::HostedCall { .. } => Self::Call,
            _ => Self::Data,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) slot: usize,
    pub(super) family: Family,
    pub(super) open: bool,
    /// Its entry in the table of calls.
    pub(super) call: Option<usize>,
    /// Who runs its call, where that is not the client.
    host: Option<Host>,
    /// How many citations it was given.
    pub(super) cited: u32,
    /// A high surrogate that ended the last fragment.
    high: Option<u16>,
    /// What it was given, where its whole value may be said of it alone. (Else that is kept by choice, and of a call
    /// with the call.)
    pub(super) given: Option<Digest>,
}

#[derive(Debug, Default)]
pub(super) struct Blocks {
    table: Vec<Block>,
    /// Open blocks in order of their numbers.
    open: Vec<BlockId>,
}

impl Blocks {
    pub(super) fn get(&self, id: BlockId) -> Option<&Block> {
        self.table.get(id.index())
    }

    /// The open blocks of one choice, in order.
    pub(super) fn open_of(&self, slot: usize) -> Vec<BlockId> {
        self.open.iter().copied().filter(|id| self.table[id.index()].slot == slot).collect()
    }

    pub(super) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a block is open and takes what belongs to this family.
    #[inline]
    pub(super) fn takes(&self, id: BlockId, family: Family) -> bool {
        self.get(id).is_some_and(|block| block.open && block.family == family)
    }

    /// From here on what the block is given is compared with its own whole value.
    pub(super) fn compare(&mut self, id: BlockId) {
        if let Some(block) = self.table.get_mut(id.index()) {
            block.given = Some(Digest::default());
        }
    }

    /// The block's content is something else now.
    pub(super) fn replace(&mut self, id: BlockId, text: &str) {
        if let Some(block) = self.table.get_mut(id.index()) {
            block.given = Some(Digest::of(text));
        }
    }

    /// The other half of a pair comes with the whole value.
    pub(super) fn forget_half(&mut self, id: BlockId) {
        if let Some(block) = self.table.get_mut(id.index()) {
            block.high = None;
        }
    }

    /// One citation more of a block.
    pub(super) fn count_citation(&mut self, id: BlockId) {
        if let Some(block) = self.table.get_mut(id.index()) {
            block.cited = block.cited.saturating_add(1);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn retained(&self) -> usize {
        self.table.capacity() * size_of::<Block>() + self.open.capacity() * size_of::<BlockId>()
    }
}

impl Emitter {
    /// Opens a block in a choice. None when the choice is over or a limit is reached: then there is nothing to
    /// append to, and that has been said.
    pub fn open(&mut self, choice: u32, place: Place<Span>, kind: BlockKind<Span>) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        self.open_in(slot, place, kind)
    }

    pub(super) fn open_in(&mut self, slot: usize, place: Place<Span>, kind: BlockKind<Span>) -> Option<BlockId> {
        self.room_for_block()?;
        let call = match kind {
            BlockKind::ToolCall { id, name, form } | BlockKind::HostedCall { id, name, form, .. } => {
                let call = self.calls.add(slot, None, form);
                if !name.is_empty() {
                    let name = self.keep(name);
                    self.calls.set_name(call, name);
                }
                if let Id::Wire(id) = id
                    && !id.is_empty()
                {
                    if self.calls.by_id(slot, self.arena.get(id)).is_some() {
                        self.anomaly(AnomalyKind::IdDuplicate, Action::Kept, None);
                    }
                    self.take_id(call, Some(id));
                }
                Some(call)
            }
            _ => None,
        };
        if matches!(kind, BlockKind::Approval { .. }) {
            self.ask(slot);
        }
        Some(self.open_counted(slot, place, kind, call))
    }

    /// Holds the stream to its limit of blocks. A call that waits for its name counts as the block that it will be.
    pub(super) fn room_for_block(&mut self) -> Option<()> {
        if self.blocks.len() + self.calls.nameless() >= self.limits.blocks as usize {
            self.limit(LimitKind::Blocks);
            return None;
        }
        Some(())
    }

    /// Opens a block that the limit has already counted.
    pub(super) fn open_counted(
        &mut self,
        slot: usize,
        place: Place<Span>,
        kind: BlockKind<Span>,
        call: Option<usize>,
    ) -> BlockId {
        let block = BlockId::from(u32::try_from(self.blocks.table.len()).unwrap_or(u32::MAX));
        let family = Family::of(&kind);
        let host = match kind {
            BlockKind::HostedCall { host, .. } => Some(host),
            _ => None,
        };
        self.choices[slot].has_calls |= matches!(kind, BlockKind::ToolCall { .. });
        self.blocks.table.push(Block { slot, family, open: true, call, host, cited: 0, high: None, given: None });
        self.blocks.open.push(block);
        if let Some(call) = call {
            self.calls.started(call, block);
        }
        let choice = self.choices[slot].index;
        self.note_block(slot, block, &kind, family);
        self.slots.push(EventOf::BlockStart { block, choice, place, kind });
        block
    }

    /// Whether a block has begun and not ended.
    #[must_use]
    pub fn is_open(&self, block: BlockId) -> bool {
        self.blocks.get(block).is_some_and(|state| state.open)
    }

    /// Who runs the call in a block; none where the client does, and where it is no call.
    #[must_use]
    pub fn host_of(&self, block: BlockId) -> Option<Host> {
        self.blocks.get(block)?.host
    }

    /// Whether a block takes data parts alone, open or ended: it is neither text nor a call.
    #[must_use]
    pub fn is_data(&self, block: BlockId) -> bool {
        self.blocks.get(block).is_some_and(|state| state.family == Family::Data)
    }

    /// Appends to a block what its kind takes: text, reasoning, refusal or input. Empty fragments are nothing.
    ///
    /// A fragment for a block that has ended is dropped with an anomaly.
    #[inline]
    pub fn delta(&mut self, block: BlockId, fragment: Fragment<'_>) {
        let (span, edges) = self.arena.write(fragment);
        match self.blocks.get(block).and_then(|state| state.call) {
            Some(call) => self.take_input(call, span, edges),
            None => self.delta_span(block, span, edges),
        }
    }

    pub(super) fn delta_span(&mut self, block: BlockId, span: Span, edges: Edges) {
        let Some(state) = self.blocks.table.get_mut(block.index()).filter(|state| state.open) else {
            self.anomaly(AnomalyKind::DeltaAfterEnd, Action::Dropped, Some(block));
            return;
        };
        let span = if state.high.is_some() || edges != Edges::default() {
            let waiting = core::mem::replace(&mut state.high, edges.high);
            self.pair(block, span, waiting, edges)
        } else {
            span
        };
        self.push_delta(block, span);
    }

    #[inline]
    fn push_delta(&mut self, block: BlockId, text: Span) {
        if text.is_empty() {
            return;
        }
        let state = &mut self.blocks.table[block.index()];
        let choice = &mut self.choices[state.slot];
        match state.family {
            _ if let Some(given) = &mut state.given => given.add(self.arena.get(text)),
            Family::Text => choice.spoken.add(self.arena.get(text)),
            Family::Reasoning => choice.thought.add(self.arena.get(text)),
            Family::Refusal => choice.refused.add(self.arena.get(text)),
            Family::Call | Family::Data => {}
        }
        self.slots.push(match state.family {
            Family::Text => EventOf::TextDelta { block, text },
            Family::Reasoning => EventOf::ReasoningDelta { block, text },
            Family::Refusal => EventOf::RefusalDelta { block, text },
            Family::Call => EventOf::ToolCallDelta { block, input: text },
            Family::Data => EventOf::BlockData { block, part: Part::Transcript(text) },
        });
    }

    /// Joins the half that waited with the half that came; a half that stays alone becomes U+FFFD.
    fn pair(&mut self, block: BlockId, span: Span, waiting: Option<u16>, edges: Edges) -> Span {
        if waiting.is_some() && edges.low.is_none() && span.is_empty() && edges.high.is_none() {
            // Nothing came: go on waiting.
            self.blocks.table[block.index()].high = waiting;
            return span;
        }
        let (first, lone) = join_halves(waiting, edges.low);
        if lone || edges.lone {
            self.anomaly(AnomalyKind::LoneSurrogate, Action::Replaced, Some(block));
        }
        first.map_or(span, |c| self.arena.prepend(span, c))
    }

    /// Gives what belongs to a block and is not its text.
    pub fn data(&mut self, block: BlockId, part: Part<Span>) {
        let Some(state) = self.blocks.get(block) else {
            self.anomaly(AnomalyKind::DeltaWithoutStart, Action::Dropped, None);
            return;
        };
        if self.choices[state.slot].settled && matches!(part, Part::Base64(_) | Part::Transcript(_)) {
            self.anomaly(AnomalyKind::ContentAfterFinish, Action::Dropped, Some(block));
            return;
        }
        self.slots.push(EventOf::BlockData { block, part });
    }

    /// More of a block came, which the decoder gives later: says once a choice that it comes behind a finish reason.
    pub fn more_of(&mut self, block: BlockId) {
        if let Some(slot) = self.blocks.get(block).map(|state| state.slot) {
            self.note_content(slot);
        }
    }

    /// Ends a block. A block that has ended stays as it is.
    pub fn end_block(&mut self, block: BlockId, how: BlockClose) {
        self.flush_held(block);
        self.flush_half(block);
        let input = self.calls.state_of(block, &self.blocks);
        self.close_block(block, how, input);
    }

    /// Gives a half pair that waits: the other half will not come. Before the block's input is judged.
    pub(super) fn flush_half(&mut self, block: BlockId) {
        let Some(state) = self.blocks.table.get_mut(block.index()).filter(|state| state.open) else { return };
        if state.high.take().is_none() {
            return;
        }
        let call = state.call;
        self.anomaly(AnomalyKind::LoneSurrogate, Action::Replaced, Some(block));
        let from = self.slots.len();
        let (span, _) = self.arena.write("\u{fffd}".into());
        self.push_delta(block, span);
        if let Some(call) = call {
            self.validate(call, from);
        }
    }

    pub(super) fn close_block(&mut self, block: BlockId, how: BlockClose, input: Option<InputState>) {
        let Some(state) = self.blocks.table.get_mut(block.index()).filter(|state| state.open) else { return };
        state.open = false;
        let slot = state.slot;
        self.blocks.open.retain(|&open| open != block);
        self.forget_block(slot, block);
        self.keyed.forget(block);
        self.slots.push(EventOf::BlockEnd { block, how, input });
    }
}

/// The character that a waiting high half and a coming low half make, and whether one of them is alone.
pub(super) fn join_halves(high: Option<u16>, low: Option<u16>) -> (Option<char>, bool) {
    match (high, low) {
        (None, None) => (None, false),
        (Some(high), Some(low)) => match char::decode_utf16([high, low]).next() {
            Some(Ok(c)) => (Some(c), false),
            _ => (Some(char::REPLACEMENT_CHARACTER), true),
        },
        _ => (Some(char::REPLACEMENT_CHARACTER), true),
    }
}
