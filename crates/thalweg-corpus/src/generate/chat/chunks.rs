//! Fragments into chunks: what goes together, where finish reasons and token counts are, and what is said in between.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;

use super::pieces::{self, Piece, Said};
use super::usage;
use crate::generate::intention::{IntendedChoice, IntendedUsage, Intention};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// What one chunk says of one choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) choice: u32,
    pub(super) pieces: Vec<Piece>,
    finish: Option<String>,
    role: Option<&'static str>,
}

impl Step {
    /// Whether it gives a reason, other than a word for none.
    pub(super) fn is_finish(&self) -> bool {
        self.finish.as_ref().is_some_and(|raw| !raw.is_empty() && !raw.eq_ignore_ascii_case("null"))
    }
}

/// The chunks of a response, each one a frame's JSON.
pub(super) fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<String> {
    let mut choices = Vec::new();
    for choice in &intention.choices {
        let pieces = pieces::of_choice(choice, selection, rng);
        let mut steps = group(choice.index, pieces, selection, rng);
        finish(choice, &mut steps, selection, rng);
        if choice.finish.eq_ignore_ascii_case("stop") && choice.calls().next().is_some() {
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
    if selection.has(P::FinishUpper) {
        selection.hit(P::FinishUpper);
    }
    let usages = usage::place(intention.usage.as_ref(), &mut chunks, selection, rng);
    let count = chunks.len();
    let error_at = rng.usize(..=chunks.iter().position(|steps| steps.iter().any(Step::is_finish)).unwrap_or(0));
    let mut writer = ChunkWriter { intention, selection, rng, said: BTreeMap::new() };
    let write = |(n, (steps, usage))| writer.chunk(n, count, steps, usage);
    let chunks: Vec<Json> = chunks.into_iter().zip(usages).enumerate().map(write).collect();
    let mut chunks: Vec<String> = chunks.iter().map(|chunk| chunk.write(selection, rng)).collect();
    for message in &intention.errors {
        chunks.insert(error_at, error(message, selection, rng));
    }
    // Before the first finish reason: the last words of an answer would be an error.
    if selection.roll(P::WordsAsData, 1, rng) {
        chunks.insert(error_at, "The answer takes its time".into());
    }
    chunks
}

/// The frame of an error.
fn error(message: &str, selection: &mut Selection, rng: &mut Rng) -> String {
    let words = Json::text(message);
    let frame = if selection.roll(P::ErrorDetail, 1, rng) {
        vec![("detail", words)]
    } else {
        selection.hit(P::ErrorInGroq);
        let error = if rng.bool() { words } else { Json::Object(vec![("message", words)]) };
        vec![("choices", Json::List(vec![])), ("x_groq", Json::Object(vec![("error", error)]))]
    };
    Json::Object(frame).write(selection, rng)
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
        Said::Reference(_) => 2,
        Said::Refusal(_) => 3,
        Said::Call(_) => 4,
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
        if !raw.eq_ignore_ascii_case("stop") && selection.roll(P::FinishDiffers, 1, rng) {
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
        } else if selection.roll(P::FinishNull, 2, rng) {
            step.finish = Some(["null", "NULL", "Null"][rng.usize(..3)].into());
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

pub(super) struct ChunkWriter<'a> {
    pub(super) intention: &'a Intention,
    pub(super) selection: &'a mut Selection,
    pub(super) rng: &'a mut Rng,
    /// What came of the text and of the reasoning of each choice.
    pub(super) said: BTreeMap<u32, [Vec<u16>; 2]>,
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
                fields.extend(self.intention.facts());
                fields.push(("created", Json::raw(1_760_000_000)));
            }
        }
        let mut choices: Vec<_> = steps.into_iter().map(|step| self.step(step)).collect();
        match usage {
            Some(usage) => self.usage(&usage, &mut choices, &mut fields),
            None if self.rng.bool() => fields.push(("usage", Json::null())),
            None => {}
        }
        fields.push(("choices", Json::List(choices.into_iter().map(Json::Object).collect())));
        if self.selection.roll(P::ChunkPadding, 2, self.rng) {
            fields.push(("p", Json::text(&"abcdefghij"[..self.rng.usize(..10)])));
        }
        Json::Object(fields)
    }

    fn step(&mut self, step: Step) -> Fields {
        let mut fields = vec![("index", Json::raw(step.choice))];
        let is_empty = step.pieces.is_empty() && step.role.is_none() && self.rng.bool();
        if is_empty {
            let deltas = [Some(Json::Object(vec![])), Some(Json::null()), None];
            fields.extend(deltas[self.rng.usize(..3)].clone().map(|delta| ("delta", delta)));
            if step.finish.is_none() {
                self.selection.hit(P::DeltasEmpty);
            }
        } else {
            fields.push(("delta", self.delta(step.choice, step.pieces, step.role)));
        }
        match step.finish {
            Some(raw) => fields.push(("finish_reason", Json::text(&raw))),
            None if self.rng.bool() => fields.push(("finish_reason", Json::null())),
            None => {}
        }
        fields
    }
}
