//! Where chat servers put errors.

use super::wire::Head;
use crate::dialect::Frame;
use crate::errors::{is_nothing, looks_like_error, member};

/// Whether a frame reports an error: it has one, it is one, or its name says so.
pub(super) fn is_error(frame: Frame<'_>, head: &Head, is_bare: bool) -> bool {
    let data = frame.data;
    let is_chunk = head.has_choices || head.has_usage(data);
    head.error.is_some_and(|error| !is_chunk || !is_nothing(error.of(data)))
        || head.object.is_some_and(|object| object.is(data, "error"))
        || head.has_groq(data, "error")
        || head.base_resp.is_some_and(|raw| member(raw.of(data), "status_code").is_some_and(|code| code != "0"))
        || (is_bare && !head.has_usage(data) && looks_like_error(frame))
}

/// The error of a frame that [`is_error`]: the whole frame, unless it is also a chunk.
pub(super) fn of_frame<'a>(frame: Frame<'a>, head: &Head) -> &'a str {
    let data = frame.data;
    if !head.has_choices && !head.has_usage(data) {
        return data;
    }
    let own = head.error.map(|raw| raw.of(data)).filter(|error| !is_nothing(error));
    let nested = || head.x_groq.and_then(|raw| member(raw.of(data), "error"));
    let verdict = || head.base_resp.map(|raw| raw.of(data));
    own.or_else(nested).or_else(verdict).unwrap_or(data)
}
