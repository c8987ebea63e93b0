//! Token counts of a response.

use crate::event::{Count, Usage};
use crate::json::{self, Error, Raw, members};

/// The counts of a `usage` object; none where it has none. Input includes what was cached, output includes reasoning:
/// as here.
pub(super) fn read(usage: &str, depth: u16) -> Result<Option<Usage>, Error> {
    let names = ["input_tokens", "output_tokens", "total_tokens", "input_tokens_details", "output_tokens_details"];
    let [input, output, total, input_details, output_details] = members(usage, names, depth)?;
    let count = |json: &str, raw: Option<Raw>| raw.and_then(|raw| json::count(raw.of(json))).map(Count::from);
    let mut counts = Usage {
        input: count(usage, input),
        output: count(usage, output),
        total: count(usage, total),
        ..Usage::default()
    };
    if let Some(details) = input_details.map(|raw| raw.of(usage)) {
        let [cached, written, audio] =
            members(details, ["cached_tokens", "cache_write_tokens", "audio_tokens"], depth)?;
        counts.cache_read = count(details, cached);
        counts.cache_write = count(details, written);
        counts.input_audio = count(details, audio);
    }
    if let Some(details) = output_details.map(|raw| raw.of(usage)) {
        let [reasoning, audio] = members(details, ["reasoning_tokens", "audio_tokens"], depth)?;
        counts.reasoning = count(details, reasoning);
        counts.output_audio = count(details, audio);
    }
    Ok(Some(counts).filter(|counts| *counts != Usage::default()))
}

/// Whether the provider counted, and counted nothing.
pub(super) fn is_zero(counts: &Usage) -> bool {
    [counts.input, counts.output, counts.total].iter().all(|count| count.is_none_or(|count| count.get() == 0))
}
