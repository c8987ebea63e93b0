//! Fragments into chunks: what goes together, where finish reasons and token counts are, and what is said in between.

use std::collections::VecDeque;

use fastrand::Rng;

use super::intention::{IntendedChoice, IntendedUsage, Intention};
use super::json::Json;
use super::perturbation::Perturbation as P;
use super::pieces::{self, CallPiece, Piece, Said};
use super::select::Selection;

/// What one chunk says of one choice.
#[derive(Clone, Debug, Default)]
struct Step {
    choice: u32,
    pieces: Vec<Piece>,
    finish: Option<String>,
    role: Option<&'static str>,
}

/// The chunks of a response, each one a frame's JSON.
pub(super) fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<String> {
    let mut choices = Vec::new();
    for choice in &intention.choices {
        let pieces = pieces::of_choice(choice, selection, rng);
        let mut steps = group(choice.index, pieces, selection, rng);
        finish(choice, &mut steps, selection, rng);
        if choice.finish == "stop" && choice.calls().next().is_some() {
            selection.hit(P::FinishStopWithCalls);
        }
        roles(&mut steps, selection, rng);
        choices.push(VecDeque::from(steps));
    }
    if intention.choices.iter().enumerate().any(|(n, choice)| choice.index as usize != n) {
        selection.hit(P::ChoicesUnordered);
    }
    let mut chunks = merge(choices, selection, rng);
    if selection.roll(P::FactsEmpty, 1, rng) {
        chunks.insert(0, Vec::new());
    }
    let usages = place_usage(intention.usage.as_ref(), &mut chunks, selection, rng);
    let count = chunks.len();
    let mut writer = ChunkWriter { intention, selection, rng };
    let write = |(n, (steps, usage))| writer.chunk(n, count, steps, usage);
    let chunks: Vec<Json> = chunks.into_iter().zip(usages).enumerate().map(write).collect();
    chunks.iter().map(|chunk| chunk.write(selection, rng)).collect()
}

/// Puts fragments that may share a delta into one, here and there.
fn group(choice: u32, pieces: Vec<Piece>, selection: &mut Selection, rng: &mut Rng) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for piece in pieces {
        let last = steps.last_mut().and_then(|step| Some((step.pieces.last()?.clone(), step)));
        if let Some((before, step)) = last {
            let is_call = matches!(piece.said, Said::Call(_));
            let kind = if rank(&before.said) < rank(&piece.said) {
                Some(P::KindsTogether)
            } else if is_call && before.leaf == piece.leaf {
                Some(P::FragmentsTogether)
            } else if is_call && rank(&before.said) == rank(&piece.said) {
                Some(P::CallsTogether)
            } else {
                None
            };
            // A delta has one `function_call`.
            let fits = kind.filter(|&kind| kind == P::KindsTogether || !selection.has(P::LegacyCall));
            if fits.is_some_and(|kind| selection.roll(kind, 2, rng)) {
                step.pieces.push(piece);
                continue;
            }
        }
        steps.push(Step { choice, pieces: vec![piece], ..Step::default() });
    }
    steps
}

/// The order in which the kinds of content in one delta are read.
const fn rank(said: &Said) -> u8 {
    match said {
        Said::Reasoning(_) => 0,
        Said::Text(_) => 1,
        Said::Refusal(_) => 2,
        Said::Call(_) => 3,
    }
}

/// Adds the finish reason, at the end and wherever else.
fn finish(intended: &IntendedChoice, steps: &mut Vec<Step>, selection: &mut Selection, rng: &mut Rng) {
    let (choice, raw) = (intended.index, intended.finish.as_str());
    let last_new = steps.iter().rposition(|step| step.pieces.iter().any(|piece| piece.is_new));
    if let Some(last) = last_new.filter(|&last| last > 0 && selection.has(P::FinishEarly)) {
        selection.hit(P::FinishEarly);
        steps[rng.usize(..last)].finish = Some(raw.into());
    }
    let mut finishes = Vec::new();
    if let Some(last) = &intended.last_word {
        selection.hit(P::FinishDiffers);
        finishes.extend([raw, last]);
    } else {
        if raw != "stop" && selection.roll(P::FinishDiffers, 1, rng) {
            finishes.push("stop");
        }
        finishes.push(raw);
    }
    if selection.roll(P::FinishTwice, 1, rng) {
        finishes.extend(finishes.last().copied());
    }
    for (n, raw) in finishes.into_iter().enumerate() {
        match steps.last_mut() {
            Some(last) if n == 0 && selection.roll(P::FinishWithContent, 1, rng) => last.finish = Some(raw.into()),
            _ => steps.push(Step { choice, finish: Some(raw.into()), ..Step::default() }),
        }
    }
    for step in steps.iter_mut().filter(|step| step.finish.is_none()) {
        if selection.roll(P::FinishEmpty, 2, rng) {
            step.finish = Some(String::new());
        }
    }
}

fn roles(steps: &mut [Step], selection: &mut Selection, rng: &mut Rng) {
    if selection.roll(P::RoleAbsent, 1, rng) {
        return;
    }
    for (n, step) in steps.iter_mut().enumerate() {
        if n == 0 || selection.roll(P::RoleRepeated, 1, rng) {
            step.role = Some("assistant");
        }
    }
}

/// Brings the choices' steps into one order.
fn merge(mut choices: Vec<VecDeque<Step>>, selection: &mut Selection, rng: &mut Rng) -> Vec<Vec<Step>> {
    let mut chunks: Vec<Vec<Step>> = Vec::new();
    let mut started = Vec::new();
    loop {
        choices.retain(|steps| !steps.is_empty());
        let mut n = 0;
        if choices.len() > 1 && selection.has(P::ChoicesInterleaved) {
            selection.hit(P::ChoicesInterleaved);
            n = rng.usize(..choices.len());
        }
        let Some(step) = choices.get_mut(n).and_then(VecDeque::pop_front) else { return chunks };
        if selection.roll(P::DeltasEmpty, 3, rng) {
            // A chunk without a choice, or one that says nothing of a choice.
            let empty = started.last().map(|&choice| Step { choice, ..Step::default() });
            chunks.push(empty.into_iter().filter(|_| rng.bool()).collect());
        }
        started.push(step.choice);
        let mut chunk = vec![step];
        if choices.len() > 1 && selection.roll(P::ChoicesTogether, 2, rng) {
            let other = (n + 1) % choices.len();
            chunk.extend(choices[other].pop_front());
        }
        chunks.push(chunk);
    }
}

/// The counts on each chunk.
fn place_usage(
    usage: Option<&IntendedUsage>,
    chunks: &mut Vec<Vec<Step>>,
    selection: &mut Selection,
    rng: &mut Rng,
) -> Vec<Option<IntendedUsage>> {
    let mut usages = vec![None; chunks.len()];
    let Some(usage) = usage else {
        selection.hit(P::UsageAbsent);
        return usages;
    };
    let is_finish =
        |chunk: &Vec<Step>| chunk.iter().any(|step| step.finish.as_ref().is_some_and(|raw| !raw.is_empty()));
    let last = chunks.iter().rposition(is_finish).unwrap_or(0);
    if selection.roll(P::UsageOnFinish, 1, rng) {
        usages[last] = Some(*usage);
    } else if selection.roll(P::UsageEverywhere, 1, rng) {
        for (n, slot) in usages.iter_mut().enumerate() {
            let completion = usage.completion * (n as u64 + 1) / chunks.len() as u64;
            *slot = Some(IntendedUsage { completion, cached: None, reasoning: None, ..*usage });
        }
        *usages.last_mut().expect("every response has a chunk") = Some(*usage);
    } else {
        selection.hit(P::UsageTrailing);
        chunks.push(Vec::new());
        usages.push(Some(*usage));
    }
    usages
}

struct ChunkWriter<'a> {
    intention: &'a Intention,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl ChunkWriter<'_> {
    fn chunk(&mut self, n: usize, count: usize, steps: Vec<Step>, usage: Option<IntendedUsage>) -> Json {
        let mut fields = Vec::new();
        let is_azure = n == 0 && steps.is_empty() && self.selection.has(P::FactsEmpty);
        let has_facts = if self.selection.has(P::FactsOnce) {
            self.selection.hit(P::FactsOnce);
            n == usize::from(self.selection.has(P::FactsEmpty)).min(count - 1)
        } else {
            self.selection.hit(P::FactsRepeated);
            true
        };
        if is_azure {
            fields.extend([("id", Json::text("")), ("object", Json::text("")), ("created", Json::raw(0))]);
            fields.extend([("model", Json::text("")), ("prompt_filter_results", Json::List(vec![]))]);
        } else {
            fields.push(("object", Json::text("chat.completion.chunk")));
            if has_facts {
                fields.extend([("id", Json::text(&self.intention.id)), ("created", Json::raw(1_760_000_000))]);
                fields.push(("model", Json::text(&self.intention.model)));
            }
        }
        fields.push(("choices", Json::List(steps.into_iter().map(|step| self.step(step)).collect())));
        match usage {
            Some(usage) => fields.push(("usage", self.usage(&usage))),
            None if self.rng.bool() => fields.push(("usage", Json::null())),
            None => {}
        }
        Json::Object(fields)
    }

    fn step(&mut self, step: Step) -> Json {
        let mut fields = vec![("index", Json::raw(step.choice))];
        let is_empty = step.pieces.is_empty() && step.role.is_none() && self.rng.bool();
        if is_empty {
            let deltas = [Some(Json::Object(vec![])), Some(Json::null()), None];
            fields.extend(deltas[self.rng.usize(..3)].clone().map(|delta| ("delta", delta)));
            if step.finish.is_none() {
                self.selection.hit(P::DeltasEmpty);
            }
        } else {
            fields.push(("delta", self.delta(step.pieces, step.role)));
        }
        match step.finish {
            Some(raw) => fields.push(("finish_reason", Json::text(&raw))),
            None if self.rng.bool() => fields.push(("finish_reason", Json::null())),
            None => {}
        }
        Json::Object(fields)
    }

    fn delta(&mut self, pieces: Vec<Piece>, role: Option<&str>) -> Json {
        let mut fields: Vec<(&'static str, Json)> = Vec::new();
        fields.extend(role.map(|role| ("role", Json::text(role))));
        let mut calls = Vec::new();
        for piece in pieces {
            match piece.said {
                Said::Reasoning(text) => self.reasoning(text, &mut fields),
                Said::Text(text) => fields.push(("content", Json::Text(text))),
                Said::Refusal(text) => fields.push(("refusal", Json::Text(text))),
                Said::Call(call) => calls.push(self.call(call)),
            }
        }
        if self.selection.has(P::LegacyCall) {
            fields.extend(calls.pop().map(|call| ("function_call", call)));
        } else if !calls.is_empty() {
            fields.push(("tool_calls", Json::List(calls)));
        }
        for name in ["content", "refusal", "reasoning_content", "reasoning", "tool_calls", "function_call"] {
            let is_there = fields.iter().any(|field| field.0 == name);
            if is_there {
                continue;
            }
            if self.selection.roll(P::ContentNull, 4, self.rng) {
                fields.push((name, Json::null()));
            } else if self.selection.roll(P::ContentEmpty, 4, self.rng) {
                fields.push((
                    name,
                    match name {
                        "tool_calls" => Json::List(vec![]),
                        "function_call" => Json::Object(vec![]),
                        _ => Json::text(""),
                    },
                ));
            }
        }
        Json::Object(fields)
    }

    fn reasoning(&mut self, text: Vec<u16>, fields: &mut Vec<(&'static str, Json)>) {
        let is_twice = self.selection.roll(P::ReasoningTwice, 1, self.rng);
        if is_twice || self.selection.roll(P::ReasoningRenamed, 1, self.rng) {
            fields.push(("reasoning", Json::Text(text.clone())));
        }
        if is_twice || !self.selection.has(P::ReasoningRenamed) {
            fields.push(("reasoning_content", Json::Text(text)));
        }
    }

    fn call(&mut self, piece: CallPiece) -> Json {
        let mut function = Vec::new();
        function.extend(piece.name.map(|name| ("name", name)));
        function.extend(piece.input.map(|input| ("arguments", input)));
        if self.selection.has(P::LegacyCall) {
            self.selection.hit(P::LegacyCall);
            return Json::Object(function);
        }
        let mut call = Vec::new();
        call.extend(piece.index.map(|index| ("index", index)));
        match piece.id {
            Some(id) => call.push(("id", id)),
            None if self.selection.has(P::IdMissing) => self.selection.hit(P::IdMissing),
            None => {}
        }
        if piece.is_typed {
            call.push(("type", Json::text("function")));
        }
        if !function.is_empty() || self.rng.bool() {
            call.push(("function", Json::Object(function)));
        }
        Json::Object(call)
    }

    fn usage(&mut self, usage: &IntendedUsage) -> Json {
        let mut fields = vec![
            ("prompt_tokens", Json::raw(usage.prompt)),
            ("completion_tokens", Json::raw(usage.completion)),
            ("total_tokens", Json::raw(usage.prompt + usage.completion)),
        ];
        let mut details = |name, key, count: Option<u64>| match count {
            Some(count) => fields.push((name, Json::Object(vec![(key, Json::raw(count))]))),
            None if self.rng.bool() => fields.push((name, Json::null())),
            None => {}
        };
        details("prompt_tokens_details", "cached_tokens", usage.cached);
        details("completion_tokens_details", "reasoning_tokens", usage.reasoning);
        Json::Object(fields)
    }
}
