//! Frames into what they mean.

use alloc::string::String;
use alloc::vec::Vec;

use super::usage::{COUNTS, Counts, WireUsage};
use super::wire::{CANDIDATE_FIELDS, Candidate, Chunk, HEAD_FIELDS, Part};
use super::{calls, finish, grounding, parts};
use crate::dialect::{Ahead, Decode, Frame, Oddities};
use crate::emitter::{Emitter, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, BlockId, MetaField, Reason, Scope, UsageOrigin};
use crate::json::{Error, Kind, Raw, Reader, Slot};
use crate::memo::Memo;

/// An end mark that proxies add.
const DONE: &str = "[DONE]";

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    chunk: Chunk,
    choices: Vec<Memory>,
    usage: WireUsage,
    is_zero_said: bool,
    causes: Causes,
    memo: Memo<Plan>,
}

/// What a frame of a shape that is known says: one fragment, and the counts so far.
#[derive(Clone, Copy, Debug)]
struct Plan {
    choice: u32,
    is_thought: bool,
    usage: Option<Counts>,
}

/// The slots of such a frame: the fragment, and behind it the counts.
const COUNTS_FROM: usize = 1;

/// What is known of a choice beyond its frame.
#[derive(Debug)]
pub(super) struct Memory {
    index: u32,
    /// Its last block of text, which citations are about.
    pub(super) text: Option<BlockId>,
    /// Its last call that the provider runs.
    pub(super) hosted: Option<BlockId>,
    /// Its call whose arguments are coming.
    pub(super) streamed: Option<calls::Streamed>,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self {
            oddities,
            chunk: Chunk::default(),
            choices: Vec::new(),
            usage: WireUsage::default(),
            is_zero_said: false,
            causes: Causes::default(),
            memo: Memo::default(),
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        if !self.read(frame, out) {
            self.memo.forget();
        }
        self.chunk.shrink();
    }

    fn repeat(&mut self, ahead: Ahead<'_>, out: &mut Emitter) -> Option<usize> {
        let (plan, values) = self.memo.find(ahead.name, ahead.bytes, |rest| ahead.ends(rest))?;
        let (source, text) = values.text();
        let part = Part { text: Some(text), is_thought: plan.is_thought, ..Part::default() };
        out.begin_choice(plan.choice);
        if let Some(memory) = Memory::of(&mut self.choices, plan.choice, out) {
            // Only what is validated as a part of a frame can fail, and there is nothing else in it.
            let _ = parts::say(source, &part, plan.choice, memory, out);
        }
        if let Some(counts) = plan.usage {
            let counts = counts.with(core::array::from_fn(|nth| values.number(COUNTS_FROM + nth)));
            let _ = self.take_usage(&counts, "", out);
        }
        Some(values.len)
    }

    fn reconnect(&mut self) {
        self.memo.forget();
    }

    fn end_mark(&mut self, out: &mut Emitter) {
        self.settle(out);
        out.sentinel();
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.settle(out);
    }

    fn retained(&self) -> usize {
        let streamed = self.choices.iter().filter_map(|memory| memory.streamed.as_ref());
        self.chunk.retained()
            + self.memo.retained()
            + self.choices.capacity() * size_of::<Memory>()
            + streamed.map(calls::Streamed::retained).sum::<usize>()
    }
}

impl Decoder {
    /// Reads a frame and says it; true where the next one may repeat it, and that is remembered.
    fn read(&mut self, frame: Frame<'_>, out: &mut Emitter) -> bool {
        let (data, before) = (frame.data, out.len());
        let (limits, wants_extras) = (*out.limits(), out.wants_extras());
        let read = match Reader::new(data, limits.json_depth).peek() {
            Ok(Kind::Object) => self.chunk.read(data, &limits, wants_extras),
            _ if data.trim() == DONE => {
                self.end_mark(out);
                return false;
            }
            // Frames in a list, or an error in one.
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
        if let Err(error) = read.and_then(|()| self.say(frame, out)) {
            out.bad_json(error);
            return false;
        }
        out.is_one_delta(before) && !wants_extras && !frame.is_body && self.learn(frame)
    }

    /// Remembers a frame of one fragment; false for one that says more.
    fn learn(&mut self, frame: Frame<'_>) -> bool {
        let Chunk { head, candidates, parts } = &self.chunk;
        let ([candidate], [part]) = (&candidates[..], &parts[..]) else { return false };
        let is_more = head.feedback.is_some() || head.error.is_some() || head.is_odd || !candidate.is_content_alone();
        let (false, Some(text), None, None) = (is_more, part.text, part.signature, part.payload) else { return false };
        let counts = head.usage.map_or(Some([None; COUNTS]), |usage| usage.slots(frame.data));
        let Some([prompt, given, thoughts, tools, cached, total]) = counts else { return false };
        let slots = [Some(Slot::text(text)), prompt, given, thoughts, tools, cached, total];
        let plan = Plan { choice: candidate.index, is_thought: part.is_thought, usage: head.usage };
        self.memo.learn(frame.event, frame.data, slots, plan);
        true
    }

    /// Order inside a frame: facts, then each candidate's parts, then reasons, usage, errors.
    fn say(&mut self, frame: Frame<'_>, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let error = self.error_of(frame);
        if !self.chunk.head.is_known && error.is_none() {
            out.unknown("".into(), data);
            return Ok(());
        }
        if let Some(limit) = self.chunk.head.over {
            out.limit(limit);
            return Ok(());
        }
        self.say_facts(data, out);
        for candidate in &self.chunk.candidates {
            out.begin_choice(candidate.index);
            let Some(memory) = Memory::of(&mut self.choices, candidate.index, out) else { break };
            for part in &self.chunk.parts[candidate.parts.clone()] {
                parts::say(data, part, candidate.index, memory, out)?;
            }
            grounding::say(data, candidate, memory, out)?;
        }
        for candidate in &self.chunk.candidates {
            say_finish(data, candidate, &self.oddities, out);
        }
        if let Some(feedback) = self.chunk.head.feedback {
            say_feedback(feedback.of(data), out)?;
        }
        if self.chunk.head.is_odd {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        }
        self.say_extras(data, out);
        self.say_usage(data, out)?;
        if let Some(error) = error {
            self.causes.report(error, Hint::None, out);
        }
        if frame.is_body && out.all_finished() {
            // A whole answer needs no end mark.
            self.settle(out);
            out.terminal();
        }
        Ok(())
    }

    /// The error of a frame: the whole frame, unless it says something else too.
    fn error_of<'a>(&self, frame: Frame<'a>) -> Option<&'a str> {
        let head = &self.chunk.head;
        let error = head.error.map(|raw| raw.of(frame.data)).filter(|error| !errors::is_nothing(error));
        match error {
            Some(error) if head.is_known => Some(error),
            Some(_) => Some(frame.data),
            None => (!head.is_known && errors::looks_like_error(frame)).then_some(frame.data),
        }
    }

    fn say_facts(&self, data: &str, out: &mut Emitter) {
        let head = &self.chunk.head;
        let tier = head.usage.and_then(|usage| usage.tier);
        let facts = [
            (MetaField::Id, head.id),
            (MetaField::Model, head.model),
            (MetaField::Created, head.created),
            (MetaField::ServiceTier, tier),
        ];
        for (field, text) in facts {
            if let Some(text) = text {
                out.meta(field, Fragment::json(data, text));
            }
        }
    }

    /// Fields without a place in the model, where they are wanted.
    fn say_extras(&self, data: &str, out: &mut Emitter) {
        if !out.wants_extras() {
            return;
        }
        for candidate in &self.chunk.candidates {
            let scope = Scope::Choice(candidate.index);
            let json = candidate.raw.map_or("", |raw| raw.of(data));
            out.extras_of(scope, json, CANDIDATE_FIELDS);
            out.extras_of(scope, errors::member(json, "content").unwrap_or_default(), &["role", "parts"]);
        }
        out.extras_of(Scope::Response, data, HEAD_FIELDS);
        if let Some(usage) = errors::member(data, "usageMetadata").or_else(|| errors::member(data, "usage_metadata")) {
            // It says more than is counted: details by modality, the kind of traffic.
            out.extra(Scope::Response, "usageMetadata".into(), usage);
        }
    }

    fn say_usage(&mut self, data: &str, out: &mut Emitter) -> Result<(), Error> {
        match self.chunk.head.usage {
            Some(counts) => self.take_usage(&counts, data, out),
            None => Ok(()),
        }
    }

    fn take_usage(&mut self, counts: &Counts, data: &str, out: &mut Emitter) -> Result<(), Error> {
        self.usage.merge(counts, data, out.limits().json_depth)?;
        if self.usage.is_any() && !self.usage.is_zero() {
            out.usage(self.usage.canonical(), origin(out));
        }
        Ok(())
    }

    /// Nothing more is expected: says what was held back. Counts of nothing but zero are placeholders while more may
    /// come, and counts at the end.
    fn settle(&mut self, out: &mut Emitter) {
        for memory in &mut self.choices {
            if let Some(streamed) = memory.streamed.take() {
                streamed.end_with(out.reason_of(memory.index), out);
            }
        }
        if self.usage.is_zero() && !core::mem::replace(&mut self.is_zero_said, true) {
            out.usage(self.usage.canonical(), origin(out));
            if out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
    }
}

impl Memory {
    /// The memory of a choice that the emitter has taken in: it holds choices to their limit.
    fn of<'a>(choices: &'a mut Vec<Self>, index: u32, out: &Emitter) -> Option<&'a mut Self> {
        let place = match choices.iter().position(|memory| memory.index == index) {
            Some(place) => place,
            None if out.is_over_limit() => return None,
            None => {
                if choices.capacity() == 0 {
                    choices.reserve_exact(1);
                }
                choices.push(Self { index, text: None, hosted: None, streamed: None });
                choices.len() - 1
            }
        };
        choices.get_mut(place)
    }
}

/// Counts before the last reason may not be the last.
fn origin(out: &Emitter) -> UsageOrigin {
    if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial }
}

/// A word, or a number that stands for one.
pub(super) fn word(json: &str, raw: Raw) -> Fragment<'_> {
    let value = raw.of(json);
    Fragment::value(value).unwrap_or_else(|| value.into())
}

fn say_finish(data: &str, candidate: &Candidate, oddities: &Oddities, out: &mut Emitter) {
    let index = candidate.index;
    if let Some(raw) = candidate.finish_reason {
        let raw = word(data, raw);
        if let Some(reason) = finish::reason(raw.borrow(&mut String::new()), oddities) {
            out.finish_reason(index, reason, raw);
        }
    }
    // What a program needs to go on outranks words for people.
    if let Some(detail) = [candidate.continuation, candidate.finish_message].into_iter().flatten().next() {
        out.finish_detail(index, Fragment::json(data, detail));
    }
}

/// A prompt that was blocked has no candidates: it is the one answer there is.
fn say_feedback(feedback: &str, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let names = ["blockReason", "block_reason", "blockReasonMessage", "block_reason_message"];
    let [reason, reason_snake, message, message_snake] = crate::json::members(feedback, names, depth)?;
    let Some(reason) = reason.or(reason_snake) else { return Ok(()) };
    let reason = word(feedback, reason);
    if !finish::is_block(reason.borrow(&mut String::new())) {
        return Ok(());
    }
    let choice = out.first_choice().unwrap_or(0);
    out.finish_reason(choice, Reason::ContentFilter, reason);
    if let Some(message) = message.or(message_snake).and_then(|raw| Fragment::value(raw.of(feedback))) {
        out.finish_detail(choice, message);
    }
    Ok(())
}
