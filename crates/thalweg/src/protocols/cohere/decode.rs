//! Events into what they mean.

use super::blocks::{Blocks, MESSAGE_FIELDS};
use super::usage::WireUsage;
use super::wire::{ANSWER_FIELDS, CALL_FIELDS, CONTENT_FIELDS, END_FIELDS, EVENT_FIELDS, End, Event, What};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{At, Emitter, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, ErrorKind, MetaField, Part, Reason, Retry, Scope, UsageOrigin};
use crate::json::{Error, Kind, Raw, Reader};

/// The wire has one choice.
const ONLY: u32 = 0;

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    causes: Causes,
    usage: WireUsage,
    blocks: Blocks,
    /// A message has started, and has ended.
    has_started: bool,
    has_ended: bool,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self {
            oddities,
            causes: Causes::default(),
            usage: WireUsage::default(),
            blocks: Blocks::default(),
            has_started: false,
            has_ended: false,
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let said = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => Event::read(data, depth).and_then(|event| self.say(frame, &event, out)),
            _ if data.trim() == "[DONE]" => return out.sentinel(),
            Ok(Kind::Array) => return out.each(data, |data, out| self.frame(Frame { data, ..frame }, out)),
            _ => return errors::say_no_object(frame, out),
        };
        // What is read again was validated as a part of the frame: only the frame's own reading can fail.
        if let Err(error) = said {
            out.bad_json(error);
        }
    }
}

impl Decoder {
    fn say(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let (index, delta) = (event.index, &event.delta);
        match what(frame, event) {
            Some(What::ContentDelta) => {
                let at = self.blocks.say_content(data, index, &delta.content, out);
                say_logprobs(data, event, at, out);
                say_extras(data, at, "content", CONTENT_FIELDS, out);
            }
            Some(What::CallDelta) => {
                let at = self.blocks.say_call(data, index, &delta.call, out);
                say_extras(data, at, "tool_calls", CALL_FIELDS, out);
            }
            Some(What::PlanDelta) => {
                if let Some(plan) = delta.plan {
                    self.blocks.say_plan(Fragment::json(data, plan), out);
                }
                out.extras_of(Scope::Response, data, EVENT_FIELDS);
            }
            Some(What::ContentStart) => {
                if let Some(block) = self.blocks.start_content(data, index, &delta.content, out) {
                    say_block_extras(data, Scope::Block(block), "content", CONTENT_FIELDS, out);
                }
            }
            Some(What::ContentEnd) => {
                let at = self.blocks.end_content(index, out);
                say_extras(data, at, "content", CONTENT_FIELDS, out);
            }
            Some(What::CallStart) => {
                let at = self.blocks.start_call(data, index, &delta.call, out);
                say_extras(data, at, "tool_calls", CALL_FIELDS, out);
            }
            Some(What::CallEnd) => {
                let at = self.blocks.end_call(index, out);
                say_extras(data, at, "tool_calls", CALL_FIELDS, out);
            }
            Some(What::CitationStart) => {
                if let Some(citations) = delta.citations {
                    self.blocks.say_citations(citations.of(data), out)?;
                }
                out.extras_of(Scope::Response, data, EVENT_FIELDS);
            }
            Some(What::CitationEnd | What::Debug) => out.extras_of(Scope::Response, data, EVENT_FIELDS),
            Some(What::MessageStart) => self.say_start(data, event, out)?,
            Some(What::MessageEnd) => self.say_end(data, event, out)?,
            None => self.say_other(frame, event, out)?,
        }
        Ok(())
    }

    fn say_start(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let id = event.id.map(|id| Fragment::json(data, id));
        if core::mem::replace(&mut self.has_started, true) {
            let is_same = id.is_none_or(|id| id.is_empty() || out.is_known(MetaField::Id, id));
            match id {
                Some(id) if !is_same && !self.has_ended => {
                    out.restart(id);
                    (self.usage, self.blocks) = (WireUsage::default(), Blocks::default());
                }
                _ => {
                    out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                    return Ok(());
                }
            }
        }
        out.begin_choice(ONLY);
        if let Some(id) = id {
            out.meta(MetaField::Id, id);
        }
        // Empty where the documentation is kept to.
        if let Some(message) = errors::member(data, "delta").and_then(|delta| errors::member(delta, "message")) {
            self.blocks.say_message(message, out)?;
        }
        out.extras_of(Scope::Response, data, EVENT_FIELDS);
        Ok(())
    }

    fn say_end(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let delta = errors::member(data, "delta");
        if let Some(id) = event.id {
            out.meta(MetaField::Id, Fragment::json(data, id));
        }
        out.extras_of(Scope::Response, data, EVENT_FIELDS);
        if let Some(delta) = delta {
            out.extras_of(Scope::Response, delta, END_FIELDS);
        }
        self.say_reason(data, &event.delta.end, delta.unwrap_or(data), out)
    }

    /// Why the message ended, what it cost, and what went wrong. It is over.
    fn say_reason(&mut self, data: &str, end: &End, around: &str, out: &mut Emitter) -> Result<(), Error> {
        out.begin_choice(ONLY);
        let mut hint = Hint::None;
        if let Some(word) = end.reason.filter(|word| !word.is_empty()) {
            let reason = self.oddities.reason(word.name(data, &mut [0; 32]), REASONS);
            out.finish_reason(ONLY, reason, Fragment::json(data, word));
            hint = match () {
                () if word.is(data, "TIMEOUT") => Hint::Otherwise(ErrorKind::Timeout, Retry::Yes),
                () if reason == Reason::Error => Hint::Otherwise(ErrorKind::Server, Retry::Yes),
                () => Hint::None,
            };
        }
        self.say_usage(data, end.usage, out)?;
        if end.error.is_some_and(|error| !errors::is_nothing(error.of(data))) {
            self.causes.report(around, hint, out);
        }
        out.terminal();
        self.has_ended = true;
        Ok(())
    }

    fn say_usage(&mut self, data: &str, usage: Option<Raw>, out: &mut Emitter) -> Result<(), Error> {
        let Some(usage) = usage.map(|raw| raw.of(data)) else { return Ok(()) };
        self.usage.merge(usage, out.limits().json_depth)?;
        out.extra(Scope::Response, "usage".into(), usage);
        if self.usage.is_any() {
            out.usage(self.usage.canonical(), UsageOrigin::Provider);
            if self.usage.is_zero() && out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
        Ok(())
    }

    /// An answer that was not streamed, an error, or what nobody knows.
    fn say_other(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let message = event.message.map_or("", |raw| raw.of(data));
        let is_error = event.end.error.is_some_and(|error| !errors::is_nothing(error.of(data)));
        let is_named = event.kind.is_some();
        if message.starts_with('{') && !is_named {
            return self.say_answer(data, event, message, out);
        }
        if is_error || (message.starts_with('"') && !is_named) || errors::looks_like_error(frame) {
            self.causes.report(data, Hint::None, out);
            return Ok(());
        }
        let name = event.kind.map(|kind| Fragment::json(data, kind));
        out.unknown(name.unwrap_or_else(|| frame.event.unwrap_or_default().into()), data);
        Ok(())
    }

    fn say_answer(&mut self, data: &str, event: &Event, message: &str, out: &mut Emitter) -> Result<(), Error> {
        out.begin_choice(ONLY);
        if let Some(id) = event.id {
            out.meta(MetaField::Id, Fragment::json(data, id));
        }
        // What came in deltas stands.
        if !out.any_content() {
            self.blocks.say_message(message, out)?;
        }
        if let Some(logprobs) = event.logprobs.map(|raw| raw.of(data)).filter(|list| *list != "[]")
            && let Some(block) = out.latest_or_text(ONLY)
        {
            out.put(block, Part::Logprobs, logprobs.into());
        }
        out.extras_of(Scope::Response, data, ANSWER_FIELDS);
        self.say_reason(data, &event.end, data, out)
    }
}

fn say_logprobs(data: &str, event: &Event, at: At, out: &mut Emitter) {
    if let Some(logprobs) = event.logprobs
        && let Some(block) = out.block_at(at)
    {
        out.put(block, Part::Logprobs, logprobs.of(data).into());
    }
}

/// What an event about a block says beside what it is for.
fn say_extras(data: &str, at: At, name: &str, known: &[&str], out: &mut Emitter) {
    if out.wants_extras()
        && let Some(block) = out.block_at(at)
    {
        say_block_extras(data, Scope::Block(block), name, known, out);
    }
}

fn say_block_extras(data: &str, scope: Scope, name: &str, known: &[&str], out: &mut Emitter) {
    if !out.wants_extras() {
        return;
    }
    out.extras_of(scope, data, EVENT_FIELDS);
    if let Some(message) = errors::member(data, "delta").and_then(|delta| errors::member(delta, "message")) {
        out.extras_of(scope, message, MESSAGE_FIELDS);
        if let Some(part) = errors::member(message, name) {
            out.extras_of(scope, part, known);
        }
    }
}

/// What a frame is: by its type, else by its name.
#[inline]
fn what(frame: Frame<'_>, event: &Event) -> Option<What> {
    match event.kind {
        Some(kind) => What::of(kind.name(frame.data, &mut [0; 32])),
        None => frame.event.and_then(What::of),
    }
}

const REASONS: &[(&str, Reason)] = &[
    ("COMPLETE", Reason::Stop),
    ("STOP_SEQUENCE", Reason::StopSequence),
    ("MAX_TOKENS", Reason::Length),
    ("TOOL_CALL", Reason::ToolCalls),
    ("ERROR", Reason::Error),
    ("TIMEOUT", Reason::Error),
    // Of v1.
    ("ERROR_TOXIC", Reason::ContentFilter),
    ("ERROR_LIMIT", Reason::ContextWindow),
    ("USER_CANCEL", Reason::Cancelled),
];
