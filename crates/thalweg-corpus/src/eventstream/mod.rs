//! Binary messages of an AWS event stream: built, taken apart, and as lines of text that a person can write and review.
//!
//! Nothing here is shared with the core's own scanner, so that each is a check on the other.
//!
//! ```
//! use thalweg_corpus::eventstream::{Message, from_text, to_text};
//!
//! let text = "event messageStart {\"role\":\"assistant\"}\nexception throttlingException {\"message\":\"Slow down.\"}\n";
//! let bytes = from_text(text)?;
//! assert!(bytes.starts_with(&Message::event("messageStart", "{\"role\":\"assistant\"}").encode()));
//! assert_eq!(to_text(&bytes), text);
//! # Ok::<(), thalweg_corpus::eventstream::TextError>(())
//! ```

mod decode;
mod text;

pub use decode::{Undecodable, repair};
pub use text::{TextError, from_text, to_text};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Its headers, in order. A valid message has each name once.
    pub headers: Vec<(Vec<u8>, Value)>,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these ten and no others: their lengths are in no message")]
pub enum Value {
    /// Type 0.
    True,
    /// Type 1.
    False,
    /// Type 2.
    Int8(i8),
    /// Type 3.
    Int16(i16),
    /// Type 4.
    Int32(i32),
    /// Type 5.
    Int64(i64),
    /// Type 6.
    Bytes(Vec<u8>),
    /// Type 7; UTF-8 in a valid message.
    String(Vec<u8>),
    /// Type 8: milliseconds since the epoch.
    Timestamp(i64),
    /// Type 9.
    Uuid([u8; 16]),
}

impl Message {
    /// A message without headers.
    #[must_use]
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self { headers: Vec::new(), payload: payload.into() }
    }

    /// An event, as Bedrock sends it.
    #[must_use]
    pub fn event(name: &str, json: &str) -> Self {
        Self::new(json)
            .with_string(":event-type", name)
            .with_string(":content-type", "application/json")
            .with_string(":message-type", "event")
    }

    /// An event `chunk` of `InvokeModelWithResponseStream`: `frame` is what the model's own protocol sends.
    #[must_use]
    pub fn chunk(frame: &str) -> Self {
        Self::event("chunk", &format!("{{\"bytes\":\"{}\"}}", STANDARD.encode(frame)))
    }

    /// An exception that the service's model names.
    #[must_use]
    pub fn exception(name: &str, json: &str) -> Self {
        Self::new(json)
            .with_string(":exception-type", name)
            .with_string(":content-type", "application/json")
            .with_string(":message-type", "exception")
    }

    /// An error that it does not.
    #[must_use]
    pub fn error(code: &str, message: &str) -> Self {
        Self::new("")
            .with_string(":error-code", code)
            .with_string(":error-message", message)
            .with_string(":message-type", "error")
    }

    /// With one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Vec<u8>>, value: Value) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// With one header more, whose value is a string.
    #[must_use]
    pub fn with_string(self, name: &str, value: &str) -> Self {
        self.with_header(name, Value::String(value.into()))
    }

    /// Its bytes, with lengths and checksums.
    ///
    /// # Panics
    /// When a name has more than 255 bytes, a value more than 65,535, or the message more than 2^32 - 1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers.push(u8::try_from(name.len()).expect("a name has at most 255 bytes"));
            headers.extend_from_slice(name);
            value.put(&mut headers);
        }
        let total = 16 + headers.len() + self.payload.len();
        let mut bytes = Vec::with_capacity(total);
        for len in [total, headers.len()] {
            let len = u32::try_from(len).expect("a message has at most 2^32 - 1 bytes");
            bytes.extend_from_slice(&len.to_be_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes.extend_from_slice(&headers);
        bytes.extend_from_slice(&self.payload);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }
}

impl Value {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        match self {
            Self::True | Self::False => {}
            Self::Int8(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Int16(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Int32(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Int64(number) | Self::Timestamp(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Bytes(bytes) | Self::String(bytes) => {
                let len = u16::try_from(bytes.len()).expect("a value has at most 65,535 bytes");
                out.extend_from_slice(&len.to_be_bytes());
                out.extend_from_slice(bytes);
            }
            Self::Uuid(bytes) => out.extend_from_slice(bytes),
        }
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::True => 0,
            Self::False => 1,
            Self::Int8(_) => 2,
            Self::Int16(_) => 3,
            Self::Int32(_) => 4,
            Self::Int64(_) => 5,
            Self::Bytes(_) => 6,
            Self::String(_) => 7,
            Self::Timestamp(_) => 8,
            Self::Uuid(_) => 9,
        }
    }
}

#[cfg(test)]
mod tests;
