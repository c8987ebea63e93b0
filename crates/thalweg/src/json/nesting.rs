//! Which containers are open, one bit each.

use alloc::vec::Vec;

/// The open containers of a value that is being skipped, innermost last.
///
/// The innermost 1 to 128 are in `top`; the ones around them wait in `full`, 128 a word, so that
/// nothing is allocated at the depths that occur. Memory is bounded by the reader's depth limit: 8
/// KiB at most.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    top: u128,
    full: Vec<u128>,
    depth: usize,
}

/// What a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

impl Nesting {
    #[inline]
    pub(super) fn enter(&mut self, container: Container) {
        if self.depth > 0 && self.depth.is_multiple_of(WORD_BITS) {
            self.full.push(self.top);
        }
        self.top = (self.top << 1) | u128::from(container == Container::Object);
        self.depth += 1;
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.top >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(WORD_BITS) {
            self.top = self.full.pop().unwrap_or_default();
        }
    }

    /// The innermost open container.
    #[inline]
    pub(super) const fn inside(&self) -> Option<Container> {
        match (self.depth, self.top & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            _ => Some(Container::Object),
        }
    }
}

const WORD_BITS: usize = u128::BITS as usize;
