//! Reasoning in numbered parts, which a wire may send side by side.

use alloc::string::String;

use super::digest::Digest;
use super::{Emitter, Fragment};
use crate::event::{Action, AnomalyKind, BlockClose, BlockId, BlockKind, Place, ReasoningForm, Wide};

/// Which part of a choice's reasoning: told apart by form and number.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReasoningPart<'a> {
    /// How much of the reasoning it shows.
    pub form: ReasoningForm,
    /// The wire's number for it.
    pub item: Option<u32>,
    /// The wire's id for it, which its block starts with.
    pub id: Option<Fragment<'a>>,
}

impl ReasoningPart<'_> {
    /// The part of a form that has no number.
    #[must_use]
    pub const fn of(form: ReasoningForm) -> Self {
        Self { form, item: None, id: None }
    }

    fn id_hash(&self) -> Option<u64> {
        let id = self.id.filter(|id| !id.is_empty())?;
        Some(Digest::number(id.borrow(&mut String::new())))
    }
}

/// A part that has begun, and its block, open or ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownPart {
    form: ReasoningForm,
    item: Option<u32>,
    /// Its id as a hash, where it has one.
    id: Option<u64>,
    block: BlockId,
}

impl KnownPart {
    /// Whether they are one part: another id under the same number is another part.
    fn is(&self, part: ReasoningPart<'_>, id: Option<u64>) -> bool {
        let is_same_id = self.id.is_none() || id.is_none() || self.id == id;
        (self.form, self.item) == (part.form, part.item) && is_same_id
    }
}

impl Emitter {
    /// Appends to a numbered part of reasoning. Parts stay open side by side until content of another kind comes; the
    /// same number after that is a new block at the same place. Empty fragments are nothing.
    pub fn reasoning(&mut self, choice: u32, part: ReasoningPart<'_>, fragment: Fragment<'_>) {
        if fragment.is_empty() {
            return;
        }
        let Some(slot) = self.content_slot(choice) else { return };
        self.note_content(slot);
        let known = self.known_part(slot, part).filter(|&block| self.is_open(block));
        let Some(block) = known.or_else(|| self.open_part(slot, part, true)) else { return };
        self.touch(slot, block);
        self.delta(block, fragment);
    }

    /// The block that data of a numbered part belongs to: the part itself, open or ended; else, for reasoning whose
    /// text came without numbers, the last block of that form; else a new one. None when the choice is over.
    pub fn reasoning_block(&mut self, choice: u32, part: ReasoningPart<'_>) -> Option<BlockId> {
        let slot = self.slot(choice)?;
        if let Some(block) = self.known_part(slot, part).or_else(|| self.last_reasoning(slot, part)) {
            return Some(block);
        }
        let slot = self.content_slot(choice)?;
        self.open_part(slot, part, false)
    }

    /// Reasoning of which only the provider can read anything: a block of its own, that ends when its choice does or
    /// content of another kind comes.
    pub fn sealed_reasoning(&mut self, choice: u32, form: ReasoningForm) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        self.open_part(slot, ReasoningPart::of(form), false)
    }

    /// The wire ends the reasoning that a choice is in, where its fragments have no numbers.
    pub fn end_reasoning(&mut self, choice: u32) {
        if let Some(block) = self.current_reasoning(choice) {
            self.end_block(block, BlockClose::Complete);
        }
    }

    fn known_part(&self, slot: usize, part: ReasoningPart<'_>) -> Option<BlockId> {
        let id = part.id_hash();
        let parts = self.choices[slot].reasoning_parts.iter();
        parts.rev().find(|known| known.is(part, id)).map(|known| known.block)
    }

    /// The last block of reasoning of a form: for data that names no part, or where no part of this form has come.
    fn last_reasoning(&self, slot: usize, part: ReasoningPart<'_>) -> Option<BlockId> {
        let (known, block) = self.choices[slot].reasoning?;
        let is_named = part.item.is_some() || part.id.is_some();
        let has_parts = self.choices[slot].reasoning_parts.iter().any(|known| known.form == part.form);
        (known == part.form && !(is_named && has_parts)).then_some(block)
    }

    fn open_part(&mut self, slot: usize, part: ReasoningPart<'_>, has_text: bool) -> Option<BlockId> {
        // Parts lie side by side with each other, and what has no text beside reasoning without numbers too.
        if self.choices[slot].open_parts.is_empty() && (has_text || !self.is_in_reasoning(slot)) {
            self.end_current(slot);
        }
        let mut place = Place::item(part.item.map(Wide::from));
        place.id = part.id.filter(|id| !id.is_empty()).map(|id| self.text(id));
        let block = self.open_in(slot, place, BlockKind::Reasoning { form: part.form })?;
        let choice = &mut self.choices[slot];
        let id = part.id_hash();
        choice.reasoning_parts.retain(|known| !known.is(part, id));
        choice.reasoning_parts.push(KnownPart { form: part.form, item: part.item, id, block });
        choice.open_parts.push(block);
        Some(block)
    }

    /// A fragment that says in other words what another field of its frame said: dropped, and noted.
    pub fn other_words(&mut self, choice: u32) {
        let block = self.latest(choice);
        self.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, block);
    }
}
