//! Streams made from what they mean: an intended response, written as the bytes of a stream in one of the
//! many ways in which the servers of its protocol write it.
//!
//! [`generate`] is a function of a protocol and a seed. It makes an [`Intention`], chooses [`Perturbation`]s that leave the meaning
//! as it is, and writes the bytes; [`check_intention`] folds the bytes and compares (law 11), [`check_isolation`]
//! does so for tool calls whose fragments are interleaved (law 5).
//!
//! Two perturbations that together make the wire ambiguous never meet: [`Perturbation::ambiguity`] lists these pairs
//! with the reason of each. The generator shares no code with the decoder: what a stream means is what was intended,
//! never what a reader makes of it.

mod array;
mod aws;
mod bedrock;
mod chat;
mod check;
mod cohere;
mod explicit;
mod fragments;
mod frames;
mod gemini;
mod intention;
mod json;
mod lines;
mod messages;
mod mistral;
mod ollama;
mod perturbation;
mod responses;
mod select;
mod strings;

pub use check::{check_intention, check_isolation, smallest};
pub use intention::{
    InputVerdict, IntendedCall, IntendedChoice, IntendedHosted, IntendedThought, IntendedUsage, Intention, Leaf, Medium,
};
pub use perturbation::Perturbation;

use fastrand::Rng;
use thalweg::{Close, Dialect, Protocol, Reason};

use crate::Chunking;
use frames::Frame;
use perturbation::Ambiguity;
use select::Selection;

/// A stream and what it means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Generated {
    /// The wire format it is written in.
    pub protocol: Protocol,
    /// The seed it was made from.
    pub seed: u64,
    /// What it means.
    pub intention: Intention,
    /// Whose way of speaking the protocol it is: mostly the plain one.
    pub dialect: &'static Dialect,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
    /// How the bytes end.
    pub close: Close,
    /// What was done to the wire, in the order of [`Perturbation::ALL`]. Only what left a trace in the bytes (or in
    /// the chunks) is listed.
    pub perturbations: Vec<Perturbation>,
    /// How the bytes are cut into chunks.
    pub chunking: Chunking,
}

impl Generated {
    /// Whether something was done to the wire.
    #[must_use]
    pub fn has(&self, perturbation: Perturbation) -> bool {
        self.perturbations.contains(&perturbation)
    }
}

/// The protocols whose streams can be made.
pub const PROTOCOLS: &[Protocol] = &[
    Protocol::OpenaiChat,
    Protocol::OpenaiResponses,
    Protocol::AnthropicMessages,
    Protocol::Gemini,
    Protocol::BedrockConverse,
    Protocol::Ollama,
    Protocol::Cohere,
    Protocol::Mistral,
];

/// The stream of a protocol and a seed.
///
/// # Panics
/// For a protocol that is not one of [`PROTOCOLS`].
#[must_use]
pub fn generate(protocol: Protocol, seed: u64) -> Generated {
    generate_within(protocol, seed, Perturbation::ALL)
}

/// The stream of a seed with no other perturbations than some of `allowed`: what [`generate`] gives, less the others.
///
/// Fewer perturbations give the same intention where they do not touch it. This is what makes a failure small.
///
/// # Panics
/// For a protocol that is not one of [`PROTOCOLS`].
#[must_use]
pub fn generate_within(protocol: Protocol, seed: u64, allowed: &[Perturbation]) -> Generated {
    let author = Author::of(protocol);
    let mut rng = Rng::with_seed(seed);
    let mut intention = (author.invent)(&mut rng.fork());
    let mut selection = Selection::draw(protocol, &mut rng.fork(), &intention, allowed);
    (author.adapt)(&mut intention, &selection, &mut rng.fork());
    let mut rng = rng.fork();
    let frames = (author.compose)(&intention, &mut selection, &mut rng);
    let bytes = match frames.as_slice() {
        [body] if selection.has(Perturbation::WholeBody) => body.data.clone().into_bytes(),
        frames => (author.write)(frames, &mut selection, &mut rng),
    };
    let chunking = cut(bytes.len(), &mut selection, &mut rng);
    let close = if selection.has(Perturbation::CloseBroken) {
        selection.hit(Perturbation::CloseBroken);
        Close::Broken
    } else {
        Close::Clean
    };
    let dialect = (author.dialect)(&selection, seed);
    Generated { protocol, seed, intention, dialect, bytes, close, perturbations: selection.hits(), chunking }
}

/// Who writes the streams of a protocol.
struct Author {
    /// At most one perturbation of each group is in a stream.
    groups: &'static [&'static [Perturbation]],
    ambiguities: &'static [Ambiguity],
    /// Whether what was drawn leaves it open what is meant: what no pair can say.
    is_ambiguous: fn(&Selection, &Intention) -> bool,
    /// Invents a response.
    invent: fn(&mut Rng) -> Intention,
    /// Changes what some perturbations say about the meaning itself.
    adapt: fn(&mut Intention, &Selection, &mut Rng),
    compose: fn(&Intention, &mut Selection, &mut Rng) -> Vec<Frame>,
    /// Writes frames as bytes.
    write: fn(&[Frame], &mut Selection, &mut Rng) -> Vec<u8>,
    dialect: fn(&Selection, u64) -> &'static Dialect,
    /// What the words for why a choice ends mean.
    reason: fn(&str) -> Reason,
}

impl Author {
    fn of(protocol: Protocol) -> &'static Self {
        match protocol {
            Protocol::OpenaiChat => &chat::AUTHOR,
            Protocol::OpenaiResponses => &responses::AUTHOR,
            Protocol::AnthropicMessages => &messages::AUTHOR,
            Protocol::Gemini => &gemini::AUTHOR,
            Protocol::BedrockConverse => &bedrock::AUTHOR,
            Protocol::Ollama => &ollama::AUTHOR,
            Protocol::Cohere => &cohere::AUTHOR,
            Protocol::Mistral => &mistral::AUTHOR,
            other => panic!("no streams of {other} can be made"),
        }
    }
}

/// How a body of `len` bytes is cut.
fn cut(len: usize, selection: &mut Selection, rng: &mut Rng) -> Chunking {
    let mut cuts = Vec::new();
    if selection.roll(Perturbation::CutsOfOneByte, 1, rng) {
        cuts.extend(1..len);
    } else if selection.roll(Perturbation::CutsAnywhere, 1, rng) {
        let mut at = 0;
        while at < len {
            let most = if rng.bool() { 16 } else { 2000 };
            at += rng.usize(1..=most);
            cuts.push(at);
        }
    }
    if selection.roll(Perturbation::CutsEmpty, 1, rng) {
        cuts.push(0);
        cuts.extend_from_within(..cuts.len() / 2);
    }
    if cuts.is_empty() { Chunking::Whole } else { Chunking::At(cuts) }
}
