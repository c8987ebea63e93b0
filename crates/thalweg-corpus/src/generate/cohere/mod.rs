//! Cohere v2: contents, calls and citations that are started, said and ended, each family with numbers of its own.

mod blocks;
mod invent;
mod message;

use fastrand::Rng;
use thalweg::{Dialect, Reason, registry};

use super::Author;
use super::explicit::{self, Event};
use super::frames::{self, END_MARK, Frame, Noise};
use super::intention::Intention;
use super::json::Json;
use super::perturbation::{Ambiguity, Perturbation as P};
use super::select::Selection;

pub(super) static AUTHOR: Author = Author {
    groups: GROUPS,
    ambiguities: AMBIGUITIES,
    is_ambiguous: |_, _| false,
    invent: invent::invent,
    adapt: invent::adapt,
    compose,
    write: |frames, selection, rng| frames::write(frames, &NOISE, selection, rng),
    dialect,
    reason,
};

static NOISE: Noise = Noise {
    unknown: &[
        "data: {\"type\":\"x-progress\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"no\"}}}}",
        "data: {\"type\":\"debug\",\"prompt\":\"no\"}",
        "data: {}",
    ],
    comments: &[],
};

const GROUPS: &[&[P]] = &[
    &[P::StopsAbsent, P::EndsLast],
    &[P::StopsAbsent, P::CitationsAfterEnd],
    &[P::StartText, P::StartTextRepeated],
    &[P::CitationEndsAbsent, P::EndsLast],
];

const AMBIGUITIES: &[Ambiguity] = &[
    (P::CitationsBare, P::ItemsInterleaved, "a citation that names nothing cites what is before it"),
    (P::CitationsBare, P::EndsLast, "a citation that names nothing cites what is open"),
    (P::CitationsBare, P::StopsAbsent, "a citation that names nothing cites what is open"),
    (P::CitationsBare, P::WholeBody, "a citation that names nothing cites what is before it"),
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::WholeBody, P::CutShort, "a body that is cut is no body"),
    (P::WholeBody, P::ItemGaps, "a body has no numbers"),
    (P::WholeBody, P::EndError, "a body is an answer or an error"),
    (P::EndError, P::CutShort, "the error is what ends the answer"),
];

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    registry::find("cohere").expect("the registry has Cohere")
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        "COMPLETE" => Reason::Stop,
        "STOP_SEQUENCE" => Reason::StopSequence,
        "MAX_TOKENS" => Reason::Length,
        "TOOL_CALL" => Reason::ToolCalls,
        "ERROR" | "TIMEOUT" => Reason::Error,
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
    let mut events = vec![message::start(intention, selection, rng)];
    let queues = blocks::of_leaves(&intention.choices[0].leaves, selection, rng);
    events.extend(schedule(queues, selection, rng));
    if selection.roll(P::StartTwice, 1, rng) {
        events.insert(rng.usize(1..=events.len()), events[0].clone());
    }
    let end = events.len();
    let last = message::end(intention, selection, rng);
    if selection.roll(P::StopTwice, 1, rng) {
        events.push(last.clone());
    }
    events.push(last);
    let is_cut = selection.has(P::CutShort);
    explicit::cut_short(&mut events, end, selection, rng);
    let mut frames: Vec<_> = events.into_iter().map(|event| event.frame(selection, rng)).collect();
    if !is_cut && selection.roll(P::DoneMark, 1, rng) {
        frames.push(Frame::data(END_MARK));
    }
    frames
}

/// A plan has no number: it is said before all else.
fn schedule(blocks: blocks::Blocks, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut events = blocks.plan;
    events.extend(explicit::schedule(blocks.numbered, selection, rng));
    events
}
