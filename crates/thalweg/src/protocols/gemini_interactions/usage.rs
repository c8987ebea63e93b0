//! Token counts: merged as the wire has them, mapped once.

use super::wire::{fields, skip};
use crate::emitter::Tally;
use crate::event::{Count, Usage};
use crate::json::{self, Error, Raw, Reader, elements, members};

/// The wire's own counts so far. The output leaves out thoughts, and the input what tools gave back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WireUsage {
    input: Tally,
    output: Tally,
    thought: Tally,
    cached: Tally,
    tool_use: Tally,
    total: Tally,
    input_audio: Tally,
    output_audio: Tally,
}

impl WireUsage {
    /// Merges a `usage` object.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<(), Error> {
        fields(&mut Reader::new(usage, depth), |name, json| match name {
            "total_input_tokens" => self.input.read(json),
            "total_output_tokens" => self.output.read(json),
            "total_thought_tokens" => self.thought.read(json),
            "total_cached_tokens" => self.cached.read(json),
            "total_tool_use_tokens" => self.tool_use.read(json),
            "total_tokens" => self.total.read(json),
            "input_tokens_by_modality" => {
                self.input_audio.take(audio(json.present()?, usage, depth)?);
                Ok(())
            }
            "output_tokens_by_modality" => {
                self.output_audio.take(audio(json.present()?, usage, depth)?);
                Ok(())
            }
            _ => skip(json),
        })
    }

    /// The canonical counts: input includes what was cached and what tools gave back, output includes thoughts.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: sum(self.input, self.tool_use),
            output: sum(self.output, self.thought),
            total: self.total.count(),
            cache_read: self.cached.count(),
            reasoning: self.thought.count(),
            input_audio: self.input_audio.count(),
            output_audio: self.output_audio.count(),
            ..Usage::default()
        }
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.input, self.output, self.thought, self.tool_use, self.cached, self.total];
        self.is_any() && counts.iter().all(|count| count.get().unwrap_or(0) == 0)
    }
}

/// Two counts together; none where neither is known.
fn sum(one: Tally, two: Tally) -> Option<Count> {
    let known: Option<u64> = [one, two].into_iter().filter_map(Tally::get).reduce(u64::saturating_add);
    known.map(Count::from)
}

/// The count of sound in a list by modality.
fn audio(list: Option<Raw>, usage: &str, depth: u16) -> Result<Option<u64>, Error> {
    let Some(list) = list.map(|raw| raw.of(usage)) else { return Ok(None) };
    let mut found = None;
    elements(list, depth, |_, entry| {
        let [modality, tokens] = members(entry, ["modality", "tokens"], depth)?;
        if modality.is_some_and(|raw| raw.of(entry) == "\"audio\"") {
            found = tokens.and_then(|raw| json::count(raw.of(entry).trim_matches('"')));
        }
        Ok(())
    })?;
    Ok(found)
}
