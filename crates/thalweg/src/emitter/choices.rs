//! Choices: which block takes the next fragment, and why the choice ended.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::blocks::Family;
use super::digest::{Digest, Restatement};
use super::reasoning::KnownPart;
use super::{Emitter, Fragment, Span};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, EventOf, InputState, LimitKind, Outcome, Part, Place, Reason,
    ReasoningForm,
};
use crate::json::Edges;

/// What a fragment of a wire without block boundaries is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channel {
    /// The answer.
    Text,
    /// What the model thought.
    Reasoning(ReasoningForm),
    /// The model declines.
    Refusal,
}

impl Channel {
    pub(super) const fn family(self) -> Family {
        match self {
            Self::Text => Family::Text,
            Self::Reasoning(_) => Family::Reasoning,
            Self::Refusal => Family::Refusal,
        }
    }

    /// The block that it goes to.
    #[must_use]
    pub const fn kind(self) -> BlockKind<Span> {
        match self {
            Self::Text => BlockKind::Text,
            Self::Reasoning(form) => BlockKind::Reasoning { form },
            Self::Refusal => BlockKind::Refusal,
        }
    }
}

/// The state of one choice.
// What every delta needs comes first: see `Normalizer`.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Choice {
    /// Its number on the wire.
    pub(super) index: u32,
    /// The block that last began or grew.
    latest: Option<BlockId>,
    /// The block that text, reasoning or refusal fragments go on in.
    current: Option<(Channel, BlockId)>,
    /// The strongest reason so far, and, below, the provider's last word.
    pub(super) reason: Option<Reason>,
    /// Over: its blocks have ended and its finish was given.
    pub(super) settled: bool,
    pub(super) has_text: bool,
    pub(super) has_refusal: bool,
    pub(super) has_calls: bool,
    /// Said once a choice each.
    noted_late: bool,
    noted_differs: bool,
    /// All its text, as far as a restatement can be compared with it.
    pub(super) spoken: Digest,
    /// The same of its reasoning and of its refusal.
    pub(super) thought: Digest,
    pub(super) refused: Digest,
    /// The block of reasoning that last began, and its form.
    pub(super) reasoning: Option<(ReasoningForm, BlockId)>,
    /// Numbered parts of reasoning, and which blocks of them are open.
    pub(super) reasoning_parts: Vec<KnownPart>,
    pub(super) open_parts: Vec<BlockId>,
    /// The block that sound goes on in.
    audio: Option<BlockId>,
    raw: Option<Box<str>>,
    detail: Option<Box<str>>,
}

impl Choice {
    pub(super) const fn has_content(&self) -> bool {
        self.latest.is_some() || self.has_calls
    }

    pub(super) fn retained(&self) -> usize {
        self.reasoning_parts.capacity() * size_of::<KnownPart>() + self.open_parts.capacity() * size_of::<BlockId>()
    }
}

/// Which of two reasons stands: error > refusal and filter > length > pause > tool calls > stop.
const fn strength(reason: Reason) -> u8 {
    match reason {
        Reason::Error | Reason::Cancelled => 6,
        Reason::Refusal | Reason::ContentFilter => 5,
        Reason::Length | Reason::ContextWindow => 4,
        Reason::Pause => 3,
        Reason::ToolCalls => 2,
        Reason::StopSequence | Reason::Other => 1,
        Reason::Stop => 0,
    }
}

/// Whether the model was stopped rather than done.
const fn interrupts(reason: Reason) -> bool {
    strength(reason) >= 4 && !matches!(reason, Reason::Refusal)
}

impl Emitter {
    /// A choice is there, whether or not the frame says anything of it.
    pub fn begin_choice(&mut self, choice: u32) {
        self.slot(choice);
    }

    /// A choice that has begun.
    fn known(&self, index: u32) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.index == index)
    }

    /// The place in the table of a choice that has begun.
    pub(super) fn slot_of(&self, index: u32) -> Option<usize> {
        self.choices.iter().position(|choice| choice.index == index)
    }

    /// The client is asked for something: an answer that says `stop` waits for it.
    pub(super) fn ask(&mut self, slot: usize) {
        self.choices[slot].has_calls = true;
        self.facts.asks = true;
    }

    /// The place of a choice in the table; it begins here if it is new.
    pub(super) fn slot(&mut self, index: u32) -> Option<usize> {
        if let Some(slot) = self.slot_of(index) {
            return Some(slot);
        }
        if self.choices.len() >= self.limits.choices as usize {
            self.limit(LimitKind::Choices);
            return None;
        }
        if self.choices.capacity() == 0 {
            // Nearly always there is one.
            self.choices.reserve_exact(1);
        }
        self.choices.push(Choice {
            index,
            current: None,
            latest: None,
            reasoning: None,
            reasoning_parts: Vec::new(),
            open_parts: Vec::new(),
            audio: None,
            reason: None,
            raw: None,
            detail: None,
            settled: false,
            has_text: false,
            has_refusal: false,
            has_calls: false,
            spoken: Digest::default(),
            thought: Digest::default(),
            refused: Digest::default(),
            noted_late: false,
            noted_differs: false,
        });
        Some(self.choices.len() - 1)
    }

    /// The same for content: none where the choice is over.
    pub(super) fn content_slot(&mut self, index: u32) -> Option<usize> {
        if self.is_over_limit() {
            return None;
        }
        let slot = self.slot(index)?;
        if self.choices[slot].settled {
            self.anomaly(AnomalyKind::ContentAfterFinish, Action::Dropped, None);
            return None;
        }
        Some(slot)
    }

    /// Content comes: says once a choice that it comes behind a finish reason.
    pub(super) fn note_content(&mut self, slot: usize) {
        let choice = &mut self.choices[slot];
        if choice.reason.is_some() && !core::mem::replace(&mut choice.noted_late, true) {
            self.anomaly(AnomalyKind::ContentAfterFinish, Action::Kept, None);
        }
    }

    /// Appends a fragment where the wire has no block boundaries: a fragment of another kind than the last ends the
    /// block (`Implied`) and opens one. Empty fragments open and close nothing.
    #[inline]
    pub fn append(&mut self, choice: u32, channel: Channel, fragment: Fragment<'_>) {
        if fragment.is_empty() {
            return;
        }
        if let Some(block) = self.block_for(choice, channel) {
            self.delta(block, fragment);
        }
    }

    /// The same for text that a stage has decoded, with the halves that decoding left at its edges.
    pub fn append_decoded(&mut self, choice: u32, channel: Channel, text: &str, edges: Edges) {
        if text.is_empty() && edges == Edges::default() {
            return;
        }
        if let Some(block) = self.block_for(choice, channel) {
            let (span, _) = self.arena.write(text.into());
            self.delta_span(block, span, edges);
        }
    }

    /// The block that a fragment goes to.
    #[inline]
    fn block_for(&mut self, choice: u32, channel: Channel) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        self.note_content(slot);
        let block = match self.choices[slot].current {
            Some((current, block)) if current == channel => block,
            _ => {
                self.end_current(slot);
                let block = self.open_in(slot, Place::nowhere(), channel.kind())?;
                self.choices[slot].current = Some((channel, block));
                block
            }
        };
        self.choices[slot].latest = Some(block);
        Some(block)
    }

    /// Ends the blocks that text, reasoning or refusal went on in: content of another kind comes.
    pub(super) fn end_current(&mut self, slot: usize) {
        if let Some((_, block)) = self.choices[slot].current {
            self.end_block(block, BlockClose::Implied);
        }
        for block in core::mem::take(&mut self.choices[slot].open_parts) {
            self.end_block(block, BlockClose::Implied);
        }
    }

    /// A block has ended: what follows goes elsewhere.
    pub(super) fn forget_block(&mut self, slot: usize, block: BlockId) {
        let choice = &mut self.choices[slot];
        choice.current = choice.current.filter(|&(_, current)| current != block);
        choice.audio = choice.audio.filter(|&audio| audio != block);
    }

    /// How `text`, the whole of it in the provider's own words, relates to the fragments that were given out: compared
    /// by length and hash.
    #[must_use]
    pub fn compare(&self, choice: u32, channel: Channel, text: &str) -> Restatement {
        let known = self.known(choice).map(|known| match channel {
            Channel::Text => known.spoken,
            Channel::Reasoning(_) => known.thought,
            Channel::Refusal => known.refused,
        });
        known.unwrap_or_default().compare(text)
    }

    /// Whether a choice has called a tool by this id, or by none.
    #[must_use]
    pub fn has_call(&self, choice: u32, id: &str) -> bool {
        self.slot_of(choice).is_some_and(|slot| self.calls.knows(slot, id))
    }

    /// Whether a choice has called a tool.
    #[must_use]
    pub fn has_called(&self, choice: u32) -> bool {
        self.known(choice).is_some_and(|known| known.has_calls)
    }

    /// Remembers what kinds of content a choice has had, and which block is its latest.
    pub(super) fn note_block(&mut self, slot: usize, block: BlockId, kind: &BlockKind<Span>, family: Family) {
        let choice = &mut self.choices[slot];
        if matches!(kind, BlockKind::Source) {
            // Where an answer comes from is none of it.
            return;
        }
        choice.latest = Some(block);
        if let BlockKind::Reasoning { form } = kind {
            choice.reasoning = Some((*form, block));
        }
        choice.has_text |= family == Family::Text;
        choice.has_refusal |= family == Family::Refusal;
    }

    pub(super) fn touch(&mut self, slot: usize, block: BlockId) {
        self.choices[slot].latest = Some(block);
    }

    /// The number of the choice that began first.
    #[must_use]
    pub fn first_choice(&self) -> Option<u32> {
        self.choices.first().map(|choice| choice.index)
    }

    /// Whether anything has been given out.
    #[must_use]
    pub fn any_content(&self) -> bool {
        self.choices.iter().any(Choice::has_content)
    }

    /// Whether anything of this choice has been given out.
    #[must_use]
    pub fn has_content(&self, choice: u32) -> bool {
        self.known(choice).is_some_and(Choice::has_content)
    }

    /// The block of a choice that last began or grew; a text block is opened where there is none.
    pub fn latest_or_text(&mut self, choice: u32) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        if let Some(block) = self.choices[slot].latest {
            return Some(block);
        }
        let block = self.open_in(slot, Place::nowhere(), BlockKind::Text)?;
        self.choices[slot].current = Some((Channel::Text, block));
        Some(block)
    }

    /// The block of a choice that last began or grew.
    pub(super) fn latest(&self, choice: u32) -> Option<BlockId> {
        self.known(choice)?.latest
    }

    pub(super) fn is_in_reasoning(&self, slot: usize) -> bool {
        matches!(self.choices[slot].current, Some((Channel::Reasoning(_), _)))
    }

    /// The block of reasoning without numbers that a choice is in.
    pub(super) fn current_reasoning(&self, choice: u32) -> Option<BlockId> {
        match self.known(choice)?.current {
            Some((Channel::Reasoning(_), block)) => Some(block),
            _ => None,
        }
    }

    /// The text block that a choice is in.
    #[must_use]
    pub fn current_text(&self, choice: u32) -> Option<BlockId> {
        match self.known(choice)?.current {
            Some((Channel::Text, block)) => Some(block),
            _ => None,
        }
    }

    /// The sound of a choice: opened when it first comes, ended when the choice settles.
    pub fn audio(&mut self, choice: u32, id: Option<Fragment<'_>>) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        if let Some(block) = self.choices[slot].audio {
            return Some(block);
        }
        self.note_content(slot);
        self.end_current(slot);
        let id = id.filter(|id| !id.is_empty()).map(|id| self.text(id));
        let mut place = Place::nowhere();
        place.id = id;
        let block = self.open_in(slot, place, BlockKind::Audio)?;
        self.choices[slot].audio = Some(block);
        Some(block)
    }

    /// Begins a block of its own on a wire without block boundaries: text, reasoning or refusal goes on in another one
    /// behind it. A call's id that the wire did not give is minted. The caller ends the block, or its choice does.
    pub fn begin(&mut self, choice: u32, place: Place<Span>, kind: BlockKind<Span>) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        self.note_content(slot);
        self.end_current(slot);
        let kind = self.minted(kind);
        self.open_in(slot, place, kind)
    }

    /// Content that comes whole, as the provider's own JSON: a block of its own.
    pub fn item(&mut self, choice: u32, place: Place<Span>, kind: BlockKind<Span>, json: &str) {
        let Some(block) = self.begin(choice, place, kind) else { return };
        self.put(block, Part::Json, json.into());
        self.end_block(block, BlockClose::Complete);
    }

    /// A citation: data of the text block that the choice is in, or a source of its own.
    pub fn citation(&mut self, choice: u32, json: &str) {
        let block = match self.current_text(choice) {
            Some(block) => block,
            None => match self.open(choice, Place::nowhere(), BlockKind::Source) {
                Some(block) => block,
                None => return,
            },
        };
        self.put(block, Part::Citation, json.into());
        if self.current_text(choice) != Some(block) {
            self.end_block(block, BlockClose::Complete);
        }
    }

    /// A finish reason, as often as the wire repeats it. The strongest stands, with the provider's last word; the
    /// choice ends when nothing more can come for it.
    pub fn finish_reason(&mut self, choice: u32, reason: Reason, raw: Fragment<'_>) {
        let Some(slot) = self.slot(choice) else { return };
        let known = &self.choices[slot];
        if known.raw.as_ref().is_some_and(|known| raw.is(known)) {
            return;
        }
        if known.settled {
            self.anomaly(AnomalyKind::FinishDiffers, Action::Dropped, None);
            return;
        }
        let span = self.text(raw);
        let kept = self.keep(span);
        let state = &mut self.choices[slot];
        let before = state.raw.as_ref().map_or(0, |raw| raw.len());
        let differs = state.raw.is_some() && !core::mem::replace(&mut state.noted_differs, true);
        if state.reason.is_none_or(|known| strength(reason) > strength(known)) {
            state.reason = Some(reason);
        }
        state.raw = kept;
        self.release(before);
        if differs {
            self.anomaly(AnomalyKind::FinishDiffers, Action::Replaced, None);
        }
    }

    /// Why the choice ended was said of what it began with: it has begun again.
    pub(super) fn forget_reason(&mut self, slot: usize) {
        let choice = &mut self.choices[slot];
        choice.reason = None;
        (choice.has_text, choice.has_refusal, choice.has_calls) = (false, false, false);
        (choice.noted_late, choice.noted_differs) = (false, false);
        let kept = [choice.raw.take(), choice.detail.take()];
        self.release(kept.iter().flatten().map(|text| text.len()).sum());
    }

    /// What the provider adds to a finish reason (the stop sequence, a category).
    pub fn finish_detail(&mut self, choice: u32, detail: Fragment<'_>) {
        let Some(slot) = self.slot(choice) else { return };
        let span = self.text(detail);
        let kept = self.keep(span);
        let before = self.choices[slot].detail.as_ref().map_or(0, |detail| detail.len());
        self.choices[slot].detail = kept;
        self.release(before);
    }

    /// The reason that stands so far, as the wire has it: calls may yet make another of it.
    #[must_use]
    pub fn reason_of(&self, choice: u32) -> Option<Reason> {
        self.known(choice)?.reason
    }

    /// Whether every choice that began has a finish reason.
    #[must_use]
    pub fn all_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.reason.is_some())
    }

    pub(super) fn settle_all(&mut self, outcome: Option<Outcome>) {
        for slot in 0..self.choices.len() {
            if !self.choices[slot].settled {
                self.settle(slot, outcome);
            }
        }
    }

    /// The wire says that the content of a choice is over, but not that nothing comes behind it: what is open ends.
    pub fn end_blocks(&mut self, choice: u32) {
        if let Some(slot) = self.slot_of(choice) {
            self.end_blocks_of(slot, None);
        }
    }

    /// Ends what is open as the outcome says, else as the reason does, which is returned.
    fn end_blocks_of(&mut self, slot: usize, outcome: Option<Outcome>) -> Option<Reason> {
        self.start_nameless(slot);
        let reason = self.final_reason(slot);
        for block in self.blocks.open_of(slot) {
            self.flush_held(block);
            self.flush_half(block);
            let input = self.calls.state_of(block, &self.blocks);
            let is_call = self.blocks.get(block).is_some_and(|block| block.family == Family::Call);
            self.close_block(block, how(reason, outcome, is_call, input), input);
        }
        reason
    }

    /// Nothing more can come for a choice: what is open ends, and its finish is said.
    fn settle(&mut self, slot: usize, outcome: Option<Outcome>) {
        let reason = self.end_blocks_of(slot, outcome);
        let choice = &mut self.choices[slot];
        choice.settled = true;
        let Some(reason) = reason else { return };
        let index = choice.index;
        let (raw, detail) = (choice.raw.take(), choice.detail.take());
        let raw_span = raw.as_deref().map(|raw| self.arena.write(raw.into()).0);
        let detail = detail.as_deref().map(|detail| self.arena.write(detail.into()).0);
        // Kept: the same reason said again after the end is no deviation.
        self.choices[slot].raw = raw;
        self.slots.push(EventOf::Finish { choice: index, reason, raw: raw_span, detail });
    }

    /// The reason that stands, seen together with the content: providers say `stop` of calls and refusals too.
    pub(super) fn final_reason(&self, slot: usize) -> Option<Reason> {
        let choice = &self.choices[slot];
        Some(match choice.reason? {
            Reason::Stop if choice.has_calls => Reason::ToolCalls,
            Reason::Stop if choice.has_refusal && !choice.has_text => Reason::Refusal,
            reason => reason,
        })
    }
}

/// How a block that is open when its choice settles has ended.
fn how(reason: Option<Reason>, outcome: Option<Outcome>, is_call: bool, input: Option<InputState>) -> BlockClose {
    match outcome {
        Some(Outcome::Failed) => return BlockClose::Failed,
        Some(Outcome::Truncated | Outcome::Cancelled | Outcome::Limit) => return BlockClose::Truncated,
        _ => {}
    }
    let stopped = reason.is_none_or(interrupts);
    let whole = match input {
        // The last call may be the one that was cut; an input that is whole was not.
        Some(InputState::Valid) => true,
        Some(InputState::Cut) => false,
        _ => !stopped,
    };
    if (is_call && whole) || (!is_call && !stopped) { BlockClose::Complete } else { BlockClose::Incomplete }
}
