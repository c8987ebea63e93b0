//! Counts over many streams, for a scraper.
//!
//! One [`Tally`] a stream counts its events; [`Metrics`] adds tallies up by dialect and prints them in the
//! [text format](https://prometheus.io/docs/instrumenting/exposition_formats/) that Prometheus reads.

mod tally;
#[cfg(test)]
mod tests;
mod text;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

pub use tally::Tally;

/// Counts of many streams, by dialect.
///
/// Count each stream in a [`Tally`] of its own and [`record`](Self::record) it when the stream is over or was
/// abandoned. Threads can each have their own metrics: [`merge`](Self::merge) them for the scraper. `Display` gives
/// what a scraper reads, with these counters, all beginning with 0 and stopping at `u64::MAX`:
///
/// | metric | labels | counts |
/// |---|---|---|
/// | `thalweg_streams_total` | `dialect` | streams that began |
/// | `thalweg_events_total` | `dialect`, `type` | events, by type |
/// | `thalweg_anomalies_total` | `dialect`, `kind`, `action` | anomalies, by their stable id and what was done |
/// | `thalweg_outcomes_total` | `dialect`, `outcome` | streams that ended, by verdict |
/// | `thalweg_errors_total` | `dialect`, `kind` | errors that streams reported |
/// | `thalweg_usage_total` | `dialect`, `origin` | streams that ended with token counts, by who counted: `estimated` is ours |
/// | `thalweg_tokens_total` | `dialect`, `kind` | tokens as the provider's last word counts them; `input` includes `cache_read`, `cache_write` and `input_audio`, `output` includes `reasoning` and `output_audio` |
///
/// Series of anomalies and errors appear when the first is seen, all others with their dialect.
///
/// It keeps at most [`DIALECTS`](Self::DIALECTS) dialects with names of at most [`NAME_BYTES`](Self::NAME_BYTES);
/// whatever is beyond is counted under [`OVERFLOW`](Self::OVERFLOW). What a tally can hold is bounded by the kinds of
/// anomalies and errors there are.
///
/// ```
/// use thalweg::fold::{Metrics, Tally};
/// use thalweg::{Close, Fold, Normalizer, dialects};
///
/// let mut metrics = Metrics::default();
///
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n");
/// normalizer.feed(b"data: [DONE]\n\n");
/// normalizer.finish(Close::Clean);
/// let mut tally = Tally::default();
/// while let Some(event) = normalizer.poll() {
///     tally.apply(&event);
/// }
/// metrics.record(normalizer.dialect().unwrap_or("unknown"), &tally);
///
/// let page = metrics.to_string();
/// assert!(page.contains("# TYPE thalweg_streams_total counter\n"));
/// assert!(page.contains("thalweg_outcomes_total{dialect=\"openai-chat\",outcome=\"complete\"} 1\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    dialects: BTreeMap<Box<str>, Tally>,
}

impl Metrics {
    /// How many dialects are told apart: 256. The registry has fewer; the bound is for names that operators make up.
    pub const DIALECTS: usize = 256;
    /// The longest name of a dialect that is kept: 128 bytes.
    pub const NAME_BYTES: usize = 128;
    /// What dialects beyond these bounds are counted as.
    pub const OVERFLOW: &str = "(overflow)";

    /// Adds what was counted of a stream, or of several, in this dialect.
    pub fn record(&mut self, dialect: &str, tally: &Tally) {
        let is_new = !self.dialects.contains_key(dialect);
        let told_apart = self.dialects.len() - usize::from(self.dialects.contains_key(Self::OVERFLOW));
        let fits = dialect.len() <= Self::NAME_BYTES && told_apart < Self::DIALECTS;
        let dialect = if is_new && !fits { Self::OVERFLOW } else { dialect };
        self.dialects.entry(dialect.into()).or_default().merge(tally);
    }

    /// Adds what others counted. Which dialects overflow depends on the order of merging, the sums do not.
    pub fn merge(&mut self, other: &Self) {
        for (dialect, tally) in &other.dialects {
            self.record(dialect, tally);
        }
    }

    /// The dialects seen and what was counted of each, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.dialects.iter().map(|(dialect, tally)| (&**dialect, tally))
    }
}
