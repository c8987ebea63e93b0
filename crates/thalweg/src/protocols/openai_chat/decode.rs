//! Chunks into what they mean.

use alloc::string::String;

use super::repeat::{self, Plan};
use super::usage::WireUsage;
use super::voice::Voice;
use super::wire::{Choice, Chunk, Content, Owner, Parts, Rare, Rules};
use super::{error, finish, rare};
use crate::dialect::{Ahead, Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, LimitKind, MetaField, ReasoningForm, Scope, UsageOrigin};
use crate::json::{Error, Kind, Raw, Reader, Text};
use crate::limits::Limits;
use crate::memo::Memo;
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
    causes: Causes,
    /// A frame of words that was no JSON: an error, if nothing comes of the answer any more.
    last_words: Option<String>,
    memo: Memo<Plan>,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        let stages = Stages::new(&oddities);
        let usage = WireUsage::new(&oddities);
        Self {
            oddities,
            chunk: Chunk::default(),
            stages,
            usage,
            is_zero_said: false,
            causes: Causes::default(),
            last_words: None,
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
        self.stages.shrink();
    }

    fn repeat(&mut self, ahead: Ahead<'_>, out: &mut Emitter) -> Option<usize> {
        let (plan, values) = self.memo.find(ahead.name, ahead.bytes, |rest| ahead.ends(rest))?;
        self.last_words = None;
        let voice = &mut Voice { oddities: &self.oddities, stages: &mut self.stages, choice: plan.choice, out };
        plan.say(&values, voice);
        Some(values.len)
    }

    fn reconnect(&mut self) {
        self.memo.forget();
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.settle(out);
        if let Some(words) = self.last_words.take().filter(|_| !out.all_finished() && !out.has_failed()) {
            errors::report_words(&words, out);
        }
    }

    fn retained(&self) -> usize {
        let words = self.last_words.as_ref().map_or(0, String::capacity);
        self.chunk.retained() + self.stages.retained() + self.memo.retained() + words
    }
}

/// Words are kept up to this many bytes.
const WORDS_BYTES: usize = 4096;

impl Decoder {
    /// Reads a frame and says it; true where the next one may repeat it, and that is remembered.
    fn read(&mut self, frame: Frame<'_>, out: &mut Emitter) -> bool {
        let data = frame.data;
        if !data.starts_with('{') && data.trim() == DONE {
            self.settle(out);
            out.sentinel();
            return false;
        }
        let limits = *out.limits();
        let wants_extras = out.wants_extras();
        let rules = Rules { limits: &limits, oddities: &self.oddities, wants_extras, is_body: frame.is_body };
        let read = match Reader::new(data, limits.json_depth).peek() {
            Ok(Kind::Object) => self.chunk.read(data, rules),
            // A list of what should come alone: Google wraps errors so.
            Ok(Kind::Array) => {
                out.each(data, |data, out| self.frame(Frame { data, ..frame }, out));
                return false;
            }
            Ok(_) | Err(_) => {
                self.say_words(frame, out);
                return false;
            }
        };
        let before = out.len();
        // What is read here was validated as a part of the frame: only the frame's own reading can fail.
        if let Err(error) = read.and_then(|()| self.say(frame, out)) {
            out.bad_json(error);
            return false;
        }
        out.is_one_delta(before) && self.learn(frame, wants_extras)
    }

    /// Remembers a chunk that said one fragment; false where it may say more than the next one that looks like it.
    fn learn(&mut self, frame: Frame<'_>, wants_extras: bool) -> bool {
        let Some(choice) = self.chunk.choices.first().map(|choice| self.number(choice)) else { return false };
        if frame.is_body || wants_extras || self.is_error(frame) {
            return false;
        }
        let Some((plan, slots)) = repeat::plan(&self.chunk, frame.data, choice) else { return false };
        self.memo.learn(frame.event, frame.data, slots, plan);
        true
    }

    /// A frame that is neither an object nor a list. Words may be an error that a server wrote as it is; whether they
    /// are shows when nothing comes behind them.
    fn say_words(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        let json = &mut Reader::new(data, out.limits().json_depth);
        let read = json.skip().and_then(|_| json.end());
        let text = data.trim();
        if text.starts_with(':') {
            // A proxy has made data of a comment.
            out.anomaly(AnomalyKind::CommentAsData, Action::Dropped, None);
        } else if frame.event == Some("error") {
            errors::report_words(text.trim_matches('"'), out);
        } else if read.is_ok() {
            // Valid JSON that has no meaning here.
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        } else {
            out.anomaly(AnomalyKind::InvalidJson, Action::Dropped, None);
            if errors::are_words(text) && frame.event.is_none_or(|name| name == "message") {
                let end = (0..=text.len().min(WORDS_BYTES)).rev().find(|end| text.is_char_boundary(*end));
                self.last_words = text.get(..end.unwrap_or(0)).map(String::from);
            }
        }
    }

    /// Order inside a frame: facts, then each choice, then usage, then errors.
    fn say(&mut self, frame: Frame<'_>, out: &mut Emitter) -> Result<(), Error> {
        let (head, data) = (&self.chunk.head, frame.data);
        let depth = out.limits().json_depth;
        if !head.has_choices && !head.has_usage(data) && !self.is_error(frame) {
            let name = head.object.unwrap_or_default();
            out.unknown(Fragment::json(data, name), data);
            return Ok(());
        }
        if let Some(limit) = self.over(out.limits()) {
            out.limit(limit);
            return Ok(());
        }
        self.last_words = None;
        self.say_facts(data, out);
        let mut first = out.first_choice().unwrap_or(0);
        for (nth, choice) in self.chunk.choices.iter().enumerate() {
            let index = self.number(choice);
            first = if nth == 0 { index } else { first };
            let voice = &mut Voice { oddities: &self.oddities, stages: &mut self.stages, choice: index, out };
            say_choice(data, (nth, choice), &self.chunk.parts, voice)?;
        }
        // Behind all content: several choices may be one message.
        for choice in &self.chunk.choices {
            let index = self.number(choice);
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
        self.say_errors(frame, out);
        if self.is_complete(frame, out) {
            self.settle(out);
            out.terminal();
        }
        Ok(())
    }

    /// The number of a choice; several that are one message are choice 0.
    fn number(&self, choice: &Choice) -> u32 {
        if self.oddities.has_one_choice { 0 } else { choice.index }
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
                Owner::Choice(nth) => {
                    choices.get(nth).map_or(Scope::Response, |choice| Scope::Choice(self.number(choice)))
                }
                Owner::Call(nth) => {
                    let choice = choices.iter().find(|choice| choice.delta.calls.contains(&nth));
                    choice.map_or(Scope::Response, |choice| Scope::Choice(self.number(choice)))
                }
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
        if has_usage && self.usage.is_any() && !self.usage.is_zero() {
            out.usage(self.usage.canonical(), origin(out));
        }
        Ok(())
    }

    /// Nothing more is expected: says what was held back. Counts of nothing but zero are placeholders while more may
    /// come, and counts at the end.
    fn settle(&mut self, out: &mut Emitter) {
        self.stages.flush_all(out);
        if self.usage.is_zero() && !core::mem::replace(&mut self.is_zero_said, true) {
            out.usage(self.usage.canonical(), origin(out));
            if out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
    }

    fn is_error(&self, frame: Frame<'_>) -> bool {
        error::is_error(frame, &self.chunk.head, self.chunk.choices.is_empty())
    }

    /// One error a cause: some send it in the choice and beside it, or again in the next frame.
    fn say_errors(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let in_choices = self.chunk.choices.iter().filter_map(|choice| Some(choice.error?.of(frame.data)));
        for error in in_choices.filter(|error| !errors::is_nothing(error)) {
            self.causes.report(error, Hint::None, out);
        }
        if self.is_error(frame) {
            self.causes.report(error::of_frame(frame, &self.chunk.head), Hint::None, out);
        }
    }
}

/// Counts before the last reason may not be the last.
fn origin(out: &Emitter) -> UsageOrigin {
    if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial }
}

fn say_choice(data: &str, (nth, choice): (usize, &Choice), parts: &Parts, voice: &mut Voice<'_>) -> Result<(), Error> {
    voice.out.begin_choice(voice.choice);
    say_content(data, &choice.delta, parts, voice)?;
    if let Some(text) = choice.text.filter(|_| choice.delta.text.is_none_or(Text::is_empty)) {
        voice.append(Channel::Text, Fragment::json(data, text));
    }
    if let Some(message) = choice.message {
        // Where choices are one message, each says its part of it.
        let is_more = nth > 0 && voice.oddities.has_one_choice;
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

/// A whole message: the answer where none of it came in deltas, else a restatement of what came. Of each kind of
/// content what the deltas lack is given; what differs is dropped, because deltas are what consumers have acted on.
fn say_message(message: &str, is_more: bool, voice: &mut Voice<'_>) -> Result<(), Error> {
    let (mut content, mut parts) = (Content::default(), Parts::default());
    let limits = *voice.out.limits();
    let json = &mut Reader::new(message, limits.json_depth);
    let rules =
        Rules { limits: &limits, oddities: voice.oddities, wants_extras: voice.out.wants_extras(), is_body: true };
    content.read(json, Owner::Choice(0), &mut parts, rules)?;
    let has_content = voice.out.has_content(voice.choice) || voice.stages.has_text(voice.choice);
    if is_more || !has_content {
        say_content(message, &content, &parts, voice)?;
    } else {
        restate(message, &content, &parts, voice);
    }
    for extra in &parts.extras {
        voice.out.extra(Scope::Choice(voice.choice), Fragment::json(message, extra.name), extra.value.of(message));
    }
    Ok(())
}

fn restate(message: &str, content: &Content, parts: &Parts, voice: &mut Voice<'_>) {
    // Media and typed parts are not compared: of those that came, which is which cannot be told.
    let is_media = |(field, _): &(Rare, Raw)| !matches!(field, Rare::Parts) && !field.is_reasoning();
    let mut is_same = !parts.rare[content.rare.clone()].iter().any(is_media);
    let reasoning = content.reasoning.iter().flatten().find(|text| !text.is_empty()).copied();
    let texts = [
        (Channel::Reasoning(ReasoningForm::Full), reasoning),
        (Channel::Text, content.text),
        (Channel::Refusal, content.refusal),
    ];
    for (channel, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            is_same &= voice.restate(channel, Fragment::json(message, text));
        }
    }
    for call in &parts.calls[content.calls.clone()] {
        let call = call.fragment(message, false);
        if voice.has_call(call.id) {
            continue;
        }
        // A call without an id may be one that came without.
        if call.id.is_some() || !voice.out.has_called(voice.choice) {
            voice.call(call);
        }
    }
    if !is_same {
        voice.out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, None);
    }
}

/// Order inside a choice: reasoning, text, refusal, what is rare, tool calls.
pub(super) fn say_content(data: &str, content: &Content, parts: &Parts, voice: &mut Voice<'_>) -> Result<(), Error> {
    if content.is_odd {
        voice.out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
    }
    let rare = &parts.rare[content.rare.clone()];
    let is_structured = rare::has_reasoning(rare);
    let mut plain = None;
    for (rank, text) in content.reasoning.iter().enumerate() {
        let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
        // Gateways send one text under several names.
        let fragment = Fragment::json(data, text);
        if content.reasoning[..rank].iter().flatten().any(|earlier| fragment.reads(Fragment::json(data, *earlier))) {
            continue;
        }
        match plain {
            Some(_) if is_structured => voice.out.other_words(voice.choice),
            _ if is_structured => plain = Some(text),
            _ => voice.append(Channel::Reasoning(ReasoningForm::Full), fragment),
        }
    }
    if is_structured {
        rare::say_reasoning(data, plain, rare, voice)?;
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
