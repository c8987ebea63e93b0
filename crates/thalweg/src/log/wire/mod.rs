//! Values of the binary form: numbers, texts and groups.
//!
//! A type's fields stand once, in a table of [`tables`]; writing and reading both come from it.

mod tables;

use alloc::vec::Vec;

/// A value that a log holds.
pub(super) trait Wire<'a>: Sized {
    /// Writes it. False where it is an absent one, which may be left out at the end of its group.
    fn put(&self, out: &mut Vec<u8>) -> bool;

    /// Reads it.
    fn take(input: &mut Input<'a>) -> Result<Self, Bad>;
}

/// A value whose group begins with a tag.
#[cfg(test)]
pub(super) trait Tagged<'a>: Wire<'a> {
    /// Every tag there is.
    const TAGS: &'static [u64];
}

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is well formed, and this version has no such variant or word.
    Newer,
    /// No writer writes this.
    Damaged,
}

/// Bytes that are still to be read.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn number(&mut self) -> Result<u64, Bad> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Bad::Damaged)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return Err(Bad::Damaged);
            }
            number |= shifted;
            if *byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Bad::Damaged)
    }

    /// The bytes of a group or a text, behind their length.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], Bad> {
        let len = usize::try_from(self.number()?).map_err(|_| Bad::Damaged)?;
        let (prefixed, rest) = self.0.split_at_checked(len).ok_or(Bad::Damaged)?;
        self.0 = rest;
        Ok(prefixed)
    }
}

pub(super) fn put_number(number: u64, out: &mut Vec<u8>) {
    let (bytes, len) = encoded(number);
    out.extend_from_slice(&bytes[..len]);
}

/// Writes a group: the length of what `body` writes, then that.
pub(super) fn put_group(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    // Most groups are short: room for a length of one byte, and the rare long ones are moved.
    out.push(0);
    body(out);
    let len = out.len() - start - 1;
    let (prefix, prefix_len) = encoded(len as u64);
    out.resize(out.len() + prefix_len - 1, 0);
    out.copy_within(start + 1..start + 1 + len, start + prefix_len);
    out[start..start + prefix_len].copy_from_slice(&prefix[..prefix_len]);
}

/// Writes the next field of a group and gives where the group ends if all that follow are absent.
fn put_field<'a>(field: &impl Wire<'a>, end: usize, out: &mut Vec<u8>) -> usize {
    if field.put(out) { out.len() } else { end }
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
fn encoded(mut number: u64) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    let mut len = 0;
    while number >= 0x80 {
        bytes[len] = number as u8 | 0x80;
        number >>= 7;
        len += 1;
    }
    bytes[len] = number as u8;
    (bytes, len + 1)
}

impl Wire<'_> for u64 {
    fn put(&self, out: &mut Vec<u8>) -> bool {
        put_number(*self, out);
        true
    }

    fn take(input: &mut Input<'_>) -> Result<Self, Bad> {
        input.number()
    }
}

impl<'a> Wire<'a> for &'a str {
    fn put(&self, out: &mut Vec<u8>) -> bool {
        put_number(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
        true
    }

    fn take(input: &mut Input<'a>) -> Result<Self, Bad> {
        core::str::from_utf8(input.prefixed()?).map_err(|_| Bad::Damaged)
    }
}

impl Wire<'_> for bool {
    fn put(&self, out: &mut Vec<u8>) -> bool {
        out.push(u8::from(*self));
        true
    }

    fn take(input: &mut Input<'_>) -> Result<Self, Bad> {
        match input.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Bad::Damaged),
        }
    }
}

/// Whether it is there, then it. At the end of a group nothing is absent too: it was left out, or its writer was older.
impl<'a, T: Wire<'a>> Wire<'a> for Option<T> {
    fn put(&self, out: &mut Vec<u8>) -> bool {
        self.is_some().put(out);
        self.as_ref().is_some_and(|value| value.put(out))
    }

    fn take(input: &mut Input<'a>) -> Result<Self, Bad> {
        if input.0.is_empty() || !bool::take(input)? {
            return Ok(None);
        }
        T::take(input).map(Some)
    }
}
