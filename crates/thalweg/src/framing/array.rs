//! A JSON array into one frame an element, as soon as its last byte is there.
//!
//! The bracket that opens the array, commas and whitespace belong to the element behind them; the
//! bracket that closes it is a frame of its own, an end mark. Nothing is asked of the commas. What
//! stands behind the array is read as a body.

use super::{
    Cut, Defect, Payload,
    body::{Body, ValueScan, is_whole},
    is_space,
};

/// The scanner for an array.
#[derive(Clone, Debug)]
pub(super) struct Array {
    phase: Phase,
}

/// What the frame that is being read is, and how far it was read.
#[derive(Clone, Debug)]
enum Phase {
    /// Whitespace in front of the array.
    Before { pos: usize },
    /// Whitespace and commas between elements.
    Between { pos: usize },
    /// An object, array or string that begins at `start`.
    Value { start: usize, scan: ValueScan },
    /// A number, a literal, or what is no JSON.
    Word { start: usize, pos: usize },
    /// The array has ended.
    Behind(Body),
    /// The bytes have ended inside of the array, and that was said.
    Over,
}

impl Array {
    /// A scanner for the array in front of which are `start` bytes and whitespace.
    pub(super) fn new(start: usize) -> Self {
        Self { phase: Phase::Before { pos: start } }
    }

    pub(super) fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        if let Phase::Behind(body) = &mut self.phase {
            return body.scan(pending, at_end);
        }
        let cut = match self.next(pending) {
            None if at_end => return self.rest(pending),
            cut => cut?,
        };
        self.phase = match cut.payload {
            Payload::End => Phase::Behind(Body::new(0)),
            _ => Phase::Between { pos: 0 },
        };
        Some(cut)
    }

    fn next(&mut self, pending: &[u8]) -> Option<Cut> {
        loop {
            match &mut self.phase {
                Phase::Before { pos } => {
                    *pos += count(pending.get(*pos..)?, is_space);
                    pending.get(*pos)?;
                    self.phase = Phase::Between { pos: *pos + 1 };
                }
                Phase::Between { pos } => {
                    *pos += count(pending.get(*pos..)?, is_between);
                    let pos = *pos;
                    self.phase = match pending.get(pos)? {
                        b']' => return Some(Cut::new(pos + 1, Payload::End, None)),
                        b'{' | b'[' | b'"' => Phase::Value { start: pos, scan: ValueScan::new(pos) },
                        _ => Phase::Word { start: pos, pos },
                    };
                }
                Phase::Value { start, scan } => {
                    let end = scan.end(pending)?;
                    return Some(Cut::new(end, Payload::Data(*start..end), None));
                }
                Phase::Word { start, pos } => {
                    *pos += count(pending.get(*pos..)?, is_word);
                    pending.get(*pos)?;
                    return Some(Cut::new(*pos, Payload::Data(*start..*pos), None));
                }
                Phase::Behind(_) | Phase::Over => return None,
            }
        }
    }

    /// What the bytes end with, after every whole element was taken: the end mark is missing.
    fn rest(&mut self, pending: &[u8]) -> Option<Cut> {
        let payload = match core::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Over => return None,
            // Half a number is another one, so a number cannot be trusted.
            Phase::Word { start, .. } if is_whole(&pending[start..]) => Payload::Data(start..pending.len()),
            Phase::Value { .. } | Phase::Word { .. } => Payload::Junk,
            Phase::Before { .. } | Phase::Between { .. } | Phase::Behind(_) => Payload::Empty,
        };
        Some(Cut::new(pending.len(), payload, Some(Defect::Unterminated)))
    }
}

fn is_between(byte: u8) -> bool {
    byte == b',' || is_space(byte)
}

fn is_word(byte: u8) -> bool {
    !is_between(byte) && !matches!(byte, b']' | b'{' | b'[' | b'"')
}

/// How many of the first bytes are `wanted`.
fn count(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !wanted(*byte)).unwrap_or(bytes.len())
}
