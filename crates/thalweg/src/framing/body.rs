//! A body of JSON values into one frame a value.
//!
//! The scan knows brackets, strings and escapes and nothing else of JSON: whether a value is valid
//! is for its reader.

use memchr::{memchr, memchr2};

use super::{Cut, Defect, Payload, count_spaces};

/// The scanner for a body.
#[derive(Clone, Debug)]
pub(super) struct Body {
    phase: Phase,
}

/// What the frame that is being read is, and how far it was read.
#[derive(Clone, Debug)]
enum Phase {
    /// Whitespace so far.
    Space { pos: usize },
    /// A value that begins at `start`.
    Value { start: usize, scan: ValueScan },
    /// A line that begins no value.
    Stray { pos: usize },
}

impl Body {
    /// A scanner for the body that begins `start` bytes into the pending bytes.
    pub(super) fn new(start: usize) -> Self {
        Self { phase: Phase::Space { pos: start } }
    }

    pub(super) fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        let cut = match self.next(pending) {
            None if at_end => self.rest(pending),
            cut => cut,
        };
        if cut.is_some() {
            self.phase = Phase::Space { pos: 0 };
        }
        cut
    }

    fn next(&mut self, pending: &[u8]) -> Option<Cut> {
        loop {
            match &mut self.phase {
                Phase::Space { pos } => {
                    *pos += count_spaces(pending.get(*pos..)?);
                    let pos = *pos;
                    self.phase = match pending.get(pos)? {
                        b'{' | b'[' => Phase::Value { start: pos, scan: ValueScan::new(pos) },
                        _ => Phase::Stray { pos },
                    };
                }
                Phase::Value { start, scan } => {
                    let end = scan.end(pending)?;
                    return Some(Cut::new(end, Payload::Data(*start..end), None));
                }
                Phase::Stray { pos } => {
                    let rest = pending.get(*pos..)?;
                    let Some(offset) = memchr(b'\n', rest) else {
                        *pos = pending.len();
                        return None;
                    };
                    let len = *pos + offset + 1;
                    return Some(Cut::new(len, Payload::Junk, Some(Defect::Trailing)));
                }
            }
        }
    }

    /// What the bytes end with, after every whole frame was taken.
    fn rest(&self, pending: &[u8]) -> Option<Cut> {
        let (payload, defect) = match self.phase {
            Phase::Space { .. } => (Payload::Empty, None),
            Phase::Value { .. } => (Payload::Junk, Some(Defect::Unterminated)),
            Phase::Stray { .. } => (Payload::Junk, Some(Defect::Trailing)),
        };
        (!pending.is_empty()).then(|| Cut::new(pending.len(), payload, defect))
    }
}

/// Looks for the end of one object, array or string, in as many calls as it takes.
#[derive(Clone, Debug)]
pub(super) struct ValueScan {
    pos: usize,
    /// Open brackets. It cannot overflow: each one is a byte of the frame.
    depth: usize,
    in_string: bool,
}

impl ValueScan {
    /// A scan of the value whose first byte is at `pos`.
    pub(super) fn new(pos: usize) -> Self {
        Self { pos, depth: 0, in_string: false }
    }

    /// The offset behind the value's last byte, or `None` when `bytes` end before it.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            let rest = bytes.get(self.pos..)?;
            if self.in_string {
                self.skip_string(rest)?;
            } else {
                self.skip_to_structure(rest)?;
            }
            if self.depth == 0 && !self.in_string {
                return Some(self.pos);
            }
        }
    }

    /// Goes behind the closing quote.
    fn skip_string(&mut self, rest: &[u8]) -> Option<()> {
        let mut at = 0;
        while let Some(offset) = memchr2(b'"', b'\\', &rest[at..]) {
            let found = at + offset;
            if rest[found] == b'"' {
                self.pos += found + 1;
                self.in_string = false;
                return Some(());
            }
            at = found + 2;
            if at > rest.len() {
                // The escaped byte has not come: look at the backslash again.
                self.pos += found;
                return None;
            }
        }
        self.pos += rest.len();
        None
    }

    /// Goes behind the next bracket or opening quote.
    fn skip_to_structure(&mut self, rest: &[u8]) -> Option<()> {
        for (offset, byte) in rest.iter().enumerate() {
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => continue,
            }
            self.pos += offset + 1;
            return Some(());
        }
        self.pos += rest.len();
        None
    }
}

/// Whether a text that the end of the bytes cut off is all there: JSON objects, arrays or strings
/// that end, `[DONE]` (which has the shape of an array), or a literal. A number may have lost
/// digits, so it never is.
pub(super) fn is_whole(text: &[u8]) -> bool {
    let mut rest = &text[count_spaces(text)..];
    if matches!(rest.trim_ascii_end(), b"null" | b"true" | b"false") {
        return true;
    }
    let mut values = 0;
    while let Some(first) = rest.first() {
        if !matches!(first, b'{' | b'[' | b'"') {
            return false;
        }
        let Some(end) = ValueScan::new(0).end(rest) else {
            return false;
        };
        rest = &rest[end..];
        rest = &rest[count_spaces(rest)..];
        values += 1;
    }
    values > 0
}
