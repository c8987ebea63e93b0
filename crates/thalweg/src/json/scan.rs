//! The byte tests that the reader and the validator share.

/// How many bytes from the start of `bytes` are plain string content: no quote, no backslash, no
/// control character. Equal to `bytes.len()` where none of these occurs.
#[inline]
pub(super) fn plain_run(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().take(LONG / 8).enumerate() {
        let marks = ends_plain(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + (marks.trailing_zeros() / 8) as usize;
        }
    }
    plain_rest(bytes)
}

/// Most strings are over before this many bytes.
const LONG: usize = 32;

/// The same of bytes whose first [`LONG`] are known to be plain (or, where there are fewer, all whole words of them): in
/// blocks of as many bytes as it takes for the compiler to use vectors.
#[inline(never)]
fn plain_rest(bytes: &[u8]) -> usize {
    let mut at = LONG.min(bytes.len() / 8 * 8);
    let (blocks, _) = bytes.get(at..).unwrap_or_default().as_chunks::<64>();
    let marks = |block: &[u8; 64]| {
        block.as_chunks::<8>().0.iter().fold(0, |marks, word| marks | ends_plain(u64::from_le_bytes(*word)))
    };
    at += blocks.iter().take_while(|block| marks(block) == 0).count() * 64;
    let (words, _) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let marks = ends_plain(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let plain = |&&byte: &&u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    at + bytes.get(at..).unwrap_or_default().iter().take_while(plain).count()
}

/// What follows `literal` in `bytes`, where they begin with it.
///
/// The same as `strip_prefix`, but for what [`same`] says of comparing.
#[inline]
pub(super) fn behind<'a>(bytes: &'a [u8], literal: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(literal.len())?;
    same(start, literal).then_some(rest)
}

/// Whether two slices are equal, which may be short or empty.
///
/// `==` is a call of the system's `memcmp`. On processors with AVX-512 glibc's reads short slices under a mask, and where
/// all is masked out, at the place that an empty slice is said to have, each call costs a trap of the processor: a third of
/// a frame's time. For long ones nothing is better.
#[inline]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.len() >= LONG {
        return one == other;
    }
    let ((words, tail), (other_words, other_tail)) = (one.as_chunks::<16>(), other.as_chunks::<16>());
    let are_same =
        words.iter().zip(other_words).all(|(one, other)| u128::from_ne_bytes(*one) == u128::from_ne_bytes(*other));
    // The last words again, and some bytes of theirs twice, instead of the tail byte by byte.
    are_same
        && match (one.last_chunk::<16>(), other.last_chunk::<16>()) {
            (Some(one), Some(other)) => u128::from_ne_bytes(*one) == u128::from_ne_bytes(*other),
            _ => tail.iter().zip(other_tail).all(|(one, other)| one == other),
        }
}

/// Marks, in the top bit of each byte, the bytes that end plain content.
///
/// A subtraction may borrow into the byte above a marked one, so only the lowest mark is sure to be
/// right. It is the only one used. Bytes of 0x80 and above are never marked: the complements clear
/// them.
#[inline]
const fn ends_plain(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let marks = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * b' ' as u64) & !word);
    marks & TOPS
}

/// Whether `byte` may stand between tokens (RFC 8259 section 2).
#[inline]
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}
