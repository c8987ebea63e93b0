//! What is around the blocks: the reason, the counts, and the message that comes whole.

use fastrand::Rng;

use super::blocks;
use crate::generate::explicit::{Event, nothing};
use crate::generate::intention::{IntendedUsage, Intention};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// The reason and the counts, in this order or the other.
pub(super) fn finish(intention: &Intention, events: &mut Vec<Event>, selection: &mut Selection, rng: &mut Rng) {
    let mut stop = vec![("stopReason", Json::text(&intention.choices[0].finish))];
    nothing("additionalModelResponseFields", &mut stop, selection, rng);
    let stop = Event::new("messageStop", stop);
    let mut metadata = vec![("metrics", Json::Object(vec![("latencyMs", Json::raw(812))]))];
    match &intention.usage {
        Some(usage) => metadata.push(("usage", counts(usage, rng))),
        // It may not come at all.
        None if rng.bool() => {
            events.push(stop);
            return;
        }
        None => {}
    }
    for name in ["trace", "performanceConfig", "serviceTier"] {
        nothing(name, &mut metadata, selection, rng);
    }
    let metadata = Event::new("metadata", metadata);
    if selection.roll(P::MetadataFirst, 1, rng) {
        events.extend([metadata, stop]);
    } else {
        events.extend([stop, metadata]);
    }
}

/// The input is counted without what a cache gave or took; whether the total is, depends on the model.
fn counts(usage: &IntendedUsage, rng: &mut Rng) -> Json {
    let input = usage.prompt - usage.cached.unwrap_or(0) - usage.written.unwrap_or(0);
    let total = if rng.bool() { input } else { usage.prompt } + usage.completion;
    let mut fields = vec![
        ("inputTokens", Json::raw(input)),
        ("outputTokens", Json::raw(usage.completion)),
        ("totalTokens", Json::raw(total)),
    ];
    fields.extend(usage.cached.map(|count| ("cacheReadInputTokens", Json::raw(count))));
    fields.extend(usage.written.map(|count| ("cacheWriteInputTokens", Json::raw(count))));
    if rng.bool() {
        fields.push(("serverToolUsage", Json::Object(vec![])));
    }
    Json::Object(fields)
}

/// The answer as one object.
pub(super) fn whole(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Fields {
    let choice = &intention.choices[0];
    let content = choice.leaves.iter().flat_map(blocks::whole).collect();
    let message = vec![("role", Json::text("assistant")), ("content", Json::List(content))];
    let output = Json::Object(vec![("message", Json::Object(message))]);
    let mut fields = vec![("output", output), ("stopReason", Json::text(&choice.finish))];
    fields.extend(intention.usage.iter().map(|usage| ("usage", counts(usage, rng))));
    for name in ["trace", "additionalModelResponseFields"] {
        nothing(name, &mut fields, selection, rng);
    }
    fields
}
