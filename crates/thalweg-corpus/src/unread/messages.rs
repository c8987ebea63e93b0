use core::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::replaced;
use crate::eventstream::{Message, Value};

/// A body of binary messages, as what they carry, one behind the other: so that members can be taken out, and the
/// messages be made again around the rest.
#[derive(Debug)]
pub(super) struct Messages {
    /// What the messages carry.
    pub(super) plain: Vec<u8>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// None for bytes that are no message, which stay as they are.
    message: Option<Message>,
    /// The message wraps a frame in base64.
    is_wrapped: bool,
    /// In what is carried.
    place: Range<usize>,
}

impl Messages {
    /// None where `body` does not begin with a message.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        Message::decode(body).ok()?;
        let mut messages = Self { plain: Vec::new(), parts: Vec::new() };
        let mut rest = body;
        while !rest.is_empty() {
            let Ok((message, behind)) = Message::decode(rest) else {
                messages.push(None, false, rest);
                break;
            };
            let inner = unwrapped(&message);
            let carried = inner.as_ref().unwrap_or(&message.payload).clone();
            messages.push(Some(message), inner.is_some(), &carried);
            rest = behind;
        }
        Some(messages)
    }

    fn push(&mut self, message: Option<Message>, is_wrapped: bool, carried: &[u8]) {
        let start = self.plain.len();
        self.plain.extend_from_slice(carried);
        self.parts.push(Part { message, is_wrapped, place: start..self.plain.len() });
    }

    /// Where that is which the message of a number carries, and the message's name; none for what is no message. What is
    /// wrapped says itself what it is.
    pub(super) fn get(&self, number: usize) -> Option<(Range<usize>, Option<&str>)> {
        let part = self.parts.get(number)?;
        let name = part.message.as_ref()?.headers.iter().find_map(|(name, value)| match value {
            Value::String(text) if NAMES.contains(&name.as_slice()) => str::from_utf8(text).ok(),
            _ => None,
        });
        Some((part.place.clone(), name.filter(|_| !part.is_wrapped)))
    }

    /// The body with other bytes in some places of what is carried, which are sorted by their beginnings.
    pub(super) fn replaced(&self, places: &[(Range<usize>, &'static str)]) -> Vec<u8> {
        let mut body = Vec::new();
        for Part { message, is_wrapped, place } in &self.parts {
            let own = places.iter().filter(|(other, _)| place.start <= other.start && other.end <= place.end);
            let own = own.map(|(other, text)| (other.start - place.start..other.end - place.start, *text));
            let carried = replaced(&self.plain[place.clone()], own);
            let Some(message) = message else {
                body.extend(carried);
                continue;
            };
            let mut message = message.clone();
            message.payload = if *is_wrapped { wrapped(&carried) } else { carried };
            body.extend(message.encode());
        }
        body
    }
}

/// The frame that a message `chunk` wraps.
fn unwrapped(message: &Message) -> Option<Vec<u8>> {
    let is_chunk = message.headers.contains(&(b":event-type".to_vec(), Value::String(b"chunk".to_vec())));
    let payload: Json = serde_json::from_slice(&message.payload).ok().filter(|_| is_chunk)?;
    STANDARD.decode(payload.get("bytes")?.as_str()?).ok()
}

fn wrapped(frame: &[u8]) -> Vec<u8> {
    format!("{{\"bytes\":\"{}\"}}", STANDARD.encode(frame)).into_bytes()
}

/// The headers that say what a message is.
const NAMES: [&[u8]; 3] = [b":event-type", b":exception-type", b":error-code"];
