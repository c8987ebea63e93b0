//! Objects into what they mean.

use super::wire::{CALL_FIELDS, Call, Content, FIELDS, FUNCTION_FIELDS, MESSAGE_FIELDS, Object};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Fragment, Tally};
use crate::errors::{self, Causes, Hint};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockKind, ErrorKind, MetaField, Part, Place, Reason, ReasoningForm, Retry, Scope,
    Usage, UsageOrigin,
};
use crate::json::{Error, Kind, Raw, Reader, elements};

/// The wire has one choice.
const ONLY: u32 = 0;

const REASONING: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Errors are texts, and mostly a runner that failed: another try starts another.
const ERROR: Hint<'static> = Hint::Otherwise(ErrorKind::Server, Retry::Yes);

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    causes: Causes,
    input: Tally,
    output: Tally,
    /// The first object's time was said.
    is_dated: bool,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        let (input, output) = (Tally::default(), Tally::default());
        Self { oddities, causes: Causes::default(), input, output, is_dated: false }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let said = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => Object::read(data, depth).and_then(|object| self.say(frame, &object, out)),
            // An end mark of other protocols, which proxies add: here it shows nothing.
            _ if data.trim() == "[DONE]" => return,
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
    fn say(&mut self, frame: Frame<'_>, object: &Object, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let error = object.error.map(|raw| raw.of(data)).filter(|error| !errors::is_nothing(error));
        if !object.is_answer && object.done.is_none() && !object.is_progress {
            match error {
                Some(_) => self.causes.report(data, ERROR, out),
                None => out.unknown(frame.event.unwrap_or_default().into(), data),
            }
            return Ok(());
        }
        // An error beside it is why there is no reason: none is read into that.
        let is_over = object.done == Some(true) && (error.is_none() || object.has_reason());
        self.say_facts(data, object, out);
        out.begin_choice(ONLY);
        say_content(data, &object.content, out)?;
        if let Some(logprobs) = object.logprobs.map(|raw| raw.of(data)).filter(|list| *list != "[]")
            && let Some(block) = out.latest_or_text(ONLY)
        {
            out.put(block, Part::Logprobs, logprobs.into());
        }
        if object.is_progress && !object.is_answer {
            out.heartbeat();
        }
        say_extras(data, out);
        if is_over {
            self.say_reason(data, object, out);
        }
        self.say_usage(object, out);
        if let Some(error) = error {
            self.causes.report(error, ERROR, out);
        }
        if is_over {
            out.terminal();
        }
        Ok(())
    }

    fn say_facts(&mut self, data: &str, object: &Object, out: &mut Emitter) {
        if let Some(model) = object.model {
            out.meta(MetaField::Model, Fragment::json(data, model));
        }
        if let Some(created_at) = object.created_at.filter(|text| !self.is_dated && !text.is_empty()) {
            self.is_dated = true;
            out.meta(MetaField::Created, Fragment::json(data, created_at));
        }
    }

    /// The response is over, which may be all that is said of why.
    fn say_reason(&self, data: &str, object: &Object, out: &mut Emitter) {
        let word = object.done_reason.filter(|_| object.has_reason());
        let reason = word.map_or(Reason::Stop, |word| self.oddities.reason(word.name(data, &mut [0; 32]), REASONS));
        let raw = word.map_or_else(|| "".into(), |word| Fragment::json(data, word));
        out.finish_reason(ONLY, reason, raw);
    }

    /// The wire sends no total.
    fn say_usage(&mut self, object: &Object, out: &mut Emitter) {
        if object.prompt_eval_count.is_none() && object.eval_count.is_none() {
            return;
        }
        self.input.take(object.prompt_eval_count);
        self.output.take(object.eval_count);
        let counts = Usage { input: self.input.count(), output: self.output.count(), ..Usage::default() };
        let is_over = object.done == Some(true);
        out.usage(counts, if is_over { UsageOrigin::Provider } else { UsageOrigin::Partial });
        let is_zero = [self.input, self.output].iter().all(|count| count.get().unwrap_or(0) == 0);
        if is_over && is_zero && out.any_content() {
            out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
        }
    }
}

fn say_content(data: &str, content: &Content, out: &mut Emitter) -> Result<(), Error> {
    if let Some(thinking) = content.thinking {
        out.append(ONLY, REASONING, Fragment::json(data, thinking));
    }
    if let Some(text) = content.text {
        out.append(ONLY, Channel::Text, Fragment::json(data, text));
    }
    if let Some(images) = content.images {
        say_images(images.of(data), out)?;
    }
    if let Some(calls) = content.tool_calls {
        say_calls(calls, data, out)?;
    }
    Ok(())
}

/// Each entry is a call of its own. A lone call that is in no list is one, too.
fn say_calls(calls: Raw, data: &str, out: &mut Emitter) -> Result<(), Error> {
    let (calls, depth) = (calls.of(data), out.limits().json_depth);
    if calls.starts_with('{') {
        return say_call(calls, out);
    }
    elements(calls, depth, |_, call| match call.as_bytes().first() {
        Some(b'{') => say_call(call, out),
        Some(b'n') => Ok(()),
        _ => {
            out.anomaly(AnomalyKind::BadFrame, Action::Dropped, None);
            Ok(())
        }
    })
}

fn say_call(json: &str, out: &mut Emitter) -> Result<(), Error> {
    let call = Call::read(json, out.limits().json_depth)?;
    let block = out.whole_call(ONLY, call.fragment(json));
    if let Some(block) = block.filter(|_| out.wants_extras()) {
        out.extras_of(Scope::Block(block), json, CALL_FIELDS);
        if let Some(function) = errors::member(json, "function") {
            out.extras_of(Scope::Block(block), function, FUNCTION_FIELDS);
        }
    }
    Ok(())
}

/// A list of pictures in base64, or one.
fn say_images(images: &str, out: &mut Emitter) -> Result<(), Error> {
    let say = |image: &str, out: &mut Emitter| {
        let image = Fragment::value(image).filter(|image| !image.is_empty());
        if let Some(image) = image
            && let Some(block) = out.begin(ONLY, Place::nowhere(), BlockKind::Image)
        {
            out.put(block, Part::Base64, image);
            out.end_block(block, BlockClose::Complete);
        }
    };
    if !images.starts_with('[') {
        say(images, out);
        return Ok(());
    }
    elements(images, out.limits().json_depth, |_, image| {
        say(image, out);
        Ok(())
    })
}

fn say_extras(data: &str, out: &mut Emitter) {
    if !out.wants_extras() {
        return;
    }
    out.extras_of(Scope::Response, data, FIELDS);
    if let Some(message) = errors::member(data, "message") {
        out.extras_of(Scope::Choice(ONLY), message, MESSAGE_FIELDS);
    }
}

/// `load` and `unload` answer requests without a prompt: nothing was generated that could have stopped.
const REASONS: &[(&str, Reason)] = &[("stop", Reason::Stop), ("length", Reason::Length)];
