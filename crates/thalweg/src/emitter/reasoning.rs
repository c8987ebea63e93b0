//! Reasoning in numbered parts, which a wire may send side by side.

use super::{Emitter, Fragment};
use crate::event::{Action, AnomalyKind, BlockId, BlockKind, Place, ReasoningForm, Wide};

/// A numbered part of a choice's reasoning, open or ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReasoningPart {
    form: ReasoningForm,
    item: Option<u32>,
    block: BlockId,
}

impl Emitter {
    /// Appends to a numbered part of reasoning. Parts stay open side by side until content of another kind comes; the
    /// same number after that is a new block at the same place. Empty fragments are nothing.
    pub fn reasoning(&mut self, choice: u32, form: ReasoningForm, item: Option<u32>, fragment: Fragment<'_>) {
        if fragment.is_empty() {
            return;
        }
        let Some(slot) = self.content_slot(choice) else { return };
        self.note_content(slot);
        let known = self.reasoning_part(slot, form, item).filter(|&block| self.is_open(block));
        let Some(block) = known.or_else(|| self.open_part(slot, form, item)) else { return };
        self.touch(slot, block);
        self.delta(block, fragment);
    }

    /// The block that data of a numbered part belongs to: the part itself, open or ended; else, for reasoning whose
    /// text came without numbers, the last block of that form; else a new one. None when the choice is over.
    pub fn reasoning_block(&mut self, choice: u32, form: ReasoningForm, item: Option<u32>) -> Option<BlockId> {
        let slot = self.slot(choice)?;
        if let Some(block) = self.reasoning_part(slot, form, item).or_else(|| self.last_reasoning(slot, form)) {
            return Some(block);
        }
        let slot = self.content_slot(choice)?;
        self.open_part(slot, form, item)
    }

    /// Reasoning of which only the provider can read anything: a block of its own, that ends when its choice does or
    /// content of another kind comes.
    pub fn sealed_reasoning(&mut self, choice: u32, form: ReasoningForm) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        self.open_part(slot, form, None)
    }

    fn reasoning_part(&self, slot: usize, form: ReasoningForm, item: Option<u32>) -> Option<BlockId> {
        let parts = self.choices[slot].reasoning_parts.iter();
        parts.rev().find(|part| part.form == form && part.item == item).map(|part| part.block)
    }

    /// The last block of reasoning, where no numbered part of this form has come.
    fn last_reasoning(&self, slot: usize, form: ReasoningForm) -> Option<BlockId> {
        let (known, block) = self.choices[slot].reasoning?;
        let is_numbered = self.choices[slot].reasoning_parts.iter().any(|part| part.form == form);
        (known == form && !is_numbered).then_some(block)
    }

    fn open_part(&mut self, slot: usize, form: ReasoningForm, item: Option<u32>) -> Option<BlockId> {
        // Parts lie side by side with each other, and with nothing else.
        if self.choices[slot].open_parts.is_empty() {
            self.end_current(slot);
        }
        let block = self.open_in(slot, Place::item(item.map(Wide::from)), BlockKind::Reasoning { form })?;
        let choice = &mut self.choices[slot];
        choice.reasoning_parts.retain(|part| part.form != form || part.item != item);
        choice.reasoning_parts.push(ReasoningPart { form, item, block });
        choice.open_parts.push(block);
        Some(block)
    }

    /// A fragment that says in other words what another field of its frame said: dropped, and noted.
    pub fn other_words(&mut self, choice: u32) {
        let block = self.latest(choice);
        self.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, block);
    }
}
