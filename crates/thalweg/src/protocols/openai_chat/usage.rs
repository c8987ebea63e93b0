//! Token counts of a chunk: merged as the wire has them, mapped once.

use crate::event::{Count, Usage};
use crate::json::{self, Error, Kind, Reader};

/// The wire's own counts so far. A later value replaces an earlier one; null and absent replace nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WireUsage {
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
    /// Merges a `usage` object. Anything else is nothing.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<(), Error> {
        let json = &mut Reader::new(usage, depth);
        if json.peek()? != Kind::Object {
            return Ok(());
        }
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(usage, &mut [0; 32]) {
                "prompt_tokens" => set(&mut self.prompt, json)?,
                "completion_tokens" => set(&mut self.completion, json)?,
                "total_tokens" => set(&mut self.total, json)?,
                "prompt_tokens_details" => self.merge_details(json, true)?,
                "completion_tokens_details" => self.merge_details(json, false)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    fn merge_details(&mut self, json: &mut Reader<'_>, is_prompt: bool) -> Result<(), Error> {
        if json.peek()? != Kind::Object {
            json.skip()?;
            return Ok(());
        }
        let source = json.source();
        json.object()?;
        while let Some(key) = json.key()? {
            match (key.name(source, &mut [0; 32]), is_prompt) {
                ("cached_tokens", true) => set(&mut self.cached, json)?,
                ("cache_write_tokens", true) => set(&mut self.cache_write, json)?,
                ("audio_tokens", true) => set(&mut self.prompt_audio, json)?,
                ("audio_tokens", false) => set(&mut self.completion_audio, json)?,
                ("reasoning_tokens", false) => set(&mut self.reasoning, json)?,
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    }

    /// The canonical counts: input includes what was cached, output includes reasoning.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: self.prompt.map(Count::from),
            output: self.output().map(Count::from),
            total: self.total.map(Count::from),
            cache_read: self.cached.map(Count::from),
            cache_write: self.cache_write.map(Count::from),
            reasoning: self.reasoning.map(Count::from),
            input_audio: self.prompt_audio.map(Count::from),
            output_audio: self.completion_audio.map(Count::from),
        }
    }

    /// Most vendors count reasoning into the completion; some (xAI) beside it, which the total shows.
    fn output(&self) -> Option<u64> {
        let completion = self.completion?;
        let beside = || {
            let (prompt, total, reasoning) = (self.prompt?, self.total?, self.reasoning?);
            let output = completion.checked_add(reasoning)?;
            (reasoning > 0 && total == prompt.checked_add(output)?).then_some(output)
        };
        Some(beside().unwrap_or(completion))
    }
}

fn set(count: &mut Option<u64>, json: &mut Reader<'_>) -> Result<(), Error> {
    let raw = json.skip()?;
    *count = json::count(raw.of(json.source())).or(*count);
    Ok(())
}
