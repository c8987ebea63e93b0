//! Events into what they mean.

use super::usage::WireUsage;
use super::wire::{Event, What};
use super::{blocks, delta};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{At, Emitter, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, BlockClose, BlockId, BlockKind, MetaField, Reason, Scope, UsageOrigin};
use crate::json::{Error, Kind, Reader, elements, members};

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    causes: Causes,
    usage: WireUsage,
    /// A message has started.
    has_started: bool,
    /// Where the last event about a block put it, for those that do not say.
    current: Option<At>,
    /// The number behind the highest.
    next: u64,
    /// A place that has had frames and no content: if that is all, it is an empty text.
    empty: Option<At>,
    /// The last block that withheld reasoning was given of.
    withheld: Option<BlockId>,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self {
            oddities,
            causes: Causes::default(),
            usage: WireUsage::default(),
            has_started: false,
            current: None,
            next: 0,
            empty: None,
            withheld: None,
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let said = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => Event::read(data, depth).and_then(|event| self.say(frame, &event, out)),
            // Events that a client library gave, as a list.
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
    #[inline]
    fn say(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let named = frame.event.and_then(What::of);
        match (named.or(event.inner), event.has_more) {
            (None, _) => self.say_other(frame, event, out),
            (Some(_), true) => self.say_each(frame.data, out),
            (Some(what), false) => {
                self.say_event(frame.data, what, event, out)?;
                self.say_extras(frame.data, what, event, out);
                Ok(())
            }
        }
    }

    #[inline]
    fn say_event(&mut self, data: &str, what: What, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        match what {
            What::BlockDelta => {
                let at = self.place(event.at);
                delta::say(data, at, &event.delta, &mut self.withheld, out);
                if event.delta.is_rare
                    && let Some(delta) = member_of(data, event, what, "delta")
                {
                    delta::say_rare(delta, at, out)?;
                }
                if !out.has_begun(at) {
                    self.empty = Some(at);
                }
                Ok(())
            }
            What::BlockStart => {
                let at = self.place(Some(event.at.unwrap_or_else(|| At::item(self.next))));
                let start = event.start.map_or("{}", |raw| raw.of(data));
                blocks::start(start, at, out)?;
                if !out.has_begun(at) {
                    self.empty = Some(at);
                }
                Ok(())
            }
            What::BlockStop => {
                let at = self.place(event.at);
                if self.empty == Some(at) && !out.has_begun(at) {
                    out.start_at(at, None, BlockKind::Text);
                }
                // A call that was never named has begun nonetheless.
                out.call_at(at);
                out.end_at(at, BlockClose::Complete);
                Ok(())
            }
            What::MessageStart => {
                if core::mem::replace(&mut self.has_started, true) {
                    out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                }
                out.begin_choice(0);
                Ok(())
            }
            What::MessageStop => {
                self.say_stop(data, event, out)?;
                out.end_blocks(0);
                Ok(())
            }
            What::Metadata => self.say_metadata(data, event, out),
        }
    }

    /// The place of a block; without a number, that of the last one.
    #[inline]
    fn place(&mut self, at: Option<At>) -> At {
        let at = at.or(self.current).unwrap_or_else(|| At::item(self.next));
        self.current = Some(at);
        if let Some(item) = at.number().filter(|item| *item >= self.next) {
            self.next = item.saturating_add(1);
        }
        at
    }

    fn say_stop(&self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        if let Some(text) = event.stop_reason.filter(|text| !text.is_empty()) {
            let reason = self.oddities.reason(text.name(data, &mut [0; 32]), REASONS);
            out.finish_reason(0, reason, Fragment::json(data, text));
        }
        let Some(additional) = event.additional.map(|raw| raw.of(data)) else { return Ok(()) };
        if let Some(sequence) = Fragment::member(additional, "stop_sequence", out.limits().json_depth)?
            && !sequence.is_empty()
        {
            out.finish_detail(0, sequence);
        }
        out.extra(Scope::Choice(0), "additionalModelResponseFields".into(), additional);
        Ok(())
    }

    /// The counts, and how the answer was served.
    fn say_metadata(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        if let Some(tier) = event.service_tier.map(|raw| raw.of(data))
            && let Some(tier) = Fragment::member(tier, "type", depth)?
        {
            out.meta(MetaField::ServiceTier, tier);
        }
        if let Some(trace) = event.trace.map(|raw| raw.of(data)) {
            let [router] = members(trace, ["promptRouter"], depth)?;
            if let Some(router) = router.map(|raw| raw.of(trace))
                && let Some(model) = Fragment::member(router, "invokedModelId", depth)?
            {
                out.meta(MetaField::Model, model);
            }
            out.extra(Scope::Response, "trace".into(), trace);
        }
        if let Some(usage) = event.usage.map(|raw| raw.of(data)) {
            self.usage.merge(usage, depth)?;
            out.extra(Scope::Response, "usage".into(), usage);
            if self.usage.is_any() {
                out.usage(self.usage.canonical(), UsageOrigin::Provider);
            }
        }
        Ok(())
    }

    /// What the event has beside what it is for.
    fn say_extras(&self, data: &str, what: What, event: &Event, out: &mut Emitter) {
        if !out.wants_extras() {
            return;
        }
        let payload = if event.inner.is_some() { errors::member(data, what.name()) } else { Some(data) };
        let Some(payload) = payload else { return };
        let scope = match what {
            What::BlockStart | What::BlockDelta | What::BlockStop => {
                self.current.and_then(|at| out.block_at(at)).map_or(Scope::Response, Scope::Block)
            }
            What::MessageStart | What::MessageStop | What::Metadata => Scope::Response,
        };
        out.extras_of(scope, payload, FIELDS);
        if event.inner.is_some() {
            out.extras_of(Scope::Response, data, &[what.name()]);
        }
    }

    /// Several events in one frame, each under its name.
    fn say_each(&mut self, data: &str, out: &mut Emitter) -> Result<(), Error> {
        let json = &mut Reader::new(data, out.limits().json_depth);
        json.object()?;
        while let Some(key) = json.key()? {
            let value = json.skip()?.of(data);
            let mut short = [0; 32];
            let name = key.name(data, &mut short);
            if What::of(name).is_some() && value.starts_with('{') {
                self.frame(Frame { event: Some(name), ..Frame::new(value) }, out);
            } else {
                out.extra(Scope::Response, name.into(), value);
            }
        }
        Ok(())
    }

    /// A frame that is no event: a complete answer, an error that a client library wrote down, or nothing known.
    fn say_other(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        if let Some(output) = event.output {
            return self.say_answer(data, output.of(data), event, out);
        }
        let first = event.first.map(|first| Fragment::json(data, first));
        let named = frame.event.or_else(|| first?.plain()).filter(|name| name.ends_with("Exception"));
        if let Some(name) = named {
            let error = errors::member(data, name).unwrap_or(data);
            self.causes.report(error, Hint::Name(name), out);
        } else if errors::looks_like_error(frame) || errors::member(data, "error").is_some() {
            self.causes.report(data, Hint::None, out);
        } else {
            let name = frame.event.map(Fragment::from).or(first);
            out.unknown(name.unwrap_or_else(|| "".into()), data);
        }
        Ok(())
    }

    /// A complete answer.
    fn say_answer(&mut self, data: &str, output: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let [message] = members(output, ["message"], depth)?;
        out.begin_choice(0);
        if let Some(message) = message.map(|message| message.of(output)) {
            let [content] = members(message, ["content"], depth)?;
            elements(content.map_or("", |content| content.of(message)), depth, |_, block| {
                if !block.starts_with('{') {
                    return Ok(());
                }
                let at = At::item(self.next);
                self.next += 1;
                blocks::whole(block, at, out)
            })?;
            out.extras_of(Scope::Response, message, &["role", "content"]);
        }
        self.say_stop(data, event, out)?;
        self.say_metadata(data, event, out)?;
        out.extras_of(Scope::Response, data, FIELDS);
        out.extras_of(Scope::Response, output, &["message"]);
        out.terminal();
        Ok(())
    }
}

/// A field of an event, verbatim.
fn member_of<'a>(data: &'a str, event: &Event, what: What, name: &str) -> Option<&'a str> {
    let payload = if event.inner.is_some() { errors::member(data, what.name())? } else { data };
    errors::member(payload, name)
}

/// The fields of events that have a place in the model, or are declared losses.
const FIELDS: &[&str] = &[
    "contentBlockIndex",
    "delta",
    "start",
    "stopReason",
    "additionalModelResponseFields",
    "usage",
    "trace",
    "serviceTier",
    "output",
    "role",
    "p",
];

const REASONS: &[(&str, Reason)] = &[
    ("end_turn", Reason::Stop),
    ("stop_sequence", Reason::StopSequence),
    ("max_tokens", Reason::Length),
    ("tool_use", Reason::ToolCalls),
    ("guardrail_intervened", Reason::ContentFilter),
    ("content_filtered", Reason::ContentFilter),
    ("model_context_window_exceeded", Reason::ContextWindow),
    ("malformed_model_output", Reason::Error),
    ("malformed_tool_use", Reason::Error),
];
