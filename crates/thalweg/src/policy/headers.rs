//! What the headers of a response say about trying again.

use core::time::Duration;

use super::date;
use crate::errors;
use crate::event::{ErrorKind, Retry};

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
    /// What `x-amzn-errortype` means, where it is known: AWS names an error there and nowhere else.
    pub named: Option<(ErrorKind, Retry)>,
}

impl Advice {
    /// Reads the headers of a response, names in any case. `now` is the time since the Unix epoch, for dates. Of a name that
    /// comes several times the first value that can be read counts.
    ///
    /// ```
    /// use std::time::Duration;
    /// use thalweg::policy::Advice;
    ///
    /// // Of headers that cannot be read the next is asked.
    /// let headers = [("Retry-After-Ms", "soon"), ("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")];
    /// let now = Duration::from_secs(784_111_770); // `SystemTime::now()` since the epoch
    /// assert_eq!(Advice::of_headers(headers, now).delay, Some(Duration::from_secs(7)));
    /// ```
    #[must_use]
    pub fn of_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>, now: Duration) -> Self {
        let mut advice = Self::default();
        let (mut fine, mut coarse, mut date) = (None, None, None);
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            let value = value.trim();
            if is("retry-after-ms") {
                fine = fine.or_else(|| decimal(value, 1000.0));
            } else if is("retry-after") {
                coarse = coarse.or_else(|| decimal(value, 1.0));
                date = date.or_else(|| date::http(value, now.as_secs()));
            } else if is("x-should-retry") {
                advice.should_retry = advice.should_retry.or(match value {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                });
            } else if is("x-ratelimit-reset") {
                advice.reset = advice.reset.or_else(|| decimal(value, 1.0).map(|at| at.saturating_sub(now)));
            } else if is("x-amzn-errortype") {
                advice.named = advice.named.or_else(|| errors::of_name(value));
            }
        }
        let until = |at: u64| Duration::from_secs(at).saturating_sub(now);
        advice.delay = fine.or(coarse).or_else(|| date.map(until));
        advice
    }
}

/// A decimal number, perhaps with an exponent, as a time of `per_second` to the second. Not a number: words such as
/// `nan` and `inf`, and what is below zero. What is more than any time is the longest one.
pub(super) fn decimal(text: &str, per_second: f64) -> Option<Duration> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if text.starts_with('-') || !text.bytes().all(is_plain) {
        return None;
    }
    let seconds = text.parse::<f64>().ok()? / per_second;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
