//! Token counts: merged as the wire has them, mapped once.

use super::wire::{fields, skip};
use crate::emitter::Tally;
use crate::event::{Count, Usage};
use crate::json::Error;

/// The wire's own counts so far: cumulative, whatever frame they come in. `input` leaves out what was cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WireUsage {
    input: Tally,
    cache_write: Tally,
    cache_read: Tally,
    output: Tally,
    thinking: Tally,
}

impl WireUsage {
    /// Merges a `usage` object.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<(), Error> {
        fields(usage, depth, |name, json| match name {
            "input_tokens" => self.input.read(json),
            "cache_creation_input_tokens" => self.cache_write.read(json),
            "cache_read_input_tokens" => self.cache_read.read(json),
            "output_tokens" => self.output.read(json),
            "output_tokens_details" => {
                let details = json.skip()?.of(json.source());
                fields(details, depth, |name, json| match name {
                    "thinking_tokens" => self.thinking.read(json),
                    _ => skip(json),
                })
            }
            _ => skip(json),
        })
    }

    /// Merges the metrics that Bedrock puts into the last event.
    pub(super) fn merge_metrics(&mut self, metrics: &str, depth: u16) -> Result<(), Error> {
        fields(metrics, depth, |name, json| match name {
            "inputTokenCount" => self.input.read(json),
            "cacheWriteInputTokenCount" => self.cache_write.read(json),
            "cacheReadInputTokenCount" => self.cache_read.read(json),
            "outputTokenCount" => self.output.read(json),
            _ => skip(json),
        })
    }

    /// The canonical counts: input includes what was cached, output includes thinking. The wire sends no total.
    pub(super) fn canonical(&self) -> Usage {
        let cached = [self.cache_write, self.cache_read].map(|count| count.get().unwrap_or(0));
        let input = self.input.get().map(|input| cached.into_iter().fold(input, u64::saturating_add));
        Usage {
            input: input.map(Count::from),
            output: self.output.count(),
            cache_read: self.cache_read.count(),
            cache_write: self.cache_write.count(),
            reasoning: self.thinking.count(),
            ..Usage::default()
        }
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.input, self.cache_write, self.cache_read, self.output, self.thinking];
        self.is_any() && counts.iter().all(|count| count.get().unwrap_or(0) == 0)
    }
}
