//! Frames into what they mean.

use super::content::channel_of;
use super::interaction::Interaction;
use super::steps::{Sort, Steps, kept};
use super::usage::WireUsage;
use super::wire::{FRAME_FIELDS, ITEM_FIELDS, Item, LONGEST_NAME, RESULT_FIELDS, What, Wire, fragment};
use crate::dialect::{Decode, Frame};
use crate::emitter::{Channel, Digest, Emitter, Failure, Fragment};
use crate::errors::{self, Causes, Hint};
use crate::event::{Action, AnomalyKind, ErrorKind, MetaField, Reason, Scope, UsageOrigin};
use crate::json::{Error, Kind, Reader, elements, members};

/// The end mark.
const DONE: &str = "[DONE]";

#[derive(Debug, Default)]
pub(super) struct Decoder {
    steps: Steps,
    causes: Causes,
    usage: WireUsage,
    /// The id that the interaction began under, as a hash.
    started: Option<u64>,
    /// Its status is `failed`.
    is_failed: bool,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        let depth = out.limits().json_depth;
        match Reader::new(data, depth).peek() {
            Ok(Kind::Object) => {}
            _ if data.trim() == DONE => {
                self.settle(out);
                return out.sentinel();
            }
            // Google wraps errors so.
            Ok(Kind::Array) => return out.each(data, |data, out| self.frame(Frame { data, ..frame }, out)),
            _ => return errors::say_no_object(frame, out),
        }
        // What is read of a frame after this was validated as a part of it.
        if let Err(error) = Wire::read(data, depth).and_then(|wire| self.say(frame, &wire, out)) {
            out.bad_json(error);
        }
    }

    fn finish(&mut self, out: &mut Emitter) {
        self.settle(out);
    }

    fn retained(&self) -> usize {
        self.steps.retained()
    }
}

impl Decoder {
    #[inline]
    fn say(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let mut short = [0; LONGEST_NAME];
        let name = wire.name(data, frame.event, &mut short);
        match What::of(name) {
            Some(What::Delta) => {
                let number = self.steps.number(wire.index);
                if wire.has_item {
                    self.say_delta(number, data, &wire.item, out)?;
                } else if errors::member(data, "delta").is_some() {
                    out.unknown(name.into(), data);
                }
                if let Some(metadata) = wire.metadata.map(|raw| raw.of(data)) {
                    let [usage] = members(metadata, ["total_usage"], out.limits().json_depth)?;
                    self.say_usage(usage.map(|raw| raw.of(metadata)), UsageOrigin::Partial, out)?;
                }
                say_extras(data, Some(number), out);
            }
            Some(What::Start) => {
                let number = self.steps.start_number(wire.index);
                let item = wire.own_item();
                self.say_start(number, (data, whole_item(data)), &item, out)?;
                say_extras(data, Some(number), out);
            }
            Some(What::Stop) => {
                let number = self.steps.number(wire.index);
                self.steps.stop(number, out);
                self.say_usage(wire.usage.map(|raw| raw.of(data)), UsageOrigin::Partial, out)?;
                say_extras(data, None, out);
            }
            Some(What::Error) => {
                self.causes.report(data, Hint::None, out);
            }
            Some(what) => {
                let json = wire.interaction.map_or(data, |raw| raw.of(data));
                self.say_interaction(what, name, (data, json), wire, out)?;
                // Else the frame is the interaction.
                if what == What::Status || wire.interaction.is_some() {
                    say_extras(data, None, out);
                }
            }
            None => self.say_untyped(frame, wire, out)?,
        }
        Ok(())
    }

    /// A frame of no known name: an interaction that was not streamed, an error, or nothing of ours.
    fn say_untyped(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        if wire.is_body(data) {
            return self.say_body(data, wire, out);
        }
        if wire.error.is_some() || errors::looks_like_error(frame) {
            self.causes.report(data, Hint::None, out);
            return Ok(());
        }
        if wire.has_candidates {
            out.anomaly(AnomalyKind::ProtocolMismatch, Action::Kept, None);
        }
        out.unknown(wire.wire_type(data, frame.event), data);
        Ok(())
    }

    /// An interaction that was not streamed.
    fn say_body(&mut self, data: &str, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let interaction = Interaction::read(data, out.limits().json_depth)?;
        if self.says_again(&interaction, out) {
            return Ok(());
        }
        self.say_end(data, &interaction, fragment(data, wire.status), out)
    }

    fn say_interaction(
        &mut self,
        what: What,
        name: &str,
        (data, json): (&str, &str),
        wire: &Wire,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        let interaction = Interaction::read(json, out.limits().json_depth)?;
        let status = fragment(data, wire.status).or(interaction.status);
        match what {
            What::Created => {
                if self.says_again(&interaction, out) {
                    return Ok(());
                }
                interaction.say_facts(out);
                interaction.say_extras(json, out);
                out.begin_choice(0);
            }
            What::Completed => {
                return self.say_end(json, &interaction, status.or_else(|| Some("completed".into())), out);
            }
            _ => {
                if let Some(id) = fragment(data, wire.interaction_id) {
                    out.meta(MetaField::Id, id);
                }
                interaction.say_facts(out);
            }
        }
        let status = status.or_else(|| What::status_in(name).map(Fragment::from));
        if let Some(status) = status {
            self.say_status(status, out);
        }
        let usage = wire.usage.map(|raw| raw.of(data)).or(interaction.usage);
        self.say_usage(usage, UsageOrigin::Partial, out)?;
        self.say_errors(&interaction, out)
    }

    /// Whether an interaction begins that has begun. Another one takes its place.
    fn says_again(&mut self, interaction: &Interaction<'_>, out: &mut Emitter) -> bool {
        let id = interaction.id.unwrap_or_else(|| "".into());
        let hash = Digest::number(&kept(id));
        match self.started.replace(hash) {
            None => false,
            Some(known) if known == hash || id.is_empty() => {
                self.started = Some(known);
                out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                true
            }
            Some(_) => {
                self.steps.settle(out);
                out.restart(id);
                self.steps.clear();
                self.is_failed = false;
                false
            }
        }
    }

    /// The interaction is over, or was not streamed.
    fn say_end(
        &mut self,
        json: &str,
        interaction: &Interaction<'_>,
        status: Option<Fragment<'_>>,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        interaction.say_facts(out);
        out.begin_choice(0);
        // Behind its own events it would say all of them again: those are what consumers have acted on.
        if !out.any_content()
            && let Some(steps) = interaction.steps
        {
            self.say_steps(steps, out)?;
        }
        let waits = status.is_some_and(|status| matches!(status_of(status), Some(None)));
        if let Some(status) = status {
            self.say_status(status, out);
        }
        let origin = if waits { UsageOrigin::Partial } else { UsageOrigin::Provider };
        self.say_usage(interaction.usage, origin, out)?;
        interaction.say_extras(json, out);
        self.say_errors(interaction, out)?;
        self.settle(out);
        if waits {
            out.wait();
        } else {
            out.terminal();
        }
        Ok(())
    }

    /// Steps that come whole.
    fn say_steps(&mut self, steps: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        elements(steps, depth, |_, step| {
            if !step.starts_with('{') || out.is_over_limit() {
                return Ok(());
            }
            let item = Item::of(step, depth)?;
            let number = self.steps.start_number(None);
            self.say_start(number, (step, step), &item, out)?;
            self.steps.stop(number, out);
            say_item_extras(number, step, &item, out);
            Ok(())
        })
    }

    fn say_start(
        &mut self,
        number: u64,
        (json, whole): (&str, &str),
        item: &Item,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        self.steps.start(number, (json, whole), item, out)?;
        if let Some(error) = item.error {
            self.causes.report(error.of(json), Hint::None, out);
        }
        Ok(())
    }

    #[inline]
    fn say_delta(&mut self, number: u64, data: &str, item: &Item, out: &mut Emitter) -> Result<(), Error> {
        let steps = &mut self.steps;
        match item.word(data, &mut [0; 32]) {
            word @ ("text" | "") if !word.is_empty() || item.text.is_some() => {
                let channel = if word.is_empty() { channel_of(steps.get(number)) } else { Channel::Text };
                if let Some(text) = fragment(data, item.text) {
                    steps.append(number, channel, text, out);
                }
                if item.annotations.is_some() {
                    steps.annotate(number, data, item, out)?;
                }
            }
            "arguments_delta" | "arguments" => steps.say_input(number, data, item, out),
            "thought_summary" | "thought" => steps.say_thought(number, data, item, out)?,
            "thought_signature" => steps.say_seal(number, data, item, out),
            "text_annotation_delta" | "text_annotation" => steps.annotate(number, data, item, out)?,
            "image" | "audio" | "video" | "document" => {
                steps.say_media(number, (data, whole_item(data)), item, out);
            }
            word => match Sort::of(word) {
                sort @ (Sort::Call | Sort::Hosted(_)) => steps.say_call(number, sort, data, item, out),
                Sort::Result => steps.say_result(number, data, item, out),
                _ => steps.say_other(number, (data, whole_item(data)), item, out),
            },
        }
        steps.seal(number, data, item, out);
        Ok(())
    }

    /// A status that is an end is a finish reason. It is strong evidence where the event says that it is the last.
    fn say_status(&mut self, status: Fragment<'_>, out: &mut Emitter) {
        let reason = match status_of(status) {
            Some(None) => return,
            Some(Some(reason)) => reason,
            None => Reason::Other,
        };
        if status.is("incomplete") || status.is("budget_exceeded") {
            out.incomplete();
        }
        self.is_failed |= reason == Reason::Error;
        out.finish_reason(0, reason, status);
    }

    fn say_usage(&mut self, usage: Option<&str>, origin: UsageOrigin, out: &mut Emitter) -> Result<(), Error> {
        let Some(usage) = usage else { return Ok(()) };
        self.usage.merge(usage, out.limits().json_depth)?;
        if self.usage.is_any() {
            out.usage(self.usage.canonical(), origin);
            if origin == UsageOrigin::Provider && self.usage.is_zero() && out.any_content() {
                out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
            }
        }
        out.extra(Scope::Response, "usage".into(), usage);
        Ok(())
    }

    fn say_errors(&mut self, interaction: &Interaction<'_>, out: &mut Emitter) -> Result<(), Error> {
        if let Some(error) = interaction.error {
            self.causes.report(error, Hint::None, out);
        }
        let Some(errors) = interaction.errors else { return Ok(()) };
        elements(errors, out.limits().json_depth, |_, error| {
            self.causes.report(error, Hint::None, out);
            Ok(())
        })
    }

    /// Nothing more comes. A failure that nothing was said of is an error nonetheless.
    fn settle(&mut self, out: &mut Emitter) {
        self.steps.settle(out);
        if self.is_failed && !out.has_failed() {
            out.error(Failure::new(ErrorKind::Server, "Interaction failed".into()));
        }
    }
}

/// What a frame says beside what it is for: of the interaction, and of the step of a number.
fn say_extras(data: &str, number: Option<u64>, out: &mut Emitter) {
    if !out.wants_extras() {
        return;
    }
    out.extras_of(Scope::Response, data, FRAME_FIELDS);
    let Some(number) = number else { return };
    let whole = whole_item(data);
    if let Ok(item) = Item::of(whole, out.limits().json_depth) {
        say_item_extras(number, whole, &item, out);
    }
}

/// What a step or a delta says that the model has no place for. What is given whole has said it.
fn say_item_extras(number: u64, json: &str, item: &Item, out: &mut Emitter) {
    let mut short = [0; 32];
    let word = item.word(json, &mut short);
    let is_delta = word.starts_with("thought_") || word.starts_with("text_") || word.starts_with("arguments");
    let known = match Sort::of(word) {
        _ if matches!(word, "image" | "audio" | "video" | "document") => return,
        Sort::Other if !is_delta && !word.is_empty() => return,
        Sort::Result => RESULT_FIELDS,
        _ => ITEM_FIELDS,
    };
    if let Some(block) = out.first_block_of(number) {
        out.extras_of(Scope::Block(block), json, known);
    }
}

/// The step, content or delta in a frame; the frame itself where it is one.
fn whole_item(data: &str) -> &str {
    ["delta", "step", "content"].into_iter().find_map(|name| errors::member(data, name)).unwrap_or(data)
}

/// The finish reason that a status is: one that is no end has none. No answer for a status that is not known.
fn status_of(status: Fragment<'_>) -> Option<Option<Reason>> {
    STATUSES.iter().find(|(word, _)| status.is(word)).map(|(_, reason)| *reason)
}

const STATUSES: &[(&str, Option<Reason>)] = &[
    ("completed", Some(Reason::Stop)),
    ("requires_action", Some(Reason::ToolCalls)),
    ("requires_continuation", Some(Reason::Pause)),
    ("incomplete", Some(Reason::Other)),
    ("budget_exceeded", Some(Reason::Other)),
    ("failed", Some(Reason::Error)),
    ("cancelled", Some(Reason::Cancelled)),
    ("in_progress", None),
    ("queued", None),
];
