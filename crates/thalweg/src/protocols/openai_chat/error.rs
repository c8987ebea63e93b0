//! Errors in every shape that chat servers give them.

use super::wire::Head;
use crate::dialect::Frame;
use crate::emitter::{Emitter, Failure, Fragment};
use crate::event::{ErrorKind, Retry};
use crate::json::{self, Error, Kind, Raw, Reader, Text};

/// The fields of an error object. All of them are optional on the wire.
#[derive(Default)]
struct Fields {
    message: Option<Text>,
    kind: Option<Text>,
    code: Option<Text>,
    code_number: Option<Raw>,
    status: Option<u16>,
    /// The status as a word.
    word: Option<Text>,
}

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

/// Some servers send an empty error with every chunk.
pub(super) fn is_nothing(error: &str) -> bool {
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

/// Reports what [`is_error`] found. The frame itself may be the error, without anything around it.
pub(super) fn report_frame(frame: Frame<'_>, head: &Head, depth: u16, out: &mut Emitter) -> Result<(), Error> {
    let data = frame.data;
    let own = head.error.map(|raw| raw.of(data)).filter(|error| !is_nothing(error));
    let nested = head.x_groq.and_then(|raw| member(raw.of(data), "error"));
    let verdict = head.base_resp.map(|raw| raw.of(data));
    match own.or(nested).or(verdict) {
        // `{"code", "error"}`, both strings (xAI): one error in two fields of the frame.
        Some(error) if own.is_none() || !error.starts_with('"') => report(error, depth, out),
        _ => {
            let fields = read(&mut Reader::new(data, depth))?;
            report_object(data, &fields, out);
            Ok(())
        }
    }
}

/// A frame without an answer that is named an error, or has FastAPI's `detail`, Cloudflare's mark, or a message and a
/// word or number for what is wrong.
fn looks_like_error(frame: Frame<'_>) -> bool {
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
                || is_word(word)
                || word.to_ascii_lowercase().contains("error")
        })
    };
    is_said("detail")
        || member(data, "cloudflare_error").is_some()
        || (is_said("message") && (means_error("code") || means_error("status") || means_error("type")))
}

/// A field of an object, verbatim, if it is there and not null, false or empty. For JSON that was validated.
pub(super) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
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

/// Whether a payload that is no JSON reads like a message: several words, and no piece of a broken chunk.
pub(super) fn are_words(text: &str) -> bool {
    let is_debris = ["\"}", "}]", "data:"].iter().any(|piece| text.contains(piece));
    text.starts_with(char::is_alphabetic) && text.contains(' ') && !is_debris
}

/// Reports words as the error they are.
pub(super) fn report_words(words: &str, out: &mut Emitter) {
    out.error(Failure::new(ErrorKind::Other, words.into()));
}

/// Reports an error value: an object, or a string. `json` must be valid.
pub(super) fn report(json: &str, depth: u16, out: &mut Emitter) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth);
    match reader.peek()? {
        Kind::String => {
            let message = Fragment::json(json, reader.string()?);
            if !message.is_empty() {
                out.error(Failure::new(ErrorKind::Other, message));
            }
        }
        Kind::Object => {
            let fields = read(reader)?;
            report_object(json, &fields, out);
        }
        Kind::Bool if !reader.boolean()? => {}
        _ => out.error(Failure::new(ErrorKind::Other, json.into())),
    }
    Ok(())
}

fn read(json: &mut Reader<'_>) -> Result<Fields, Error> {
    let source = json.source();
    let mut fields = Fields::default();
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(source, &mut [0; 32]) {
            "message" | "status_msg" => fields.message = json.maybe_string()?.or(fields.message),
            // The message of an error that nothing is wrapped around.
            "error" | "detail" => fields.message = fields.message.or(json.maybe_string()?),
            // Cloudflare's `type` is an address.
            "type" | "error_type" => fields.kind = json.maybe_string()?.filter(|kind| !is_address(*kind, source)),
            "code" | "error_code" => match json.peek()? {
                Kind::Number => fields.code_number = Some(json.number()?),
                _ => fields.code = json.maybe_string()?,
            },
            // A number, digits, or Google's word for it.
            "status" | "status_code" | "http_code" => match json.peek()? {
                Kind::String => {
                    let text = json.string()?;
                    match text.plain(source).and_then(json::count) {
                        Some(digits) => fields.status = http_status(digits).or(fields.status),
                        None => fields.word = Some(text),
                    }
                }
                _ => {
                    let raw = json.skip()?;
                    fields.status = json::count(raw.of(source)).and_then(http_status).or(fields.status);
                }
            },
            _ => drop(json.skip()?),
        }
    }
    Ok(fields)
}

fn report_object(json: &str, fields: &Fields, out: &mut Emitter) {
    let text = |text: Option<Text>| text.filter(|text| !text.is_empty()).map(|text| Fragment::json(json, text));
    let number = fields.code_number.map(|raw| raw.of(json));
    // Some write the status into `code`, as a number or as digits.
    let digits = fields.code.and_then(|code| code.plain(json)).or(number);
    let status = fields.status.or_else(|| json::count(digits?).and_then(http_status));
    let mut short = [[0; 32]; 3];
    let [one, two, three] = &mut short;
    let words = [
        fields.code.unwrap_or_default().name(json, one),
        fields.word.unwrap_or_default().name(json, two),
        fields.kind.unwrap_or_default().name(json, three),
    ];
    let (kind, retry) = classify(status, &words);
    let mut failure = Failure::new(kind, text(fields.message).unwrap_or_else(|| json.into()));
    failure.retry = retry;
    failure.status = status;
    // A code that is the status once more says less than a word.
    let own = text(fields.code).filter(|_| fields.code.and_then(|code| code.plain(json)).is_none_or(is_no_status));
    let word = own.or_else(|| text(fields.word)).or_else(|| text(fields.kind));
    failure.code = word.or_else(|| text(fields.code)).or_else(|| number.map(Fragment::from));
    out.error(failure);
}

fn is_address(text: Text, json: &str) -> bool {
    text.plain(json).is_some_and(|text| text.contains("://"))
}

fn is_no_status(code: &str) -> bool {
    json::count(code).and_then(http_status).is_none()
}

fn http_status(n: u64) -> Option<u16> {
    u16::try_from(n).ok().filter(|status| (400..600).contains(status))
}

/// The kind of an error: by its own words for it, the first that is known, else by its status.
fn classify(status: Option<u16>, words: &[&str]) -> (ErrorKind, Retry) {
    let known = |word: &&str| WORDS.iter().find(|row| word.eq_ignore_ascii_case(row.0)).map(|row| (row.1, row.2));
    words.iter().find_map(known).unwrap_or(match status {
        Some(401) => (ErrorKind::Auth, Retry::No),
        Some(402) => (ErrorKind::Quota, Retry::No),
        Some(403) => (ErrorKind::Permission, Retry::No),
        Some(404) => (ErrorKind::NotFound, Retry::No),
        Some(408 | 504) => (ErrorKind::Timeout, Retry::Yes),
        Some(409) => (ErrorKind::Other, Retry::Yes),
        Some(429) => (ErrorKind::RateLimit, Retry::Yes),
        Some(503 | 529) => (ErrorKind::Overloaded, Retry::Yes),
        Some(400..=499) => (ErrorKind::InvalidRequest, Retry::No),
        Some(500..) => (ErrorKind::Server, Retry::Yes),
        _ => (ErrorKind::Other, Retry::Unknown),
    })
}

fn is_word(word: &str) -> bool {
    WORDS.iter().any(|row| word.eq_ignore_ascii_case(row.0))
}

/// Codes and types, as servers write them. Codes are asked for first: they say more than types.
const WORDS: &[(&str, ErrorKind, Retry)] = &[
    ("context_length_exceeded", ErrorKind::ContextWindow, Retry::No),
    ("exceed_context_size_error", ErrorKind::ContextWindow, Retry::No),
    ("content_filter", ErrorKind::ContentPolicy, Retry::No),
    ("content_policy_violation", ErrorKind::ContentPolicy, Retry::No),
    ("insufficient_quota", ErrorKind::Quota, Retry::No),
    ("credit_balance_exhausted", ErrorKind::Quota, Retry::No),
    ("rate_limit_exceeded", ErrorKind::RateLimit, Retry::Yes),
    ("rate_limit_error", ErrorKind::RateLimit, Retry::Yes),
    ("rate_limit_reached_error", ErrorKind::RateLimit, Retry::Yes),
    ("RESOURCE_EXHAUSTED", ErrorKind::RateLimit, Retry::Yes),
    ("slow_down", ErrorKind::RateLimit, Retry::Yes),
    ("server_is_overloaded", ErrorKind::Overloaded, Retry::Yes),
    ("overloaded_error", ErrorKind::Overloaded, Retry::Yes),
    ("UNAVAILABLE", ErrorKind::Overloaded, Retry::Yes),
    ("insufficient_system_resource", ErrorKind::Overloaded, Retry::Yes),
    ("service_unavailable_error", ErrorKind::Overloaded, Retry::Yes),
    ("invalid_api_key", ErrorKind::Auth, Retry::No),
    ("authentication_error", ErrorKind::Auth, Retry::No),
    ("authorized_error", ErrorKind::Auth, Retry::No),
    ("UNAUTHENTICATED", ErrorKind::Auth, Retry::No),
    ("permission_error", ErrorKind::Permission, Retry::No),
    ("PERMISSION_DENIED", ErrorKind::Permission, Retry::No),
    ("billing_error", ErrorKind::Quota, Retry::No),
    ("model_not_found", ErrorKind::NotFound, Retry::No),
    ("not_found_error", ErrorKind::NotFound, Retry::No),
    ("NotFoundError", ErrorKind::NotFound, Retry::No),
    ("NOT_FOUND", ErrorKind::NotFound, Retry::No),
    ("BadRequestError", ErrorKind::InvalidRequest, Retry::No),
    ("invalid_request_error", ErrorKind::InvalidRequest, Retry::No),
    ("invalid_value", ErrorKind::InvalidRequest, Retry::No),
    ("INVALID_ARGUMENT", ErrorKind::InvalidRequest, Retry::No),
    ("FAILED_PRECONDITION", ErrorKind::InvalidRequest, Retry::No),
    ("Client specified an invalid argument", ErrorKind::InvalidRequest, Retry::No),
    ("validation", ErrorKind::InvalidRequest, Retry::No),
    ("timeout_error", ErrorKind::Timeout, Retry::Yes),
    ("DEADLINE_EXCEEDED", ErrorKind::Timeout, Retry::Yes),
    ("CANCELLED", ErrorKind::Cancelled, Retry::Unknown),
    ("tool_use_failed", ErrorKind::InvalidOutput, Retry::Yes),
    ("The service is currently unavailable", ErrorKind::Overloaded, Retry::Yes),
    ("server_error", ErrorKind::Server, Retry::Yes),
    ("internal_server_error", ErrorKind::Server, Retry::Yes),
    ("internal_error", ErrorKind::Server, Retry::Yes),
    ("INTERNAL", ErrorKind::Server, Retry::Yes),
    ("api_error", ErrorKind::Server, Retry::Yes),
];
