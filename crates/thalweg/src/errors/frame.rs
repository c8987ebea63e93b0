//! Which part of a frame is an error.

use super::words;
use crate::dialect::Frame;
use crate::json::{self, Error, Reader};

/// Whether an error value says that there is none: some servers send an empty one with every chunk. For valid JSON.
pub(crate) fn is_nothing(error: &str) -> bool {
    match error.as_bytes().first() {
        Some(b'{') => {
            let reader = &mut Reader::new(error, u16::MAX);
            let mut members = || -> Result<bool, Error> {
                reader.object()?;
                while reader.key()?.is_some() {
                    if !is_nothing(reader.skip()?.of(error)) {
                        return Ok(false);
                    }
                }
                Ok(true)
            };
            members().unwrap_or(false)
        }
        _ => matches!(error, "null" | "false" | "\"\"" | "0" | "[]"),
    }
}

/// Whether a frame that holds nothing of an answer is an error with nothing around it: it is named one, or has
/// FastAPI's `detail`, Cloudflare's mark or list, or a message and a word or number for what is wrong. For an object.
pub(crate) fn looks_like_error(frame: Frame<'_>) -> bool {
    let data = frame.data;
    match frame.event {
        Some("error") => return true,
        None | Some("message") => {}
        Some(_) => return false,
    }
    let is_said = |name| member(data, name).is_some_and(|value| value.starts_with(['"', '[']));
    let means_error = |name| {
        member(data, name).is_some_and(|value| {
            let word = value.trim_matches('"');
            json::count(word).is_some_and(|code| code >= 400)
                || words::find(word).is_some()
                || word.to_ascii_lowercase().contains("error")
        })
    };
    is_said("detail")
        || member(data, "errors").is_some_and(|errors| errors.starts_with('[') && errors != "[]")
        || member(data, "cloudflare_error").is_some()
        || (is_said("message")
            && (is_said("error_code") || means_error("code") || means_error("status") || means_error("type")))
}

/// Whether a payload that is no JSON reads like a message: several words, and no piece of a broken chunk.
pub(crate) fn are_words(text: &str) -> bool {
    let is_debris = ["\"}", "}]", "data:"].iter().any(|piece| text.contains(piece));
    text.starts_with(char::is_alphabetic) && text.contains(' ') && !is_debris
}

/// A field of an object, verbatim, if it is there and not null, false or empty. For JSON that was validated.
pub(crate) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let reader = &mut Reader::new(json, u16::MAX);
    reader.object().ok()?;
    while let Some(key) = reader.key().ok()? {
        let value = reader.skip().ok()?.of(json);
        if key.is(json, name) {
            return (!matches!(value, "null" | "false" | "\"\"")).then_some(value);
        }
    }
    None
}
