//! What stays the same from one JSON text to the next, and slots for what varies.

use alloc::vec::Vec;
use core::str;

use super::scan::{behind, plain_run};
use super::{Raw, Text};

/// A JSON text that a [`Reader`](super::Reader) has read, less the values in its slots.
///
/// A text [fits](Self::fit) when it is the same byte for byte, but for blanks before its last brace, with which some
/// servers pad, and each slot holds a value of the same kind, checked in full. Then it is valid JSON, nests as deep, and
/// reads as the first one did, but for the values in the slots.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// All that is in no slot.
    literals: Vec<u8>,
    /// In the order of the text.
    places: [Place; SLOTS_MOST],
    count: usize,
}

/// Where a slot is.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    kind: Kind,
    /// Its number among the caller's slots.
    slot: u8,
    /// How much stands between the slot before it and this one.
    len: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Text,
    /// A string of which nobody wants to know more than that it is one.
    Padding,
    Number,
    /// Blanks between tokens, as many as there are.
    Blanks,
}

/// A value that may be another one in the next text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Slot {
    /// The inside of a string that was read. A shape has one such slot.
    pub(crate) const fn text(text: Text) -> Self {
        Self { kind: Kind::Text, start: text.start(), end: text.end() }
    }

    /// The inside of a string that was read and means nothing.
    pub(crate) const fn padding(text: Text) -> Self {
        Self { kind: Kind::Padding, start: text.start(), end: text.end() }
    }

    /// A number that was read of `json`. None where it is not written in digits alone.
    pub(crate) fn number(raw: Raw, json: &str) -> Option<Self> {
        let digits = digits(raw.of(json).as_bytes()).filter(|(_, len)| *len == raw.len());
        digits.map(|_| Self { kind: Kind::Number, start: raw.start(), end: raw.start() + raw.len() })
    }
}

/// What the slots of a text hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Values<'a> {
    /// How long the text is that fits.
    pub(crate) len: usize,
    text: &'a str,
    is_escaped: bool,
    /// By the numbers of their slots, and which of them there are, a bit each.
    numbers: [u64; SLOTS_MOST],
    has_number: u8,
}

impl Shape {
    /// Becomes the shape of `json`, which was read whole. The slots are ranges of it that do not overlap. False where it
    /// is too long to be kept: then the shape is rubbish and must not be used.
    pub(crate) fn learn<const SLOTS: usize>(&mut self, json: &str, slots: [Option<Slot>; SLOTS]) -> bool {
        const { assert!(SLOTS < SLOTS_MOST, "a text has no more slots, and one is for blanks") };
        let mut order: [usize; SLOTS] = core::array::from_fn(|slot| slot);
        order.sort_unstable_by_key(|&slot| slots[slot].map_or(usize::MAX, |slot| slot.start));
        self.literals.clear();
        self.literals.reserve_exact(json.len().min(LITERALS_MOST));
        self.count = 0;
        let mut from = 0;
        for (number, slot) in order.into_iter().filter_map(|number| Some((number, slots[number]?))) {
            if !self.add_literal(json, from, slot.start) {
                return false;
            }
            self.add_place(slot.kind, number, slot.start - from);
            from = slot.end;
        }
        let (end, is_object) =
            json.strip_suffix('}').map_or((json.len(), false), |inside| (inside.trim_end_matches(' ').len(), true));
        if !self.add_literal(json, from, end) {
            return false;
        }
        if is_object {
            self.add_place(Kind::Blanks, SLOTS, end - from);
            self.literals.push(b'}');
        }
        true
    }

    fn add_place(&mut self, kind: Kind, slot: usize, len: usize) {
        self.places[self.count] = Place { kind, slot: slot as u8, len: len as u16 };
        self.count += 1;
    }

    fn add_literal(&mut self, json: &str, from: usize, to: usize) -> bool {
        let literal = json.as_bytes().get(from..to);
        let literal = literal.filter(|literal| self.literals.len() + literal.len() <= LITERALS_MOST);
        self.literals.extend_from_slice(literal.unwrap_or_default());
        literal.is_some()
    }

    /// The values in the slots of what `bytes` begin with, if that has this shape and `ends` before the rest.
    #[inline]
    pub(crate) fn fit<'a>(&self, bytes: &'a [u8], ends: impl Fn(&[u8]) -> bool) -> Option<Values<'a>> {
        let (mut rest, mut literals) = (bytes, &self.literals[..]);
        let mut values = Values::default();
        for place in self.places.get(..self.count)? {
            let literal;
            (literal, literals) = literals.split_at_checked(usize::from(place.len))?;
            rest = behind(rest, literal)?;
            let len = match place.kind {
                Kind::Text => {
                    let (len, is_escaped) = inside(rest)?;
                    values.text = str::from_utf8(rest.get(..len)?).ok()?;
                    values.is_escaped = is_escaped;
                    len
                }
                Kind::Padding => {
                    let (len, _) = inside(rest)?;
                    let padding = rest.get(..len)?;
                    if !padding.is_ascii() && str::from_utf8(padding).is_err() {
                        return None;
                    }
                    len
                }
                Kind::Number => {
                    let (number, len) = digits(rest)?;
                    *values.numbers.get_mut(usize::from(place.slot))? = number;
                    values.has_number |= 1 << place.slot;
                    len
                }
                Kind::Blanks => rest.iter().take_while(|byte| **byte == b' ').count(),
            };
            rest = rest.get(len..)?;
        }
        rest = behind(rest, literals)?;
        values.len = bytes.len() - rest.len();
        ends(rest).then_some(values)
    }

    /// Heap bytes in use.
    pub(crate) fn retained(&self) -> usize {
        self.literals.capacity()
    }
}

impl<'a> Values<'a> {
    /// The string in the slot of a text: a source and the text in it, to be decoded as one that was read.
    #[inline]
    pub(crate) fn text(&self) -> (&'a str, Text) {
        (self.text, Text::new(0, self.text.len() as u32, self.is_escaped))
    }

    /// The number in a slot, if it is one of a number.
    #[inline]
    pub(crate) fn number(&self, slot: usize) -> Option<u64> {
        self.numbers.get(slot).copied().filter(|_| self.has_number & (1 << slot) != 0)
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

/// How many values may vary, the blanks included.
const SLOTS_MOST: usize = 8;

/// How much is kept of a text at most. What repeats is the same few hundred bytes; texts are in slots.
const LITERALS_MOST: usize = 1024;

/// A number of so many digits fits into 64 bits, with or without a sign.
const DIGITS_MOST: usize = 18;

#[cfg(test)]
mod tests;
