//! Token counts: on which frames they are, and which of them.

use fastrand::Rng;

use super::steps::GeminiFrame;
use crate::generate::intention::{IntendedUsage, Intention};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// Puts the counts on frames, or on one of their own.
pub(super) fn place(intention: &Intention, frames: &mut Vec<GeminiFrame>, selection: &mut Selection, rng: &mut Rng) {
    let Some(usage) = &intention.usage else {
        selection.hit(P::UsageAbsent);
        return;
    };
    // Results of tools are input, beside the prompt.
    let of_tools = if rng.bool() { rng.u64(..=usage.prompt - usage.cached.unwrap_or(0)) } else { 0 };
    let total = frames.len() as u64;
    let mut usages = vec![None; frames.len()];
    if selection.roll(P::UsageTrailing, 1, rng) {
        frames.push(GeminiFrame { fields: vec![], is_last: false });
        usages.push(Some(*usage));
    } else if selection.roll(P::UsageEverywhere, 1, rng) {
        for (n, slot) in (1..).zip(&mut usages) {
            let (completion, reasoning) = (usage.completion * n / total, usage.reasoning.map(|it| it * n / total));
            *slot = Some(IntendedUsage { completion, reasoning, ..*usage });
        }
    } else {
        selection.hit_if_drawn(P::UsageOnFinish);
        usages[frames.len() - 1] = Some(*usage);
    }
    for (frame, usage) in frames.iter_mut().zip(usages) {
        match usage {
            Some(usage) => frame.fields.push(("usageMetadata", counts(&usage, of_tools, selection, rng))),
            None if selection.roll(P::UsageWithoutCounts, 2, rng) => {
                let traffic = vec![("trafficType", Json::text("ON_DEMAND"))];
                frame.fields.push(("usageMetadata", Json::Object(traffic)));
            }
            None => {}
        }
    }
}

fn counts(usage: &IntendedUsage, of_tools: u64, selection: &mut Selection, rng: &mut Rng) -> Json {
    let mut fields: Fields = Vec::new();
    let mut count = |name, count: u64| {
        let is_text = selection.roll(P::CountsAsStrings, 1, rng);
        fields.push((name, if is_text { Json::text(&count.to_string()) } else { Json::raw(count) }));
    };
    count("promptTokenCount", usage.prompt - of_tools);
    if of_tools > 0 {
        count("toolUsePromptTokenCount", of_tools);
    }
    let said = usage.completion - usage.reasoning.unwrap_or(0);
    // A zero may be left out; without thoughts it is all there is.
    if said > 0 || usage.reasoning.is_none() {
        count("candidatesTokenCount", said);
    }
    if let Some(thoughts) = usage.reasoning {
        count("thoughtsTokenCount", thoughts);
    }
    if let Some(cached) = usage.cached {
        count("cachedContentTokenCount", cached);
    }
    count("totalTokenCount", usage.prompt + usage.completion);
    Json::Object(fields)
}
