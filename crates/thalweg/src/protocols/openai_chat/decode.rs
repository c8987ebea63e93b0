//! Chunks into what they mean.

use alloc::string::String;

use super::usage::WireUsage;
use super::voice::Voice;
use super::wire::{Choice, Chunk, Content, Owner, Parts, Rules};
use super::{error, finish, rare};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Fragment};
use crate::event::{Action, AnomalyKind, LimitKind, MetaField, ReasoningForm, Scope, UsageOrigin};
use crate::json::{Error, Kind, Reader, Text};
use crate::limits::Limits;
use crate::stages::Stages;

/// The end mark. Only this exact text is one: look-alikes are broken frames.
pub(super) const DONE: &str = "[DONE]";

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    chunk: Chunk,
    stages: Stages,
    usage: WireUsage,
    is_zero_said: bool,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        let stages = Stages::new(&oddities);
        let usage = WireUsage::new(&oddities);
        Self { oddities, chunk: Chunk::default(), stages, usage, is_zero_said: false }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        if !data.starts_with('{') && data.trim() == DONE {
            self.settle(out);
            out.sentinel();
            return;
        }
        let limits = *out.limits();
        let rules = Rules { limits: &limits, oddities: &self.oddities, wants_extras: out.wants_extras() };
        let read = match Reader::new(data, limits.json_depth).peek() {
            Ok(Kind::Object) => self.chunk.read(data, rules),
            Ok(Kind::Array) if frame.is_body => return self.say_list(frame, out),
            Ok(_) => return not_a_chunk(data, limits.json_depth, out),
            Err(_) if error::report_text(frame, out) => return,
            Err(error) => Err(error),
        };
        // What is read here was validated as a part of the frame: only the frame's own reading can fail.
        if let Err(error) = read.and_then(|()| self.say(frame, out)) {
            out.bad_json(error);
        }
        self.chunk.shrink();
        self.stages.shrink();
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.settle(out);
    }

    fn retained(&self) -> usize {
        self.chunk.retained() + self.stages.retained()
    }
}

/// A frame of valid JSON that is no object has no meaning here.
fn not_a_chunk(data: &str, depth: u16, out: &mut Emitter) {
    let json = &mut Reader::new(data, depth);
    match json.skip().and_then(|_| json.end()) {
        Ok(()) => out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None),
        Err(error) => out.bad_json(error),
    }
}

impl Decoder {
    /// A body that is a list of what should be a body: Google wraps errors so.
    fn say_list(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let whole = &mut Reader::new(data, depth);
        if let Err(error) = whole.skip().and_then(|_| whole.end()) {
            return out.bad_json(error);
        }
        let mut said = || -> Result<(), Error> {
            let json = &mut Reader::new(data, depth);
            json.array()?;
            while json.element()? {
                if json.peek()? == Kind::Object {
                    self.frame(Frame { data: json.skip()?.of(data), ..frame }, out);
                } else {
                    json.skip()?;
                    out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
                }
            }
            Ok(())
        };
        // The list was validated.
        let _ = said();
    }

    /// Order inside a frame: facts, then each choice, then usage, then errors.
    fn say(&mut self, frame: Frame<'_>, out: &mut Emitter) -> Result<(), Error> {
        let (head, data) = (&self.chunk.head, frame.data);
        let depth = out.limits().json_depth;
        let has_usage = head.usage.is_some() || head.x_groq.is_some();
        if !head.has_choices && !has_usage && !error::is_error(frame, head) {
            let name = head.object.unwrap_or_default();
            out.unknown(Fragment::json(data, name), data);
            return Ok(());
        }
        if let Some(limit) = self.over(out.limits()) {
            out.limit(limit);
            return Ok(());
        }
        self.say_facts(data, out);
        let mut first = 0;
        for (nth, choice) in self.chunk.choices.iter().enumerate() {
            let index = if self.oddities.has_one_choice { 0 } else { choice.index };
            first = if nth == 0 { index } else { first };
            let voice = &mut Voice { oddities: &self.oddities, stages: &mut self.stages, choice: index, out };
            say_choice(data, (nth, choice), &self.chunk.parts, frame.is_body, voice)?;
        }
        // Behind all content: several choices may be one message.
        for choice in &self.chunk.choices {
            let index = if self.oddities.has_one_choice { 0 } else { choice.index };
            let voice = &mut Voice { oddities: &self.oddities, stages: &mut self.stages, choice: index, out };
            say_finish(data, choice, voice);
        }
        let sources = (self.chunk.head.search_results, self.chunk.head.citations);
        rare::say_sources(data, sources, depth, first, out)?;
        if self.chunk.head.is_odd {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        }
        self.say_extras(data, out);
        self.say_usage(data, depth, out)?;
        self.say_errors(frame, depth, out)?;
        if self.is_complete(frame, out) {
            self.settle(out);
            out.terminal();
        }
        Ok(())
    }

    fn over(&self, limits: &Limits) -> Option<LimitKind> {
        let many_calls = self.chunk.parts.calls.len() > limits.blocks as usize;
        self.chunk.head.over.or_else(|| many_calls.then_some(LimitKind::Blocks))
    }

    /// A complete answer needs no end mark: a body with messages, or a message that comes as one and says why it ends.
    fn is_complete(&self, frame: Frame<'_>, out: &Emitter) -> bool {
        let is_answer = || self.chunk.head.object.is_some_and(|object| object.is(frame.data, "chat.completion"));
        self.chunk.choices.iter().any(|choice| choice.message.is_some())
            && (frame.is_body || (is_answer() && out.all_finished()))
    }

    fn say_facts(&self, data: &str, out: &mut Emitter) {
        let head = &self.chunk.head;
        let facts = [
            (MetaField::Id, head.id),
            (MetaField::Model, head.model),
            (MetaField::ServiceTier, head.service_tier),
            (MetaField::Fingerprint, head.fingerprint),
        ];
        for (field, text) in facts {
            if let Some(text) = text {
                out.meta(field, Fragment::json(data, text));
            }
        }
        // Filter results come with `created: 0`.
        let created = head.created.map(|raw| raw.of(data).trim_matches('"'));
        if let Some(created) = created.filter(|created| !matches!(*created, "0" | "null")) {
            out.meta(MetaField::Created, created.into());
        }
    }

    /// Fields without a place in the model, where they are wanted.
    fn say_extras(&self, data: &str, out: &mut Emitter) {
        let Chunk { head, choices, parts } = &self.chunk;
        for extra in &parts.extras {
            let scope = match extra.owner {
                Owner::Response => Scope::Response,
                Owner::Choice(nth) => choices.get(nth).map_or(Scope::Response, |choice| Scope::Choice(choice.index)),
                Owner::Call(nth) => Parts::call_scope(nth, choices),
            };
            out.extra(scope, Fragment::json(data, extra.name), extra.value.of(data));
        }
        // Vendors put more into these than the model takes.
        let usage = choices.iter().filter_map(|choice| choice.usage).chain(head.usage);
        for (name, value) in usage.map(|value| ("usage", value)).chain(head.error.map(|value| ("error", value))) {
            out.extra(Scope::Response, name.into(), value.of(data));
        }
    }

    fn say_usage(&mut self, data: &str, depth: u16, out: &mut Emitter) -> Result<(), Error> {
        let Chunk { head, choices, .. } = &self.chunk;
        let nested = head.x_groq.map(|raw| raw.of(data));
        let mut has_usage = false;
        for usage in choices.iter().filter_map(|choice| choice.usage).chain(head.usage) {
            has_usage |= self.usage.merge(usage.of(data), depth)?;
        }
        if let Some(x_groq) = nested {
            has_usage |= self.usage.merge_member(x_groq, depth)?;
        }
        if has_usage && !self.usage.is_zero() {
            let origin = if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial };
            out.usage(self.usage.canonical(), origin);
        }
        Ok(())
    }

    /// Nothing more is expected: says what was held back. Counts of nothing but zero are placeholders while more may
    /// come, and counts at the end.
    fn settle(&mut self, out: &mut Emitter) {
        self.stages.flush_all(out);
        if self.usage.is_zero() && !core::mem::replace(&mut self.is_zero_said, true) {
            let origin = if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial };
            out.usage(self.usage.canonical(), origin);
            if out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
    }

    fn say_errors(&self, frame: Frame<'_>, depth: u16, out: &mut Emitter) -> Result<(), Error> {
        for choice in &self.chunk.choices {
            if let Some(raw) = choice.error {
                error::report(raw.of(frame.data), depth, out)?;
            }
        }
        if error::is_error(frame, &self.chunk.head) {
            error::report_frame(frame, &self.chunk.head, depth, out)?;
        }
        Ok(())
    }
}

fn say_choice(
    data: &str,
    (nth, choice): (usize, &Choice),
    parts: &Parts,
    is_body: bool,
    voice: &mut Voice<'_>,
) -> Result<(), Error> {
    voice.out.begin_choice(voice.choice);
    say_content(data, &choice.delta, parts, voice)?;
    if let Some(message) = choice.message {
        // Where choices are one message, each says its part of it.
        let is_more = is_body && nth > 0 && voice.oddities.has_one_choice;
        say_message(message.of(data), is_more, voice)?;
    }
    if let Some(logprobs) = choice.logprobs {
        rare::say_logprobs(logprobs.of(data), voice)?;
    }
    Ok(())
}

fn say_finish(data: &str, choice: &Choice, voice: &mut Voice<'_>) {
    if let Some(word) = choice.finish_reason.filter(|word| !word.is_empty())
        && let Some(reason) = finish::reason(word.name(data, &mut [0; 32]), voice.oddities)
    {
        voice.flush();
        voice.out.finish_reason(voice.choice, reason, Fragment::json(data, word));
        if let Some(native) = choice.native_finish_reason.filter(|native| !native.is_empty()) {
            voice.out.finish_detail(voice.choice, Fragment::json(data, native));
        }
    }
}

/// A whole message: the answer where none of it came in deltas, else a restatement of what came. One that says
/// the same is nothing; one that differs is dropped, because deltas are what consumers have acted on.
fn say_message(message: &str, is_more: bool, voice: &mut Voice<'_>) -> Result<(), Error> {
    let (mut content, mut parts) = (Content::default(), Parts::default());
    let limits = *voice.out.limits();
    let json = &mut Reader::new(message, limits.json_depth);
    let rules = Rules { limits: &limits, oddities: voice.oddities, wants_extras: voice.out.wants_extras() };
    content.read(json, Owner::Choice(0), &mut parts, rules)?;
    for extra in &parts.extras {
        voice.out.extra(Scope::Choice(voice.choice), Fragment::json(message, extra.name), extra.value.of(message));
    }
    if is_more || !voice.has_content() {
        return say_content(message, &content, &parts, voice);
    }
    let text = Fragment::json(message, content.text.unwrap_or_default());
    let has_called = content.calls.is_empty() || voice.out.has_called(voice.choice);
    let is_known = content.is_blank() || (has_called && voice.has_said(text));
    if !is_known {
        voice.out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, None);
    }
    Ok(())
}

/// Order inside a choice: reasoning, text, refusal, what is rare, tool calls.
pub(super) fn say_content(data: &str, content: &Content, parts: &Parts, voice: &mut Voice<'_>) -> Result<(), Error> {
    if content.is_odd {
        voice.out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
    }
    let rare = &parts.rare[content.rare.clone()];
    let mut reasoning = None;
    for (rank, text) in content.reasoning.iter().enumerate() {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        // Gateways send one text under several names.
        let is_again = |earlier: &Option<Text>| earlier.is_some_and(|earlier| reads_the_same(data, earlier, text));
        if content.reasoning[..rank].iter().any(is_again) {
            continue;
        }
        if rare.is_empty() {
            voice.append(Channel::Reasoning(ReasoningForm::Full), Fragment::json(data, text));
        } else {
            reasoning = reasoning.or(Some(text));
        }
    }
    if !rare.is_empty() {
        rare::say_reasoning(data, reasoning, rare, voice)?;
    }
    if let Some(text) = content.text {
        voice.append(Channel::Text, Fragment::json(data, text));
    }
    if let Some(text) = content.refusal {
        voice.append(Channel::Refusal, Fragment::json(data, text));
    }
    if !rare.is_empty() {
        rare::say_media(data, rare, voice)?;
    }
    for call in &parts.calls[content.calls.clone()] {
        voice.call(call.fragment(data, voice.oddities.has_names_in_pieces));
    }
    Ok(())
}

/// Whether two strings of a frame are equal once decoded.
fn reads_the_same(data: &str, one: Text, other: Text) -> bool {
    if one.raw(data) == other.raw(data) {
        return true;
    }
    match (one.plain(data), other.plain(data)) {
        (Some(one), _) => other.is(data, one),
        (_, Some(other)) => one.is(data, other),
        (None, None) => {
            let (mut first, mut second) = (String::new(), String::new());
            one.decode(data, &mut first) == other.decode(data, &mut second) && first == second
        }
    }
}
