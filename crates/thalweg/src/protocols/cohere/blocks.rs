//! Which block an event is about: content, calls and citations are numbered apart, the plan not at all.

use super::wire::{CALL_FIELDS, CONTENT_FIELDS, Call, Content, fields, skip};
use crate::emitter::{At, Channel, Emitter, Fragment};
use crate::errors;
use crate::event::{BlockClose, BlockId, BlockKind, InputForm, Part, ReasoningForm, Scope};
use crate::json::{Error, Raw, Reader, elements};

/// What thoughts go to.
const THINKING: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Where plans are: what the wire numbers is below.
const PLANS: u64 = 1 << 32;

/// Where the events of one message are on the wire.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    content: Counter,
    calls: Counter,
    /// The plan that is being told, and how many there were.
    plan: Option<At>,
    plans: u64,
    /// The last of each kind that can be cited.
    cited: Cited,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cited {
    plan: Option<At>,
    text: Option<At>,
    thinking: Option<At>,
}

/// The numbers of one kind of block.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// The number of the last event.
    current: Option<u64>,
    /// The number behind the highest.
    next: u64,
}

impl Counter {
    /// The number that a start gives; without one, the next.
    fn start(&mut self, index: Option<u64>) -> u64 {
        let index = index.unwrap_or(self.next);
        self.at(Some(index))
    }

    /// The number of any other event; without one, that of the last.
    fn at(&mut self, index: Option<u64>) -> u64 {
        let index = index.or(self.current).unwrap_or(self.next);
        self.current = Some(index);
        if index >= self.next && index >> 32 == 0 {
            self.next = index.saturating_add(1);
        }
        index
    }
}

impl Blocks {
    /// A part of the content begins. What it has of its text is held back: deltas may repeat it.
    pub(super) fn start_content(
        &mut self,
        json: &str,
        index: Option<u64>,
        content: &Content,
        out: &mut Emitter,
    ) -> Option<BlockId> {
        self.end_plan(out);
        let at = At::item(self.content.start(index));
        let (kind, text) = match sort(json, content) {
            Some(Channel::Text) => (BlockKind::Text, content.text),
            Some(channel) => (channel.kind(), content.thinking),
            None => {
                let name = content.kind.map_or_else(|| "".into(), |kind| Fragment::json(json, kind));
                (BlockKind::other(out.text(name)), None)
            }
        };
        let before = out.block_at(at);
        let block = out.start_at(at, None, kind).filter(|block| Some(*block) != before)?;
        match sort(json, content) {
            Some(channel) => self.cited.set(channel, at),
            None => out.put(block, Part::Json, whole_content(json).into()),
        }
        if let Some(text) = text {
            out.hold(block, Fragment::json(json, text), false);
        }
        Some(block)
    }

    /// More of a part of the content. What it has decides what it is, not the block.
    #[inline]
    pub(super) fn say_content(&mut self, data: &str, index: Option<u64>, content: &Content, out: &mut Emitter) -> At {
        self.end_plan(out);
        let at = At::item(self.content.at(index));
        let pieces = [(THINKING, content.thinking), (Channel::Text, content.text)];
        for (channel, text) in pieces {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                out.delta_at(at, None, channel, Fragment::json(data, text));
                self.cited.set(channel, at);
            }
        }
        if content.is_there && content.text.is_none() && content.thinking.is_none() {
            let block = out.block_at(at).or_else(|| {
                let name = out.text(content.kind.map_or_else(|| "".into(), |kind| Fragment::json(data, kind)));
                out.block_or(at, BlockKind::other(name))
            });
            if let Some(block) = block {
                out.put(block, Part::Json, whole_content(data).into());
            }
        }
        at
    }

    pub(super) fn end_content(&mut self, index: Option<u64>, out: &mut Emitter) -> At {
        let at = At::item(self.content.at(index));
        out.end_at(at, BlockClose::Complete);
        at
    }

    /// More of the plan. The wire does not say where it begins.
    #[inline]
    pub(super) fn say_plan(&mut self, plan: Fragment<'_>, out: &mut Emitter) {
        if plan.is_empty() {
            return;
        }
        let form = ReasoningForm::Plan;
        let at = self.plan.unwrap_or_else(|| {
            let at = At::item(PLANS.saturating_add(self.plans));
            self.plans += 1;
            out.start_at(at, None, BlockKind::reasoning(form));
            at
        });
        (self.plan, self.cited.plan) = (Some(at), Some(at));
        out.delta_at(at, None, Channel::Reasoning(form), plan);
    }

    /// Something else comes: the plan is told.
    #[inline]
    fn end_plan(&mut self, out: &mut Emitter) {
        if let Some(at) = self.plan.take()
            && let Some(block) = out.block_at(at)
        {
            out.end_block(block, BlockClose::Implied);
        }
    }

    /// A call begins. Input that is whole already stands in for what comes in deltas, a piece of one goes before them.
    pub(super) fn start_call(&mut self, json: &str, index: Option<u64>, call: &Call, out: &mut Emitter) -> At {
        self.end_plan(out);
        let at = At::call(self.calls.start(index));
        let before = out.block_at(at);
        let id = out.id(call.id.map(|id| Fragment::json(json, id)));
        let name = call.name.map_or_else(|| "".into(), |name| Fragment::json(json, name));
        let kind = BlockKind::tool_call(id, out.text(name), InputForm::Json);
        let block = out.start_at(at, None, kind);
        let Some(input) = call.input(json) else { return at };
        match block.filter(|block| Some(*block) != before) {
            Some(block) => out.hold(block, input, is_whole(input)),
            None if block.is_none() => {
                // It waits for its name, and so does this.
                out.input_at(at, None, Emitter::unannounced_call(InputForm::Json), input);
            }
            None => {}
        }
        at
    }

    /// More of a call: a piece of its input, or late what its start should have said.
    pub(super) fn say_call(&mut self, data: &str, index: Option<u64>, call: &Call, out: &mut Emitter) -> At {
        self.end_plan(out);
        let at = At::call(self.calls.at(index));
        if (call.id.is_some() || call.name.is_some()) && out.has_begun(at) {
            let text = |text: Option<_>| text.map(|text| Fragment::json(data, text));
            out.name_at(at, text(call.id), text(call.name));
        }
        if let Some(input) = call.input(data) {
            let otherwise = match out.has_begun(at) {
                true => Emitter::unannounced_call(InputForm::Json),
                false => {
                    let id = out.id(call.id.map(|id| Fragment::json(data, id)));
                    let name = call.name.map_or_else(|| "".into(), |name| Fragment::json(data, name));
                    BlockKind::tool_call(id, out.text(name), InputForm::Json)
                }
            };
            out.input_at(at, None, otherwise, input);
        }
        at
    }

    pub(super) fn end_call(&mut self, index: Option<u64>, out: &mut Emitter) -> At {
        let at = At::call(self.calls.at(index));
        // A call that was never named has begun nonetheless.
        out.call_at(at);
        out.end_at(at, BlockClose::Complete);
        at
    }

    /// A citation, or a list of them: data of the block that it cites, else a source of the answer.
    pub(super) fn say_citations(&self, citations: &str, out: &mut Emitter) -> Result<(), Error> {
        if citations.starts_with('[') {
            let depth = out.limits().json_depth;
            return elements(citations, depth, |_, citation| self.say_citation(citation, out));
        }
        self.say_citation(citations, out)
    }

    fn say_citation(&self, json: &str, out: &mut Emitter) -> Result<(), Error> {
        if !json.starts_with('{') {
            return Ok(());
        }
        let (mut kind, mut number) = (None, None);
        fields(&mut Reader::new(json, out.limits().json_depth), |name, json| {
            match name {
                "type" => kind = json.maybe_string()?,
                "content_index" => number = crate::json::count(json.skip()?.of(json.source())),
                _ => skip(json)?,
            }
            Ok(())
        })?;
        let is = |name| kind.is_some_and(|kind| kind.is(json, name));
        let at = match () {
            () if is("PLAN") => self.cited.plan,
            () if number.is_some() => number.map(At::item),
            () if is("THINKING_CONTENT") => self.cited.thinking,
            () => self.cited.text,
        };
        match at.and_then(|at| out.block_at(at)) {
            Some(block) => out.cite(block, json),
            None => out.source(0, json),
        }
        Ok(())
    }

    /// What a whole message holds, in the order in which a stream has it.
    pub(super) fn say_message(&mut self, message: &str, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let (mut plan, mut content, mut calls, mut citations) = (None, None, None, None);
        fields(&mut Reader::new(message, depth), |name, json| {
            match name {
                "tool_plan" => plan = json.maybe_string()?,
                "content" => content = json.present()?,
                "tool_calls" => calls = json.present()?,
                "citations" => citations = json.present()?,
                _ => skip(json)?,
            }
            Ok(())
        })?;
        let list = |raw: Option<Raw>| raw.map_or("", |raw| raw.of(message));
        if let Some(plan) = plan {
            self.say_plan(Fragment::json(message, plan), out);
        }
        match Fragment::value(list(content)) {
            Some(text) => {
                let at = At::item(self.content.start(None));
                if !text.is_empty() && out.start_at(at, None, BlockKind::Text).is_some() {
                    self.end_plan(out);
                    out.delta_at(at, None, Channel::Text, text);
                    self.cited.set(Channel::Text, at);
                    out.end_at(at, BlockClose::Complete);
                }
            }
            None => each_object(list(content), out, |part, out| self.say_part(part, out))?,
        }
        each_object(list(calls), out, |call, out| self.say_whole_call(call, out))?;
        if let Some(citations) = citations {
            self.say_citations(citations.of(message), out)?;
        }
        out.extras_of(Scope::Choice(0), message, MESSAGE_FIELDS);
        Ok(())
    }

    fn say_part(&mut self, part: &str, out: &mut Emitter) -> Result<(), Error> {
        let mut content = Content::default();
        content.read(&mut Reader::new(part, out.limits().json_depth))?;
        if let Some(block) = self.start_content(part, None, &content, out) {
            self.end_content(None, out);
            out.extras_of(Scope::Block(block), part, CONTENT_FIELDS);
        }
        Ok(())
    }

    fn say_whole_call(&mut self, json: &str, out: &mut Emitter) -> Result<(), Error> {
        let mut call = Call::default();
        call.read(&mut Reader::new(json, out.limits().json_depth))?;
        self.start_call(json, None, &call, out);
        let at = self.end_call(None, out);
        if let Some(block) = out.block_at(at) {
            out.extras_of(Scope::Block(block), json, CALL_FIELDS);
        }
        Ok(())
    }
}

impl Cited {
    #[inline]
    fn set(&mut self, channel: Channel, at: At) {
        match channel {
            Channel::Text => self.text = Some(at),
            _ => self.thinking = Some(at),
        }
    }
}

/// The fields of a message that have a place in the model, or are a declared loss.
pub(super) const MESSAGE_FIELDS: &[&str] = &["role", "content", "tool_plan", "tool_calls", "citations"];

/// What a part of the content is: by its type, and without one by its fields. None where the model has no place for it.
fn sort(json: &str, content: &Content) -> Option<Channel> {
    match content.kind.filter(|kind| !kind.is_empty()) {
        Some(kind) if kind.is(json, "text") => Some(Channel::Text),
        Some(kind) if kind.is(json, "thinking") => Some(THINKING),
        Some(_) => None,
        None if content.thinking.is_some() => Some(THINKING),
        // A start of nothing is a text's: what comes next says what it is.
        None => Some(Channel::Text),
    }
}

/// The part of the content that an event is about, or that stands alone.
fn whole_content(json: &str) -> &str {
    let member = |json, name| errors::member(json, name);
    let message = member(json, "delta").and_then(|delta| member(delta, "message"));
    message.and_then(|message| member(message, "content")).unwrap_or(json)
}

/// Whether a piece of input is a whole value: more of it would be too much.
fn is_whole(input: Fragment<'_>) -> bool {
    let mut buffer = alloc::string::String::new();
    let reader = &mut Reader::new(input.borrow(&mut buffer), u16::MAX);
    reader.skip().and_then(|_| reader.end()).is_ok()
}

/// Calls `say` with each object of a list.
fn each_object(
    list: &str,
    out: &mut Emitter,
    mut say: impl FnMut(&str, &mut Emitter) -> Result<(), Error>,
) -> Result<(), Error> {
    if list.is_empty() {
        return Ok(());
    }
    let depth = out.limits().json_depth;
    elements(list, depth, |_, element| if element.starts_with('{') { say(element, out) } else { Ok(()) })
}
