//! Token counts: merged as the wire has them, mapped once.

use super::wire::{fields, skip};
use crate::emitter::Tally;
use crate::event::Usage;
use crate::json::{Error, Reader};

/// The wire's own counts. What is billed is another number, and no count of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WireUsage {
    input: Tally,
    output: Tally,
    reasoning: Tally,
    cached: Tally,
}

impl WireUsage {
    /// Merges a `usage` object. Its numbers are written as floats by some servers.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<(), Error> {
        fields(&mut Reader::new(usage, depth), |name, json| match name {
            "tokens" => fields(json, |name, json| match name {
                "input_tokens" => self.input.read(json),
                "output_tokens" => self.output.read(json),
                "reasoning_tokens" => self.reasoning.read(json),
                _ => skip(json),
            }),
            "cached_tokens" => self.cached.read(json),
            _ => skip(json),
        })
    }

    /// The canonical counts: the wire's input includes what was cached, its output what was thought. It sends no total.
    pub(super) fn canonical(&self) -> Usage {
        Usage {
            input: self.input.count(),
            output: self.output.count(),
            cache_read: self.cached.count(),
            reasoning: self.reasoning.count(),
            ..Usage::default()
        }
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was counted, and counted nothing.
    pub(super) fn is_zero(&self) -> bool {
        let counts = [self.input, self.output, self.reasoning, self.cached];
        self.is_any() && counts.iter().all(|count| count.get().unwrap_or(0) == 0)
    }
}
