//! The response object: facts, how it ended, and all of its output once more.

use alloc::string::String;
use alloc::vec::Vec;

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

/// What is read of a response, in the order of [`Members`].
pub(super) const MEMBERS: [&str; 11] = [
    "id",
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

/// Where the [`MEMBERS`] are.
pub(super) type Members = [Option<Raw>; MEMBERS.len()];

/// A response object, and the members of it that have a place in the model.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Response<'a> {
    json: &'a str,
    id: Option<Fragment<'a>>,
    model: Option<Fragment<'a>>,
    created: Option<&'a str>,
    tier: Option<Fragment<'a>>,
    conversation: Option<&'a str>,
    status: Option<Fragment<'a>>,
    error: Option<&'a str>,
    details: Option<&'a str>,
    usage: Option<&'a str>,
    output: Option<&'a str>,
    is_background: bool,
}

impl<'a> Response<'a> {
    /// The response `json`, which is valid.
    pub(super) fn read(json: &'a str, depth: u16) -> Result<Self, Error> {
        Ok(Self::of(json, json, members(json, MEMBERS, depth)?))
    }

    /// The response `json`, whose members were found in `source`.
    pub(super) fn of(json: &'a str, source: &'a str, members: Members) -> Self {
        let [id, model, created, tier, conversation, status, error, details, usage, output, background] =
            members.map(|raw| raw.map(|raw| raw.of(source)));
        let text = |raw: Option<&'a str>| raw.and_then(Fragment::value);
        Self {
            json,
            id: text(id),
            model: text(model),
            created,
            tier: text(tier),
            conversation,
            status: text(status).filter(|status| !status.is_empty()),
            error,
            details,
            usage,
            output,
            is_background: background == Some("true"),
        }
    }

    fn counts(&self, depth: u16) -> Result<Option<Usage>, Error> {
        self.usage.map_or(Ok(None), |usage| usage::read(usage, depth))
    }

    fn say_extras(&self, out: &mut Emitter) {
        if !out.wants_extras() {
            return;
        }
        let known: Vec<_> = MEMBERS.into_iter().chain(["object"]).collect();
        out.extras_of(Scope::Response, self.json, &known);
        // Vendors put more into it than the model takes.
        if let Some(usage) = self.usage {
            out.extra(Scope::Response, "usage".into(), usage);
        }
    }

    fn status(&self) -> Option<Status> {
        Status::of(self.status?.borrow(&mut String::new()))
    }

    /// What every response object says: given when it changes.
    fn say_facts(&self, depth: u16, out: &mut Emitter) -> Result<(), Error> {
        let conversation = match self.conversation {
            Some(conversation) => Fragment::member(conversation, "id", depth)?,
            None => None,
        };
        let facts = [
            (MetaField::Id, self.id),
            (MetaField::Model, self.model),
            (MetaField::Created, self.created.map(|created| created.trim_matches('"').into())),
            (MetaField::ServiceTier, self.tier),
            (MetaField::Conversation, conversation),
        ];
        for (field, value) in facts {
            if let Some(value) = value {
                out.meta(field, value);
            }
        }
        Ok(())
    }
}

impl Decoder {
    /// A response object before the end.
    pub(super) fn say_response(&mut self, response: &Response<'_>, word: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        if word == "created" && !self.say_start(response.id, out) {
            return Ok(());
        }
        response.say_facts(depth, out)?;
        out.begin_choice(0);
        if response.is_background || word == "queued" || response.status.is_some_and(|status| status.is("queued")) {
            out.set_resumable();
        }
        response.say_extras(out);
        if let Some(counts) = response.counts(depth)?
            && !usage::is_zero(&counts)
        {
            out.usage(counts, UsageOrigin::Partial);
        }
        self.say_error(response.error, out);
        Ok(())
    }

    /// A response begins: false where it is the same again.
    fn say_start(&mut self, id: Option<Fragment<'_>>, out: &mut Emitter) -> bool {
        let id = id.unwrap_or_else(|| "".into());
        let hash = crate::emitter::Digest::number(id.borrow(&mut String::new()));
        match self.started.replace(hash) {
            None => {}
            Some(known) if known == hash || id.is_empty() => {
                out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                return false;
            }
            Some(_) => {
                out.restart(id);
                self.items.clear();
            }
        }
        true
    }

    /// The response is over, or is a whole one: `word` is what the frame's name says of that.
    pub(super) fn say_end(&mut self, response: &Response<'_>, word: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let named = Status::of(word).unwrap_or(Status::Waiting);
        let own = response.status().filter(|status| *status != Status::Waiting || word.is_empty());
        // What is inside says more than the name, but does not make good what the name calls bad.
        let status = match own {
            Some(Status::Completed) if !matches!(named, Status::Waiting) => named,
            Some(own) => own,
            None => named,
        };
        response.say_facts(depth, out)?;
        out.begin_choice(0);
        if !out.is_terminal() {
            self.say_snapshot(response.output, out)?;
        }
        response.say_extras(out);
        if response.is_background {
            out.set_resumable();
        }
        say_finish(response, status, depth, out)?;
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
