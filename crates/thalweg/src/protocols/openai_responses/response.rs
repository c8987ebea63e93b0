//! The response object: facts, how it ended, and all of its output once more.

use alloc::string::String;

use super::decode::Decoder;
use super::items::Kind;
use super::usage;
use crate::emitter::{Emitter, Failure, Fragment};
use crate::event::{Action, AnomalyKind, ErrorKind, MetaField, Reason, Scope, Usage, UsageOrigin};
use crate::json::{Error, Raw, members};

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Completed,
    Incomplete,
    Failed,
    Cancelled,
    /// Not yet.
    Waiting,
}

impl Status {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "completed" => Self::Completed,
            "incomplete" => Self::Incomplete,
            "failed" => Self::Failed,
            "cancelled" | "canceled" => Self::Cancelled,
            "queued" | "in_progress" => Self::Waiting,
            _ => return None,
        })
    }
}

/// The members that have a place in the model.
struct Response<'a> {
    status: Option<Fragment<'a>>,
    error: Option<&'a str>,
    details: Option<&'a str>,
    usage: Option<&'a str>,
    output: Option<&'a str>,
    is_background: bool,
}

/// Members that are read; all others are extras.
const KNOWN: &[&str] = &[
    "id",
    "object",
    "model",
    "created_at",
    "service_tier",
    "conversation",
    "status",
    "error",
    "incomplete_details",
    "usage",
    "output",
    "background",
];

impl<'a> Response<'a> {
    fn read(json: &'a str, depth: u16) -> Result<Self, Error> {
        let names = ["status", "error", "incomplete_details", "usage", "output", "background"];
        let [status, error, details, usage, output, background] = members(json, names, depth)?;
        let of = |raw: Option<Raw>| raw.map(|raw| raw.of(json));
        Ok(Self {
            status: of(status).and_then(Fragment::value).filter(|status| !status.is_empty()),
            error: of(error),
            details: of(details),
            usage: of(usage),
            output: of(output),
            is_background: of(background) == Some("true"),
        })
    }

    fn counts(&self, depth: u16) -> Result<Option<Usage>, Error> {
        self.usage.map_or(Ok(None), |usage| usage::read(usage, depth))
    }

    fn say_extras(&self, json: &str, out: &mut Emitter) {
        out.extras_of(Scope::Response, json, KNOWN);
        // Vendors put more into it than the model takes.
        if let Some(usage) = self.usage {
            out.extra(Scope::Response, "usage".into(), usage);
        }
    }

    fn status(&self) -> Option<Status> {
        Status::of(self.status?.borrow(&mut String::new()))
    }
}

/// What every response object says: given when it changes.
fn say_facts(json: &str, depth: u16, out: &mut Emitter) -> Result<(), Error> {
    let [id, model, created, tier, conversation] =
        members(json, ["id", "model", "created_at", "service_tier", "conversation"], depth)?;
    let text = |raw: Option<Raw>| raw.and_then(|raw| Fragment::value(raw.of(json)));
    let conversation = match conversation {
        Some(raw) => Fragment::member(raw.of(json), "id", depth)?,
        None => None,
    };
    let facts = [
        (MetaField::Id, text(id)),
        (MetaField::Model, text(model)),
        (MetaField::Created, created.map(|raw| raw.of(json).trim_matches('"').into())),
        (MetaField::ServiceTier, text(tier)),
        (MetaField::Conversation, conversation),
    ];
    for (field, value) in facts {
        if let Some(value) = value {
            out.meta(field, value);
        }
    }
    Ok(())
}

impl Decoder {
    /// A response object before the end.
    pub(super) fn say_response(&mut self, json: &str, word: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        if word == "created" && !self.say_start(json, depth, out)? {
            return Ok(());
        }
        let response = Response::read(json, depth)?;
        say_facts(json, depth, out)?;
        out.begin_choice(0);
        if response.is_background || word == "queued" || response.status.is_some_and(|status| status.is("queued")) {
            out.set_resumable();
        }
        response.say_extras(json, out);
        if let Some(counts) = response.counts(depth)?
            && !usage::is_zero(&counts)
        {
            out.usage(counts, UsageOrigin::Partial);
        }
        self.say_error(response.error, out);
        Ok(())
    }

    /// A response begins: false where it is the same again.
    fn say_start(&mut self, json: &str, depth: u16, out: &mut Emitter) -> Result<bool, Error> {
        let id = Fragment::member(json, "id", depth)?.unwrap_or_else(|| "".into());
        let hash = crate::emitter::Digest::number(id.borrow(&mut String::new()));
        match self.started.replace(hash) {
            None => {}
            Some(known) if known == hash || id.is_empty() => {
                out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                return Ok(false);
            }
            Some(_) => {
                out.restart(id);
                self.items.clear();
            }
        }
        Ok(true)
    }

    /// The response is over, or is a whole one: `word` is what the frame's name says of that.
    pub(super) fn say_end(&mut self, json: &str, word: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let response = Response::read(json, depth)?;
        let named = Status::of(word).unwrap_or(Status::Waiting);
        let own = response.status().filter(|status| *status != Status::Waiting || word.is_empty());
        // What is inside says more than the name, but does not make good what the name calls bad.
        let status = match own {
            Some(Status::Completed) if !matches!(named, Status::Waiting) => named,
            Some(own) => own,
            None => named,
        };
        say_facts(json, depth, out)?;
        out.begin_choice(0);
        if !out.is_terminal() {
            self.say_snapshot(response.output, out)?;
        }
        response.say_extras(json, out);
        if response.is_background {
            out.set_resumable();
        }
        say_finish(&response, status, depth, out)?;
        if let Some(counts) = response.counts(depth)? {
            let is_over = status != Status::Waiting;
            out.usage(counts, if is_over { UsageOrigin::Provider } else { UsageOrigin::Partial });
            if is_over && usage::is_zero(&counts) && out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
        self.say_error(response.error, out);
        if status == Status::Failed && !out.has_failed() {
            out.error(Failure::new(ErrorKind::Server, "Response failed".into()));
        }
        if status == Status::Waiting {
            out.wait();
        } else {
            out.terminal();
        }
        Ok(())
    }
}

fn say_finish(response: &Response<'_>, status: Status, depth: u16, out: &mut Emitter) -> Result<(), Error> {
    let (reason, raw) = match status {
        Status::Waiting => return Ok(()),
        Status::Completed => (Reason::Stop, "completed".into()),
        Status::Failed => (Reason::Error, "failed".into()),
        Status::Cancelled => (Reason::Cancelled, "cancelled".into()),
        Status::Incomplete => {
            out.incomplete();
            why_incomplete(response.details, depth)?
        }
    };
    out.finish_reason(0, reason, raw);
    Ok(())
}

/// The reason of an answer that is not whole. Where none is given none is made up.
fn why_incomplete(details: Option<&str>, depth: u16) -> Result<(Reason, Fragment<'_>), Error> {
    let raw = match details {
        Some(details) => Fragment::member(details, "reason", depth)?,
        None => None,
    };
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { return Ok((Reason::Other, "incomplete".into())) };
    let reason = match () {
        () if raw.is("max_output_tokens") || raw.is("max_tokens") || raw.is("max_messages") => Reason::Length,
        () if raw.is("content_filter") => Reason::ContentFilter,
        () => Reason::Other,
    };
    Ok((reason, raw))
}

/// What an item is, and its id and call id.
pub(super) fn identity(json: &str, depth: u16) -> Result<(Kind, [Option<Fragment<'_>>; 2]), Error> {
    let [kind, id, call_id] = members(json, ["type", "id", "call_id"], depth)?;
    let text = |raw: Option<Raw>| raw.and_then(|raw| Fragment::value(raw.of(json)));
    let kind = text(kind).map_or(Kind::Other, |kind| Kind::of(kind.borrow(&mut String::new())));
    Ok((kind, [text(id), text(call_id)]))
}
