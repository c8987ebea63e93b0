//! Errors that are whole responses, and errors that are nothing but words or a name.

use super::classify::{self, Class, Facts};
use super::shape::Shape;
use super::{delay, texts, words};
use crate::event::{ErrorKind, Retry};
use crate::json::Reader;
use crate::limits::JSON_DEPTH;

/// A response with an HTTP status of an error.
#[derive(Clone, Copy)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    /// JSON, an event stream of one event, words, or a page.
    pub(crate) body: &'a str,
    /// What the vendor means by the status, if that is not what others mean.
    pub(crate) meaning: Option<Class>,
    /// What a name in a header says.
    pub(crate) named: Option<Class>,
}

/// What a response means. Body and status rarely disagree; where they do the status stands, but for a status that
/// speaks of another one.
pub(crate) fn of_reply(reply: &Reply<'_>) -> Class {
    let shape = shape_of(reply.body);
    let status = if reply.status == FAILED_DEPENDENCY { shape.http_status() } else { None };
    let facts = Facts::with_status(&shape, status.unwrap_or(reply.status));
    let (kind, retry) = classify::classify_reply(&facts, reply.meaning, reply.named);
    (kind, delay::advise(retry, &shape, &facts))
}

/// What words alone mean, where they come from anyone: a library, an operating system. A reason not to try again
/// outweighs one to do so, whichever is more likely.
pub(crate) fn of_text(text: &str) -> Class {
    let broken = || texts::is_broken(text).then_some((ErrorKind::Other, Retry::Yes));
    let (kind, retry) = texts::meaning(text).or_else(broken).unwrap_or((ErrorKind::Other, Retry::Unknown));
    if retry != Retry::No && texts::is_permanent(text) {
        return (ErrorKind::Other, Retry::No);
    }
    (kind, delay::in_text(text).filter(|_| retry == Retry::Yes).map_or(retry, Retry::after_ms))
}

/// What a provider's name for an error means, if it is known.
pub(crate) fn of_name(name: &str) -> Option<Class> {
    words::find(name)
}

fn shape_of(body: &str) -> Shape<'_> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let data = || body.lines().find_map(|line| line.strip_prefix("data:")).map(str::trim);
    match is_json(body).then_some(body).or_else(|| data().filter(|data| is_json(data))) {
        Some(json) => Shape::of(json),
        None if body.starts_with('<') => Shape::default(),
        None => Shape { message: (!body.is_empty()).then(|| body.into()), ..Shape::default() },
    }
}

fn is_json(text: &str) -> bool {
    let json = &mut Reader::new(text, JSON_DEPTH);
    json.skip().and_then(|_| json.end()).is_ok()
}

/// Bedrock says so of a model that failed, and the body has the status with which it did.
const FAILED_DEPENDENCY: u16 = 424;
