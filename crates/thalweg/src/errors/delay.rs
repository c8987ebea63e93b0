//! How long a provider asks to wait, in milliseconds.
//!
//! Anything that is no delay is absent: negative, zero, not finite, or more than `u32::MAX` milliseconds (49 days).

use super::classify::Facts;
use super::shape::Shape;
use crate::event::Retry;
use crate::json::Reader;

/// The advice with the delay that the error names. An error that must not be retried has none.
pub(super) fn advise(retry: Retry, shape: &Shape<'_>, facts: &Facts<'_>) -> Retry {
    if retry == Retry::No {
        return retry;
    }
    let upstream = || shape.upstream.and_then(in_text);
    shape.delay.or_else(|| in_text(&facts.message)).or_else(upstream).map_or(retry, Retry::after_ms)
}

/// In HTTP headers, as an object: `retry-after-ms`, else `retry-after` in seconds. Names in any case.
pub(super) fn in_headers(headers: &str) -> Option<u32> {
    let json = &mut Reader::new(headers, u16::MAX);
    let (mut fine, mut coarse) = (None, None);
    json.object().ok()?;
    while let Some(key) = json.key().ok()? {
        let name = key.plain(headers).unwrap_or_default();
        let value = json.skip().ok()?.of(headers).trim_matches('"');
        if name.eq_ignore_ascii_case("retry-after-ms") {
            fine = milliseconds(value, 1);
        } else if name.eq_ignore_ascii_case("retry-after") {
            coarse = in_seconds(value);
        }
    }
    fine.or(coarse)
}

/// A decimal number of seconds.
pub(super) fn in_seconds(number: &str) -> Option<u32> {
    milliseconds(number, 1000)
}

/// Behind the words with which providers ask for patience: `Please try again in 6m0s`, `Please retry in 34.07s`.
pub(super) fn in_text(text: &str) -> Option<u32> {
    const WORDS: &[&str] = &["try again in ", "retry in ", "retry after "];
    let behind = |words: &&str| {
        let at =
            text.as_bytes().windows(words.len()).position(|window| window.eq_ignore_ascii_case(words.as_bytes()))?;
        duration(text.get(at + words.len()..)?)
    };
    WORDS.iter().find_map(behind)
}

/// A duration that is the whole text, as Go and Google write them: `34s`, `34.074824224s`, `1h2m3.5s`, `500ms`.
pub(crate) fn go_style(text: &str) -> Option<u32> {
    text.ends_with(|last: char| last.is_ascii_alphabetic()).then(|| duration(text)).flatten()
}

/// The duration that a text begins with: numbers, each with its unit; a unit may be a word behind a space.
fn duration(text: &str) -> Option<u32> {
    let mut total: Option<u32> = None;
    let mut rest = text;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let word = behind.strip_prefix(' ').unwrap_or(behind);
        let len = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        let scale = match &word[..len] {
            _ if number.is_empty() => None,
            "ms" | "milliseconds" => Some(1),
            "s" | "sec" | "second" | "seconds" => Some(1000),
            "m" | "min" | "minute" | "minutes" => Some(60_000),
            "h" | "hour" | "hours" => Some(3_600_000),
            "d" | "day" | "days" => Some(86_400_000),
            _ => None,
        };
        let Some(scale) = scale else { return total.filter(|ms| *ms > 0) };
        total = Some(total.unwrap_or(0).checked_add(scaled(number, scale)?)?);
        rest = &word[len..];
        // `1 minute and 5 seconds`: who waits for the minute alone comes too early.
        let next = [" and ", ", ", " "].iter().find_map(|joint| rest.strip_prefix(joint));
        rest = next.filter(|next| next.starts_with(|first: char| first.is_ascii_digit())).unwrap_or(rest);
    }
}

fn milliseconds(number: &str, scale: u64) -> Option<u32> {
    scaled(number, scale).filter(|ms| *ms > 0)
}

/// A decimal number without a sign or an exponent, times `scale`. The core computes without floats: what a unit's last
/// thousandth loses is nothing. Rounded up, so that nobody comes too early.
fn scaled(number: &str, scale: u64) -> Option<u32> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // Nine digits behind the point are nanoseconds; more say nothing.
    let fraction = &fraction[..fraction.len().min(9)];
    let unit = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? * scale };
    let ms = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part.div_ceil(unit))?;
    u32::try_from(ms).ok()
}
