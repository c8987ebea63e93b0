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
        // Eight bytes at a time, as eight steps of one would have it, without one waiting for the other.
        let (words, tail) = text.as_bytes().as_chunks::<8>();
        for word in words {
            let sum = word
                .iter()
                .zip(POWERS)
                .fold(0_u64, |sum, (byte, power)| sum.wrapping_add(u64::from(*byte).wrapping_mul(power)));
            self.hash = self.hash.wrapping_mul(POWERS[0].wrapping_mul(PRIME)).wrapping_add(sum);
        }
        self.hash = tail.iter().fold(self.hash, |hash, byte| step(hash, *byte));
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

/// One byte more of a text: a polynomial of its bytes, so that pieces do not matter.
#[inline]
const fn step(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(PRIME).wrapping_add(byte as u64)
}

/// What each of eight bytes is multiplied by, the first one most often.
const POWERS: [u64; 8] = {
    let mut powers = [1; 8];
    let mut at = 7;
    while at > 0 {
        powers[at - 1] = PRIME.wrapping_mul(powers[at]);
        at -= 1;
    }
    powers
};

/// FNV-1a: one byte at a time, so that pieces do not matter.
#[inline]
const fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(PRIME)
}

/// FNV's.
const PRIME: u64 = 0x0000_0100_0000_01b3;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(test)]
mod tests {
    use super::{Digest, Restatement};

    #[test]
    fn pieces_do_not_matter_and_each_byte_does() {
        let text = "The tide turns at seven; the pilot's cutter leaves at eight.\0";
        for cut in 0..=text.len() {
            let (before, behind) = text.split_at(cut);
            let mut digest = Digest::of(before);
            digest.add(behind);
            assert_eq!(digest, Digest::of(text), "cut at {cut}");
            let known = Digest::of(before).compare(text);
            let expected = match cut {
                0 => Restatement::First,
                cut if cut == text.len() => Restatement::Same,
                known => Restatement::Longer { known },
            };
            assert_eq!(known, expected);
        }
        for at in 0..text.len() {
            let mut other = text.as_bytes().to_vec();
            other[at] ^= 1;
            let other = str::from_utf8(&other).expect("it is ASCII");
            assert_eq!(Digest::of(text).compare(other), Restatement::Differs, "byte {at}");
        }
    }
}
