//! What is kept of a text instead of the text: its length and a hash.

/// What a whole text is to the fragments that came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restatement {
    /// Nothing came of it.
    First,
    /// The fragments are all of it.
    Same,
    /// The fragments are its beginning.
    Longer {
        /// How many bytes of it have come.
        known: usize,
    },
    /// The fragments are something else.
    Differs,
}

/// The same for a text and for its pieces, however it is cut.
///
/// Two texts that a server makes up to collide are taken for one; all that it gains is that its own repetition is
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    bytes: u64,
    hash: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self { bytes: 0, hash: FNV_OFFSET }
    }
}

impl Digest {
    /// That of a whole text.
    pub(crate) fn of(text: &str) -> Self {
        let mut digest = Self::default();
        digest.add(text);
        digest
    }

    #[inline]
    pub(crate) fn add(&mut self, text: &str) {
        self.bytes += text.len() as u64;
        self.hash = text.bytes().fold(self.hash, fnv);
    }

    /// How a whole text relates to what was added so far.
    pub(crate) fn compare(self, text: &str) -> Restatement {
        if self.bytes == 0 {
            return Restatement::First;
        }
        let known = usize::try_from(self.bytes).ok().and_then(|len| text.split_at_checked(len));
        let before = Self::of(known.map_or("", |(before, _)| before));
        match known {
            Some((_, "")) if before == self => Restatement::Same,
            Some((known, _)) if before == self => Restatement::Longer { known: known.len() },
            _ => Restatement::Differs,
        }
    }

    #[inline]
    pub(crate) const fn len(self) -> u64 {
        self.bytes
    }

    /// A number for a text that belongs to something numbered.
    pub(crate) fn with(self, kind: u8, number: u32) -> u64 {
        number.to_le_bytes().into_iter().fold(fnv(self.hash, kind), fnv)
    }

    /// A number for a text.
    pub(crate) fn number(text: &str) -> u64 {
        text.bytes().fold(FNV_OFFSET, fnv)
    }
}

/// FNV-1a: one byte at a time, so that pieces do not matter.
#[inline]
const fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
