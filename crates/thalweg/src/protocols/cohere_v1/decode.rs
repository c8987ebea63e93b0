//! Events into what they mean.

use alloc::string::String;
use alloc::vec::Vec;

use super::wire::{Call, Event, FIELDS, What, fields, skip};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Fragment, Restatement, Tally};
use crate::errors::{self, Causes, Hint};
use crate::event::{
    Action, AnomalyKind, BlockId, ErrorKind, MetaField, Reason, ReasoningForm, Retry, Scope, Usage, UsageOrigin,
};
use crate::json::{Error, Kind, Raw, Reader, elements};

/// The wire has one choice.
const ONLY: u32 = 0;

const PLAN: Channel = Channel::Reasoning(ReasoningForm::Plan);

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    causes: Causes,
    input: Tally,
    output: Tally,
    cached: Tally,
    /// The calls so far, in the order in which they began.
    calls: Vec<BlockId>,
    /// How many citations came.
    cited: u64,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self {
            oddities,
            causes: Causes::default(),
            input: Tally::default(),
            output: Tally::default(),
            cached: Tally::default(),
            calls: Vec::new(),
            cited: 0,
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

    fn retained(&self) -> usize {
        self.calls.capacity() * size_of::<BlockId>()
    }
}

impl Decoder {
    fn say(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let Some(what) = what(frame, event) else { return self.say_other(frame, event, out) };
        out.begin_choice(ONLY);
        match what {
            What::Text => {
                if let Some(text) = event.text {
                    out.append(ONLY, Channel::Text, Fragment::json(data, text));
                }
            }
            What::CallChunk => self.say_chunk(data, event, out),
            What::Calls => {
                if let Some(text) = event.text {
                    restate(PLAN, Fragment::json(data, text), out);
                }
                self.say_calls(data, event.calls, out)?;
            }
            What::Citations => self.say_citations(data, event.citations, 0, out)?,
            What::Results => say_documents(data, event.documents, out)?,
            What::End => return self.say_end(data, event, out),
            What::Start | What::Queries | What::Debug => {}
        }
        say_ids(data, event, out);
        out.extras_of(Scope::Response, data, FIELDS);
        Ok(())
    }

    /// A piece of a call, or of the plan of what to call.
    fn say_chunk(&mut self, data: &str, event: &Event, out: &mut Emitter) {
        if let Some(plan) = event.call.text.filter(|text| !text.is_empty()).or(event.text) {
            out.append(ONLY, PLAN, Fragment::json(data, plan));
        }
        if let Some(block) = out.call(ONLY, event.call.fragment(data))
            && self.calls.last() != Some(&block)
            && !self.calls.contains(&block)
        {
            self.calls.push(block);
        }
    }

    /// Whole calls, of which the first may have come in pieces: those are the same, written again.
    fn say_calls(&mut self, data: &str, calls: Option<Raw>, out: &mut Emitter) -> Result<(), Error> {
        let Some(calls) = calls.map(|raw| raw.of(data)) else { return Ok(()) };
        let (depth, mut nth) = (out.limits().json_depth, 0);
        elements(calls, depth, |_, json| {
            if !json.starts_with('{') {
                return Ok(());
            }
            let call = Call::read(&mut Reader::new(json, depth))?;
            match self.calls.get(nth) {
                Some(block) if out.is_blank(*block) => {
                    if let Some(input) = call.input(json) {
                        out.restate(*block, input);
                    }
                }
                Some(_) => {}
                None => self.calls.extend(out.whole_call(ONLY, call.fragment(json))),
            }
            nth += 1;
            Ok(())
        })
    }

    /// Citations of the text, less the first `known` of the list.
    fn say_citations(&mut self, data: &str, list: Option<Raw>, known: u64, out: &mut Emitter) -> Result<(), Error> {
        let Some(list) = list.map(|raw| raw.of(data)) else { return Ok(()) };
        elements(list, out.limits().json_depth, |nth, citation| {
            if nth >= known && citation != "null" {
                out.citation(ONLY, citation);
                self.cited += 1;
            }
            Ok(())
        })
    }

    /// The end, with the whole answer once more.
    fn say_end(&mut self, data: &str, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        say_ids(data, event, out);
        let mut reason = event.reason.filter(|word| !word.is_empty()).map(|word| Fragment::json(data, word));
        if let Some(response) = event.response.map(|raw| raw.of(data)).filter(|response| response.starts_with('{')) {
            let whole = Event::read(response, out.limits().json_depth)?;
            self.say_whole(response, &whole, out)?;
            reason = reason.or_else(|| Some(Fragment::json(response, whole.reason?)));
        }
        self.merge_counts(data, event, out)?;
        out.extras_of(Scope::Response, data, FIELDS);
        self.say_reason(data, reason, event, out);
        Ok(())
    }

    /// An answer as a whole, of which some may have come.
    fn say_whole(&mut self, json: &str, whole: &Event, out: &mut Emitter) -> Result<(), Error> {
        say_ids(json, whole, out);
        say_documents(json, whole.documents, out)?;
        if let Some(text) = whole.text {
            // Beside calls it is their plan.
            let has_calls = out.has_called(ONLY) || whole.calls.is_some_and(|calls| calls.of(json) != "[]");
            let text = Fragment::json(json, text);
            let is_plan = has_calls && compare(Channel::Text, text, out) == Restatement::First;
            restate(if is_plan { PLAN } else { Channel::Text }, text, out);
        }
        self.say_citations(json, whole.citations, self.cited, out)?;
        self.say_calls(json, whole.calls, out)?;
        self.merge_counts(json, whole, out)?;
        out.extras_of(Scope::Response, json, FIELDS);
        Ok(())
    }

    /// Why it ended, what it cost, what went wrong. It is over.
    fn say_reason(&mut self, data: &str, reason: Option<Fragment<'_>>, event: &Event, out: &mut Emitter) {
        let mut hint = Hint::None;
        if let Some(word) = reason {
            let mut buffer = String::new();
            let reason = self.oddities.reason(word.borrow(&mut buffer), REASONS);
            out.finish_reason(ONLY, reason, word);
            if reason == Reason::Error {
                hint = Hint::Otherwise(ErrorKind::Server, Retry::Yes);
            }
        }
        self.say_usage(out);
        let words = [event.error, event.message].into_iter().flatten();
        if words.map(|raw| raw.of(data)).any(|words| !errors::is_nothing(words)) {
            self.causes.report(data, hint, out);
        }
        out.terminal();
    }

    /// Merges the counts of `meta` and of Bedrock's metrics. What is billed is no count of tokens.
    fn merge_counts(&mut self, data: &str, event: &Event, out: &Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let object = |raw: Option<Raw>| Reader::new(raw.map_or("{}", |raw| raw.of(data)), depth);
        fields(&mut object(event.metrics), |name, json| match name {
            "inputTokenCount" => self.input.read(json),
            "outputTokenCount" => self.output.read(json),
            _ => skip(json),
        })?;
        fields(&mut object(event.meta), |name, json| match name {
            "tokens" => fields(json, |name, json| match name {
                "input_tokens" => self.input.read(json),
                "output_tokens" => self.output.read(json),
                _ => skip(json),
            }),
            "cached_tokens" => self.cached.read(json),
            _ => skip(json),
        })
    }

    fn say_usage(&self, out: &mut Emitter) {
        let [input, output, cache_read] = [self.input, self.output, self.cached].map(Tally::count);
        let counts = Usage { input, output, cache_read, ..Usage::default() };
        if counts == Usage::default() {
            return;
        }
        out.usage(counts, UsageOrigin::Provider);
        let is_zero = [self.input, self.output].iter().all(|count| count.get().unwrap_or(0) == 0);
        if is_zero && out.any_content() {
            out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
        }
    }

    /// An answer that was not streamed, an error, what the older Command models send, or what nobody knows.
    fn say_other(&mut self, frame: Frame<'_>, event: &Event, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let is_named = event.kind.is_some();
        let has_answer = event.text.is_some() || event.calls.is_some() || event.is_finished;
        let is_words = |raw: Option<Raw>| raw.is_some_and(|raw| !errors::is_nothing(raw.of(data)));
        if has_answer && !is_named && (event.generation_id.is_some() || event.calls.is_some()) {
            out.begin_choice(ONLY);
            self.say_whole(data, event, out)?;
            let reason = event.reason.map(|word| Fragment::json(data, word));
            self.say_reason(data, reason, event, out);
        } else if has_answer && !is_named {
            out.begin_choice(ONLY);
            if let Some(text) = event.text {
                out.append(ONLY, Channel::Text, Fragment::json(data, text));
            }
            self.merge_counts(data, event, out)?;
            out.extras_of(Scope::Response, data, FIELDS);
            if event.is_finished {
                let reason = event.reason.map(|word| Fragment::json(data, word));
                self.say_reason(data, reason, event, out);
            }
        } else if is_words(event.error) || (is_words(event.message) && !is_named) || errors::looks_like_error(frame) {
            self.causes.report(data, Hint::None, out);
        } else {
            let name = event.kind.map(|kind| Fragment::json(data, kind));
            out.unknown(name.unwrap_or_else(|| frame.event.unwrap_or_default().into()), data);
        }
        Ok(())
    }
}

fn say_ids(data: &str, event: &Event, out: &mut Emitter) {
    for (field, text) in [(MetaField::Id, event.generation_id), (MetaField::Conversation, event.conversation_id)] {
        if let Some(text) = text {
            out.meta(field, Fragment::json(data, text));
        }
    }
}

/// What was found: sources of the answer, each once although the end repeats them.
fn say_documents(data: &str, documents: Option<Raw>, out: &mut Emitter) -> Result<(), Error> {
    let Some(documents) = documents.map(|raw| raw.of(data)) else { return Ok(()) };
    elements(documents, out.limits().json_depth, |_, document| {
        out.source(ONLY, document);
        Ok(())
    })
}

fn compare(channel: Channel, text: Fragment<'_>, out: &Emitter) -> Restatement {
    out.compare(ONLY, channel, text.borrow(&mut String::new()))
}

/// Says a whole text, of which fragments may have come: what they lack, if they are its beginning.
fn restate(channel: Channel, text: Fragment<'_>, out: &mut Emitter) {
    if text.is_empty() {
        return;
    }
    match compare(channel, text, out) {
        Restatement::Same => {}
        Restatement::First => out.append(ONLY, channel, text),
        Restatement::Longer { known } => {
            let mut buffer = String::new();
            let rest = text.borrow(&mut buffer).get(known..).unwrap_or_default();
            out.append(ONLY, channel, rest.into());
        }
        // What came in deltas is what consumers have acted on.
        Restatement::Differs => out.anomaly(AnomalyKind::RestatementDiffers, Action::Dropped, None),
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
    ("ERROR_LIMIT", Reason::ContextWindow),
    ("ERROR_TOXIC", Reason::ContentFilter),
    ("ERROR", Reason::Error),
    ("USER_CANCEL", Reason::Cancelled),
    // Of v2.
    ("TOOL_CALL", Reason::ToolCalls),
    ("TIMEOUT", Reason::Error),
];
