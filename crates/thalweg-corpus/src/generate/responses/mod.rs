//! OpenAI Responses: numbered events about numbered items, each announced, said in deltas, and said again whole.

mod ambiguity;
mod events;
mod invent;
mod items;

use fastrand::Rng;
use thalweg::{Dialect, Reason, dialects};

use super::Author;
use super::explicit::{self, Event, nothing};
use super::frames::{self, END_MARK, Frame, Noise};
use super::intention::{IntendedUsage, Intention};
use super::json::{Fields, Json};
use super::perturbation::Perturbation as P;
use super::select::Selection;
use items::{Extent, Item};

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
        "data: {\"type\":\"response.something_new\",\"delta\":\"no\",\"output_index\":0}",
        "data: {\"headers\":{\"x-request-id\":\"req_1\"}}",
        "data: {\"type\":\"response.rate_limits.updated\",\"error\":null}",
        "data: {\"type\":\"keepalive\"}",
    ],
    comments: &[],
};

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    &dialects::OPENAI_RESPONSES
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        "completed" => Reason::Stop,
        "max_output_tokens" | "max_messages" => Reason::Length,
        "content_filter" => Reason::ContentFilter,
        "failed" => Reason::Error,
        _ => Reason::Other,
    }
}

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    let contents = items::group(&intention.choices[0].leaves, selection, rng);
    let numbers = explicit::numbers(contents.len(), selection, rng);
    let item = |(n, (content, number))| {
        let id = match &content {
            items::Content::Hosted(call) => call.id.clone(),
            _ => format!("item_{n}_{:x}", rng.u32(..)),
        };
        Item { id, number, content }
    };
    let items: Vec<Item<'_>> = contents.into_iter().zip(numbers).enumerate().map(item).collect();
    if selection.roll(P::WholeBody, 1, rng) {
        let fields = Response { intention, items: &items, selection, rng }.terminal();
        return vec![Frame::data(Json::Object(fields).write(selection, rng))];
    }
    let mut events = Vec::new();
    if !selection.roll(P::CreatedAbsent, 1, rng) {
        for (kind, status) in [("response.created", "in_progress"), ("response.in_progress", "in_progress")] {
            let fields = Response { intention, items: &[], selection, rng }.object(status);
            events.push(Event::new(kind, vec![("response", Json::Object(fields))]));
        }
    }
    let blocks = items.iter().map(|item| events::of_item(item, selection, rng)).collect();
    events.extend(explicit::schedule(blocks, selection, rng));
    let end = events.len();
    for message in &intention.errors {
        let at = rng.usize(1.min(end)..=end);
        events.insert(at, error(message, selection, rng));
    }
    events.push(terminal(intention, &items, selection, rng));
    explicit::cut_short(&mut events, end, selection, rng);
    let is_cut = events.len() <= end;
    let mut frames: Vec<_> = number(events, selection, rng).into_iter().map(|it| it.frame(selection, rng)).collect();
    if !is_cut && selection.roll(P::DoneMark, 1, rng) {
        frames.push(Frame::data(END_MARK));
    }
    frames
}

/// Gives the events their numbers, and puts signs of life between them.
fn number(events: Vec<Event>, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut numbered = Vec::new();
    for event in events {
        if selection.roll(P::Keepalives, 3, rng) {
            numbered.push(Event::new(["keepalive", "response.keep_alive"][rng.usize(..2)], vec![]));
        }
        numbered.push(event);
    }
    for (n, event) in numbered.iter_mut().enumerate() {
        if !selection.roll(P::SequenceAbsent, 1, rng) {
            let n = if selection.roll(P::SequenceConstant, 1, rng) { 0 } else { n };
            event.fields.insert(0, ("sequence_number", Json::raw(n)));
        }
    }
    numbered
}

/// The event of an error; the response then fails for it.
fn error(message: &str, selection: &mut Selection, rng: &mut Rng) -> Event {
    let fields = vec![("code", Json::text("server_error")), ("message", Json::text(message)), ("param", Json::null())];
    if selection.roll(P::ErrorFlat, 1, rng) {
        return Event::new("error", fields);
    }
    selection.hit(P::ErrorNested);
    Event::new("error", vec![("error", Json::Object(fields))])
}

fn terminal(intention: &Intention, items: &[Item<'_>], selection: &mut Selection, rng: &mut Rng) -> Event {
    let kind = match status(intention) {
        "completed" if selection.roll(P::OldNames, 1, rng) => "response.done",
        "completed" => "response.completed",
        "failed" => "response.failed",
        _ if selection.roll(P::StatusInside, 1, rng) => "response.completed",
        _ => "response.incomplete",
    };
    let fields = Response { intention, items, selection, rng }.terminal();
    Event::new(kind, vec![("response", Json::Object(fields))])
}

/// The status that a response ends with.
fn status(intention: &Intention) -> &'static str {
    match intention.choices[0].finish.as_str() {
        "completed" => "completed",
        "failed" => "failed",
        _ => "incomplete",
    }
}

/// The response as an object.
struct Response<'a> {
    intention: &'a Intention,
    items: &'a [Item<'a>],
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl Response<'_> {
    /// What is known from the start, with a status.
    fn object(&mut self, status: &str) -> Fields {
        let mut fields = self.intention.facts();
        fields.extend([
            ("object", Json::text("response")),
            ("created_at", Json::raw(1_760_000_000)),
            ("status", Json::text(status)),
        ]);
        for name in ["error", "incomplete_details", "usage", "conversation", "previous_response_id", "service_tier"] {
            nothing(name, &mut fields, self.selection, self.rng);
        }
        fields
    }

    /// What is known at the end.
    fn terminal(mut self) -> Fields {
        let status = status(self.intention);
        let mut fields = self.object(status);
        fields.retain(|field| !matches!(field.0, "error" | "incomplete_details" | "usage"));
        if status == "incomplete" {
            let reason = Json::text(&self.intention.choices[0].finish);
            fields.push(("incomplete_details", Json::Object(vec![("reason", reason)])));
        }
        if let Some(message) = self.intention.errors.first() {
            let error = vec![("code", Json::text("server_error")), ("message", Json::text(message))];
            fields.push(("error", Json::Object(error)));
        }
        fields.extend(self.output().map(|output| ("output", output)));
        match &self.intention.usage {
            Some(usage) => fields.push(("usage", counts(usage))),
            None => self.selection.hit(P::UsageAbsent),
        }
        for name in ["error", "incomplete_details", "usage"] {
            nothing(name, &mut fields, self.selection, self.rng);
        }
        fields
    }

    fn output(&mut self) -> Option<Json> {
        if self.selection.roll(P::OutputAbsent, 1, self.rng) {
            return None;
        }
        if self.selection.roll(P::OutputNull, 1, self.rng) {
            return Some(Json::null());
        }
        if self.selection.roll(P::OutputEmpty, 1, self.rng) {
            return Some(Json::List(vec![]));
        }
        let items = self.items.iter();
        Some(Json::List(items.map(|item| item.json(Extent::Whole, self.selection, self.rng)).collect()))
    }
}

fn counts(usage: &IntendedUsage) -> Json {
    let detail = |name, count: Option<u64>| count.map(|count| (name, Json::raw(count)));
    let input = [detail("cached_tokens", usage.cached), detail("cache_write_tokens", usage.written)];
    let output = [detail("reasoning_tokens", usage.reasoning)];
    Json::Object(vec![
        ("input_tokens", Json::raw(usage.prompt)),
        ("input_tokens_details", Json::Object(input.into_iter().flatten().collect())),
        ("output_tokens", Json::raw(usage.completion)),
        ("output_tokens_details", Json::Object(output.into_iter().flatten().collect())),
        ("total_tokens", Json::raw(usage.prompt + usage.completion)),
    ])
}
