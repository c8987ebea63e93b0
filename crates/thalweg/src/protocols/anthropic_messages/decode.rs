//! Events into what they mean.

use super::finish::Stop;
use super::message::{Message, say_container};
use super::usage::WireUsage;
use super::wire::{EVENT_FIELDS, Event, What};
use super::{blocks, delta};
use crate::dialect::{Ahead, Decode, Frame, Oddities};
use crate::emitter::{At, Emitter, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, BlockClose, MetaField, Scope, UsageOrigin};
use crate::json::{Error, Kind, Raw, Reader, Slot, elements};
use crate::memo::Memo;

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    usage: WireUsage,
    causes: Causes,
    /// A message has started.
    has_started: bool,
    /// The end has been said.
    has_stopped: bool,
    /// Zeros that began the message have been said again behind it: that is a count.
    may_be_zero: bool,
    is_zero_said: bool,
    /// Where the last event about a block put it, for those that do not say.
    current: Option<At>,
    /// The number behind the highest.
    next: u64,
    memo: Memo<Plan>,
}

/// What a delta of a shape that is known goes to.
#[derive(Clone, Copy, Debug)]
struct Plan {
    at: Option<At>,
    field: delta::Field,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self {
            oddities,
            usage: WireUsage::default(),
            causes: Causes::default(),
            has_started: false,
            has_stopped: false,
            may_be_zero: false,
            is_zero_said: false,
            current: None,
            next: 0,
            memo: Memo::default(),
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        if !self.read(frame, out) {
            self.memo.forget();
        }
    }

    fn repeat(&mut self, ahead: Ahead<'_>, out: &mut Emitter) -> Option<usize> {
        let (Plan { at, field }, values) = self.memo.find(ahead.name, ahead.bytes, |rest| ahead.ends(rest))?;
        let (source, text) = values.text();
        let at = self.place(at);
        field.say(at, Fragment::json(source, text), out);
        Some(values.len)
    }

    fn reconnect(&mut self) {
        self.memo.forget();
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.settle(out);
    }

    fn retained(&self) -> usize {
        self.memo.retained()
    }
}

impl Decoder {
    /// Reads a frame and says it; true where the next one may repeat it, and that is remembered.
    fn read(&mut self, frame: Frame<'_>, out: &mut Emitter) -> bool {
        let (data, depth, before) = (frame.data, out.limits().json_depth, out.len());
        let event = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => Event::read(data, depth),
            // An end mark of other protocols, which proxies add: here it shows nothing.
            _ if data.trim() == "[DONE]" => return false,
            // Google wraps errors so.
            Ok(Kind::Array) => {
                out.each(data, |data, out| self.frame(Frame { data, ..frame }, out));
                return false;
            }
            _ => {
                errors::say_no_object(frame, out);
                return false;
            }
        };
        // What is read again was validated as a part of the frame: only the frame's own reading can fail.
        match event.and_then(|event| self.say(frame, &event, out).map(|()| event)) {
            Ok(event) => out.is_one_delta(before) && !out.wants_extras() && self.learn(frame, &event),
            Err(error) => {
                out.bad_json(error);
                false
            }
        }
    }

    /// Remembers a delta of text, thinking or input; false for any other event.
    fn learn(&mut self, frame: Frame<'_>, event: &Event) -> bool {
        if what(frame, event) != Some(What::BlockDelta) || event.error.is_some() {
            return false;
        }
        let Some((field, text)) = delta::Field::of(frame.data, &event.delta) else { return false };
        self.memo.learn(frame.event, frame.data, [Some(Slot::text(text))], Plan { at: event.at, field });
        true
    }

    fn say(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let what = what(frame, event);
        if let Some(error) = event.error.map(|raw| raw.of(data))
            && what.is_some_and(|what| what != What::Error)
            && !errors::is_nothing(error)
        {
            // Beside what else the event says, which may be that the answer ends.
            self.causes.report(error, Hint::None, out);
        }
        match what {
            Some(What::BlockDelta) => {
                let at = self.place(event.at);
                delta::say(data, at, &event.delta, out)?;
                say_extras(data, at, out);
                Ok(())
            }
            Some(What::BlockStart) => self.say_block(data, event, out),
            Some(What::BlockStop) => {
                let at = self.place(event.at);
                // A call that was never named has begun nonetheless.
                out.call_at(at);
                out.end_at(at, BlockClose::Complete);
                say_extras(data, at, out);
                Ok(())
            }
            Some(What::MessageStart) => self.say_start(data, event, out),
            Some(What::MessageDelta) => self.say_message_delta(data, event, out),
            Some(What::MessageStop) => self.say_stop(data, event, out),
            Some(What::Message) => self.say_message(frame, out),
            Some(What::Ping) => {
                out.heartbeat();
                Ok(())
            }
            Some(What::Error) => {
                self.causes.report(data, Hint::None, out);
                Ok(())
            }
            None => {
                let name = event.kind.map(|kind| Fragment::json(data, kind));
                out.unknown(name.unwrap_or_else(|| frame.event.unwrap_or_default().into()), data);
                Ok(())
            }
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

    fn say_block(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let at = self.place(Some(event.at.unwrap_or_else(|| At::item(self.next))));
        // A start of nothing is a text's: what comes next says what it is.
        let block = event.content_block.map_or("{\"type\":\"text\"}", |raw| raw.of(data));
        blocks::start(block, at, out)?;
        say_extras(data, at, out);
        Ok(())
    }

    fn say_start(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let json = event.message.map_or("{}", |raw| raw.of(data));
        let depth = out.limits().json_depth;
        let message = Message::read(json, depth)?;
        if core::mem::replace(&mut self.has_started, true) {
            let id = message.id.map(|id| Fragment::json(json, id));
            let is_same = id.is_none_or(|id| id.is_empty() || out.is_known(MetaField::Id, id));
            match id {
                Some(id) if !is_same && !self.has_stopped => {
                    out.restart(id);
                    (self.usage, self.current, self.next) = (WireUsage::default(), None, 0);
                }
                _ => {
                    out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                    return Ok(());
                }
            }
        }
        out.begin_choice(0);
        message.say_facts(json, out)?;
        message.stop.say(json, &self.oddities, out)?;
        self.say_usage(json, message.usage, out)?;
        out.extras_of(Scope::Response, data, EVENT_FIELDS);
        Ok(())
    }

    fn say_message_delta(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let Event { delta, usage, .. } = event;
        say_container(delta.container.map(|raw| raw.of(data)), out)?;
        let stop = Stop { reason: delta.stop_reason, sequence: delta.stop_sequence, details: delta.stop_details };
        stop.say(data, &self.oddities, out)?;
        out.extras_of(Scope::Response, data, EVENT_FIELDS);
        if out.wants_extras()
            && let Some(delta) = errors::member(data, "delta")
        {
            let known: &[&str] =
                if stop.is_said() { &["stop_reason", "stop_sequence", "stop_details"] } else { &["stop_reason"] };
            out.extras_of(Scope::Response, delta, known);
        }
        self.say_usage(data, *usage, out)
    }

    fn say_stop(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        if let Some(metrics) = event.metrics {
            self.usage.merge_metrics(metrics.of(data), out.limits().json_depth)?;
            self.give_usage(out);
        }
        out.extras_of(Scope::Response, data, EVENT_FIELDS);
        self.stop(out);
        Ok(())
    }

    /// A complete message: the answer itself, or what the deltas before it gave.
    fn say_message(&mut self, frame: Frame<'_>, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let message = Message::read(data, out.limits().json_depth)?;
        let is_answer = !out.any_content();
        self.has_started = true;
        out.begin_choice(0);
        message.say_facts(data, out)?;
        if let Some(content) = message.content {
            self.say_content(content.of(data), is_answer, out)?;
        }
        message.stop.say(data, &self.oddities, out)?;
        self.say_usage(data, message.usage, out)?;
        if is_answer && (frame.is_body || out.all_finished()) {
            self.stop(out);
        }
        Ok(())
    }

    fn say_content(&mut self, list: &str, is_answer: bool, out: &mut Emitter) -> Result<(), Error> {
        let mut from = 0;
        elements(list, out.limits().json_depth, |_, block| {
            if !block.starts_with('{') {
                return Ok(());
            }
            let known = if is_answer { None } else { blocks::restate(block, from, out)? };
            match known {
                Some(next) => from = next,
                None => {
                    let at = self.place(Some(At::item(self.next)));
                    blocks::whole(block, at, out)?;
                    from = self.next;
                }
            }
            Ok(())
        })
    }

    fn say_usage(&mut self, data: &str, usage: Option<Raw>, out: &mut Emitter) -> Result<(), Error> {
        let Some(usage) = usage.map(|raw| raw.of(data)) else { return Ok(()) };
        let depth = out.limits().json_depth;
        self.may_be_zero = self.usage.is_any() || out.all_finished();
        self.usage.merge(usage, depth)?;
        if let Some(tier) = Fragment::member(usage, "service_tier", depth)? {
            out.meta(MetaField::ServiceTier, tier);
        }
        out.extra(Scope::Response, "usage".into(), usage);
        self.give_usage(out);
        Ok(())
    }

    /// Counts of nothing but zero are placeholders while more may come.
    fn give_usage(&self, out: &mut Emitter) {
        if self.usage.is_any() && !self.usage.is_zero() {
            out.usage(self.usage.canonical(), origin(out));
        }
    }

    fn stop(&mut self, out: &mut Emitter) {
        self.settle(out);
        out.terminal();
        self.has_stopped = true;
    }

    /// Nothing more is expected: counts of zero are counts.
    fn settle(&mut self, out: &mut Emitter) {
        if self.may_be_zero && self.usage.is_zero() && !core::mem::replace(&mut self.is_zero_said, true) {
            out.usage(self.usage.canonical(), origin(out));
            if out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
    }
}

/// What an event about a block says beside what it is for.
fn say_extras(data: &str, at: At, out: &mut Emitter) {
    if out.wants_extras()
        && let Some(block) = out.block_at(at)
    {
        out.extras_of(Scope::Block(block), data, EVENT_FIELDS);
    }
}

/// What a frame is: by its type, else by its name, else by what is in it. The name of an error outranks a type that is
/// none: that is the error's own.
#[inline]
fn what(frame: Frame<'_>, event: &Event) -> Option<What> {
    let by_type = event.kind.and_then(|kind| What::of(kind.name(frame.data, &mut [0; 32])));
    by_type.or_else(|| {
        let by_name = frame.event.and_then(What::of).filter(|what| event.kind.is_none() || *what == What::Error);
        // `message` is what an event without a name is called.
        let by_name = by_name.filter(|what| *what != What::Message);
        let is_error = || event.error.is_some() || errors::looks_like_error(frame);
        by_name.or_else(|| (!event.has_choices && is_error()).then_some(What::Error))
    })
}

/// Counts before the stop reason may not be the last.
fn origin(out: &Emitter) -> UsageOrigin {
    if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial }
}
