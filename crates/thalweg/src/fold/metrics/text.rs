//! Counts as the text that a scraper reads.

use core::fmt;

use super::Metrics;
use super::tally::{EVENT_TYPES, TOKEN_KINDS, Tally};
use crate::event::{Outcome, UsageOrigin};

impl fmt::Display for Metrics {
    /// Prometheus text format 0.0.4. The order is stable: metrics as [`Metrics`] lists them, dialects by name, the rest
    /// as the model declares it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.metric(f, "streams", "Streams that began.", |tally, out| out.sample(&[], tally.streams))?;
        self.metric(f, "events", "Events, by type.", |tally, out| {
            let counts = EVENT_TYPES.iter().zip(tally.events);
            counts.into_iter().try_for_each(|(name, count)| out.sample(&[("type", name)], count))
        })?;
        self.metric(f, "anomalies", "Deviations of the wire, by kind and what was done.", |tally, out| {
            tally.anomalies.iter().try_for_each(|((kind, action), count)| {
                out.sample(&[("kind", kind.as_str()), ("action", action.as_str())], *count)
            })
        })?;
        self.metric(f, "outcomes", "Streams that ended, by verdict.", |tally, out| {
            let counts = Outcome::ALL.iter().zip(tally.outcomes);
            counts.into_iter().try_for_each(|(outcome, count)| out.sample(&[("outcome", outcome.as_str())], count))
        })?;
        self.metric(f, "errors", "Errors that streams reported, by kind.", |tally, out| {
            tally.errors.iter().try_for_each(|(kind, count)| out.sample(&[("kind", kind.as_str())], *count))
        })?;
        self.metric(f, "usage", "Streams that ended with token counts, by who counted.", |tally, out| {
            let counts = UsageOrigin::ALL.iter().zip(tally.usages);
            counts.into_iter().try_for_each(|(origin, count)| out.sample(&[("origin", origin.as_str())], count))
        })?;
        let help = "Tokens that providers counted; input and output include the other kinds.";
        self.metric(f, "tokens", help, |tally, out| {
            let counts = TOKEN_KINDS.iter().zip(tally.tokens);
            counts.into_iter().try_for_each(|((kind, _), count)| out.sample(&[("kind", kind)], count))
        })
    }
}

impl Metrics {
    /// One counter for all dialects: the lines of a metric must stand together.
    fn metric(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &'static str,
        help: &str,
        samples: impl Fn(&Tally, &mut Samples<'_, '_>) -> fmt::Result,
    ) -> fmt::Result {
        writeln!(f, "# HELP thalweg_{name}_total {help}")?;
        writeln!(f, "# TYPE thalweg_{name}_total counter")?;
        self.iter().try_for_each(|(dialect, tally)| samples(tally, &mut Samples { f, name, dialect }))
    }
}

/// Writes the lines of one metric and one dialect.
struct Samples<'s, 'f> {
    f: &'s mut fmt::Formatter<'f>,
    name: &'static str,
    dialect: &'s str,
}

impl Samples<'_, '_> {
    /// Names and values of labels are ours and need no escape; only the dialect is the caller's.
    fn sample(&mut self, labels: &[(&str, &str)], count: u64) -> fmt::Result {
        write!(self.f, "thalweg_{}_total{{dialect=\"{}\"", self.name, Escaped(self.dialect))?;
        labels.iter().try_for_each(|(name, value)| write!(self.f, ",{name}=\"{value}\""))?;
        writeln!(self.f, "}} {count}")
    }
}

/// The value of a label: backslash, quote and line feed are escaped, nothing else may be.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.split_inclusive(['\\', '"', '\n']).try_for_each(|piece| {
            let (plain, escape) = match piece.as_bytes().last() {
                Some(b'\\') => (&piece[..piece.len() - 1], "\\\\"),
                Some(b'"') => (&piece[..piece.len() - 1], "\\\""),
                Some(b'\n') => (&piece[..piece.len() - 1], "\\n"),
                _ => (piece, ""),
            };
            f.write_str(plain)?;
            f.write_str(escape)
        })
    }
}
