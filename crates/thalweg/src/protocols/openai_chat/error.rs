//! Errors in every shape that chat servers give them.

use super::wire::Head;
use crate::dialect::Frame;
use crate::emitter::{Emitter, Failure, Fragment};
use crate::event::{Action, AnomalyKind, ErrorKind, Retry};
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
pub(super) fn is_error(frame: Frame<'_>, head: &Head) -> bool {
    head.error.is_some_and(|error| !is_nothing(error.of(frame.data), head.has_choices))
        || head.object.is_some_and(|object| object.is(frame.data, "error"))
        || (!head.has_choices && (frame.event == Some("error") || looks_like_error(frame.data)))
        || head.x_groq.is_some_and(|raw| member(raw.of(frame.data), "error").is_some())
}

/// Some servers send an empty error with every chunk.
fn is_nothing(error: &str, has_choices: bool) -> bool {
    error == "false" || (has_choices && matches!(error, "\"\"" | "{}" | "[]"))
}

/// Reports what [`is_error`] found. The frame itself may be the error, without anything around it.
pub(super) fn report_frame(frame: Frame<'_>, head: &Head, depth: u16, out: &mut Emitter) -> Result<(), Error> {
    let data = frame.data;
    let nested = head.x_groq.and_then(|raw| member(raw.of(data), "error"));
    match head.error.map(|raw| raw.of(data)).or(nested) {
        // `{"code", "error"}`, both strings (xAI): one error in two fields of the frame.
        Some(error) if !error.starts_with('"') || nested.is_some() => report(error, depth, out),
        _ => {
            let fields = read(&mut Reader::new(data, depth))?;
            report_object(data, &fields, out);
            Ok(())
        }
    }
}

/// A frame without choices that has a message and a code, FastAPI's `detail`, or Cloudflare's mark.
fn looks_like_error(data: &str) -> bool {
    let has = |name| member(data, name).is_some();
    let has_words = member(data, "message").is_some_and(|message| message.starts_with('"'));
    has("detail") || has("cloudflare_error") || (has_words && (has("code") || has("status") || has("type")))
}

/// A field of an object, verbatim, if it is there and not null, false or empty. For JSON that was validated.
fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
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

/// Reports a frame whose data is a sentence and not JSON: some servers write their error as it is. False where it is
/// something else, or comes behind a finish reason.
pub(super) fn report_text(frame: Frame<'_>, out: &mut Emitter) -> bool {
    let text = frame.data.trim();
    if text.starts_with(':') {
        // A proxy has made data of a comment.
        out.anomaly(AnomalyKind::CommentAsData, Action::Dropped, None);
        return true;
    }
    let is_sentence = text.starts_with(char::is_alphabetic) && text.contains(' ') && !text.starts_with("data:");
    if out.all_finished() || !(is_sentence || frame.event == Some("error")) {
        return false;
    }
    out.anomaly(AnomalyKind::InvalidJson, Action::Kept, None);
    out.error(Failure::new(ErrorKind::Other, text.into()));
    true
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
            "message" => fields.message = json.maybe_string()?.or(fields.message),
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
