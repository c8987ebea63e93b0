//! What is around the blocks: the start, the end, and the message that comes whole.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit::{Event, nothing};
use crate::generate::intention::{IntendedUsage, Intention, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

pub(super) fn start(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Event {
    let list = || Json::List(vec![]);
    let mut message = vec![("role", Json::text("assistant")), ("content", list()), ("tool_plan", Json::text(""))];
    message.extend([("tool_calls", list()), ("citations", list())]);
    nothing("x_notice", &mut message, selection, rng);
    let mut fields = intention.facts();
    fields.push(("delta", Json::Object(vec![("message", Json::Object(message))])));
    Event::new("message-start", fields)
}

pub(super) fn end(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Event {
    let mut delta = vec![("finish_reason", Json::text(&intention.choices[0].finish))];
    if let Some(message) = intention.errors.first() {
        selection.hit(P::EndError);
        delta.push(("error", Json::text(message)));
    }
    delta.extend(intention.usage.iter().map(|usage| ("usage", counts(usage, selection, rng))));
    nothing("error", &mut delta, selection, rng);
    nothing("usage", &mut delta, selection, rng);
    let mut fields = Vec::new();
    if selection.roll(P::EndId, 1, rng) {
        fields.extend(intention.facts());
    }
    fields.push(("delta", Json::Object(delta)));
    Event::new("message-end", fields)
}

/// What was billed is less than what there was, and no count of ours.
fn counts(usage: &IntendedUsage, selection: &mut Selection, rng: &mut Rng) -> Json {
    let mut count = |count: u64| {
        let fraction = if selection.roll(P::CountsAsFloats, 1, rng) { ".0" } else { "" };
        Json::raw(format!("{count}{fraction}"))
    };
    let billed = vec![("input_tokens", count(1)), ("output_tokens", count(0)), ("search_units", count(7))];
    let tokens = vec![("input_tokens", count(usage.prompt)), ("output_tokens", count(usage.completion))];
    let mut fields = vec![("billed_units", Json::Object(billed)), ("tokens", Json::Object(tokens))];
    fields.extend(usage.cached.map(|cached| ("cached_tokens", count(cached))));
    Json::Object(fields)
}

/// The answer as one object.
pub(super) fn whole(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Fields {
    let (mut content, mut calls, mut cited) = (Vec::new(), Vec::new(), Vec::new());
    let mut message = vec![("role", Json::text("assistant"))];
    let part =
        |name: &'static str, text: &str| Json::Object(vec![("type", Json::text(name)), (name, Json::text(text))]);
    for leaf in &intention.choices[0].leaves {
        match leaf {
            Leaf::Text(text) => content.push(part("text", text)),
            Leaf::Cited { text, citations } => {
                content.push(part("text", text));
                cited.extend(citations.iter().map(Json::raw));
            }
            Leaf::Thought(thought) if thought.form == ReasoningForm::Plan => {
                message.push(("tool_plan", Json::text(&thought.text)));
            }
            Leaf::Thought(thought) => content.push(part("thinking", &thought.text)),
            Leaf::Call(call) => {
                let function =
                    Json::Object(vec![("name", Json::text(&call.name)), ("arguments", Json::text(&call.arguments))]);
                let mut fields = vec![("type", Json::text("function")), ("function", function)];
                fields.extend(call.id.as_deref().map(|id| ("id", Json::text(id))));
                calls.push(Json::Object(fields));
            }
            _ => {}
        }
    }
    for (name, list) in [("content", content), ("tool_calls", calls), ("citations", cited)] {
        if !list.is_empty() || rng.bool() {
            message.push((name, Json::List(list)));
        }
    }
    let mut fields = intention.facts();
    fields.extend([("message", Json::Object(message)), ("finish_reason", Json::text(&intention.choices[0].finish))]);
    fields.extend(intention.usage.iter().map(|usage| ("usage", counts(usage, selection, rng))));
    nothing("logprobs", &mut fields, selection, rng);
    fields
}
