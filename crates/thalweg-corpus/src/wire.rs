//! Server-sent events cut naively, independent of the core: what the oracles read and what rewriting starts from.

/// One line of a body, and what ended it: nothing for an unterminated tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'b> {
    pub(crate) text: &'b [u8],
    pub(crate) ending: &'b [u8],
    /// Where the line begins in the body.
    pub(crate) start: usize,
}

impl Line<'_> {
    /// The line ends a frame.
    pub(crate) const fn is_blank(&self) -> bool {
        self.text.is_empty() && !self.ending.is_empty()
    }

    pub(crate) const fn end(&self) -> usize {
        self.start + self.text.len() + self.ending.len()
    }
}

/// One frame that has data, as a browser would see it; and also what an unterminated tail holds.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where it ends in the body.
    pub(crate) end: usize,
    pub(crate) data: String,
}

pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a body behind its byte order mark.
pub(crate) fn lines(body: &[u8]) -> Vec<Line<'_>> {
    let mut start = if body.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut lines = Vec::new();
    while start < body.len() {
        let rest = &body[start..];
        let len = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let ending = match rest[len..] {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        lines.push(Line { text: &rest[..len], ending: &rest[len..len + ending], start });
        start += len + ending;
    }
    lines
}

/// The frames with data. None where a frame's data is no text.
pub(crate) fn frames(body: &[u8]) -> Option<Vec<Frame>> {
    let mut frames = Vec::new();
    let mut data: Vec<&str> = Vec::new();
    let mut end = 0;
    for line in lines(body) {
        end = line.end();
        if line.is_blank() && !data.is_empty() {
            frames.push(Frame { end, data: data.join("\n") });
            data.clear();
        } else if let Some(value) = line.text.strip_prefix(b"data:") {
            data.push(str::from_utf8(value.strip_prefix(b" ").unwrap_or(value)).ok()?);
        }
    }
    if !data.is_empty() {
        frames.push(Frame { end, data: data.join("\n") });
    }
    Some(frames)
}

/// Whether the body is an event stream: it has a field or a comment, and begins like neither JSON nor anything else.
pub(crate) fn is_sse(body: &[u8]) -> bool {
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start();
    let is_other = matches!(text.first(), None | Some(b'{' | b'[' | b'<' | 0..=0x1f | 0x80..));
    let is_field = |line: &Line<'_>| [&b"data:"[..], b"event:", b":"].iter().any(|name| line.text.starts_with(name));
    !is_other && lines(body).iter().any(is_field)
}
