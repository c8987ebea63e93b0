//! Streams of one kind of delta, in every protocol.

mod bedrock;
mod chat;
mod cohere;
mod gemini;
mod messages;
mod mistral;
mod ollama;
mod responses;

use core::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thalweg::framing::Framing;
use thalweg::{Dialect, Protocol};
use thalweg_corpus::eventstream::Message;

pub(crate) use chat::{CHAT, STREAMS};

/// A stream of one kind of delta.
pub(super) struct Stream {
    pub(super) name: &'static str,
    /// What is in the `n`-th delta.
    pub(super) delta: fn(usize) -> String,
}

/// How a protocol writes frames around deltas.
#[derive(Clone, Copy)]
pub(super) struct Wire {
    pub(super) form: Form,
    /// What comes before the deltas: names and data of frames.
    pub(super) opening: &'static [(&'static str, &'static str)],
    /// The name of a delta's frame.
    pub(super) name: &'static str,
    /// The data of the frame of the `n`-th delta, with padding.
    pub(super) data: fn(usize, &str, &str) -> String,
}

/// How data becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Sse,
    Lines,
    /// The elements of an array. The name of the first one is `[`, that of all others is `,`.
    Array,
    /// A binary message.
    Message,
    /// A binary message that wraps the data as base64.
    Chunk,
    /// The same, with escapes in the base64.
    EscapedChunk,
    /// The same as `Chunk`, with the data under its name.
    NamedChunk,
}

impl Form {
    fn write(self, name: &str, data: &str) -> Vec<u8> {
        match self {
            Self::Sse if name.is_empty() => format!("data: {data}\n\n").into_bytes(),
            Self::Sse => format!("event: {name}\ndata: {data}\n\n").into_bytes(),
            Self::Lines => format!("{data}\n").into_bytes(),
            Self::Array => format!("{name}{data}\r\n").into_bytes(),
            Self::Message => Message::event(name, data).encode(),
            Self::Chunk => Message::chunk(data).encode(),
            Self::EscapedChunk => {
                // As long as it takes to have an equals sign at the end.
                let blanks = " ".repeat((4 - data.len() % 3) % 3);
                let base64 = STANDARD.encode(format!("{data}{blanks}"));
                let escaped = base64.replace('/', "\\/").replace('+', "\\u002b").replace('=', "\\u003d");
                Message::event("chunk", &format!("{{\"bytes\":\"{escaped}\"}}")).encode()
            }
            Self::NamedChunk => Message::chunk(&format!("{{\"{name}\":{data}}}")).encode(),
        }
    }
}

impl Stream {
    /// Frames of deltas, each with `padding` bytes that mean nothing.
    pub(super) fn frames(&self, wire: Wire, deltas: Range<usize>, padding: usize) -> Vec<u8> {
        let padding = "x".repeat(padding);
        let opening = if deltas.start == 0 { wire.opening } else { &[] };
        let opening = opening.iter().map(|(name, data)| wire.form.write(name, data));
        let frames = deltas.map(|n| wire.form.write(wire.name, &(wire.data)(n, &(self.delta)(n), &padding)));
        opening.chain(frames).flatten().collect()
    }
}

/// The streams that apply to a dialect, in the forms that its protocol has.
pub(super) fn applying(dialect: &Dialect) -> Vec<(Wire, &'static Stream)> {
    let (wires, streams): (&[Wire], Vec<_>) = match dialect.protocol {
        Protocol::OpenaiResponses => (&[responses::RESPONSES], responses::STREAMS.iter().collect()),
        Protocol::AnthropicMessages => (&[messages::MESSAGES], messages::STREAMS.iter().collect()),
        Protocol::Gemini => (gemini::GEMINI, gemini::STREAMS.iter().collect()),
        Protocol::GeminiInteractions => (&[gemini::INTERACTIONS], gemini::INTERACTIONS_STREAMS.iter().collect()),
        Protocol::BedrockConverse => (&[bedrock::CONVERSE], bedrock::CONVERSE_STREAMS.iter().collect()),
        Protocol::BedrockCompletion => (&[bedrock::COMPLETION], bedrock::COMPLETION_STREAMS.iter().collect()),
        Protocol::Ollama => (&[ollama::OLLAMA], ollama::STREAMS.iter().collect()),
        Protocol::Cohere => (&[cohere::COHERE], cohere::STREAMS.iter().collect()),
        Protocol::CohereV1 => (&[cohere::COHERE_V1], cohere::COHERE_V1_STREAMS.iter().collect()),
        Protocol::MistralConversations => (&[mistral::CONVERSATIONS], mistral::STREAMS.iter().collect()),
        Protocol::OpenaiChat if dialect.oddities.has_messages_in_pieces => {
            (&[CHAT, chat::MESSAGES_IN_PIECES], chat::applying(dialect))
        }
        Protocol::OpenaiChat => (&[CHAT], chat::applying(dialect)),
        Protocol::Mistral => (&[CHAT], chat::applying(dialect).into_iter().chain(chat::PARTS).collect()),
        protocol => panic!("no streams of {protocol:?}"),
    };
    let forms: &[_] = match (dialect.framing, dialect.protocol) {
        // Its decoder reads both, whichever dialect it is of.
        (Framing::AwsEventStream, Protocol::BedrockConverse) => &[Form::Message, Form::NamedChunk],
        (Framing::AwsEventStream, _) => &[Form::Chunk, Form::EscapedChunk],
        _ => &[],
    };
    let in_forms = |wire: Wire| match forms {
        [] => vec![wire],
        forms => forms.iter().map(|form| Wire { form: *form, ..wire }).collect(),
    };
    let wires: Vec<_> = wires.iter().copied().flat_map(in_forms).collect();
    wires.into_iter().flat_map(|wire| streams.iter().map(move |stream| (wire, *stream)).collect::<Vec<_>>()).collect()
}

/// The `n`-th piece of a list.
fn element(n: usize) -> String {
    // Of one length, so that what was room enough for one is for all.
    let n = n + 1000;
    if n == 1000 { "[".into() } else { format!("{n},\\\"\\\\u00e9\\\",") }
}

/// As long as `padding`.
fn blanks(padding: &str) -> String {
    " ".repeat(padding.len())
}

/// The two halves of a pair of surrogates, in two texts.
const HALVES: [&str; 2] = ["a\\ud83c", "\\udf0ab"];
