//! Token counts of a response.

use crate::event::{Count, Usage};
use crate::json::{self, Error, Raw, members};

/// The counts of a `usage` object. What connectors brought in is input, counted beside the prompt where the total says
/// so.
pub(super) fn read(usage: &str, depth: u16) -> Result<Usage, Error> {
    let names = ["prompt_tokens", "completion_tokens", "total_tokens", "connector_tokens"];
    let counts = members(usage, names, depth)?;
    let [prompt, output, total, connectors] =
        counts.map(|raw: Option<Raw>| raw.and_then(|raw| json::count(raw.of(usage))));
    let both = prompt.zip(connectors).and_then(|(prompt, connectors)| prompt.checked_add(connectors));
    let is_beside = both.zip(output).is_some_and(|(both, output)| both.checked_add(output) == total && total.is_some());
    let input = if is_beside { both } else { prompt };
    Ok(Usage {
        input: input.map(Count::from),
        output: output.map(Count::from),
        total: total.map(Count::from),
        ..Usage::default()
    })
}

/// Whether the provider counted, and counted nothing.
pub(super) fn is_zero(counts: &Usage) -> bool {
    [counts.input, counts.output, counts.total].iter().all(|count| count.is_none_or(|count| count.get() == 0))
}
