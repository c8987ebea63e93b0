//! What the headers of a response say about what is left.

use core::time::Duration;

use super::{date, headers};
use crate::errors;

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
    /// Reads the headers of a response, names in any case: the `x-ratelimit-…` of OpenAI and most others (with or
    /// without `-requests` or `-tokens`, and what some write behind that), the `anthropic-ratelimit-…` of requests and
    /// tokens. Where one limit comes several times the first stands, but what has a plain name goes before a variant of
    /// it. `now` is the time since the Unix epoch, for resets that are dates.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::policy::RateLimits;
    ///
    /// let headers = [("x-ratelimit-remaining-tokens", "149984"), ("x-ratelimit-reset-tokens", "6m0s")];
    /// let limits = RateLimits::of_headers(headers, Duration::ZERO);
    /// assert_eq!(limits.tokens.remaining, Some(149_984));
    /// assert_eq!(limits.tokens.reset, Some(Duration::from_secs(360)));
    /// ```
    #[must_use]
    pub fn of_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>, now: Duration) -> Self {
        let (mut plain, mut variants) = (Self::default(), Self::default());
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            let Some((of, what, is_plain)) = openai(&name).or_else(|| anthropic(&name)) else { continue };
            let limits = if is_plain { &mut plain } else { &mut variants };
            limits.of(of).set(what, value.trim(), now);
        }
        for of in [Of::Requests, Of::Tokens, Of::InputTokens, Of::OutputTokens] {
            let variant = *variants.of(of);
            let limit = plain.of(of);
            limit.limit = limit.limit.or(variant.limit);
            limit.remaining = limit.remaining.or(variant.remaining);
            limit.reset = limit.reset.or(variant.reset);
        }
        plain
    }

    const fn of(&mut self, of: Of) -> &mut RateLimit {
        match of {
            Of::Requests => &mut self.requests,
            Of::Tokens => &mut self.tokens,
            Of::InputTokens => &mut self.input_tokens,
            Of::OutputTokens => &mut self.output_tokens,
        }
    }
}

impl RateLimit {
    fn set(&mut self, what: What, value: &str, now: Duration) {
        match what {
            What::Limit => self.limit = self.limit.or_else(|| value.parse().ok()),
            What::Remaining => self.remaining = self.remaining.or_else(|| value.parse().ok()),
            What::Reset => self.reset = self.reset.or_else(|| reset(value, now)),
        }
    }
}

#[derive(Clone, Copy)]
enum Of {
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
}

#[derive(Clone, Copy)]
enum What {
    Limit,
    Remaining,
    Reset,
}

/// `x-ratelimit-remaining-tokens`, also with something behind it; without a last part it is of requests.
fn openai(name: &str) -> Option<(Of, What, bool)> {
    let rest = name.strip_prefix("x-ratelimit-")?;
    let (what, of) = rest.split_once('-').unwrap_or((rest, ""));
    let what = self::what(what)?;
    match of {
        "requests" => Some((Of::Requests, what, true)),
        "tokens" => Some((Of::Tokens, what, true)),
        _ if of.is_empty() || of.starts_with("requests") => Some((Of::Requests, what, false)),
        _ if of.starts_with("tokens") => Some((Of::Tokens, what, false)),
        _ => None,
    }
}

/// `anthropic-ratelimit-input-tokens-remaining`.
fn anthropic(name: &str) -> Option<(Of, What, bool)> {
    let (of, what) = name.strip_prefix("anthropic-ratelimit-")?.rsplit_once('-')?;
    let of = match of {
        "requests" => Of::Requests,
        "tokens" => Of::Tokens,
        "input-tokens" => Of::InputTokens,
        "output-tokens" => Of::OutputTokens,
        _ => return None,
    };
    Some((of, self::what(what)?, true))
}

fn what(word: &str) -> Option<What> {
    Some(match word {
        "limit" => What::Limit,
        "remaining" => What::Remaining,
        "reset" => What::Reset,
        _ => return None,
    })
}

/// A duration as Go writes it, a date of RFC 3339, or a number: of seconds from now, of Unix seconds or of Unix
/// milliseconds, which are so far apart that they cannot be taken for each other.
fn reset(value: &str, now: Duration) -> Option<Duration> {
    if let Some(number) = headers::decimal(value, 1.0) {
        return Some(match number.as_secs() {
            ..UNIX_SECONDS_MIN => number,
            UNIX_SECONDS_MIN..UNIX_MILLISECONDS_MIN => number.saturating_sub(now),
            _ => (number / 1000).saturating_sub(now),
        });
    }
    if matches!(value, "0s" | "0ms") {
        return Some(Duration::ZERO);
    }
    let relative = || errors::go_style(value).map(|ms| Duration::from_millis(ms.into()));
    let date = || date::rfc3339(value).map(|at| Duration::from_secs(at).saturating_sub(now));
    relative().or_else(date)
}

/// The year 2001: no window is 31 years long.
const UNIX_SECONDS_MIN: u64 = 1_000_000_000;
/// As seconds the year 5138, as milliseconds 1973.
const UNIX_MILLISECONDS_MIN: u64 = 100_000_000_000;
