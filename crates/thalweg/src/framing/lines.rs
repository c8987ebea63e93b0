//! JSON, one value a line, into one frame a line.
//!
//! A value that goes on behind the end of its line is read to its end, because an error may come
//! pretty-printed. It ends early where it can no longer be JSON, so that a line which broke off takes
//! no good one with it: at a line feed inside of a string, and in front of a line that begins with
//! `{`, which inside of an object is indented by whoever breaks lines at all.
//!
//! What ends early, and a line that begins no object or array, is data like any other: who reads it
//! says what is wrong. Only before the first value such lines are none, since the body may turn out to
//! be a text.

use core::ops::Range;

use memchr::{memchr, memchr3};

use super::{Cut, Defect, Foreign, Payload, body::is_whole};

/// The scanner for lines.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    phase: Phase,
    /// An object or array was seen: this is a stream.
    is_stream: bool,
    /// A line was seen that is none.
    has_text: bool,
}

/// What the frame that is being read is, and how far it was read.
#[derive(Clone, Debug)]
enum Phase {
    /// Blanks so far.
    Blank { pos: usize },
    /// A value that begins at `start`.
    Value { start: usize, scan: LineScan },
    /// A value that has ended. What is left of its line comes next.
    Behind { value: Range<usize>, pos: usize },
    /// A line that begins no value.
    Stray { start: usize, pos: usize },
}

impl Lines {
    /// A scanner for the stream that begins `start` bytes into the pending bytes.
    pub(super) fn new(start: usize) -> Self {
        Self { phase: Phase::Blank { pos: start }, is_stream: false, has_text: false }
    }

    pub(super) fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        let cut = match self.next(pending) {
            None if at_end => self.rest(pending),
            cut => cut,
        };
        if cut.is_some() {
            self.phase = Phase::Blank { pos: 0 };
        }
        cut
    }

    fn next(&mut self, pending: &[u8]) -> Option<Cut> {
        loop {
            match &mut self.phase {
                Phase::Blank { pos } => {
                    *pos += count_blanks(pending.get(*pos..)?);
                    let pos = *pos;
                    self.phase = match pending.get(pos)? {
                        b'\n' => return Some(Cut::new(pos + 1, Payload::Empty, None)),
                        b'{' | b'[' => Phase::Value { start: pos, scan: LineScan::new(pos) },
                        _ => Phase::Stray { start: pos, pos },
                    };
                    self.is_stream |= matches!(self.phase, Phase::Value { .. });
                }
                Phase::Value { start, scan } => {
                    let value = *start..scan.end(pending)?;
                    if scan.is_broken {
                        let data = value.start..value.start + pending[value.clone()].trim_ascii_end().len();
                        return Some(Cut::new(value.end, Payload::Data(data), None));
                    }
                    self.phase = Phase::Behind { pos: value.end, value };
                }
                Phase::Behind { value, pos } => {
                    *pos += count_blanks(pending.get(*pos..)?);
                    let len = *pos + usize::from(*pending.get(*pos)? == b'\n');
                    return Some(Cut::new(len, Payload::Data(value.clone()), None));
                }
                Phase::Stray { start, pos } => {
                    let rest = pending.get(*pos..)?;
                    let Some(offset) = memchr(b'\n', rest) else {
                        *pos = pending.len();
                        return None;
                    };
                    let (start, end) = (*start, *pos + offset);
                    return Some(self.stray(pending, start..end, end + 1));
                }
            }
        }
    }

    /// A whole line that begins no value.
    fn stray(&mut self, pending: &[u8], line: Range<usize>, len: usize) -> Cut {
        if !self.is_stream {
            self.has_text = true;
            return Cut::new(len, Payload::Junk, Some(Defect::Trailing));
        }
        let data = line.start..line.start + pending[line].trim_ascii_end().len();
        Cut::new(len, Payload::Data(data), None)
    }

    /// What the bytes end with, after every whole frame was taken.
    fn rest(&mut self, pending: &[u8]) -> Option<Cut> {
        let len = pending.len();
        let is_text = !self.is_stream && (self.has_text || matches!(self.phase, Phase::Stray { .. }));
        if is_text {
            self.is_stream = true;
            return Some(Cut::new(len, Payload::Junk, Some(Defect::Foreign(Foreign::Text))));
        }
        let (payload, defect) = match &self.phase {
            Phase::Blank { .. } => (Payload::Empty, None),
            // Nothing is missing: between values a line feed is needed, behind the last one it is not.
            Phase::Behind { value, .. } => (Payload::Data(value.clone()), None),
            Phase::Stray { start, .. } if is_whole(&pending[*start..]) => {
                (Payload::Data(*start..len), Some(Defect::Unterminated))
            }
            Phase::Value { .. } | Phase::Stray { .. } => (Payload::Junk, Some(Defect::Unterminated)),
        };
        (len > 0).then(|| Cut::new(len, payload, defect))
    }
}

/// Looks for the end of an object or array, in as many calls as it takes, or for the end of the line
/// that shows that it has none.
#[derive(Clone, Debug)]
struct LineScan {
    pos: usize,
    /// Open brackets. It cannot overflow: each one is a byte of the frame.
    depth: usize,
    in_string: bool,
    /// What has ended is no JSON.
    is_broken: bool,
}

impl LineScan {
    /// A scan of the value whose first byte is at `pos`.
    fn new(pos: usize) -> Self {
        Self { pos, depth: 0, in_string: false, is_broken: false }
    }

    /// The offset behind the value's last byte, or behind the line feed where it broke off.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            let rest = bytes.get(self.pos..)?;
            let found = if self.in_string { self.skip_string(rest)? } else { self.skip_to_structure(rest)? };
            match found {
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' => self.depth += 1,
                b'\n' => self.is_broken = true,
                _ => self.depth = self.depth.saturating_sub(1),
            }
            if self.is_broken || (self.depth == 0 && !self.in_string) {
                return Some(self.pos);
            }
        }
    }

    /// Goes behind the closing quote, or a line feed.
    fn skip_string(&mut self, rest: &[u8]) -> Option<u8> {
        let mut at = 0;
        while let Some(offset) = memchr3(b'"', b'\\', b'\n', &rest[at..]) {
            let found = at + offset;
            match (rest[found], rest.get(found + 1)) {
                // The escaped byte has not come: look at the backslash again.
                (b'\\', None) => {
                    self.pos += found;
                    return None;
                }
                // No escape: the line feed is found next.
                (b'\\', Some(b'\n')) => at = found + 1,
                (b'\\', Some(_)) => at = found + 2,
                (byte, _) => {
                    self.pos += found + 1;
                    return Some(byte);
                }
            }
        }
        self.pos += rest.len();
        None
    }

    /// Goes behind the next bracket or opening quote, or a line feed in front of `{`.
    fn skip_to_structure(&mut self, rest: &[u8]) -> Option<u8> {
        for (offset, byte) in rest.iter().enumerate() {
            match byte {
                b'"' | b'{' | b'[' | b'}' | b']' => {}
                b'\n' => match rest.get(offset + 1) {
                    Some(b'{') => {}
                    Some(_) => continue,
                    None => {
                        self.pos += offset;
                        return None;
                    }
                },
                _ => continue,
            }
            self.pos += offset + 1;
            return Some(*byte);
        }
        self.pos += rest.len();
        None
    }
}

/// How many blanks `bytes` begins with: whitespace that ends no line.
fn count_blanks(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).unwrap_or(bytes.len())
}
