//! Anthropic Messages: content blocks, each started, said in deltas and stopped, inside of one message.

mod ambiguity;
mod blocks;
mod invent;

use fastrand::Rng;
use thalweg::{Dialect, Reason, dialects};

use super::Author;
use super::explicit::{self, Event, nothing};
use super::frames::{self, END_MARK, Frame, Noise};
use super::intention::{IntendedUsage, Intention};
use super::json::{Fields, Json};
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
        "data: {\"type\":\"x_progress\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"no\"}}",
        "data: {\"type\":\"ping\"}",
        "data: {}",
    ],
    comments: &[],
};

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    &dialects::ANTHROPIC_MESSAGES
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        "end_turn" => Reason::Stop,
        "stop_sequence" => Reason::StopSequence,
        "max_tokens" => Reason::Length,
        "tool_use" => Reason::ToolCalls,
        "pause_turn" => Reason::Pause,
        "refusal" => Reason::Refusal,
        "model_context_window_exceeded" => Reason::ContextWindow,
        _ => Reason::Other,
    }
}

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    if selection.roll(P::WholeBody, 1, rng) {
        let mut fields = whole(intention, selection, rng);
        fields.insert(0, ("type", Json::text("message")));
        return vec![Frame::data(Json::Object(fields).write(selection, rng))];
    }
    if intention.usage.is_none() {
        selection.hit(P::UsageAbsent);
    }
    let mut events = vec![start(intention, selection, rng)];
    events.extend(content(intention, selection, rng));
    if selection.roll(P::StartTwice, 1, rng) {
        events.insert(rng.usize(1..=events.len()), events[0].clone());
    }
    let end = events.len();
    finish(intention, &mut events, selection, rng);
    for message in &intention.errors {
        selection.hit(P::ErrorEvent);
        let error = vec![("type", Json::text("overloaded_error")), ("message", Json::text(message))];
        events.insert(rng.usize(1..=end), Event::new("error", vec![("error", Json::Object(error))]));
    }
    let is_cut = selection.has(P::CutShort);
    explicit::cut_short(&mut events, end, selection, rng);
    let mut frames = Vec::new();
    for event in events {
        if selection.roll(P::Pings, 4, rng) {
            frames.push(Event::new("ping", vec![]).frame(selection, rng));
        }
        let mut frame = event.frame(selection, rng);
        if frame.data.ends_with('}') && selection.roll(P::Padding, 1, rng) {
            frame.data.insert_str(frame.data.len() - 1, &" ".repeat(rng.usize(1..16)));
        }
        frames.push(frame);
    }
    if !is_cut && selection.roll(P::DoneMark, 1, rng) {
        frames.push(Frame::data(END_MARK));
    }
    frames
}

/// The start of the message.
fn start(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Event {
    let mut fields = intention.facts();
    if !selection.roll(P::StartBare, 1, rng) {
        fields.extend([("type", Json::text("message")), ("role", Json::text("assistant"))]);
        fields.extend([("content", Json::List(vec![])), ("stop_reason", Json::null())]);
        for name in ["stop_sequence", "container", "stop_details", "context_management"] {
            nothing(name, &mut fields, selection, rng);
        }
        if let Some(usage) = &intention.usage
            && !selection.roll(P::StartUsageAbsent, 1, rng)
        {
            fields.push(("usage", start_counts(usage, selection, rng)));
        }
    }
    Event::new("message_start", vec![("message", Json::Object(fields))])
}

fn start_counts(usage: &IntendedUsage, selection: &mut Selection, rng: &mut Rng) -> Json {
    if selection.roll(P::StartUsageZero, 1, rng) {
        return Json::Object(vec![("input_tokens", Json::raw(0)), ("output_tokens", Json::raw(0))]);
    }
    let mut fields = input_counts(usage);
    fields.push(("output_tokens", Json::raw(1)));
    Json::Object(fields)
}

/// The input, which is counted without what a cache gave or took.
fn input_counts(usage: &IntendedUsage) -> Fields {
    let cached = usage.cached.unwrap_or(0) + usage.written.unwrap_or(0);
    let mut fields = vec![("input_tokens", Json::raw(usage.prompt - cached))];
    fields.extend(usage.written.map(|count| ("cache_creation_input_tokens", Json::raw(count))));
    fields.extend(usage.cached.map(|count| ("cache_read_input_tokens", Json::raw(count))));
    fields
}

/// All blocks, in order of their events.
fn content(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let leaves = &intention.choices[0].leaves;
    // The last number is for a block that nobody documented.
    let count = leaves.iter().map(blocks::count).sum::<usize>();
    let mut numbers = explicit::numbers(count + 1, selection, rng);
    let last = numbers.pop().unwrap_or_default();
    if count > 1 && selection.roll(P::IndexUnordered, 1, rng) {
        rng.shuffle(&mut numbers);
    }
    let mut rest = numbers.as_slice();
    let mut queues = Vec::new();
    for leaf in leaves {
        let (own, after) = rest.split_at(blocks::count(leaf));
        queues.push(blocks::of_leaf(leaf, own, selection, rng));
        rest = after;
    }
    if selection.roll(P::UnknownBlocks, 1, rng) {
        queues.push(blocks::unknown(last, selection, rng));
    }
    explicit::schedule(queues, selection, rng)
}

/// The reason, the counts, and the end.
fn finish(intention: &Intention, events: &mut Vec<Event>, selection: &mut Selection, rng: &mut Rng) {
    if selection.roll(P::MessageDeltaTwice, 1, rng) {
        let again = rng.bool().then_some(intention.choices[0].finish.as_str());
        events.push(message_delta(intention, again, selection, rng));
    }
    events.push(message_delta(intention, Some(&intention.choices[0].finish), selection, rng));
    let snapshot =
        selection.roll(P::FinalMessage, 1, rng).then(|| Event::new("message", whole(intention, selection, rng)));
    let is_before = rng.bool();
    let (before, behind) = if is_before { (snapshot, None) } else { (None, snapshot) };
    events.extend(before);
    if !selection.roll(P::StopMissing, 1, rng) {
        let stops = 1 + usize::from(selection.roll(P::StopTwice, 1, rng));
        events.extend((0..stops).map(|_| Event::new("message_stop", vec![])));
    }
    events.extend(behind);
}

fn message_delta(intention: &Intention, reason: Option<&str>, selection: &mut Selection, rng: &mut Rng) -> Event {
    let mut delta = vec![("stop_reason", reason.map_or_else(Json::null, Json::text))];
    if reason == Some("stop_sequence") {
        delta.push(("stop_sequence", Json::text("\n\nEND")));
    }
    for name in ["stop_sequence", "container", "stop_details"] {
        nothing(name, &mut delta, selection, rng);
    }
    let mut fields = vec![("delta", Json::Object(delta))];
    if let Some(usage) = &intention.usage {
        fields.push(("usage", end_counts(usage, selection, rng)));
    }
    Event::new("message_delta", fields)
}

fn end_counts(usage: &IntendedUsage, selection: &mut Selection, rng: &mut Rng) -> Json {
    let is_first = selection.has_any(&[P::StartUsageZero, P::StartUsageAbsent, P::StartBare]);
    let mut fields = if is_first || selection.roll(P::UsageRepeated, 1, rng) {
        input_counts(usage)
    } else if selection.roll(P::EndInputZero, 1, rng) {
        vec![("input_tokens", Json::raw(0))]
    } else {
        vec![]
    };
    fields.push(("output_tokens", Json::raw(usage.completion)));
    if let Some(count) = usage.reasoning {
        let details = Json::Object(vec![("thinking_tokens", Json::raw(count))]);
        fields.push(("output_tokens_details", details));
    }
    for name in ["input_tokens", "cache_read_input_tokens", "server_tool_use"] {
        nothing(name, &mut fields, selection, rng);
    }
    Json::Object(fields)
}

/// The message as one object, less its type.
fn whole(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Fields {
    let choice = &intention.choices[0];
    let mut fields = intention.facts();
    fields.push(("role", Json::text("assistant")));
    let content = choice.leaves.iter().flat_map(|leaf| blocks::whole(leaf, selection, rng)).collect();
    fields.extend([("content", Json::List(content)), ("stop_reason", Json::text(&choice.finish))]);
    if let Some(usage) = &intention.usage {
        let mut counts = input_counts(usage);
        counts.push(("output_tokens", Json::raw(usage.completion)));
        if let Some(count) = usage.reasoning {
            let details = Json::Object(vec![("thinking_tokens", Json::raw(count))]);
            counts.push(("output_tokens_details", details));
        }
        fields.push(("usage", Json::Object(counts)));
    }
    for name in ["stop_sequence", "container", "usage"] {
        nothing(name, &mut fields, selection, rng);
    }
    fields
}
