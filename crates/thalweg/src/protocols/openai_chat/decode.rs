//! Chunks into what they mean.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::usage::WireUsage;
use super::wire::{Call, Choice, Chunk, Content, Input};
use super::{error, finish};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{CallFragment, Channel, Emitter, Fragment};
use crate::event::{Action, AnomalyKind, InputForm, LimitKind, MetaField, Part, ReasoningForm, UsageOrigin};
use crate::json::{Error, Kind, Reader, Text};
use crate::limits::Limits;

/// The end mark. Only this exact text is one: look-alikes are broken frames.
pub(super) const DONE: &str = "[DONE]";

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    chunk: Chunk,
    usage: WireUsage,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self { oddities, chunk: Chunk::default(), usage: WireUsage::default() }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        if !data.starts_with('{') && data.trim() == DONE {
            out.sentinel();
            return;
        }
        let depth = out.limits().json_depth;
        let read = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => self.chunk.read(data, out.limits(), &self.oddities),
            Ok(_) => return not_a_chunk(data, depth, out),
            Err(error) => Err(error),
        };
        // What is read here was validated as a part of the frame: only the frame's own reading can fail.
        if let Err(error) = read.and_then(|()| self.say(frame, out)) {
            out.bad_json(error);
        }
        self.chunk.shrink();
    }

    fn retained(&self) -> usize {
        self.chunk.retained()
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
    /// Order inside a frame: facts, then each choice, then usage, then errors.
    fn say(&mut self, frame: Frame<'_>, out: &mut Emitter) -> Result<(), Error> {
        let (chunk, data) = (&self.chunk.head, frame.data);
        let depth = out.limits().json_depth;
        // Some servers give an error without wrapping it: the frame itself is the error object.
        let is_error = chunk.error.is_some() || chunk.object.is_some_and(|object| object.is(data, "error"));
        if !chunk.has_choices && chunk.usage.is_none() && !is_error {
            let name = chunk.object.unwrap_or_default();
            out.unknown(Fragment::json(data, name), data);
            return Ok(());
        }
        if let Some(limit) = self.over(out.limits()) {
            out.limit(limit);
            return Ok(());
        }
        self.say_facts(data, out);
        for choice in &self.chunk.choices {
            self.say_choice(data, choice, out)?;
        }
        if self.chunk.head.is_odd {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
        }
        if let Some(usage) = self.chunk.head.usage.filter(|usage| usage.of(data).starts_with('{')) {
            self.usage.merge(usage.of(data), depth)?;
            let origin = if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial };
            out.usage(self.usage.canonical(), origin);
        }
        for choice in &self.chunk.choices {
            if let Some(raw) = choice.error {
                error::report(raw.of(data), depth, out)?;
            }
        }
        if is_error {
            error::report(self.chunk.head.error.map_or(data, |raw| raw.of(data)), depth, out)?;
        }
        if self.is_complete(frame, out) {
            out.terminal();
        }
        Ok(())
    }

    fn over(&self, limits: &Limits) -> Option<LimitKind> {
        let many_calls = self.chunk.calls.len() > limits.blocks as usize;
        self.chunk.head.over.or_else(|| many_calls.then_some(LimitKind::Blocks))
    }

    /// A complete answer needs no end mark: a body with messages, or a message that comes as one and says why it ends.
    fn is_complete(&self, frame: Frame<'_>, out: &Emitter) -> bool {
        let is_answer = || self.chunk.head.object.is_some_and(|object| object.is(frame.data, "chat.completion"));
        self.chunk.choices.iter().any(|choice| choice.message.is_some())
            && (frame.is_body || (is_answer() && out.all_finished()))
    }

    fn say_facts(&self, data: &str, out: &mut Emitter) {
        let chunk = &self.chunk.head;
        let facts = [
            (MetaField::Id, chunk.id),
            (MetaField::Model, chunk.model),
            (MetaField::ServiceTier, chunk.service_tier),
            (MetaField::Fingerprint, chunk.fingerprint),
        ];
        for (field, text) in facts {
            if let Some(text) = text {
                out.meta(field, Fragment::json(data, text));
            }
        }
        // Filter results come with `created: 0`.
        let created = chunk.created.map(|raw| raw.of(data).trim_matches('"'));
        if let Some(created) = created.filter(|created| !matches!(*created, "0" | "null")) {
            out.meta(MetaField::Created, created.into());
        }
    }

    fn say_choice(&self, data: &str, choice: &Choice, out: &mut Emitter) -> Result<(), Error> {
        let index = choice.index;
        let depth = out.limits().json_depth;
        out.begin_choice(index);
        say_content(data, index, &choice.delta, &self.chunk.calls, out)?;
        if let Some(message) = choice.message {
            self.say_message(message.of(data), index, out)?;
        }
        if let Some(logprobs) = choice.logprobs {
            say_logprobs(logprobs.of(data), depth, index, out)?;
        }
        let word = choice.finish_reason.filter(|word| !word.is_empty());
        if let Some(word) = word
            && let Some(reason) = finish::reason(word.name(data, &mut [0; 32]))
        {
            out.finish_reason(index, reason, Fragment::json(data, word));
        }
        Ok(())
    }

    /// A whole message: the answer where none of it came in deltas, else a restatement of what came. One that says
    /// the same is nothing; one that differs is dropped, because deltas are what consumers have acted on.
    fn say_message(&self, message: &str, index: u32, out: &mut Emitter) -> Result<(), Error> {
        let (mut content, mut calls) = (Content::default(), Vec::new());
        let json = &mut Reader::new(message, out.limits().json_depth);
        content.read(json, &mut calls, (out.limits(), &self.oddities))?;
        if !out.has_content(index) {
            return say_content(message, index, &content, &calls, out);
        }
        let text = Fragment::json(message, content.text.unwrap_or_default());
        let says_the_same = out.has_said(index, text) && (calls.is_empty() || out.has_called(index));
        if !content.is_blank() && !says_the_same {
            out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, None);
        }
        Ok(())
    }
}

/// Order inside a choice: reasoning, text, refusal, sound, citations, tool calls.
fn say_content(data: &str, index: u32, content: &Content, calls: &[Call], out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    if content.is_odd {
        out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
    }
    let reasoning = Channel::Reasoning(ReasoningForm::Full);
    for (rank, text) in content.reasoning.iter().enumerate() {
        let Some(text) = text else { continue };
        // Gateways send one text under several names.
        let is_again = |earlier: &Option<Text>| earlier.is_some_and(|earlier| reads_the_same(data, earlier, *text));
        if !content.reasoning[..rank].iter().any(is_again) {
            out.append(index, reasoning, Fragment::json(data, *text));
        }
    }
    if let Some(text) = content.text {
        out.append(index, Channel::Text, Fragment::json(data, text));
    }
    if let Some(text) = content.refusal {
        out.append(index, Channel::Refusal, Fragment::json(data, text));
    }
    if let Some(audio) = content.audio {
        say_audio(audio.of(data), depth, index, out)?;
    }
    if let Some(annotations) = content.annotations {
        say_annotations(annotations.of(data), depth, index, out)?;
    }
    for call in &calls[content.calls.clone()] {
        out.call(index, fragment(data, call));
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

fn fragment<'a>(data: &'a str, call: &Call) -> CallFragment<'a> {
    CallFragment {
        key: call.key,
        id: call.id.map(|id| Fragment::json(data, id)),
        name: call.name.map(|name| Fragment::json(data, name)),
        input: match call.input {
            Input::Absent => None,
            Input::Text(text) => Some(Fragment::json(data, text)),
            Input::Value(raw) => Some(raw.of(data).into()),
        },
        form: if call.is_custom { InputForm::Text } else { InputForm::Json },
    }
}

/// `{id?, data?, transcript?, expires_at?}`: one of them a chunk, the last one alone at the end.
fn say_audio(json: &str, depth: u16, choice: u32, out: &mut Emitter) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(());
    }
    let (mut id, mut data, mut transcript, mut expires) = (None, None, None, None);
    reader.object()?;
    while let Some(key) = reader.key()? {
        match key.name(json, &mut [0; 32]) {
            "id" => id = reader.maybe_string()?,
            "data" => data = reader.maybe_string()?,
            "transcript" => transcript = reader.maybe_string()?,
            "expires_at" => expires = super::wire::present(reader)?,
            _ => drop(reader.skip()?),
        }
    }
    let part = |text: Option<Text>| text.filter(|text| !text.is_empty()).map(|text| Fragment::json(json, text));
    let (data, transcript) = (part(data), part(transcript));
    if data.is_none() && transcript.is_none() && expires.is_none() && part(id).is_none() {
        return Ok(());
    }
    let Some(block) = out.audio(choice, part(id)) else { return Ok(()) };
    if let Some(data) = data {
        let span = out.text(data);
        out.data(block, Part::Base64(span));
    }
    if let Some(transcript) = transcript {
        out.delta(block, transcript);
    }
    if let Some(expires) = expires {
        let span = out.text(format!("{{\"expires_at\":{}}}", expires.of(json)).as_str().into());
        out.data(block, Part::Json(span));
    }
    Ok(())
}

fn say_annotations(json: &str, depth: u16, choice: u32, out: &mut Emitter) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Array {
        return Ok(());
    }
    reader.array()?;
    while reader.element()? {
        out.citation(choice, reader.skip()?.of(json));
    }
    Ok(())
}

/// Log probabilities belong to the block that this chunk's content went to. They may come without any: a token that
/// is half a character has no text yet.
fn say_logprobs(json: &str, depth: u16, choice: u32, out: &mut Emitter) -> Result<(), Error> {
    if !has_list(json, depth)? {
        return Ok(());
    }
    let Some(block) = out.latest_or_text(choice) else { return Ok(()) };
    let span = out.text(json.into());
    out.data(block, Part::Logprobs(span));
    Ok(())
}

/// Whether any field of an object is a list with something in it.
fn has_list(json: &str, depth: u16) -> Result<bool, Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(false);
    }
    reader.object()?;
    while reader.key()?.is_some() {
        if reader.peek()? != Kind::Array {
            reader.skip()?;
            continue;
        }
        reader.array()?;
        if reader.element()? {
            return Ok(true);
        }
    }
    Ok(false)
}
