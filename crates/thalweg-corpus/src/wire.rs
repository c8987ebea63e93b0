//! Bodies cut naively, independent of the core: what the oracles read and what rewriting starts from.

use serde_json::Value;

use crate::eventstream::{self, Message};

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

/// One JSON value of a body of any framing.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Where it ends in the body; another one can follow here.
    pub(crate) end: usize,
    /// What the framing calls it, where that is binary: the type of an event, nothing for an exception.
    pub(crate) name: Option<String>,
    pub(crate) value: Value,
}

/// The values of a body: of event streams without end marks, of arrays the elements, of JSON one after another, of binary
/// messages their payloads. The error is why an independent reading is impossible.
pub(crate) fn documents(body: &[u8]) -> Result<Vec<Document>, &'static str> {
    if is_sse(body) {
        let frames = frames(body).ok_or("bytes that are no text")?;
        let is_mark = |data: &str| data.trim().is_empty() || data.trim() == "[DONE]";
        let document = |frame: Frame| {
            let value = serde_json::from_str(&frame.data).map_err(|_| "a frame that is no JSON")?;
            Ok(Document { end: frame.end, name: None, value })
        };
        return frames.into_iter().filter(|frame| !is_mark(&frame.data)).map(document).collect();
    }
    match body.trim_ascii_start().first() {
        Some(b'{') => values(body, |byte| byte.is_ascii_whitespace()),
        Some(b'[') => values(body, |byte| byte.is_ascii_whitespace() || matches!(byte, b'[' | b',' | b']')),
        Some(0..=0x1f) => messages(body),
        _ => Err("no stream"),
    }
}

/// Values with nothing but such bytes between them.
fn values(body: &[u8], is_between: fn(u8) -> bool) -> Result<Vec<Document>, &'static str> {
    let (mut documents, mut at) = (Vec::new(), 0);
    loop {
        at += body[at..].iter().take_while(|byte| is_between(**byte)).count();
        if at == body.len() {
            return Ok(documents);
        }
        let mut values = serde_json::Deserializer::from_slice(&body[at..]).into_iter();
        let value = values.next().and_then(Result::ok).ok_or("a value that is no JSON")?;
        at += values.byte_offset();
        documents.push(Document { end: at, name: None, value });
    }
}

fn messages(body: &[u8]) -> Result<Vec<Document>, &'static str> {
    let (mut documents, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let (message, behind) = Message::decode(rest).map_err(|_| "a message that cannot be decoded")?;
        rest = behind;
        let header = |name: &str| {
            let found = message.headers.iter().find(|(known, _)| known == name.as_bytes())?;
            let eventstream::Value::String(text) = &found.1 else { return None };
            String::from_utf8(text.clone()).ok()
        };
        let is_event = header(":message-type").is_none_or(|kind| kind == "event");
        let value = serde_json::from_slice(&message.payload).map_err(|_| "a payload that is no JSON")?;
        let name = header(":event-type").filter(|_| is_event);
        documents.push(Document { end: body.len() - rest.len(), name, value });
    }
    Ok(documents)
}

/// Whether the body is an event stream: it has a field or a comment, and begins like neither JSON nor anything else.
pub(crate) fn is_sse(body: &[u8]) -> bool {
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start();
    let is_other = matches!(text.first(), None | Some(b'{' | b'[' | b'<' | 0..=0x1f | 0x80..));
    let is_field = |line: &Line<'_>| [&b"data:"[..], b"event:", b":"].iter().any(|name| line.text.starts_with(name));
    !is_other && lines(body).iter().any(is_field)
}
