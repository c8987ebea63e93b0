//! Token counts of a chunk: merged as the wire has them, mapped once.

use crate::dialect::Oddities;
use crate::emitter::Tally;
use crate::event::{Count, Usage};
use crate::json::{self, Error, Kind, Reader};

/// The wire's own counts so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WireUsage {
    has_reasoning_beside: bool,
    has_cache_inside: bool,
    prompt: Tally,
    completion: Tally,
    total: Tally,
    cached: Tally,
    cache_write: Tally,
    reasoning: Tally,
    prompt_audio: Tally,
    completion_audio: Tally,
}

impl WireUsage {
    pub(super) fn new(oddities: &Oddities) -> Self {
        Self {
            has_reasoning_beside: oddities.has_reasoning_beside_output,
            has_cache_inside: oddities.has_cache_in_input,
            ..Self::default()
        }
    }

    /// Merges a `usage` object; false where it is none.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<bool, Error> {
        let json = &mut Reader::new(usage, depth);
        let is_object = json.peek()? == Kind::Object;
        if is_object {
            self.read(json)?;
        }
        Ok(is_object)
    }

    /// Merges the `usage` inside a vendor's own object, where there is one.
    pub(super) fn merge_member(&mut self, outer: &str, depth: u16) -> Result<bool, Error> {
        let json = &mut Reader::new(outer, depth);
        let mut has_usage = false;
        if json.peek()? != Kind::Object {
            return Ok(has_usage);
        }
        json.object()?;
        while let Some(key) = json.key()? {
            if key.is(outer, "usage") && json.peek()? == Kind::Object {
                self.read(json)?;
                has_usage = true;
            } else {
                json.skip()?;
            }
        }
        Ok(has_usage)
    }

    fn read(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        let source = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(source, &mut [0; 32]) {
                "prompt_tokens" | "input_tokens" => self.prompt.read(json)?,
                "completion_tokens" | "output_tokens" => self.completion.read(json)?,
                "total_tokens" => self.total.read(json)?,
                "prompt_tokens_details" | "prompt_token_details" => self.read_details(json, true)?,
                "completion_tokens_details" => self.read_details(json, false)?,
                // DeepSeek, Moonshot, LiteLLM.
                "prompt_cache_hit_tokens" | "cached_tokens" | "cache_read_input_tokens" => self.cached.read(json)?,
                // Mistral's alone, who counts them in the input whatever their number.
                "num_cached_tokens" => {
                    self.has_cache_inside |= json.peek()? == Kind::Number;
                    self.cached.read(json)?;
                }
                "cache_creation_input_tokens" => self.cache_write.read(json)?,
                // Perplexity.
                "reasoning_tokens" => self.reasoning.read(json)?,
                "models" if json.peek()? == Kind::Array => self.read_models(json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    fn read_details(&mut self, json: &mut Reader<'_>, is_prompt: bool) -> Result<(), Error> {
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(());
        }
        let source = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match (key.name(source, &mut [0; 32]), is_prompt) {
                ("cached_tokens", true) => self.cached.read(json)?,
                ("cache_write_tokens" | "cache_creation_tokens" | "cache_creation_input_tokens", true) => {
                    self.cache_write.read(json)?;
                }
                ("audio_tokens", true) => self.prompt_audio.read(json)?,
                ("audio_tokens", false) => self.completion_audio.read(json)?,
                ("reasoning_tokens", false) => self.reasoning.read(json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    /// A list of counts, one a model that took part (DashScope): the answer used their sum.
    fn read_models(&mut self, json: &mut Reader<'_>) -> Result<(), Error> {
        let (mut prompt, mut completion) = (None, None);
        json.array()?;
        while json.element()? {
            if json.peek()? != Kind::Object {
                json.skip()?;
                continue;
            }
            let source = json.source();
            json.object()?;
            while let Some(key) = json.key()? {
                match key.name(source, &mut [0; 32]) {
                    "prompt_tokens" | "input_tokens" => add(&mut prompt, json)?,
                    "completion_tokens" | "output_tokens" => add(&mut completion, json)?,
                    _ => drop(json.skip()?),
                }
            }
        }
        self.prompt.take(prompt);
        self.completion.take(completion);
        Ok(())
    }

    /// The canonical counts: input includes what was cached, output includes reasoning.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: self.input().map(Count::from),
            output: self.output().map(Count::from),
            total: self.total.count(),
            cache_read: self.cached.count(),
            cache_write: self.cache_write.count(),
            reasoning: self.reasoning.count(),
            input_audio: self.prompt_audio.count(),
            output_audio: self.completion_audio.count(),
        }
    }

    /// Whether the vendor counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.prompt.get(), self.completion.get(), self.total.get()];
        counts.iter().any(Option::is_some) && counts.iter().all(|count| count.unwrap_or(0) == 0)
    }

    /// Where more was cached than was sent (xAI), the cached tokens are counted beside.
    fn input(&self) -> Option<u64> {
        let prompt = self.prompt.get()?;
        let beside = self.cached.get().filter(|cached| *cached > prompt && !self.has_cache_inside);
        let Some(cached) = beside else { return Some(prompt) };
        Some(prompt.saturating_add(cached).saturating_add(self.cache_write.get().unwrap_or(0)))
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        self.canonical() != Usage::default()
    }

    /// Most vendors count reasoning into the completion; some (xAI) beside it, which the total shows.
    fn output(&self) -> Option<u64> {
        let completion = self.completion.get()?;
        let Some(beside) = self.reasoning.get().and_then(|reasoning| completion.checked_add(reasoning)) else {
            return Some(completion);
        };
        let sums = [self.prompt.get(), self.input()].map(|input| input.and_then(|input| input.checked_add(beside)));
        let is_beside = match self.total.get().filter(|_| self.prompt.get().is_some()) {
            Some(total) => beside > completion && sums.contains(&Some(total)),
            None => self.has_reasoning_beside,
        };
        Some(if is_beside { beside } else { completion })
    }
}

fn add(sum: &mut Option<u64>, json: &mut Reader<'_>) -> Result<(), Error> {
    let raw = json.skip()?;
    if let Some(count) = json::count(raw.of(json.source())) {
        *sum = Some(sum.unwrap_or(0).saturating_add(count));
    }
    Ok(())
}
