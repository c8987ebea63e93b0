//! What kind of error it is, and whether trying again can help.

use super::shape::{Shape, Word, decoded};
use super::words::{self, AUTH, CANCELLED, CONTEXT, NOT_FOUND, OVERLOADED, PERMISSION, POLICY, QUOTA, RATE};
use super::words::{REQUEST, SERVER, TIMEOUT};
use super::{Hint, delay, texts};
use crate::event::{ErrorKind, Retry};

pub(super) type Class = (ErrorKind, Retry);

/// What a decision rests on.
pub(super) struct Facts<'a> {
    shape: &'a Shape<'a>,
    pub(super) message: Word<'a>,
    pub(super) status: Option<u16>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(shape: &'a Shape<'a>) -> Self {
        let message = shape.message.map(decoded).unwrap_or_default();
        Self { shape, message, status: shape.http_status() }
    }

    /// Of the body of a response with a status of its own.
    pub(super) fn with_status(shape: &'a Shape<'a>, status: u16) -> Self {
        Self { status: Some(status), ..Self::new(shape) }
    }

    /// The message, and what an upstream said.
    fn has(&self, is_said: impl Fn(&str) -> bool) -> bool {
        is_said(&self.message) || self.shape.upstream.is_some_and(is_said)
    }

    /// Its words, those that say most first.
    fn words(&self, hint: Hint<'a>) -> impl Iterator<Item = &'a str> {
        let Shape { detail, reason, code, word, kind, .. } = self.shape;
        let hinted = match hint {
            Hint::Name(name) => Some(name),
            _ => None,
        };
        [detail, reason, code, word, kind].into_iter().filter_map(Option::as_deref).chain(hinted)
    }

    fn has_delay(&self) -> bool {
        self.shape.delay.is_some() || delay::in_text(&self.message).is_some()
    }
}

/// By the provider's words for it, the first that is known; else by the status, else by a piece of a word, else by the
/// text. A class that says little (any server error, any wrong request) gives way to a status or a message that says
/// more: gateways put the limits of their upstreams into such errors.
pub(super) fn classify(facts: &Facts<'_>, hint: Hint<'_>) -> Class {
    let by_word = facts.words(hint).find_map(words::find);
    let by_status = facts.status.map(by_status);
    let class = match (by_word, by_status) {
        (Some((ErrorKind::Other, Retry::Unknown)), Some(class)) => class,
        (Some((ErrorKind::Server | ErrorKind::InvalidRequest, _)), Some(class)) if !is_vague(class.0) => class,
        (Some(class), _) | (None, Some(class)) => class,
        (None, None) => by_guess(facts, hint),
    };
    by_message(class, facts)
}

/// By the status, which decides whether trying again helps; a word that says more than whose fault it is outweighs it.
/// `meaning` is what the vendor means by the status, if that is not what others mean: no text is asked then. `named` is
/// what a name outside of the body says.
pub(super) fn classify_reply(facts: &Facts<'_>, meaning: Option<Class>, named: Option<Class>) -> Class {
    let words = || facts.words(Hint::None);
    let is_precise = |class: &Class| !is_vague(class.0);
    if let Some(class) = words().filter_map(words::find).chain(named).find(is_precise) {
        return by_message(class, facts);
    }
    if let Some(class) = meaning {
        return class;
    }
    let class = facts.status.map_or((ErrorKind::Other, Retry::Unknown), by_status);
    // A word that is not known may still be a reason not to try again.
    let reason = words().filter_map(words::guess).find(|guess| matches!(*guess, QUOTA | CONTEXT));
    match (class, reason) {
        (RATE | REQUEST, Some(reason)) => reason,
        _ => by_message(class, facts),
    }
}

/// Where there is neither a known word nor a status.
fn by_guess(facts: &Facts<'_>, hint: Hint<'_>) -> Class {
    let number = || facts.shape.number.filter(|_| facts.shape.is_verdict).and_then(words::of_minimax);
    let guess = || facts.words(hint).find_map(words::guess);
    let otherwise = match hint {
        Hint::Otherwise(kind, retry) => (kind, retry),
        _ => (ErrorKind::Other, Retry::Unknown),
    };
    number().or_else(guess).or_else(|| texts::meaning(&facts.message)).unwrap_or(otherwise)
}

/// By the text alone.
pub(super) fn by_text(text: &str) -> Option<Class> {
    texts::meaning(text)
}

/// A class that only says whose fault it is.
const fn is_vague(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Server | ErrorKind::InvalidRequest | ErrorKind::Other)
}

/// What the message adds: to a class that says little its reason, to a rate limit whether waiting helps.
fn by_message(class: Class, facts: &Facts<'_>) -> Class {
    match class.0 {
        ErrorKind::RateLimit if facts.shape.is_daily => QUOTA,
        ErrorKind::RateLimit if facts.has(texts::is_too_large) => (ErrorKind::RateLimit, Retry::No),
        // Google says so of every limit, and names a delay where one helps.
        ErrorKind::RateLimit if !facts.has_delay() && facts.has(texts::is_quota) => QUOTA,
        kind if is_vague(kind) && facts.has(texts::is_overflow) => CONTEXT,
        kind if is_vague(kind) && facts.has(texts::is_quota) => QUOTA,
        ErrorKind::Permission | ErrorKind::InvalidRequest if facts.shape.is_flagged => POLICY,
        ErrorKind::Server | ErrorKind::Other if facts.has(texts::is_rate) => RATE,
        ErrorKind::Server | ErrorKind::Other if facts.has(texts::is_overload) => OVERLOADED,
        // Groq has no room for the request now, Cohere does not know the token.
        ErrorKind::Auth if facts.status == Some(498) && facts.has(|text| texts::has(text, "capacity")) => OVERLOADED,
        _ => class,
    }
}

fn by_status(status: u16) -> Class {
    match status {
        401 | 498 => AUTH,
        402 => QUOTA,
        403 => PERMISSION,
        404 => NOT_FOUND,
        408 | 504 | 522 | 524 => TIMEOUT,
        409 | 421 | 425 => (ErrorKind::Other, Retry::Yes),
        424 => SERVER,
        429 => RATE,
        499 => CANCELLED,
        503 | 529 => OVERLOADED,
        400..=499 => REQUEST,
        500.. => SERVER,
        _ => (ErrorKind::Other, Retry::Unknown),
    }
}
