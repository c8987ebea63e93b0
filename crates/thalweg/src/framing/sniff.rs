//! The first bytes of a stream into what the stream is.
//!
//! Servers answer a stream request with a JSON body, an error page or compressed bytes and call all
//! of it an event stream, so headers are no evidence. The verdict depends on the bytes alone: where
//! they are too few, it waits.

use super::{Foreign, Framing, aws, count_spaces, is_cut, sse};

/// Looks at the stream up to the first byte that is not whitespace.
#[derive(Clone, Debug)]
pub(super) struct Sniff {
    framing: Framing,
    /// Whether the start of the stream was seen, where alone a byte order mark may stand.
    begun: bool,
    /// Where the text begins: behind the byte order mark.
    start: usize,
    /// Everything before is whitespace or the byte order mark.
    pos: usize,
}

/// What the bytes are. `start` is the offset behind the byte order mark.
pub(super) enum Verdict {
    /// Not known yet, but an empty line stands before the rest, which no framing needs: a sign of
    /// life.
    BlankLine {
        len: usize,
    },
    Sse {
        start: usize,
    },
    Body {
        start: usize,
    },
    Array {
        start: usize,
    },
    Lines {
        start: usize,
    },
    Aws,
    Foreign(Foreign),
}

impl Sniff {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, begun: false, start: 0, pos: 0 }
    }

    /// The verdict, or `None` when more bytes are needed. Call it again only after
    /// [`Verdict::BlankLine`].
    pub(super) fn look(&mut self, pending: &[u8], at_end: bool) -> Option<Verdict> {
        if pending.is_empty() {
            return None;
        }
        if !self.begun {
            match aws::begins(pending, self.framing == Framing::AwsEventStream) {
                None if !at_end => return None,
                Some(true) => return Some(Verdict::Aws),
                None | Some(false) => {}
            }
            if is_cut(pending, BYTE_ORDER_MARK) && !at_end {
                return None;
            }
            self.begun = true;
            if pending.starts_with(BYTE_ORDER_MARK) {
                self.start = BYTE_ORDER_MARK.len();
                self.pos = self.start;
            }
        }
        // Empty lines go out at once: a server that sends them to keep the connection alive for
        // minutes neither fills the buffer nor looks dead. In a body they belong to the value that
        // follows.
        if matches!(self.framing, Framing::Sse | Framing::Lines) && self.pos == self.start {
            let len = match pending.get(self.pos..)? {
                [b'\r'] if !at_end => return None,
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => 0,
            };
            if len > 0 {
                let len = self.start + len;
                (self.start, self.pos) = (0, 0);
                return Some(Verdict::BlankLine { len });
            }
        }
        self.pos += count_spaces(pending.get(self.pos..)?);
        self.judge(&pending[self.pos..], at_end)
    }

    /// Judges the bytes behind the whitespace.
    fn judge(&self, text: &[u8], at_end: bool) -> Option<Verdict> {
        let start = self.start;
        if !at_end && (text.is_empty() || is_cut(text, GZIP) || is_cut(text, ZSTD)) {
            return None;
        }
        Some(match text {
            [b'[', ..] => Verdict::Array { start },
            [b'{', ..] if self.framing == Framing::Lines => Verdict::Lines { start },
            [b'{', ..] => Verdict::Body { start },
            [b'<', ..] => Verdict::Foreign(Foreign::Html),
            _ if text.starts_with(GZIP) || text.starts_with(ZSTD) => Verdict::Foreign(Foreign::Compressed),
            // Tab, CR and LF were skipped.
            [0..=0x1f, ..] => match self.framing {
                // It says what is wrong.
                Framing::AwsEventStream => Verdict::Aws,
                Framing::Sse | Framing::Body | Framing::Lines => Verdict::Foreign(Foreign::Binary),
            },
            _ => match self.framing {
                Framing::Sse | Framing::AwsEventStream => Verdict::Sse { start },
                Framing::Body if text.is_empty() => Verdict::Body { start },
                // Proxies translate, and leave the headers as they were.
                Framing::Body | Framing::Lines => match sse::begins(text) {
                    None if !at_end => return None,
                    Some(false) if self.framing == Framing::Body => Verdict::Body { start },
                    Some(false) => Verdict::Lines { start },
                    None | Some(true) => Verdict::Sse { start },
                },
            },
        })
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
