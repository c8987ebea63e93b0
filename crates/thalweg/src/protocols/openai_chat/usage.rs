//! Token counts of a chunk: merged as the wire has them, mapped once.

use crate::dialect::Oddities;
use crate::event::{Count, Usage};
use crate::json::{self, Error, Kind, Reader};

/// The wire's own counts so far. A later value replaces an earlier one; null and absent replace nothing, and neither
/// does 0 a positive count: vendors send zeros while they have not counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WireUsage {
    has_reasoning_beside: bool,
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    cache_write: Option<u64>,
    reasoning: Option<u64>,
    prompt_audio: Option<u64>,
    completion_audio: Option<u64>,
}

impl WireUsage {
    pub(super) fn new(oddities: &Oddities) -> Self {
        Self { has_reasoning_beside: oddities.has_reasoning_beside_output, ..Self::default() }
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
                "prompt_tokens" | "input_tokens" => set(&mut self.prompt, json)?,
                "completion_tokens" | "output_tokens" => set(&mut self.completion, json)?,
                "total_tokens" => set(&mut self.total, json)?,
                "prompt_tokens_details" => self.read_details(json, true)?,
                "completion_tokens_details" => self.read_details(json, false)?,
                // DeepSeek, Moonshot, LiteLLM.
                "prompt_cache_hit_tokens" | "cached_tokens" | "cache_read_input_tokens" => set(&mut self.cached, json)?,
                "cache_creation_input_tokens" => set(&mut self.cache_write, json)?,
                // Perplexity.
                "reasoning_tokens" => set(&mut self.reasoning, json)?,
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
                ("cached_tokens", true) => set(&mut self.cached, json)?,
                ("cache_write_tokens" | "cache_creation_tokens" | "cache_creation_input_tokens", true) => {
                    set(&mut self.cache_write, json)?;
                }
                ("audio_tokens", true) => set(&mut self.prompt_audio, json)?,
                ("audio_tokens", false) => set(&mut self.completion_audio, json)?,
                ("reasoning_tokens", false) => set(&mut self.reasoning, json)?,
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
        take(&mut self.prompt, prompt);
        take(&mut self.completion, completion);
        Ok(())
    }

    /// The canonical counts: input includes what was cached, output includes reasoning.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: self.input().map(Count::from),
            output: self.output().map(Count::from),
            total: self.total.map(Count::from),
            cache_read: self.cached.map(Count::from),
            cache_write: self.cache_write.map(Count::from),
            reasoning: self.reasoning.map(Count::from),
            input_audio: self.prompt_audio.map(Count::from),
            output_audio: self.completion_audio.map(Count::from),
        }
    }

    /// Whether the vendor counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.prompt, self.completion, self.total];
        counts.iter().any(Option::is_some) && counts.iter().all(|count| count.unwrap_or(0) == 0)
    }

    /// Where more was cached than was sent (xAI), the cached tokens are counted beside.
    fn input(&self) -> Option<u64> {
        let prompt = self.prompt?;
        let beside = self.cached.filter(|cached| *cached > prompt);
        let Some(cached) = beside else { return Some(prompt) };
        Some(prompt.saturating_add(cached).saturating_add(self.cache_write.unwrap_or(0)))
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        self.canonical() != Usage::default()
    }

    /// Most vendors count reasoning into the completion; some (xAI) beside it, which the total shows.
    fn output(&self) -> Option<u64> {
        let completion = self.completion?;
        let Some(beside) = self.reasoning.and_then(|reasoning| completion.checked_add(reasoning)) else {
            return Some(completion);
        };
        let sums = [self.prompt, self.input()].map(|input| input.and_then(|input| input.checked_add(beside)));
        let is_beside = match self.total.filter(|_| self.prompt.is_some()) {
            Some(total) => beside > completion && sums.contains(&Some(total)),
            None => self.has_reasoning_beside,
        };
        Some(if is_beside { beside } else { completion })
    }
}

/// Takes a count over. Anything that is no count is nothing.
fn set(count: &mut Option<u64>, json: &mut Reader<'_>) -> Result<(), Error> {
    let raw = json.skip()?;
    take(count, json::count(raw.of(json.source())));
    Ok(())
}

/// Zero takes no count back.
fn take(count: &mut Option<u64>, new: Option<u64>) {
    let new = new.filter(|new| *new > 0 || count.is_none_or(|known| known == 0));
    *count = new.or(*count);
}

fn add(sum: &mut Option<u64>, json: &mut Reader<'_>) -> Result<(), Error> {
    let raw = json.skip()?;
    if let Some(count) = json::count(raw.of(json.source())) {
        *sum = Some(sum.unwrap_or(0).saturating_add(count));
    }
    Ok(())
}
