//! Bedrock Converse: content blocks that mostly begin with their first delta, as binary messages.

mod blocks;
mod invent;
mod message;

use fastrand::Rng;
use thalweg::{Dialect, Reason, registry};

use super::explicit::{self, Event};
use super::frames::Frame;
use super::intention::Intention;
use super::json::Json;
use super::perturbation::{Ambiguity, Perturbation as P};
use super::select::Selection;
use super::{Author, aws};

pub(super) static AUTHOR: Author = Author {
    groups: GROUPS,
    ambiguities: AMBIGUITIES,
    is_ambiguous,
    invent: invent::invent,
    adapt: invent::adapt,
    compose,
    write: |frames, selection, rng| aws::write(frames, UNKNOWN, selection, rng),
    dialect,
    reason,
};

const UNKNOWN: &[(&str, &str)] = &[
    ("x-progress", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"no\"}}"),
    ("contentBlockProgress", "{\"contentBlockIndex\":0}"),
    ("initial-response", "{}"),
];

const GROUPS: &[&[P]] = &[&[P::StopsAbsent, P::EndsLast]];

const AMBIGUITIES: &[Ambiguity] = &[
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::WholeBody, P::CutShort, "a body that is cut is no body"),
    (P::WholeBody, P::ErrorEvent, "a body is an answer or an error"),
    (P::ErrorEvent, P::CutShort, "the error may be in what is cut off"),
    (
        P::StartsEmpty,
        P::UnknownFields,
        "a start of something unknown, and nothing else, begins a block of an unknown kind",
    ),
];

/// A body has its inputs as objects, which are never nothing.
fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    let mut calls = intention.choices.iter().flat_map(|choice| choice.calls());
    selection.has(P::WholeBody) && calls.any(|call| !explicit::is_object(call))
}

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    registry::find("bedrock-converse").expect("the registry has Bedrock")
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        "end_turn" => Reason::Stop,
        "stop_sequence" => Reason::StopSequence,
        "max_tokens" => Reason::Length,
        "tool_use" => Reason::ToolCalls,
        "guardrail_intervened" | "content_filtered" => Reason::ContentFilter,
        "malformed_model_output" | "malformed_tool_use" => Reason::Error,
        "model_context_window_exceeded" => Reason::ContextWindow,
        _ => Reason::Other,
    }
}

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    if intention.usage.is_none() {
        selection.hit(P::UsageAbsent);
    }
    if selection.roll(P::WholeBody, 1, rng) {
        let fields = message::whole(intention, selection, rng);
        return vec![Frame::data(Json::Object(fields).write(selection, rng))];
    }
    let mut events = Vec::new();
    if !selection.roll(P::MessageStartAbsent, 1, rng) {
        events.push(Event::new("messageStart", vec![("role", Json::text("assistant"))]));
    }
    let leaves = &intention.choices[0].leaves;
    let count = leaves.iter().map(blocks::count).sum();
    let numbers = explicit::numbers(count, selection, rng);
    let mut rest = numbers.as_slice();
    let mut queues = Vec::new();
    for leaf in leaves {
        let (own, after) = rest.split_at(blocks::count(leaf));
        queues.push(blocks::of_leaf(leaf, own, selection, rng));
        rest = after;
    }
    events.extend(explicit::schedule(queues, selection, rng));
    let end = events.len();
    message::finish(intention, &mut events, selection, rng);
    for message in &intention.errors {
        selection.hit(P::ErrorEvent);
        let error = Event::new("throttlingException", vec![("message", Json::text(message))]);
        events.insert(rng.usize(..=end), error);
    }
    explicit::cut_short(&mut events, end, selection, rng);
    events.into_iter().map(|event| frame(event, selection, rng)).collect()
}

/// An event as a frame, with padding.
fn frame(mut event: Event, selection: &mut Selection, rng: &mut Rng) -> Frame {
    if selection.roll(P::PaddingField, 1, rng) {
        event.fields.push(("p", Json::text(&"abcdefghijklmnopqrstuvwxyzABCDEF0123"[..rng.usize(1..36)])));
    }
    let is_exception = event.kind.ends_with("Exception");
    Frame { name: Some(event.kind), is_exception, data: Json::Object(event.fields).write(selection, rng) }
}
