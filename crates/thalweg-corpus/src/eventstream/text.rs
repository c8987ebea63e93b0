//! Messages as lines of text. The form is described in `corpus/README.md`.

use core::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Message, Value};

/// A line that cannot be written as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl core::error::Error for TextError {}

/// The bytes of the messages in `text`.
///
/// # Errors
/// When a line has none of the forms.
pub fn from_text(text: &str) -> Result<Vec<u8>, TextError> {
    let mut bytes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fail = |message: &str| TextError { line: index + 1, message: message.into() };
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, payload) = rest.split_once(' ').unwrap_or((rest, ""));
        let message = match kind {
            "event" => Message::event(name, payload),
            "exception" => Message::exception(name, payload),
            "error" => Message::error(name, payload),
            "chunk" => Message::chunk(rest),
            "raw" => {
                bytes.extend(from_hex(rest).ok_or_else(|| fail("`raw` wants pairs of hexadecimal digits"))?);
                continue;
            }
            _ => return Err(fail("it begins with none of `event`, `exception`, `error`, `chunk`, `raw`, `#`")),
        };
        let longest = usize::from(u16::MAX);
        if name.len() > longest || (kind == "error" && payload.len() > longest) {
            return Err(fail("a header has at most 65,535 bytes"));
        }
        bytes.extend(message.encode());
    }
    Ok(bytes)
}

/// Text of which [`from_text`] makes these bytes: `raw` where no other form does.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, behind) = match Message::decode(rest) {
            Ok((message, behind)) => {
                let bytes = &rest[..rest.len() - behind.len()];
                let line = line(&message).filter(|line| from_text(line).is_ok_and(|again| again == bytes));
                (line.unwrap_or_else(|| raw(bytes)), behind)
            }
            Err(_) => (raw(rest), &[][..]),
        };
        text.push_str(&line);
        text.push('\n');
        rest = behind;
    }
    text
}

/// The shortest form that may fit.
fn line(message: &Message) -> Option<String> {
    let string = |name: &str| {
        let value = message.headers.iter().find(|header| header.0 == name.as_bytes());
        match value {
            Some((_, Value::String(text))) => str::from_utf8(text).ok(),
            _ => None,
        }
    };
    let payload = str::from_utf8(&message.payload).ok()?;
    match string(":message-type")? {
        "event" => {
            let name = string(":event-type")?;
            let chunk = if name == "chunk" { wrapped(payload) } else { None };
            Some(chunk.unwrap_or_else(|| format!("event {name} {payload}")))
        }
        "exception" => Some(format!("exception {} {payload}", string(":exception-type")?)),
        "error" => Some(format!("error {} {}", string(":error-code")?, string(":error-message")?)),
        _ => None,
    }
}

fn wrapped(payload: &str) -> Option<String> {
    let base64 = payload.strip_prefix("{\"bytes\":\"")?.strip_suffix("\"}")?;
    let frame = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
    let is_line = !frame.contains(['\n', '\r']);
    is_line.then(|| format!("chunk {frame}"))
}

fn raw(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("raw "), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|digit| *digit != ' ')
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}
