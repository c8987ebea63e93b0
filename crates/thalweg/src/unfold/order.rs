//! In which order the blocks of several choices began, under which numbers, and where each choice is over.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::slice;

use crate::event::BlockId;
use crate::fold::{Block, Choice, Finish};

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn<'r> {
    Block { id: BlockId, choice: u32, block: &'r Block },
    Finish { choice: u32, finish: &'r Finish },
}

/// Takes the blocks of all choices in order of their numbers, and each choice's finish behind its last block.
#[derive(Clone, Debug)]
pub(super) struct Order<'r> {
    choices: &'r [Choice],
    /// Beside the choices: the blocks that are left.
    left: Vec<slice::Iter<'r, Block>>,
    /// Choices before this one have begun: with a block or, where they have none, with their finish.
    begun: usize,
    /// Its last block was given just now.
    over: Option<&'r Choice>,
    numbers: Numbers,
}

impl<'r> Order<'r> {
    pub(super) fn new(choices: &'r [Choice]) -> Self {
        let left = choices.iter().map(|choice| choice.blocks.iter()).collect();
        Self { choices, left, begun: 0, over: None, numbers: Numbers::default() }
    }

    /// The number under which a block was given; none where it was not.
    pub(super) fn number_of(&self, block: BlockId) -> Option<BlockId> {
        self.numbers.of(block)
    }

    /// Which choice has the block that comes next.
    fn next_choice(&self) -> Option<usize> {
        let heads = self.left.iter().enumerate().filter_map(|(at, left)| Some((left.as_slice().first()?.id, at)));
        heads.min().map(|(_, at)| at)
    }
}

impl<'r> Iterator for Order<'r> {
    type Item = Turn<'r>;

    fn next(&mut self) -> Option<Turn<'r>> {
        if let Some(turn) = self.over.take().and_then(finish) {
            return Some(turn);
        }
        let next = self.next_choice();
        // Choices are in order of appearance: those without a block appeared before the one that is next.
        while self.begun < next.unwrap_or(self.choices.len()) {
            let choice = &self.choices[self.begun];
            self.begun += 1;
            if let Some(turn) = finish(choice).filter(|_| choice.blocks.is_empty()) {
                return Some(turn);
            }
        }
        let (choice, left) = (&self.choices[next?], &mut self.left[next?]);
        let block = left.next()?;
        self.over = left.as_slice().is_empty().then_some(choice);
        Some(Turn::Block { id: self.numbers.give(block.id), choice: choice.index, block })
    }
}

fn finish(choice: &Choice) -> Option<Turn<'_>> {
    Some(Turn::Finish { choice: choice.index, finish: choice.finish.as_ref()? })
}

/// Numbers blocks as they come. In a response as it was folded each has that number already.
#[derive(Clone, Debug, Default)]
struct Numbers {
    given: u32,
    /// The first so many blocks go by their own number.
    kept: u32,
    /// The others, by their own number.
    moved: BTreeMap<BlockId, BlockId>,
}

impl Numbers {
    fn give(&mut self, own: BlockId) -> BlockId {
        let id = BlockId::from(self.given);
        self.given = self.given.saturating_add(1);
        if own == id && self.moved.is_empty() {
            self.kept = self.given;
        } else {
            self.moved.insert(own, id);
        }
        id
    }

    fn of(&self, own: BlockId) -> Option<BlockId> {
        if own.get() < self.kept { Some(own) } else { self.moved.get(&own).copied() }
    }
}
