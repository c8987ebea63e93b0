//! Calls, the client's and others', and what came of them.

use alloc::string::String;

use super::steps::{Sort, Steps, kept};
use super::wire::{Item, fragment};
use crate::emitter::{At, Emitter, Fragment, Span};
use crate::event::{Action, AnomalyKind, BlockId, BlockKind, Host, InputForm, Part};
use crate::json::Reader;

impl Steps {
    /// A piece of a call's input.
    #[inline]
    pub(super) fn say_input(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) {
        if self.known_or(number, Sort::Call, out).is_none() {
            return;
        }
        let at = At::item(number);
        let is_named = item.name.is_some() || item.id.is_some() || item.call_id.is_some();
        if is_named && out.has_begun(at) {
            out.name_at(at, item.call_id(json), fragment(json, item.name));
        }
        let Some(input) = item.input(json) else { return };
        let otherwise = match out.block_at(at).and_then(|block| out.host_of(block)) {
            Some(host) => BlockKind::hosted_call(out.id(None), Span::default(), InputForm::Json, host, None),
            None if is_named && !out.has_begun(at) => call_kind(json, item, out),
            None => Emitter::unannounced_call(InputForm::Json),
        };
        out.input_at(at, None, otherwise, input);
    }

    /// A call, whole: what deltas of hosted calls are, and were of the client's before there were steps.
    pub(super) fn say_call(&mut self, number: u64, sort: Sort, json: &str, item: &Item, out: &mut Emitter) {
        let Some((_, is_new)) = self.known_or(number, sort, out) else { return };
        let at = At::item(number);
        if out.has_begun(at) {
            out.name_at(at, item.call_id(json), fragment(json, item.name));
        } else {
            let kind = call_kind(json, item, out);
            let block = out.start_at(at, None, kind);
            if is_new {
                out.anomaly(AnomalyKind::DeltaWithoutStart, Action::Opened, block);
            }
        }
        if let Some(input) = item.input(json) {
            out.restate_at(at, input);
        }
        self.seal(number, json, item, out);
    }

    /// A result is announced. Where its start does not say whether the call failed, what comes next does.
    pub(super) fn start_result(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) {
        let id = item.call_id(json).unwrap_or_else(|| "".into());
        let is_said = item.result.is_some() || item.is_error.is_some();
        let id = kept(id);
        if !is_said
            && id.len() <= AWAITED_MOST
            && let Some(awaited) = self.awaited_mut(number)
        {
            *awaited = Some(id);
            return;
        }
        let block = start_result(number, Some((&*id).into()), item, out);
        say_result(block, json, item, out);
    }

    /// What a call gave.
    pub(super) fn say_result(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) {
        let Some((_, is_new)) = self.known_or(number, Sort::Result, out) else { return };
        let at = At::item(number);
        if !self.open_awaited(number, Some((json, item)), out) && !out.has_begun(at) {
            let block = start_result(number, item.call_id(json), item, out);
            if is_new {
                out.anomaly(AnomalyKind::DeltaWithoutStart, Action::Opened, block);
            }
        }
        say_result(out.block_at(at), json, item, out);
        self.seal(number, json, item, out);
    }

    /// A result that was announced begins: false where none was.
    pub(super) fn open_awaited(&mut self, number: u64, said: Option<(&str, &Item)>, out: &mut Emitter) -> bool {
        let Some(id) = self.awaited_mut(number).and_then(Option::take) else { return false };
        let unsaid = Item::default();
        let (json, item) = said.unwrap_or(("", &unsaid));
        let id = if id.is_empty() { item.call_id(json) } else { Some((&*id).into()) };
        start_result(number, id, item, out);
        true
    }
}

/// A call begins. Input that is whole already stands in for what comes in deltas, a piece of one goes before them.
pub(super) fn start_call(number: u64, json: &str, item: &Item, out: &mut Emitter) {
    let at = At::item(number);
    let before = out.block_at(at);
    let kind = call_kind(json, item, out);
    let block = out.start_at(at, None, kind);
    let Some(input) = item.input(json) else { return };
    match block.filter(|block| Some(*block) != before) {
        Some(block) => out.hold(block, input, is_whole(input)),
        None if block.is_none() => {
            // It waits for its name, and so does this.
            out.input_at(at, None, Emitter::unannounced_call(InputForm::Json), input);
        }
        None => {}
    }
}

fn start_result(number: u64, id: Option<Fragment<'_>>, item: &Item, out: &mut Emitter) -> Option<BlockId> {
    let id = id.filter(|id| !id.is_empty());
    let call = id.and_then(|id| out.call_block(id));
    let id = id.map(|id| out.text(id));
    out.start_at(At::item(number), None, BlockKind::tool_result(call, id, item.is_error == Some(true)))
}

fn say_result(block: Option<BlockId>, json: &str, item: &Item, out: &mut Emitter) {
    if let Some(block) = block
        && let Some(result) = item.result
    {
        out.put(block, Part::Json, result.of(json).into());
    }
}

/// What a call is, by its own words. A tool of the provider's is named by its step's type.
fn call_kind(json: &str, item: &Item, out: &mut Emitter) -> BlockKind<Span> {
    let word = item.wire_type(json);
    let mut buffer = String::new();
    let word = word.borrow(&mut buffer);
    let name = fragment(json, item.name);
    let id = out.id(item.call_id(json));
    match Sort::of(word) {
        Sort::Hosted(host) => {
            let tool = if host == Host::Mcp { "" } else { word.strip_suffix("_call").unwrap_or(word) };
            let name = out.text(name.unwrap_or_else(|| tool.into()));
            let server = fragment(json, item.server_name).map(|server| out.text(server));
            BlockKind::hosted_call(id, name, InputForm::Json, host, server)
        }
        _ => BlockKind::tool_call(id, out.text(name.unwrap_or_else(|| "".into())), InputForm::Json),
    }
}

/// Whether a piece of input is a whole value: more of it would be too much.
fn is_whole(input: Fragment<'_>) -> bool {
    let mut buffer = String::new();
    let reader = &mut Reader::new(input.borrow(&mut buffer), u16::MAX);
    reader.skip().and_then(|_| reader.end()).is_ok()
}

/// Bytes of the longest id that is kept until its result begins.
const AWAITED_MOST: usize = 256;
