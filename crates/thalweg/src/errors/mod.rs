//! One normalized error for the errors of every provider.
//!
//! An error is written in many shapes, none of them bound to a protocol: gateways pass on what their upstreams say.
//! So there is one reader for all of them. A decoder says which part of a frame is the error, and gets one
//! [`Error`](crate::event::EventOf::Error) event with a kind, a retry advice, a status, a code, a message and the
//! provider's own JSON:
//!
//! ```text
//! {"error":{"message":"…","type":"…","code":"…"}}           OpenAI, and nearly everyone; also inside a list (Google)
//! {"type":"error","error":{"type":"…","message":"…"}}       Anthropic, also with `details`; the WebSocket envelope
//! {"code":…,"message":"…","type":"…"}                       flat: OpenAI's event, llama-server, Mistral, Cerebras
//! {"error":{"code":429,"status":"…","details":[…]}}         Google
//! {"message":"…"} and a name beside it                      Bedrock: the name is the [`Hint`]
//! {"error":"…"}, {"code":"…","error":"…"}, {"detail":…}     Ollama, xAI, FastAPI
//! {"status_code":1002,"status_msg":"…"}                     MiniMax
//! {"errors":[{"code":…,"message":"…"}]}                     Cloudflare
//! ```
//!
//! Reading is in `shape`; `classify` decides: the code, then the type or status word, then the number, and the texts
//! only where none of them says anything, or nothing precise. `words`, `texts` and `delay` hold what is known about
//! each of these.
//!
//! A decoder that sees one error in several places of the wire keeps a [`Causes`]:
//!
//! ```text
//! causes.report(frame.data, Hint::None, out);    {"type":"error","error":{"code":"server_error","message":"boom"}}
//! causes.report(error, Hint::None, out);         the error of `response.failed`, with the same code: no second event
//! ```

#![allow(dead_code, unused_imports, reason = "what only some protocols ask for")]

mod classify;
mod delay;
mod exceptions;
mod frame;
mod response;
mod shape;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
mod words;

use crate::dialect::Frame;
use crate::emitter::{Digest, Emitter, Failure, Fragment};
use crate::event::{Action, AnomalyKind, ErrorKind, Retry};
use classify::Facts;
use shape::Shape;

pub(crate) use delay::go_style;
pub(crate) use exceptions::Exceptions;
pub(crate) use frame::{are_words, is_nothing, looks_like_error, member};
pub(crate) use response::{Reply, of_name, of_reply, of_text};

/// What the wire says about an error outside of its JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Hint<'a> {
    /// Nothing.
    #[default]
    None,
    /// Its name, such as Bedrock's `:exception-type`: as good as a type in the JSON.
    Name(&'a str),
    /// What it is where nothing in it says more: Ollama's errors are texts, and mostly a runner that failed.
    Otherwise(ErrorKind, Retry),
}

/// The errors of one response that were reported: one event a cause.
///
/// The same cause is the same message or the same code; another message for a known code is an anomaly. Some servers
/// write an error into a choice and beside it, as an event of its own and again in the response that failed, or once a
/// frame until the connection ends.
#[derive(Debug, Default)]
pub(crate) struct Causes {
    /// Hashes of messages and codes, the oldest overwritten first.
    seen: [u64; CAUSES],
    next: usize,
}

const CAUSES: usize = 8;

impl Causes {
    /// Reports the error in `json`, unless its cause was reported.
    ///
    /// `json` is an error value or an object around one; it must be valid JSON, and is what the event keeps as `raw`:
    /// hand in the whole frame if it is nothing but an error, else the part that is one. `null`, `false` and `""` are
    /// no errors and report nothing; anything else gives exactly one event.
    pub(crate) fn report(&mut self, json: &str, hint: Hint<'_>, out: &mut Emitter) {
        if matches!(json, "null" | "false" | "\"\"") {
            return;
        }
        self.say(Some(json), &Shape::of(json), hint, out);
    }

    /// Reports the error that a server says in plain words, unless its cause was reported.
    pub(crate) fn report_text(&mut self, text: &str, hint: Hint<'_>, out: &mut Emitter) {
        let shape = Shape { message: Some(text.into()), ..Shape::default() };
        self.say(None, &shape, hint, out);
    }

    fn say(&mut self, json: Option<&str>, shape: &Shape<'_>, hint: Hint<'_>, out: &mut Emitter) {
        let facts = Facts::new(shape);
        match self.known(json.unwrap_or_default(), shape, &facts) {
            Known::Not => {}
            Known::Same => return,
            Known::InOtherWords => return out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, None),
        }
        let (kind, retry) = classify::classify(&facts, hint);
        let mut failure =
            Failure::new(kind, shape.message.unwrap_or_else(|| shape.value.or(json).unwrap_or_default().into()));
        failure.retry = delay::advise(retry, shape, &facts);
        failure.status = facts.status;
        failure.code = shape.name(hint).map(Fragment::from);
        failure.raw = json.filter(|json| json.starts_with(['{', '[']));
        out.error(failure);
    }

    fn known(&mut self, json: &str, shape: &Shape<'_>, facts: &Facts<'_>) -> Known {
        let message = if facts.message.is_empty() { shape.value.unwrap_or(json) } else { &facts.message };
        let texts = [("message", message), ("code", shape.own_code())];
        let hashes = texts.map(|(of, text)| {
            let mut hash = Digest::default();
            hash.add(of);
            hash.add(text);
            (!text.is_empty()).then(|| hash.with(0, 0))
        });
        let [has_message, has_code] = hashes.map(|hash| hash.is_some_and(|hash| self.seen.contains(&hash)));
        if has_message {
            return Known::Same;
        }
        if has_code {
            return Known::InOtherWords;
        }
        for hash in hashes.into_iter().flatten() {
            self.seen[self.next % CAUSES] = hash;
            self.next += 1;
        }
        Known::Not
    }
}

/// Whether an error's cause was reported.
enum Known {
    Not,
    Same,
    /// The same code, another message.
    InOtherWords,
}

/// Reports words that a server wrote as they are.
pub(crate) fn report_words(words: &str, out: &mut Emitter) {
    let (kind, retry) = classify::by_text(words).unwrap_or((ErrorKind::Other, Retry::Unknown));
    let mut failure = Failure::new(kind, words.into());
    failure.retry = delay::in_text(words).filter(|_| retry != Retry::No).map_or(retry, Retry::after_ms);
    out.error(failure);
}

/// A frame that is neither an object nor a list, on a wire where all are: under the name `error` its words are one, else
/// it is a broken frame.
pub(crate) fn say_no_object(frame: Frame<'_>, out: &mut Emitter) {
    if frame.event == Some("error") {
        report_words(frame.data.trim().trim_matches('"'), out);
    } else {
        out.no_object(frame.data);
    }
}
