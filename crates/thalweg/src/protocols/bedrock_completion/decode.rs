//! Frames into what they mean.

use super::wire::{Answer, Chunk, is_known};
use crate::dialect::{Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Fragment, Tally};
use crate::errors::{self, Causes, Hint};
use crate::event::{Reason, Scope, Usage, UsageOrigin};
use crate::json::{Error, Kind, Reader, elements};

#[derive(Debug)]
pub(super) struct Decoder {
    oddities: Oddities,
    causes: Causes,
    input: Tally,
    output: Tally,
}

impl Decoder {
    pub(super) fn new(oddities: Oddities) -> Self {
        Self { oddities, causes: Causes::default(), input: Tally::default(), output: Tally::default() }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let (data, depth) = (frame.data, out.limits().json_depth);
        let said = match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => Chunk::read(data, depth).and_then(|chunk| self.say(frame, &chunk, out)),
            Ok(Kind::Array) => return out.each(data, |data, out| self.frame(Frame { data, ..frame }, out)),
            _ => return errors::say_no_object(frame, out),
        };
        // What is read again was validated as a part of the frame: only the frame's own reading can fail.
        if let Err(error) = said {
            out.bad_json(error);
        }
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.give_usage(out);
    }
}

impl Decoder {
    fn say(&mut self, frame: Frame<'_>, chunk: &Chunk, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        if !chunk.is_known {
            self.say_other(frame, out);
            return Ok(());
        }
        self.input.take(chunk.input);
        self.say_answer(data, 0, &chunk.answer, out);
        if let Some(first) = &chunk.first {
            self.say_answer(data, first.choice(0), first, out);
        }
        if chunk.has_more {
            self.say_more(data, out)?;
        }
        say_extras(data, out);
        if out.all_finished() {
            self.give_usage(out);
            if frame.is_body {
                out.terminal();
            }
        }
        Ok(())
    }

    fn say_answer(&mut self, data: &str, choice: u32, answer: &Answer, out: &mut Emitter) {
        self.output.take(answer.output);
        if let Some(text) = answer.text {
            out.append(choice, Channel::Text, Fragment::json(data, text));
        }
        if let Some(raw) = answer.reason.filter(|raw| !raw.is_empty()) {
            let reason = self.oddities.reason(raw.name(data, &mut [0; 32]), REASONS);
            out.finish_reason(choice, reason, Fragment::json(data, raw));
            if let Some(sequence) = answer.sequence.filter(|sequence| !sequence.is_empty()) {
                out.finish_detail(choice, Fragment::json(data, sequence));
            }
        }
    }

    /// The answers of a list behind the first one.
    fn say_more(&mut self, data: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        each_answer(data, depth, |number, answer| {
            if number > 0 && answer.starts_with('{') {
                let read = Answer::read(&mut Reader::new(answer, depth))?;
                self.say_answer(answer, read.choice(number), &read, out);
            }
            Ok(())
        })
    }

    /// The counts as they stand at the end: they rise with each frame.
    fn give_usage(&self, out: &mut Emitter) {
        if self.input != Tally::default() || self.output != Tally::default() {
            let origin = if out.all_finished() { UsageOrigin::Provider } else { UsageOrigin::Partial };
            out.usage(Usage { input: self.input.count(), output: self.output.count(), ..Usage::default() }, origin);
        }
    }

    fn say_other(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        if errors::looks_like_error(frame) || errors::member(data, "error").is_some() {
            self.causes.report(data, Hint::None, out);
        } else if data.contains("\"amazon-bedrock-") {
            say_extras(data, out);
        } else {
            out.unknown(frame.event.unwrap_or_default().into(), data);
        }
    }
}

impl Answer {
    /// The choice it is: by its own number, else by its place in the list.
    fn choice(&self, number: u64) -> u32 {
        u32::try_from(self.index.unwrap_or(number)).unwrap_or(u32::MAX)
    }
}

/// The elements of every list of answers in a frame.
fn each_answer(data: &str, depth: u16, mut say: impl FnMut(u64, &str) -> Result<(), Error>) -> Result<(), Error> {
    let json = &mut Reader::new(data, depth);
    json.object()?;
    while let Some(key) = json.key()? {
        let value = json.skip()?.of(data);
        if matches!(key.name(data, &mut [0; 32]), "outputs" | "results" | "generations") {
            elements(value, depth, &mut say)?;
        }
    }
    Ok(())
}

/// What the frame has beside what it is for. For what was validated.
fn say_extras(data: &str, out: &mut Emitter) {
    if !out.wants_extras() {
        return;
    }
    let depth = out.limits().json_depth;
    extras_of(Scope::Response, data, false, out);
    let _ = each_answer(data, depth, |number, answer| {
        if answer.starts_with('{') {
            let choice = Answer::read(&mut Reader::new(answer, depth))?.choice(number);
            extras_of(Scope::Choice(choice), answer, true, out);
        }
        Ok(())
    });
}

fn extras_of(scope: Scope, object: &str, is_answer: bool, out: &mut Emitter) {
    let json = &mut Reader::new(object, out.limits().json_depth);
    let mut members = || -> Result<(), Error> {
        json.object()?;
        while let Some(key) = json.key()? {
            let value = json.skip()?.of(object);
            if !is_known(key.name(object, &mut [0; 32]), is_answer) {
                out.extra(scope, Fragment::json(object, key), value);
            }
        }
        Ok(())
    };
    let _ = members();
}

const REASONS: &[(&str, Reason)] = &[
    // Llama, Mistral.
    ("stop", Reason::Stop),
    ("length", Reason::Length),
    // Titan.
    ("FINISH", Reason::Stop),
    ("FINISHED", Reason::Stop),
    ("STOP_CRITERIA_MET", Reason::StopSequence),
    ("CONTENT_FILTERED", Reason::ContentFilter),
    // Cohere.
    ("COMPLETE", Reason::Stop),
    ("MAX_TOKENS", Reason::Length),
    ("ERROR", Reason::Error),
    ("ERROR_TOXIC", Reason::ContentFilter),
    // Claude.
    ("stop_sequence", Reason::StopSequence),
];
