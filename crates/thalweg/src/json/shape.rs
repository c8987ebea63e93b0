//! What stays the same from one JSON text to the next, and slots for what varies.

use alloc::vec::Vec;
use core::str;

use super::scan::plain_run;
use super::{Raw, Text};

/// A JSON text that a [`Reader`](super::Reader) has read, less the values in its slots.
///
/// A text [fits](Self::fit) when it is the same byte for byte, and each slot holds a value of the same kind, checked in
/// full. Then it is valid JSON, nests as deep, and reads as the first one did, but for the values in the slots.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// All that is in no slot.
    literals: Vec<u8>,
    /// For each slot its kind, and how much of `literals` stands before it.
    slots: [(Kind, u16); SLOTS_MOST],
    count: usize,
}

/// A value that may be another one in the next text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    /// The inside of a string.
    Text(Text),
    /// A number: only one that is written in digits alone makes a slot.
    Number(Raw),
}

impl Slot {
    /// Where it begins in its text.
    pub(crate) const fn start(self) -> usize {
        match self {
            Self::Text(text) => text.start(),
            Self::Number(raw) => raw.start(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Text,
    Number,
}

/// What the slots of a text hold, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a>([Value<'a>; SLOTS_MOST]);

#[derive(Clone, Copy, Debug, Default)]
struct Value<'a> {
    /// The inside of a string, or digits.
    source: &'a str,
    number: u64,
    is_escaped: bool,
}

impl Shape {
    /// Becomes the shape of `json`, which was read whole. The slots stand in the order of the text and are ranges of it. False
    /// where it is too long to be kept, or has too many slots: then the shape is rubbish and must not be used.
    pub(crate) fn learn(&mut self, json: &str, slots: impl IntoIterator<Item = Slot>) -> bool {
        self.literals.clear();
        self.count = 0;
        let mut from = 0;
        for slot in slots {
            let (kind, start, end) = match slot {
                Slot::Text(text) => (Kind::Text, text.start(), text.end()),
                Slot::Number(raw) if digits(raw.of(json).as_bytes()).is_some_and(|(_, len)| len == raw.len()) => {
                    (Kind::Number, raw.start(), raw.start() + raw.len())
                }
                Slot::Number(_) => continue,
            };
            let literal = json.as_bytes().get(from..start);
            let (Some(literal), Some(place)) = (literal, self.slots.get_mut(self.count)) else { return false };
            if self.literals.len() + literal.len() > LITERALS_MOST {
                return false;
            }
            self.literals.extend_from_slice(literal);
            *place = (kind, self.literals.len() as u16);
            self.count += 1;
            from = end;
        }
        let Some(literal) = json.as_bytes().get(from..) else { return false };
        let is_short = self.literals.len() + literal.len() <= LITERALS_MOST;
        if is_short {
            self.literals.extend_from_slice(literal);
        }
        is_short
    }

    /// The values in the slots of `json`, if it has this shape.
    #[inline]
    pub(crate) fn fit<'a>(&self, json: &'a [u8]) -> Option<Values<'a>> {
        let (mut rest, mut from) = (json, 0);
        let mut values = Values([Value::default(); SLOTS_MOST]);
        for ((kind, to), value) in self.slots.iter().take(self.count).zip(&mut values.0) {
            let to = usize::from(*to);
            rest = rest.strip_prefix(self.literals.get(from..to)?)?;
            from = to;
            let (number, len, is_escaped) = match kind {
                Kind::Text => {
                    let (len, is_escaped) = inside(rest)?;
                    (0, len, is_escaped)
                }
                Kind::Number => {
                    let (number, len) = digits(rest)?;
                    (number, len, false)
                }
            };
            let (inside, behind) = rest.split_at_checked(len)?;
            *value = Value { source: str::from_utf8(inside).ok()?, number, is_escaped };
            rest = behind;
        }
        (rest == self.literals.get(from..)?).then_some(values)
    }

    /// Heap bytes in use.
    pub(crate) fn retained(&self) -> usize {
        self.literals.capacity()
    }
}

impl<'a> Values<'a> {
    /// The string in a slot: a source and the text in it, to be decoded as one that was read.
    #[inline]
    pub(crate) fn text(&self, slot: usize) -> (&'a str, Text) {
        let value = self.get(slot);
        (value.source, Text::new(0, value.source.len() as u32, value.is_escaped))
    }

    /// The number in a slot.
    #[inline]
    pub(crate) fn number(&self, slot: usize) -> u64 {
        self.get(slot).number
    }

    #[inline]
    fn get(&self, slot: usize) -> Value<'a> {
        self.0.get(slot).copied().unwrap_or_default()
    }
}

/// How long the inside of the string is that `bytes` begin with, up to its closing quote, and whether anything in it is
/// escaped. None where it has no end or is no string.
#[inline]
fn inside(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut is_escaped) = (0, false);
    loop {
        at += plain_run(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some((at, is_escaped)),
            b'\\' => at += escape(bytes.get(at + 1..)?)?,
            _ => return None,
        }
        is_escaped = true;
    }
}

/// How long an escape is, whose backslash stands before `bytes`.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        [b'u', a, b, c, d, ..] => [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()).then_some(6),
        _ => None,
    }
}

/// The whole number that `bytes` begin with and how long it is, where it is written in digits alone, and in no more than
/// any count has.
#[inline]
fn digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let (mut number, mut len) = (0, 0);
    while let Some(byte) = bytes.get(len).filter(|byte| byte.is_ascii_digit()) {
        number = number * 10 + u64::from(byte - b'0');
        len += 1;
        if len > DIGITS_MOST {
            return None;
        }
    }
    let has_leading_zero = len > 1 && bytes.first() == Some(&b'0');
    (len > 0 && !has_leading_zero).then_some((number, len))
}

/// How many values may vary.
pub(crate) const SLOTS_MOST: usize = 8;

/// How much is kept of a text at most. What repeats is the same few hundred bytes; texts are in slots.
const LITERALS_MOST: usize = 1024;

/// So many digits are a number of 64 bits, and of 63.
const DIGITS_MOST: usize = 18;

#[cfg(test)]
mod tests;
