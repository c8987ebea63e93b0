//! The words of one kind in one choice, in one piece, at a cost that is linear in them.

use alloc::string::String;

use super::{Block, Snapshot, Words};

/// Where the blocks' words are in one piece.
#[derive(Clone, Debug, Default)]
pub(super) enum Joined {
    /// No block has begun.
    #[default]
    Nothing,
    /// In the only block.
    Block(usize),
    /// In a copy. Its last block is at `last`, and begins at `start` in `text`.
    Copy { text: String, last: usize, start: usize },
    /// Nowhere: words came for a block that is not the last. To put each where it belongs would move all words behind
    /// it, again and again.
    Apart,
}

impl Joined {
    /// A block begins.
    pub(super) fn start(&mut self, blocks: &[Block], place: usize) {
        match self {
            Self::Nothing => *self = Self::Block(place),
            Self::Block(first) => {
                let text = blocks[*first].text.clone();
                *self = Self::Copy { start: text.len(), text, last: place };
            }
            Self::Copy { text, last, start } => (*last, *start) = (place, text.len()),
            Self::Apart => {}
        }
    }

    /// A block has grown.
    pub(super) fn append(&mut self, place: usize, delta: &str) {
        match self {
            Self::Copy { text, last, .. } if *last == place => text.push_str(delta),
            Self::Copy { .. } => *self = Self::Apart,
            Self::Nothing | Self::Block(_) | Self::Apart => {}
        }
    }

    /// A block has other words.
    pub(super) fn replace(&mut self, place: usize, value: &str) {
        if let Self::Copy { text, last, start } = self
            && *last == place
        {
            text.truncate(*start);
        }
        self.append(place, value);
    }

    /// The stream is over: in one piece again.
    pub(super) fn join(&mut self, blocks: &[Block], words: Words) {
        if let Self::Apart = self {
            let text = Snapshot::pieces(blocks, words).to_str().into_owned();
            *self = Self::Copy { text, last: blocks.len(), start: 0 };
        }
    }

    /// In one piece. What is apart must have been joined.
    pub(super) fn as_str<'a>(&'a self, blocks: &'a [Block]) -> &'a str {
        match self {
            Self::Block(place) => &blocks[*place].text,
            Self::Copy { text, .. } => text,
            Self::Nothing | Self::Apart => "",
        }
    }

    pub(super) fn snapshot<'a>(&'a self, blocks: &'a [Block], words: Words) -> Snapshot<'a> {
        match self {
            Self::Apart => Snapshot::pieces(blocks, words),
            joined => Snapshot::whole(joined.as_str(blocks)),
        }
    }
}
