//! OpenAI Chat Completions: chunks of deltas, tool calls in fragments that an index or an id holds together.

mod ambiguity;
mod chunks;
mod deltas;
mod invent;
mod pieces;
mod strands;
mod usage;

pub(super) use strands::strands;

use fastrand::Rng;
use thalweg::{Dialect, Reason, dialects};

use super::Author;
use super::frames::{self, END_MARK, Frame, Noise};
use super::intention::Intention;
use super::perturbation::Perturbation as P;
use super::select::Selection;

pub(super) static AUTHOR: Author = Author {
    groups: ambiguity::GROUPS,
    ambiguities: ambiguity::AMBIGUITIES,
    is_ambiguous: ambiguity::is_ambiguous,
    invent: invent::invent,
    adapt: invent::adapt,
    compose,
    write: |frames, selection, rng| frames::write(frames, &NOISE, selection, rng),
    dialect,
    reason,
};

static NOISE: Noise = Noise {
    unknown: &[
        "data: {\"type\":\"ping\"}",
        "data: { \"type\" : \"ping\" }",
        "data: {}",
        "data: {\"object\":\"thread.message\",\"id\":\"no\",\"model\":\"no\"}",
        "data: {\"error\":null}",
        "data: {\"timings\":{\"predicted_ms\":1.5},\"delta\":{\"content\":\"no\"}}",
    ],
    comments: &["data: : PROCESSING", "data::", "data: :", "data: : {\"choices\":[]}"],
};

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    let mut frames: Vec<_> = chunks::compose(intention, selection, rng).into_iter().map(Frame::data).collect();
    let dones =
        if selection.roll(P::DoneMissing, 1, rng) { 0 } else { 1 + usize::from(selection.roll(P::DoneTwice, 1, rng)) };
    frames.extend((0..dones).map(|_| Frame::data(END_MARK)));
    frames
}

/// Who speaks so.
fn dialect(selection: &Selection, seed: u64) -> &'static Dialect {
    match (selection.has(P::InlineTags), selection.has(P::Cumulative)) {
        (true, _) if seed.is_multiple_of(2) => &dialects::PERPLEXITY,
        (true, _) => &dialects::MINIMAX,
        (_, true) => &dialects::ALIBABA_CUMULATIVE,
        _ => &dialects::OPENAI_CHAT,
    }
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw.to_ascii_lowercase().as_str() {
        "stop" => Reason::Stop,
        "length" => Reason::Length,
        "content_filter" => Reason::ContentFilter,
        "error" => Reason::Error,
        "tool_calls" | "function_call" => Reason::ToolCalls,
        _ => Reason::Other,
    }
}
