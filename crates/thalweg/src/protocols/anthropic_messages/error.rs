//! Errors: an `error` event, a body, or the bare error.

use super::wire::fields;
use crate::emitter::{Emitter, Failure, Fragment};
use crate::event::ErrorKind;
use crate::json::{Error, Kind, Reader, Text};

/// Reports an error value: an object, or words.
// The classification that all protocols share replaces this.
pub(super) fn report(error: &str, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let reader = &mut Reader::new(error, depth);
    if reader.peek()? != Kind::Object {
        let words = if reader.peek()? == Kind::String { Fragment::json(error, reader.string()?) } else { error.into() };
        out.error(Failure::new(ErrorKind::Other, words));
        return Ok(());
    }
    let (mut kind, mut message) = (None::<Text>, None::<Text>);
    fields(error, depth, |name, json| {
        match name {
            "type" => kind = json.maybe_string()?,
            "message" => message = json.maybe_string()?,
            _ => drop(json.skip()?),
        }
        Ok(())
    })?;
    let words = message.map_or_else(|| error.into(), |text| Fragment::json(error, text));
    let known = kind.map_or(ErrorKind::Other, |kind| kind_of(kind.name(error, &mut [0; 32])));
    let mut failure = Failure::new(known, words);
    failure.code = kind.map(|kind| Fragment::json(error, kind));
    out.error(failure);
    Ok(())
}

fn kind_of(word: &str) -> ErrorKind {
    match word {
        "overloaded_error" => ErrorKind::Overloaded,
        "rate_limit_error" => ErrorKind::RateLimit,
        "billing_error" => ErrorKind::Quota,
        "authentication_error" => ErrorKind::Auth,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" => ErrorKind::NotFound,
        "invalid_request_error" | "request_too_large" => ErrorKind::InvalidRequest,
        "timeout_error" => ErrorKind::Timeout,
        "api_error" | "server_error" => ErrorKind::Server,
        _ => ErrorKind::Other,
    }
}
