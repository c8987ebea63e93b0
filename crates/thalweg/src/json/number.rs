//! The number grammar (RFC 8259 section 6), and whole numbers read exactly.
//!
//! Token counts, indices and timestamps come as `12`, but also as `12.0` or `1.2e1` from backends
//! that keep every number as a float. They are read here in decimal; nothing passes through a
//! float.

use super::{Error, ErrorKind};

/// The JSON number `raw` as a count: `12`, `12.0` and `1.2e1` are 12, `-0` is 0.
///
/// `None` where `raw` is not exactly one JSON number, or its value is negative, fractional, or
/// above [`u64::MAX`]. Takes time linear in the length of `raw`. Call it on what
/// [`super::Reader::number`] returned.
pub fn count(raw: &str) -> Option<u64> {
    if let Some(plain) = plain(raw) {
        return Some(plain);
    }
    let whole = Whole::parse(raw)?;
    (!whole.negative || whole.magnitude == 0).then_some(whole.magnitude)
}

/// The JSON number `raw` as an integer: as [`count`], but of either sign.
///
/// `None` where `raw` is not exactly one JSON number, or its value is fractional or outside
/// [`i64`].
pub fn integer(raw: &str) -> Option<i64> {
    if let Some(plain) = plain(raw) {
        return i64::try_from(plain).ok();
    }
    let whole = Whole::parse(raw)?;
    if whole.negative { 0_i64.checked_sub_unsigned(whole.magnitude) } else { i64::try_from(whole.magnitude).ok() }
}

/// The way nearly all whole numbers are written: digits alone, too few to overflow.
#[inline]
fn plain(raw: &str) -> Option<u64> {
    match raw.as_bytes() {
        [] | [b'0', _, ..] => None,
        digits if digits.len() > 18 => None,
        digits => digits.iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        }),
    }
}

/// Where the number that begins at `from` ends.
#[inline]
pub(super) fn end(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let mut at = from;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    // A leading zero stands alone; a digit after it is for the next token to reject.
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(bytes, at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// The end of one or more digits.
#[inline]
fn digits(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let found = bytes.get(from..).unwrap_or_default();
    let count = found.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (count, found.len()) {
        (0, 0) => Err(Error::new(ErrorKind::Eof, from)),
        (0, _) => Err(Error::new(ErrorKind::Syntax, from)),
        _ => Ok(from + count),
    }
}

/// A number without a fractional part.
struct Whole {
    negative: bool,
    magnitude: u64,
}

impl Whole {
    fn parse(raw: &str) -> Option<Self> {
        if end(raw.as_bytes(), 0).ok()? != raw.len() {
            return None;
        }
        let (negative, unsigned) = raw.strip_prefix('-').map_or((false, raw), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (units, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

        // The value is significand * 10^scale, and the last digit of the significand is not zero,
        // so that a negative scale means a fractional value and an overflow one too large (or
        // fractional: None as well).
        let mut significand = 0_u64;
        let mut zeros = 0_i64;
        for byte in units.bytes().chain(fraction.bytes()) {
            match byte - b'0' {
                0 => zeros += 1,
                digit if significand == 0 => {
                    (significand, zeros) = (u64::from(digit), 0);
                }
                digit => {
                    significand = times_ten_to(significand, zeros + 1)?.checked_add(u64::from(digit))?;
                    zeros = 0;
                }
            }
        }
        if significand == 0 {
            return Some(Self { negative, magnitude: 0 });
        }
        let scale = saturating(exponent).saturating_sub(i64::try_from(fraction.len()).ok()?).saturating_add(zeros);
        Some(Self { negative, magnitude: times_ten_to(significand, scale)? })
    }
}

/// `significand * 10^scale`; `None` where it is too large, or `scale` is negative.
fn times_ten_to(significand: u64, scale: i64) -> Option<u64> {
    let power = 10_u64.checked_pow(u32::try_from(scale).ok()?)?;
    significand.checked_mul(power)
}

/// An exponent, held at the ends of [`i64`]: no number is long enough for the difference to show.
fn saturating(exponent: &str) -> i64 {
    let limit = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    exponent.parse().unwrap_or(limit)
}
