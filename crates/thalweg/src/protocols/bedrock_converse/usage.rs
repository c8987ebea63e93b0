//! Token counts.

use crate::emitter::Tally;
use crate::event::{Count, Usage};
use crate::json::{self, Error, members};

/// The wire's own counts. `input` leaves out what was cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WireUsage {
    input: Tally,
    output: Tally,
    total: Tally,
    cache_read: Tally,
    cache_write: Tally,
}

impl WireUsage {
    /// Merges a `usage` object. Nova's own format has other names for what was cached.
    pub(super) fn merge(&mut self, usage: &str, depth: u16) -> Result<(), Error> {
        let rows = [
            (&mut self.input, ["inputTokens", ""]),
            (&mut self.output, ["outputTokens", ""]),
            (&mut self.total, ["totalTokens", ""]),
            (&mut self.cache_read, ["cacheReadInputTokens", "cacheReadInputTokenCount"]),
            (&mut self.cache_write, ["cacheWriteInputTokens", "cacheWriteInputTokenCount"]),
        ];
        for (tally, names) in rows {
            let found = members(usage, names, depth)?;
            tally.take(found.into_iter().flatten().find_map(|count| json::count(count.of(usage))));
        }
        Ok(())
    }

    /// The canonical counts: input includes what was cached. Models differ in whether the wire's total does, so it
    /// stands only where it cannot be added up.
    pub(super) fn canonical(&self) -> Usage {
        let cached = [self.cache_write, self.cache_read].map(|count| count.get().unwrap_or(0));
        let input = self.input.get().map(|input| cached.into_iter().fold(input, u64::saturating_add));
        let sum = || Some(input?.saturating_add(self.output.get()?));
        let total = self.total.get().map(|total| sum().unwrap_or(total));
        Usage {
            input: input.map(Count::from),
            output: self.output.count(),
            total: total.map(Count::from),
            cache_read: self.cache_read.count(),
            cache_write: self.cache_write.count(),
            ..Usage::default()
        }
    }

    /// Whether anything was counted.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }
}
