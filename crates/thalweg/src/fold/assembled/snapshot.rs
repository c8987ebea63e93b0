//! What a choice's words add up to at one moment, lent.

use alloc::borrow::Cow;
use core::fmt;

use super::{Block, Words};

/// The text (or the reasoning, or the refusal) of a choice so far, in order of its blocks.
///
/// It lends one string as long as the blocks of a kind come one after another. Where a wire mixes two of them it lends
/// the pieces, because to put each delta where it belongs would cost more with every one. [`to_str`](Self::to_str)
/// and `Display` hide the difference.
#[derive(Clone, Copy)]
pub struct Snapshot<'a>(Lent<'a>);

#[derive(Clone, Copy)]
enum Lent<'a> {
    Whole(&'a str),
    Pieces(&'a [Block], Words),
}

impl<'a> Snapshot<'a> {
    pub(super) const fn whole(text: &'a str) -> Self {
        Self(Lent::Whole(text))
    }

    pub(super) const fn pieces(blocks: &'a [Block], words: Words) -> Self {
        Self(Lent::Pieces(blocks, words))
    }

    /// The words as one string: borrowed, save where blocks are mixed.
    #[must_use]
    pub fn to_str(&self) -> Cow<'a, str> {
        match self.0 {
            Lent::Whole(text) => Cow::Borrowed(text),
            Lent::Pieces(..) => Cow::Owned(self.iter().collect()),
        }
    }

    /// The words in pieces that follow one another, without a copy.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (whole, blocks, words) = match self.0 {
            Lent::Whole(text) => (Some(text), &[] as &[Block], Words::Text),
            Lent::Pieces(blocks, words) => (None, blocks, words),
        };
        let of_kind = move |block: &&Block| Words::of(block) == Some(words);
        whole.into_iter().chain(blocks.iter().filter(of_kind).map(|block| block.text.as_str()))
    }

    /// Their length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().map(str::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Snapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|piece| f.write_str(piece))
    }
}

impl fmt::Debug for Snapshot<'_> {
    /// As the string it stands for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.to_str(), f)
    }
}

impl PartialEq<str> for Snapshot<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.to_str() == *other
    }
}

impl PartialEq<&str> for Snapshot<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}
