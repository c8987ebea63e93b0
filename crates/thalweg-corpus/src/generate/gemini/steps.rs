//! Parts into frames: what goes together, where finish reasons and counts are.

use std::collections::VecDeque;

use fastrand::Rng;

use super::parts::{self, Kind, Part};
use super::{explicit, usage};
use crate::generate::intention::{IntendedChoice, Intention};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// What one frame says of one candidate.
#[derive(Clone, Debug, Default)]
struct Step {
    index: u32,
    parts: Vec<Part>,
    finish: Option<String>,
}

/// The frames of a response.
pub(super) fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Json> {
    let mut frames = if selection.has(P::PromptBlocked) {
        vec![blocked(intention, selection)]
    } else {
        candidates(intention, selection, rng)
    };
    let end = frames.iter().position(|frame| frame.is_last).unwrap_or(0);
    usage::place(intention, &mut frames, selection, rng);
    for frame in &mut frames {
        frame.fields.extend(facts(intention));
    }
    let mut objects: Vec<Fields> = frames.into_iter().map(|frame| frame.fields).collect();
    for message in &intention.errors {
        let error = [("code", Json::raw(503)), ("message", Json::text(message)), ("status", Json::text("UNAVAILABLE"))];
        let error = vec![("error", Json::Object(error.into()))];
        if selection.has(P::ErrorBare) {
            objects.push(error);
        } else {
            selection.hit(P::ErrorEvent);
            objects.insert(rng.usize(..=end), error);
        }
    }
    explicit::cut_short(&mut objects, end, selection, rng);
    objects.into_iter().map(Json::Object).collect()
}

/// A frame, and whether it has a reason to end.
pub(super) struct GeminiFrame {
    pub(super) fields: Fields,
    pub(super) is_last: bool,
}

fn facts(intention: &Intention) -> Fields {
    let id = intention.id.as_deref().map(|id| ("responseId", Json::text(id)));
    let model = intention.model.as_deref().map(|model| ("modelVersion", Json::text(model)));
    id.into_iter().chain(model).collect()
}

/// The prompt is blocked: there is no candidate.
fn blocked(intention: &Intention, selection: &mut Selection) -> GeminiFrame {
    selection.hit(P::PromptBlocked);
    let feedback =
        vec![("blockReason", Json::text(&intention.choices[0].finish)), ("safetyRatings", Json::List(vec![]))];
    GeminiFrame { fields: vec![("promptFeedback", Json::Object(feedback))], is_last: true }
}

fn candidates(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<GeminiFrame> {
    if intention.choices.iter().enumerate().any(|(n, choice)| choice.index as usize != n) {
        selection.hit(P::ChoicesUnordered);
    }
    let mut queues = Vec::new();
    for choice in &intention.choices {
        queues.push(VecDeque::from(of_choice(choice, selection, rng)));
    }
    let mut frames = Vec::new();
    if selection.roll(P::WholeBody, 1, rng) {
        let steps: Vec<Step> = queues.into_iter().map(|steps| joined(steps.into())).collect();
        return vec![frame(steps, selection, rng)];
    }
    loop {
        queues.retain(|steps| !steps.is_empty());
        let mut n = 0;
        if queues.len() > 1 && selection.has(P::ChoicesInterleaved) {
            selection.hit(P::ChoicesInterleaved);
            n = rng.usize(..queues.len());
        }
        let Some(step) = queues.get_mut(n).and_then(VecDeque::pop_front) else { return frames };
        let mut steps = vec![step];
        if queues.len() > 1 && selection.roll(P::ChoicesTogether, 2, rng) {
            let other = (n + 1) % queues.len();
            steps.extend(queues[other].pop_front());
        }
        frames.push(frame(steps, selection, rng));
    }
}

/// All steps as one.
fn joined(steps: Vec<Step>) -> Step {
    steps
        .into_iter()
        .reduce(|mut whole, step| {
            whole.parts.extend(step.parts);
            whole.finish = step.finish.or(whole.finish);
            whole
        })
        .unwrap_or_default()
}

/// The steps of a candidate; the last has the reason.
fn of_choice(choice: &IntendedChoice, selection: &mut Selection, rng: &mut Rng) -> Vec<Step> {
    let step = |parts| Step { index: choice.index, parts, finish: None };
    let mut steps: Vec<Step> = Vec::new();
    for part in parts::of_leaves(&choice.leaves, selection, rng) {
        let last = steps.last_mut().filter(|step| !step.parts.is_empty());
        let kind = last.as_ref().and_then(|step| Some(step.parts.last()?.kind));
        let together =
            if kind == Some(Kind::Call) && part.kind == Kind::Call { P::CallsTogether } else { P::KindsTogether };
        match last {
            Some(step) if selection.roll(together, 2, rng) => step.parts.push(part),
            _ => steps.push(step(vec![part])),
        }
        if selection.roll(P::DeltasEmpty, 4, rng) {
            steps.push(step(vec![]));
        }
    }
    match steps.last() {
        Some(_) if selection.roll(P::FinishWithContent, 1, rng) => {}
        _ => steps.push(step(vec![])),
    }
    let last = steps.len() - 1;
    for (n, step) in steps.iter_mut().enumerate() {
        let is_early = n < last && selection.has(P::FinishEverywhere);
        // An anomaly only where content comes behind it.
        if n == last || is_early {
            step.finish = Some(choice.finish.clone());
        }
    }
    let says = |part: &Part| part.kind == Kind::Other || part_says(part);
    if selection.has(P::FinishEverywhere) && steps[1..].iter().any(|step| step.parts.iter().any(says)) {
        selection.hit(P::FinishEverywhere);
    }
    if choice.finish.parse::<u8>().is_ok() {
        selection.hit(P::FinishNumber);
    }
    steps
}

/// It has text, or is a call or more of one.
fn part_says(part: &Part) -> bool {
    part.fields.iter().any(|(_, json)| match json {
        Json::Text(text) => !text.is_empty(),
        Json::Object(call) => call.iter().any(|(key, _)| matches!(*key, "name" | "partialArgs")),
        _ => false,
    })
}

fn frame(steps: Vec<Step>, selection: &mut Selection, rng: &mut Rng) -> GeminiFrame {
    let is_last = steps.iter().any(|step| step.finish.is_some());
    let candidates = steps.into_iter().map(|step| candidate(step, selection, rng)).collect();
    GeminiFrame { fields: vec![("candidates", Json::List(candidates))], is_last }
}

fn candidate(step: Step, selection: &mut Selection, rng: &mut Rng) -> Json {
    let mut fields = Vec::new();
    if step.index != 0 || !selection.roll(P::ChoiceIndexAbsent, 1, rng) {
        fields.push(("index", Json::raw(step.index)));
    }
    let mut parts: Vec<_> = step.parts.into_iter().map(|part| Json::Object(part.fields)).collect();
    let mut content = vec![("role", Json::text("model"))];
    if parts.is_empty() && selection.roll(P::ContentAbsent, 1, rng) {
        if rng.bool() {
            fields.push(("content", Json::Object(if rng.bool() { content } else { vec![] })));
        }
    } else {
        if parts.is_empty() && rng.bool() {
            parts.push(Json::Object(vec![("text", Json::text(""))]));
        }
        content.push(("parts", Json::List(parts)));
        fields.push(("content", Json::Object(content)));
    }
    if let Some(finish) = step.finish {
        let word = if finish.parse::<u8>().is_ok() { Json::raw(&finish) } else { Json::text(&finish) };
        fields.push(("finishReason", word));
    }
    if rng.u8(..4) == 0 {
        fields.push(("safetyRatings", Json::List(vec![])));
    }
    Json::Object(fields)
}
