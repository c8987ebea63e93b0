//! Ollama's own API: lines of JSON, each with what is new of one message; calls come whole.

mod invent;
mod lines;

use fastrand::Rng;
use thalweg::{Dialect, Reason, registry};

use super::frames::Frame;
use super::intention::{Intention, Leaf};
use super::perturbation::{Ambiguity, Perturbation as P};
use super::select::Selection;
use super::{Author, lines as wire};

pub(super) static AUTHOR: Author = Author {
    groups: GROUPS,
    ambiguities: AMBIGUITIES,
    is_ambiguous,
    invent: invent::invent,
    adapt: invent::adapt,
    compose,
    write: |frames, selection, rng| wire::write(frames, UNKNOWN, selection, rng),
    dialect,
    reason,
};

const UNKNOWN: &[&str] = &[
    "{\"status\":\"loading\"}",
    "{\"model\":null,\"done\":false}",
    "{\"x_progress\":{\"message\":{\"content\":\"no\"},\"done\":true}}",
];

const GROUPS: &[&[P]] = &[
    // There is nothing in between then.
    &[P::WholeBody, P::CutShort],
    &[P::WholeBody, P::GenerateForm],
];

const AMBIGUITIES: &[Ambiguity] = &[
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::ErrorEvent, P::CutShort, "the error may be in what is cut off"),
    (P::SurrogatesSplit, P::WholeBody, "a whole text has no borders"),
];

/// The other end point has no calls.
fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    let has_calls = intention.choices.iter().any(|choice| choice.calls().next().is_some());
    // The whole message has no order of its parts: what it thinks, what it says, what it calls.
    let rank = |leaf: &Leaf| match leaf {
        Leaf::Reasoning(_) => 0,
        Leaf::Text(_) => 1,
        _ => 2,
    };
    let is_sorted = intention.choices.iter().all(|choice| choice.leaves.is_sorted_by_key(rank));
    (selection.has(P::GenerateForm) && has_calls) || (selection.has(P::WholeBody) && !is_sorted)
}

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    registry::find("ollama").expect("the registry has Ollama")
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        // The runner gave none, and the server says that it is over.
        "" | "stop" => Reason::Stop,
        "length" => Reason::Length,
        _ => Reason::Other,
    }
}

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    lines::compose(intention, selection, rng).into_iter().map(Frame::data).collect()
}
