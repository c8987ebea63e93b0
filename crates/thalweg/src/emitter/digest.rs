//! What is kept of a text instead of the text: its length and a hash.

/// The same for a text and for its pieces, however it is cut.
///
/// Two texts that a server makes up to collide are taken for one; all that it gains is that its own repetition is
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest {
    bytes: u64,
    hash: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self { bytes: 0, hash: FNV_OFFSET }
    }
}

impl Digest {
    #[inline]
    pub(super) fn add(&mut self, text: &str) {
        self.bytes += text.len() as u64;
        self.hash = text.bytes().fold(self.hash, fnv);
    }

    #[inline]
    pub(super) const fn len(self) -> u64 {
        self.bytes
    }

    /// A number for a short text.
    pub(super) fn number(text: &str) -> u64 {
        text.bytes().fold(FNV_OFFSET, fnv)
    }
}

/// FNV-1a: one byte at a time, so that pieces do not matter.
#[inline]
const fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
