//! Server-sent events into one frame each: [WHATWG HTML, section 9.2.5 and 9.2.6][spec].
//!
//! ```text
//! stream  = [ bom ] *frame
//! frame   = *( comment / field ) end-of-line
//! comment = ":" *any-char end-of-line
//! field   = 1*name-char [ ":" [ " " ] *any-char ] end-of-line
//! ```
//!
//! [spec]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

use alloc::vec::Vec;
use core::{mem, ops::Range};

use memchr::{memchr, memchr2};

use super::{
    Cut, Defect, Foreign, Payload, RETAINED_BYTES_MAX,
    body::{ValueScan, is_whole},
    is_cut,
};

/// The scanner for a stream of server-sent events.
// What every frame needs lies together.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Sse {
    /// The data of the current frame while that is [`Data::Joined`], of an earlier one otherwise.
    joined: Vec<u8>,
    /// Where the line that is being read begins.
    line: usize,
    /// No line end is between `line` and here.
    scanned: usize,
    /// A field, a comment or bare JSON was seen: this is a stream.
    is_stream: bool,
    /// A line was seen that is none of them.
    has_text: bool,
    /// What the lines before it made of the frame.
    frame: Frame,
}

/// A frame of which complete lines have been read.
#[derive(Clone, Debug, Default)]
#[repr(C)]
struct Frame {
    /// A line was seen that is no comment, so JSON can no longer begin.
    has_field: bool,
    event: Option<Range<usize>>,
    retry_ms: Option<u64>,
    data: Data,
    id: Option<Range<usize>>,
}

#[derive(Clone, Debug, Default)]
enum Data {
    #[default]
    None,
    /// One `data` line. Most frames have no more, and nothing is copied for them.
    Line(Range<usize>),
    /// Several, copied.
    Joined,
    /// JSON without a field name. It takes every line up to the blank one behind it.
    Bare(Bare),
}

#[derive(Clone, Debug)]
struct Bare {
    /// From the first brace to the end of the last line.
    data: Range<usize>,
    /// How far the JSON was followed. Only a blank line asks.
    scan: ValueScan,
    /// The first blank line inside the JSON: where the data ends in front of it, and the frame behind
    /// it, if the next line does not belong to the JSON.
    gap: Option<(usize, usize)>,
}

enum Line {
    Comment,
    /// A known field; the number is the offset of its value.
    Field(Field, usize),
    Other,
}

enum Field {
    Data,
    Event,
    Id,
    Retry,
}

impl Sse {
    /// A scanner for the stream that begins `start` bytes into the pending bytes.
    pub(super) fn new(start: usize) -> Self {
        Self {
            line: start,
            scanned: start,
            frame: Frame::default(),
            joined: Vec::new(),
            is_stream: false,
            has_text: false,
        }
    }

    /// Whether no line of the event at hand was read.
    #[inline]
    pub(super) const fn is_at_event(&self) -> bool {
        self.line == 0
    }

    /// Goes on behind the event at hand, of which no line was read.
    #[inline]
    pub(super) const fn skip_event(&mut self) {
        self.scanned = 0;
    }

    pub(super) fn scan(&mut self, pending: &[u8], at_end: bool) -> Option<Cut> {
        while let Some((end, next)) = self.line_end(pending, at_end) {
            let line = self.line..end;
            self.line = next;
            self.scanned = next;
            if line.is_empty() {
                if self.goes_on(pending, next) {
                    continue;
                }
                return Some(self.cut(next));
            }
            if let Some(len) = self.gap_before(&pending[line.clone()]) {
                return Some(self.cut(len));
            }
            self.read_line(pending, line);
        }
        if at_end { self.rest(pending) } else { None }
    }

    pub(super) fn shrink(&mut self) {
        // A frame that is being joined would only grow again: shrinking it at each chunk costs
        // quadratic time.
        if !matches!(self.frame.data, Data::Joined) {
            self.joined.clear();
            self.joined.shrink_to(RETAINED_BYTES_MAX);
        }
    }

    pub(super) fn joined(&self) -> &[u8] {
        &self.joined
    }

    pub(super) fn retained(&self) -> usize {
        self.joined.capacity()
    }

    /// Where the current line ends and the next one begins. A CR that is the last byte waits for
    /// the one behind it, so that CRLF is never torn; nothing but CR and LF ends a line.
    fn line_end(&mut self, pending: &[u8], at_end: bool) -> Option<(usize, usize)> {
        let rest = pending.get(self.scanned..)?;
        // The blank line behind a frame's last line is half of all lines: it needs no search.
        let offset = match rest.first() {
            Some(b'\n') => 0,
            _ => match memchr2(b'\n', b'\r', rest) {
                Some(offset) => offset,
                None => {
                    self.scanned = pending.len();
                    return None;
                }
            },
        };
        let end = self.scanned + offset;
        self.scanned = end;
        match rest[offset..] {
            [b'\r'] if !at_end => None,
            [b'\r', b'\n', ..] => Some((end, end + 2)),
            _ => Some((end, end + 1)),
        }
    }

    /// Whether the frame goes on behind the blank line that ends at `next`: it may be inside of JSON,
    /// but not inside of a string.
    fn goes_on(&mut self, pending: &[u8], next: usize) -> bool {
        let Data::Bare(bare) = &mut self.frame.data else { return false };
        let goes_on = bare.scan.end(&pending[..next]).is_none() && !bare.scan.in_string();
        if goes_on {
            bare.gap = bare.gap.or(Some((bare.data.end, next)));
        }
        goes_on
    }

    /// The length of a frame of JSON that broke off in front of a blank line, where `line` behind it
    /// is none of its lines.
    fn gap_before(&mut self, line: &[u8]) -> Option<usize> {
        let Data::Bare(bare) = &mut self.frame.data else { return None };
        let (end, len) = bare.gap?;
        // An object inside of another one is indented by whoever breaks lines.
        if matches!(Line::of(line), Line::Other) && !line.starts_with(b"{") {
            return None;
        }
        bare.data.end = end;
        Some(len)
    }

    /// Takes a line that is complete and not empty.
    fn read_line(&mut self, pending: &[u8], line: Range<usize>) {
        if let Data::Bare(bare) = &mut self.frame.data {
            bare.data.end = line.end;
            return;
        }
        match Line::of(&pending[line.clone()]) {
            Line::Comment => self.is_stream = true,
            Line::Field(field, offset) => self.read_field(&field, pending, line.start + offset..line.end),
            Line::Other => self.read_other(pending, line),
        }
    }

    fn read_field(&mut self, field: &Field, pending: &[u8], value: Range<usize>) {
        self.is_stream = true;
        self.frame.has_field = true;
        match field {
            Field::Data => self.add_data(pending, value),
            Field::Event => self.frame.event = (!value.is_empty()).then_some(value),
            Field::Id => {
                if memchr(0, &pending[value.clone()]).is_none() {
                    self.frame.id = Some(value);
                }
            }
            Field::Retry => {
                if let Some(retry_ms) = parse_digits(&pending[value]) {
                    self.frame.retry_ms = Some(retry_ms);
                }
            }
        }
    }

    fn add_data(&mut self, pending: &[u8], value: Range<usize>) {
        match &self.frame.data {
            Data::None => {
                self.frame.data = Data::Line(value);
                return;
            }
            Data::Line(first) => {
                self.joined.clear();
                self.joined.extend_from_slice(&pending[first.clone()]);
                self.frame.data = Data::Joined;
            }
            // Bare data takes its lines before they are looked at.
            Data::Joined | Data::Bare(_) => {}
        }
        self.joined.push(b'\n');
        self.joined.extend_from_slice(&pending[value]);
    }

    /// Takes a line that is neither a comment nor a known field: the standard ignores it, and so do
    /// we, but Google appends its error as pretty-printed JSON.
    fn read_other(&mut self, pending: &[u8], line: Range<usize>) {
        let indent = pending[line.clone()].iter().position(|byte| !matches!(byte, b' ' | b'\t'));
        match indent.map(|indent| line.start + indent) {
            Some(first) if pending[first] == b'{' && !self.frame.has_field => {
                self.is_stream = true;
                let scan = ValueScan::new(first);
                self.frame.data = Data::Bare(Bare { data: first..line.end, scan, gap: None });
            }
            // A field behind blanks is none to the standard, but it is no text either.
            Some(first) if !matches!(Line::of(&pending[first..line.end]), Line::Other) => self.is_stream = true,
            // A line of spaces says nothing about what the body is.
            indent => self.has_text |= indent.is_some(),
        }
        self.frame.has_field = true;
    }

    /// Ends the frame at its blank line.
    fn cut(&mut self, len: usize) -> Cut {
        self.line = 0;
        self.scanned = 0;
        let frame = mem::take(&mut self.frame);
        let (payload, defect) = match frame.data {
            Data::None => (Payload::Empty, None),
            Data::Line(line) => (Payload::Data(line), None),
            Data::Joined => (Payload::Joined, None),
            Data::Bare(bare) => (Payload::Data(bare.data), Some(Defect::Bare)),
        };
        Cut { event: frame.event, id: frame.id, retry_ms: frame.retry_ms, ..Cut::new(len, payload, defect) }
    }

    /// What the bytes end with, after every frame that has its blank line was taken. The standard
    /// drops it; we give out data that is whole, because servers and proxies lose the last line
    /// ends.
    fn rest(&mut self, pending: &[u8]) -> Option<Cut> {
        let tail = self.line..pending.len();
        let has_tail = !tail.is_empty();
        if has_tail {
            if let Some(len) = self.gap_before(&pending[tail.clone()]) {
                return Some(self.cut(len));
            }
            self.read_tail(pending, tail);
        }
        let has_event = self.frame.event.is_some();
        let cut = self.cut(pending.len());
        if self.has_text && !mem::replace(&mut self.is_stream, true) {
            let text = Defect::Foreign(Foreign::Text);
            return Some(Cut::new(cut.len, Payload::Junk, Some(text)));
        }
        if cut.len == 0 {
            return None;
        }
        let is_whole = match &cut.payload {
            Payload::Data(data) => is_whole(&pending[data.clone()]),
            Payload::Joined => is_whole(&self.joined),
            Payload::Empty | Payload::End | Payload::Junk => false,
        };
        if is_whole {
            let defect = cut.defect.or(Some(Defect::Unterminated));
            return Some(Cut { defect, ..cut });
        }
        // The fields go: an id that was kept would let a resumed stream skip data that never came.
        let (payload, is_cut) = match cut.payload {
            Payload::Empty if !has_tail => (Payload::Empty, has_event),
            _ => (Payload::Junk, true),
        };
        let defect = is_cut.then_some(Defect::Unterminated);
        Some(Cut::new(cut.len, payload, defect))
    }

    /// Takes a last line that has no end. Only data can prove that it is whole: half a name of an
    /// event, half an id or half a number would be taken for another one.
    fn read_tail(&mut self, pending: &[u8], tail: Range<usize>) {
        let text = &pending[tail.clone()];
        if !matches!(self.frame.data, Data::Bare(_)) {
            if FIELDS.iter().any(|field| is_cut(text, field)) {
                return;
            }
            if let Line::Field(Field::Event | Field::Id | Field::Retry, _) = Line::of(text) {
                self.is_stream = true;
                return;
            }
        }
        self.read_line(pending, tail);
    }
}

impl Line {
    fn of(line: &[u8]) -> Self {
        let (field, name) = match line {
            [b':', ..] => return Self::Comment,
            [b'd', b'a', b't', b'a', ..] => (Field::Data, 4),
            [b'e', b'v', b'e', b'n', b't', ..] => (Field::Event, 5),
            [b'i', b'd', ..] => (Field::Id, 2),
            [b'r', b'e', b't', b'r', b'y', ..] => (Field::Retry, 5),
            _ => return Self::Other,
        };
        match line[name..] {
            [] => Self::Field(field, name),
            [b':', b' ', ..] => Self::Field(field, name + 2),
            [b':', ..] => Self::Field(field, name + 1),
            _ => Self::Other,
        }
    }
}

/// Whether a line begins a field or a comment: `None` when more bytes are needed to tell.
pub(super) fn begins(line: &[u8]) -> Option<bool> {
    if line.starts_with(b":") || FIELDS.iter().any(|field| line.starts_with(field)) {
        return Some(true);
    }
    let is_open = FIELDS.iter().any(|field| is_cut(line, field));
    (!is_open).then_some(false)
}

/// The number that `text` is, if it is one or more ASCII digits; the largest one where it does not
/// fit.
fn parse_digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

const FIELDS: [&[u8]; 4] = [b"data:", b"event:", b"id:", b"retry:"];
