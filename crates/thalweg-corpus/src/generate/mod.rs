//! Streams made from what they mean: an intended response, written as the bytes of an OpenAI Chat Completions stream
//! in one of the many ways in which servers write it.
//!
//! [`generate`] is a function of its seed. It makes an [`Intention`], chooses [`Perturbation`]s that leave the meaning
//! as it is, and writes the bytes; [`check_intention`] folds the bytes and compares (law 11), [`check_isolation`]
//! does so for tool calls whose fragments are interleaved (law 5).
//!
//! Two perturbations that together make the wire ambiguous never meet: [`Perturbation::ambiguity`] lists these pairs
//! with the reason of each. The generator shares no code with the decoder: what a stream means is what was intended,
//! never what a reader makes of it.

mod check;
mod chunks;
mod deltas;
mod frames;
mod intention;
mod json;
mod perturbation;
mod pieces;
mod select;
mod strings;
mod usage;

pub use check::{check_intention, check_isolation, smallest};
pub use intention::{InputVerdict, IntendedCall, IntendedChoice, IntendedUsage, Intention, Leaf};
pub use perturbation::Perturbation;

use fastrand::Rng;
use thalweg::{Close, Dialect, dialects};

use crate::Chunking;
use select::Selection;

/// A stream and what it means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Generated {
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

/// The stream of a seed.
#[must_use]
pub fn generate(seed: u64) -> Generated {
    generate_within(seed, Perturbation::ALL)
}

/// The stream of a seed with no other perturbations than some of `allowed`: what [`generate`] gives, less the others.
///
/// Fewer perturbations give the same intention where they do not touch it. This is what makes a failure small.
#[must_use]
pub fn generate_within(seed: u64, allowed: &[Perturbation]) -> Generated {
    let mut rng = Rng::with_seed(seed);
    let mut intention = intention::invent(&mut rng.fork());
    let mut selection = Selection::draw(&mut rng.fork(), &intention, allowed);
    intention::adapt(&mut intention, &selection, &mut rng.fork());
    let mut rng = rng.fork();
    let chunks = chunks::compose(&intention, &mut selection, &mut rng);
    let bytes = frames::write(&chunks, &mut selection, &mut rng);
    let chunking = cut(bytes.len(), &mut selection, &mut rng);
    let close = if selection.has(Perturbation::CloseBroken) {
        selection.hit(Perturbation::CloseBroken);
        Close::Broken
    } else {
        Close::Clean
    };
    let dialect = match (selection.has(Perturbation::InlineTags), selection.has(Perturbation::Cumulative)) {
        (true, _) if seed.is_multiple_of(2) => &dialects::PERPLEXITY,
        (true, _) => &dialects::MINIMAX,
        (_, true) => &dialects::ALIBABA_CUMULATIVE,
        _ => &dialects::OPENAI_CHAT,
    };
    Generated { seed, intention, dialect, bytes, close, perturbations: selection.hits(), chunking }
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
