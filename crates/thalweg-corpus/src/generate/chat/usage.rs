//! Token counts: on which chunks they are, where in a chunk, and under which names.

use fastrand::Rng;

use super::chunks::{ChunkWriter, Step};
use crate::generate::intention::IntendedUsage;
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// The counts on each chunk.
pub(super) fn place(
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
    let last = chunks.iter().rposition(|steps| steps.iter().any(Step::is_finish)).unwrap_or(0);
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
    for slot in usages.iter_mut().filter(|slot| slot.is_none()) {
        if selection.roll(P::UsageZeros, 2, rng) {
            *slot = Some(IntendedUsage { prompt: 0, completion: 0, cached: None, written: None, reasoning: None });
        }
    }
    usages
}

impl ChunkWriter<'_> {
    /// Puts counts into a chunk, or into one of its choices.
    pub(super) fn usage(&mut self, usage: &IntendedUsage, choices: &mut Vec<Fields>, chunk: &mut Fields) {
        let counts = self.counts(usage);
        if self.selection.roll(P::UsageInChoice, 1, self.rng) {
            if choices.is_empty() {
                choices.push(vec![("index", Json::raw(self.intention.choices[0].index))]);
            }
            let n = self.rng.usize(..choices.len());
            choices[n].push(("usage", counts));
        } else if self.selection.roll(P::UsageInGroq, 1, self.rng) {
            chunk.push(("x_groq", Json::Object(vec![("id", Json::text("req_1")), ("usage", counts)])));
        } else {
            chunk.push(("usage", counts));
        }
    }

    fn counts(&mut self, usage: &IntendedUsage) -> Json {
        let total = ("total_tokens", Json::raw(usage.prompt + usage.completion));
        let is_zero = usage.prompt + usage.completion == 0;
        let mut fields = if !is_zero && self.selection.roll(P::UsageByModel, 1, self.rng) {
            let first = (self.rng.u64(..=usage.prompt), self.rng.u64(..=usage.completion));
            let rest = (usage.prompt - first.0, usage.completion - first.1);
            let entry = |(prompt, completion)| {
                Json::Object(vec![("input_tokens", Json::raw(prompt)), ("output_tokens", Json::raw(completion))])
            };
            vec![("models", Json::List(vec![entry(first), entry(rest)])), total]
        } else {
            let names = [("prompt_tokens", usage.prompt), ("completion_tokens", usage.completion)];
            names.map(|(name, count)| (name, Json::raw(count))).into_iter().chain([total]).collect()
        };
        let mut cached = usage.cached;
        if cached.is_some_and(|cached| cached > usage.prompt) {
            self.selection.hit(P::CachedAboveInput);
        }
        if let Some(count) = cached
            && self.selection.roll(P::CacheRenamed, 1, self.rng)
        {
            let names = ["cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens"];
            fields.push((names[self.rng.usize(..3)], Json::raw(count)));
            cached = None;
        }
        let mut details = |name, key, count: Option<u64>| match count {
            Some(count) => fields.push((name, Json::Object(vec![(key, Json::raw(count))]))),
            None if self.rng.bool() => fields.push((name, Json::null())),
            None => {}
        };
        details("prompt_tokens_details", "cached_tokens", cached);
        details("completion_tokens_details", "reasoning_tokens", usage.reasoning);
        Json::Object(fields)
    }
}
