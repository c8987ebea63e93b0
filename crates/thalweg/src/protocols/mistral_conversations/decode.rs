//! Frames into what they mean.

use alloc::format;
use alloc::vec::Vec;

use super::content::{Parts, Spot};
use super::outputs::{Kind, Outputs};
use super::usage;
use super::wire::{self, HANDOFF, LONGEST_TYPE, OBJECT, What, Wire, fragment};
use crate::dialect::{Decode, Frame};
use crate::emitter::{At, Channel, Emitter, Fragment, List, Span};
use crate::errors::{self, Causes, Hint};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, Host, InputForm, MetaField, Part, Reason, Scope, UsageOrigin,
};
use crate::json::{Error, Kind as JsonKind, Raw, Reader, elements, members};

/// The end mark of other protocols, which proxies add.
const DONE: &str = "[DONE]";

#[derive(Debug, Default)]
pub(super) struct Decoder {
    outputs: Outputs,
    parts: Parts,
    causes: Causes,
    has_started: bool,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let data = frame.data;
        let depth = out.limits().json_depth;
        match Reader::new(data, depth).peek() {
            Ok(JsonKind::Object) => {}
            _ if data.trim() == DONE => return out.sentinel(),
            // Google wraps errors so.
            Ok(JsonKind::Array) => return out.each(data, |data, out| self.frame(Frame { data, ..frame }, out)),
            _ => return errors::say_no_object(frame, out),
        }
        // What is read of a frame after this was validated as a part of it.
        if let Err(error) = Wire::read(data, depth).and_then(|wire| self.say(frame, &wire, out)) {
            out.bad_json(error);
        }
    }

    fn retained(&self) -> usize {
        self.outputs.retained()
    }
}

impl Decoder {
    fn say(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let mut short = [0; LONGEST_TYPE];
        let named = wire.kind.map(|kind| kind.name(data, &mut short)).filter(|name| !name.is_empty());
        match named.or(frame.event).and_then(What::of) {
            Some(What::Started) => self.say_start(data, wire, out),
            Some(What::Done) => {
                self.parts.leave(None, out);
                say_usage(data, wire.usage, out)?;
                say_end("done".into(), out);
            }
            Some(What::Error) => {
                self.causes.report(data, Hint::None, out);
                return Ok(());
            }
            Some(what) => return self.say_output(data, (what, false), wire, out),
            None => return self.say_untyped(frame, wire, out),
        }
        out.extras_of(Scope::Response, data, wire::KNOWN);
        Ok(())
    }

    /// A frame of no known type: a complete response, an error, or nothing of ours.
    fn say_untyped(&mut self, frame: Frame<'_>, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let data = frame.data;
        let is_response = wire.object.map_or_else(|| wire.outputs.is_some(), |object| object.is(data, OBJECT));
        // Behind its own events it would say all of them again: those are what consumers have acted on.
        if is_response && !out.any_content() {
            return self.say_response(data, wire, out);
        }
        let is_error = wire.error.is_some() || wire.object.is_some_and(|object| object.is(data, "error"));
        if is_error || errors::looks_like_error(frame) {
            self.causes.report(data, Hint::None, out);
            return Ok(());
        }
        let name = fragment(data, wire.kind).or_else(|| fragment(data, wire.object));
        out.unknown(name.unwrap_or_else(|| frame.event.unwrap_or_default().into()), data);
        Ok(())
    }

    fn say_start(&mut self, data: &str, wire: &Wire, out: &mut Emitter) {
        let conversation = fragment(data, wire.conversation);
        if core::mem::replace(&mut self.has_started, true) {
            if conversation.is_none_or(|id| out.is_known(MetaField::Conversation, id)) {
                out.anomaly(AnomalyKind::SecondStart, Action::Dropped, None);
                return;
            }
            // This wire has no ids of responses.
            out.restart("".into());
            self.outputs.clear();
            self.parts = Parts::default();
        }
        let facts = [(MetaField::Conversation, conversation), (MetaField::Created, fragment(data, wire.created))];
        for (field, value) in facts {
            if let Some(value) = value {
                out.meta(field, value);
            }
        }
        out.begin_choice(0);
    }

    /// A complete response: its entries are outputs that come whole.
    fn say_response(&mut self, data: &str, wire: &Wire, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        self.say_start(data, wire, out);
        if let Some(outputs) = wire.outputs {
            elements(outputs.of(data), depth, |nth, entry| {
                if !entry.starts_with('{') {
                    return Ok(());
                }
                let mut wire = Wire::read(entry, depth)?;
                wire.output_index = wire.output_index.or(Some(nth));
                wire.content_index = wire.content_index.or(Some(0));
                let kind = wire.kind.unwrap_or_default();
                match What::of_entry(kind.name(entry, &mut [0; LONGEST_TYPE])) {
                    Some(what) => self.say_output(entry, (what, true), &wire, out),
                    None => {
                        let kind = BlockKind::other(out.text(Fragment::json(entry, kind)));
                        say_whole(At::item(nth), fragment(entry, wire.id), kind, entry, out);
                        Ok(())
                    }
                }
            })?;
        }
        self.parts.leave(None, out);
        say_usage(data, wire.usage, out)?;
        out.extras_of(Scope::Response, data, wire::KNOWN);
        say_end(fragment(data, wire.object).unwrap_or_else(|| "".into()), out);
        Ok(())
    }

    /// What a frame says of an output; `is_whole`: an entry that says all of it.
    fn say_output(
        &mut self,
        data: &str,
        (what, is_whole): (What, bool),
        wire: &Wire,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        if let Some(model) = fragment(data, wire.model) {
            out.meta(MetaField::Model, model);
        }
        let block = match what {
            What::Message => self.say_message(data, wire, out)?,
            What::Call => self.say_call(data, wire, is_whole, out),
            What::HandoffStarted | What::HandoffDone => self.say_handoff(data, wire, what, out)?,
            _ => self.say_execution(data, wire, (what, is_whole), out),
        };
        if out.wants_extras() {
            out.extras_of(block.map_or(Scope::Response, Scope::Block), data, wire::KNOWN);
        }
        Ok(())
    }

    #[inline]
    fn say_message(&mut self, data: &str, wire: &Wire, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
        let id = fragment(data, wire.id);
        let Some(output) = self.outputs.meant(Kind::Message, wire.output_index, id, out) else { return Ok(None) };
        let spot = Spot { output, id, part: wire.content_index };
        if let Some(text) = wire.text {
            self.parts.append(spot, Channel::Text, Fragment::json(data, text), out);
        }
        if let Some(parts) = wire.parts {
            self.parts.say(spot, parts.of(data), out)?;
        }
        Ok(self.parts.block(output, out))
    }

    /// A call that the client must run.
    fn say_call(&mut self, data: &str, wire: &Wire, is_whole: bool, out: &mut Emitter) -> Option<BlockId> {
        let (id, call_id, name) =
            (fragment(data, wire.id), fragment(data, wire.tool_call_id), fragment(data, wire.name));
        let number = self.outputs.meant(Kind::Call, wire.output_index, call_id.or(id), out)?;
        let at = At::item(number);
        self.parts.leave(None, out);
        if out.has_begun(at) {
            out.name_at(at, call_id, name);
        } else {
            let (answer, name) = (out.id(call_id), name.map(|name| out.text(name)).unwrap_or_default());
            out.start_at(at, id, BlockKind::tool_call(answer, name, InputForm::Json));
        }
        if let Some(input) = wire.input(data) {
            out.input_at(at, id, Emitter::unannounced_call(InputForm::Json), input);
        }
        if is_whole {
            out.end_item(number, BlockClose::Complete);
        }
        out.block_at(at)
    }

    /// A call that the provider runs, and what it gave.
    fn say_execution(
        &mut self,
        data: &str,
        wire: &Wire,
        (what, is_whole): (What, bool),
        out: &mut Emitter,
    ) -> Option<BlockId> {
        let id = fragment(data, wire.id);
        let number = self.outputs.meant(Kind::Execution, wire.output_index, id, out)?;
        let at = At::item(number);
        self.parts.leave(None, out);
        let is_new = !out.has_begun(at);
        if is_new {
            let kind = hosted(data, wire, out);
            let block = out.start_at(at, id, kind);
            if what == What::ExecutionDelta {
                out.anomaly(AnomalyKind::DeltaWithoutStart, Action::Opened, block);
            }
        }
        let block = out.block_at(at)?;
        match (wire.input(data), what) {
            (Some(input), What::ExecutionStarted) => out.hold(block, input, false),
            (Some(input), What::ExecutionDelta) => {
                let otherwise = hosted(data, wire, out);
                out.input_at(at, id, otherwise, input);
            }
            (Some(input), _) if is_new => out.delta(block, input),
            (Some(input), _) => out.restate(block, input),
            (None, _) => {}
        }
        if what != What::ExecutionDone {
            return Some(block);
        }
        out.end_item(number, BlockClose::Complete);
        if !is_whole {
            out.set(block, Part::Status, "done".into());
        }
        self.say_result(number, block, (id, wire.info.map(|info| info.of(data))), out);
        Some(block)
    }

    /// What a call gave; an empty object is nothing.
    fn say_result(
        &self,
        number: u64,
        call: BlockId,
        (id, info): (Option<Fragment<'_>>, Option<&str>),
        out: &mut Emitter,
    ) {
        let at = At::part(number, List::Result, 0);
        let Some(info) = info.filter(|info| *info != "{}" && !out.has_begun(at)) else { return };
        let call_id = id.map(|id| out.text(id));
        say_whole(at, None, BlockKind::tool_result(Some(call), call_id, false), info, out);
    }

    /// Another agent goes on: a block that has who hands over, and who goes on.
    fn say_handoff(
        &mut self,
        data: &str,
        wire: &Wire,
        what: What,
        out: &mut Emitter,
    ) -> Result<Option<BlockId>, Error> {
        let id = fragment(data, wire.id);
        let Some(number) = self.outputs.meant(Kind::Handoff, wire.output_index, id, out) else { return Ok(None) };
        let at = At::item(number);
        self.parts.leave(None, out);
        let kind = BlockKind::other(out.text(HANDOFF.into()));
        let Some(block) = out.block_at(at).or_else(|| out.start_at(at, id, kind)) else { return Ok(None) };
        let agents = wire::AGENTS.into_iter().zip(members(data, wire::AGENTS, out.limits().json_depth)?);
        let agents: Vec<_> = agents.filter_map(|(name, raw)| Some(format!("\"{name}\":{}", raw?.of(data)))).collect();
        if !agents.is_empty() {
            out.put(block, Part::Json, format!("{{{}}}", agents.join(",")).as_str().into());
        }
        if what == What::HandoffDone {
            out.end_item(number, BlockClose::Complete);
        }
        Ok(Some(block))
    }
}

fn hosted(data: &str, wire: &Wire, out: &mut Emitter) -> BlockKind<Span> {
    let name = fragment(data, wire.name).map(|name| out.text(name)).unwrap_or_default();
    let id = out.id(fragment(data, wire.id));
    BlockKind::hosted_call(id, name, InputForm::Json, Host::Provider, None)
}

/// A block that comes whole, as the provider's own JSON.
fn say_whole(at: At, id: Option<Fragment<'_>>, kind: BlockKind<Span>, json: &str, out: &mut Emitter) {
    if let Some(block) = out.start_at(at, id, kind) {
        out.put(block, Part::Json, json.into());
        out.end_block(block, BlockClose::Complete);
    }
}

fn say_usage(data: &str, usage: Option<Raw>, out: &mut Emitter) -> Result<(), Error> {
    let Some(usage) = usage.map(|usage| usage.of(data)) else { return Ok(()) };
    let counts = usage::read(usage, out.limits().json_depth)?;
    if counts != crate::event::Usage::default() {
        out.usage(counts, UsageOrigin::Provider);
        if usage::is_zero(&counts) && out.any_content() {
            out.anomaly(AnomalyKind::UsageZero, Action::Kept, None);
        }
    }
    out.extra(Scope::Response, "usage".into(), usage);
    Ok(())
}

/// The provider's word that the answer is over.
fn say_end(word: Fragment<'_>, out: &mut Emitter) {
    out.finish_reason(0, Reason::Stop, word);
    out.terminal();
}
