//! Structs that borrow, a file a protocol: what a careful program writes for itself.
//!
//! They have the fields that thalweg reads too, borrowed where nothing is escaped, without a vector for the one choice,
//! the one part and the one call that nearly every frame has. Whoever reads a stream reads these fields: `black_box`
//! keeps the optimizer from leaving them out.

use std::borrow::Cow;

use serde::Deserialize;
use thalweg_bench::steps;
use thalweg_bench::streams::Stream;

mod chat;
mod gemini;
mod messages;
mod responses;

/// Our framing, then `serde_json` into the structs.
pub(crate) fn serde_typed(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    let mut read = Reader::new(stream);
    steps::framing(stream, chunk_bytes, |data| read.frame(data, &mut visit));
}

/// Reads frames of one protocol.
pub(crate) enum Reader {
    Chat(chat::Reader),
    Responses,
    Messages,
    Gemini(gemini::Reader),
}

impl Reader {
    pub(crate) fn new(stream: &Stream) -> Self {
        match stream.protocol() {
            "openai-chat" => Self::Chat(chat::Reader::default()),
            "openai-responses" => Self::Responses,
            "anthropic-messages" => Self::Messages,
            _ => Self::Gemini(gemini::Reader::default()),
        }
    }

    pub(crate) fn frame(&mut self, data: &[u8], visit: &mut impl FnMut(usize, &str)) {
        match self {
            Self::Chat(reader) => reader.frame(data, visit),
            Self::Responses => responses::frame(data, visit),
            Self::Messages => messages::frame(data, visit),
            Self::Gemini(reader) => reader.frame(data, visit),
        }
    }
}

/// Inside of an `Option` serde borrows only through a type of one's own: a bare `Cow` would be copied.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn parse<'a, T: Deserialize<'a>>(data: &'a [u8]) -> T {
    serde_json::from_slice(data).expect("the streams are valid JSON of this shape")
}
