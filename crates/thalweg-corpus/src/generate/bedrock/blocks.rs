//! Leaves as content blocks.

use fastrand::Rng;

use crate::generate::explicit::{Event, nothing};
use crate::generate::fragments::{fragments, input_fragments};
use crate::generate::intention::{IntendedHosted, IntendedThought, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// How many blocks a leaf is.
pub(super) const fn count(leaf: &Leaf) -> usize {
    match leaf {
        Leaf::Hosted(IntendedHosted { result: Some(_), .. }) => 2,
        _ => 1,
    }
}

/// The events of a leaf, whose first block has a number and whose second has another.
pub(super) fn of_leaf(leaf: &Leaf, numbers: &[usize], selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut writer = BlockWriter { number: numbers[0], events: Vec::new(), selection, rng };
    match leaf {
        Leaf::Text(text) => writer.text(text, &[]),
        Leaf::Cited { text, citations } => writer.text(text, citations),
        Leaf::Thought(thought) => writer.thought(thought),
        Leaf::Call(call) => {
            writer.call(call.id.as_deref().unwrap_or_default(), &call.name, false, &call.arguments);
        }
        Leaf::Hosted(call) => {
            writer.call(&call.id, &call.name, true, &call.input);
            if let (Some(number), Some(result)) = (numbers.get(1), &call.result) {
                writer.number = *number;
                writer.result(call, result);
            }
        }
        _ => {}
    }
    writer.events
}

struct BlockWriter<'a> {
    number: usize,
    events: Vec<Event>,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl BlockWriter<'_> {
    fn start(&mut self, start: Fields) {
        let fields = vec![("contentBlockIndex", Json::raw(self.number)), ("start", Json::Object(start))];
        self.events.push(Event::new("contentBlockStart", fields));
    }

    fn delta(&mut self, name: &'static str, value: Json) {
        let mut delta = vec![(name, value)];
        nothing("x_delta", &mut delta, self.selection, self.rng);
        let fields = vec![("contentBlockIndex", Json::raw(self.number)), ("delta", Json::Object(delta))];
        self.events.push(Event::new("contentBlockDelta", fields));
    }

    fn stop(&mut self) {
        if !self.selection.roll(P::StopsAbsent, 1, self.rng) {
            self.events.push(Event::end("contentBlockStop", vec![("contentBlockIndex", Json::raw(self.number))]));
        }
    }

    /// A start that says nothing, before text or thoughts that have something to say.
    fn may_start(&mut self, says_more: bool) {
        if says_more && self.selection.roll(P::StartsEmpty, 1, self.rng) {
            self.start(vec![]);
        }
    }

    fn text(&mut self, text: &str, citations: &[String]) {
        let pieces = fragments(text, self.selection, self.rng);
        self.may_start(!pieces.is_empty());
        let mut rest = citations.iter();
        for piece in pieces {
            self.delta("text", Json::Text(piece));
            if self.selection.roll(P::DeltasBlank, 3, self.rng) {
                self.delta("text", Json::text(""));
            }
            if self.rng.bool() {
                rest.next().into_iter().for_each(|citation| self.delta("citation", Json::raw(citation)));
            }
        }
        rest.for_each(|citation| self.delta("citation", Json::raw(citation)));
        if !text.is_empty() {
            self.stop();
        }
    }

    fn reasoning(&mut self, name: &'static str, value: Json) {
        self.delta("reasoningContent", Json::Object(vec![(name, value)]));
    }

    fn thought(&mut self, thought: &IntendedThought) {
        if let Some(data) = &thought.encrypted {
            self.reasoning("redactedContent", Json::text(data));
            self.stop();
            return;
        }
        let pieces = fragments(&thought.text, self.selection, self.rng);
        self.may_start(!pieces.is_empty());
        for piece in pieces {
            self.reasoning("text", Json::Text(piece));
            if self.selection.roll(P::DeltasBlank, 3, self.rng) {
                self.reasoning("text", Json::text(""));
            }
        }
        if let Some(seal) = &thought.signature {
            self.reasoning("signature", Json::text(seal));
        }
        if !thought.text.is_empty() || thought.signature.is_some() {
            self.stop();
        }
    }

    fn call(&mut self, id: &str, name: &str, is_hosted: bool, input: &str) {
        let mut fields = vec![("toolUseId", Json::text(id)), ("name", Json::text(name))];
        if is_hosted {
            fields.push(("type", Json::text("server_tool_use")));
        }
        self.start(vec![("toolUse", Json::Object(fields))]);
        let mut pieces = input_fragments(input, self.selection, self.rng);
        if self.selection.roll(P::DeltasBlank, 2, self.rng) {
            pieces.insert(self.rng.usize(..=pieces.len()), Vec::new());
        }
        for piece in pieces {
            self.delta("toolUse", Json::Object(vec![("input", Json::Text(piece))]));
        }
        self.stop();
    }

    fn result(&mut self, call: &IntendedHosted, result: &str) {
        let status = if call.is_error { "error" } else { "success" };
        let mut fields = vec![("toolUseId", Json::text(&call.id))];
        if call.is_error || self.rng.bool() {
            fields.push(("status", Json::text(status)));
        }
        self.start(vec![("toolResult", Json::Object(fields))]);
        self.delta("toolResult", Json::List(vec![Json::raw(result)]));
        self.stop();
    }
}

/// The blocks of a leaf in a message that is whole.
pub(super) fn whole(leaf: &Leaf) -> Vec<Json> {
    let block = |name: &'static str, value: Json| Json::Object(vec![(name, value)]);
    let tool_use = |id: &str, name: &str, input: &str, is_hosted: bool| {
        let mut fields = vec![("toolUseId", Json::text(id)), ("name", Json::text(name)), ("input", Json::raw(input))];
        fields.extend(is_hosted.then(|| ("type", Json::text("server_tool_use"))));
        block("toolUse", Json::Object(fields))
    };
    match leaf {
        Leaf::Text(text) => vec![block("text", Json::text(text))],
        Leaf::Cited { text, citations } => {
            let content = Json::List(vec![block("text", Json::text(text))]);
            let citations = Json::List(citations.iter().map(Json::raw).collect());
            vec![block("citationsContent", Json::Object(vec![("content", content), ("citations", citations)]))]
        }
        Leaf::Thought(IntendedThought { encrypted: Some(data), .. }) => {
            vec![block("reasoningContent", block("redactedContent", Json::text(data)))]
        }
        Leaf::Thought(thought) => {
            let mut text = vec![("text", Json::text(&thought.text))];
            text.extend(thought.signature.as_deref().map(|seal| ("signature", Json::text(seal))));
            vec![block("reasoningContent", block("reasoningText", Json::Object(text)))]
        }
        Leaf::Call(call) => {
            vec![tool_use(call.id.as_deref().unwrap_or_default(), &call.name, &call.arguments, false)]
        }
        Leaf::Hosted(call) => {
            let mut blocks = vec![tool_use(&call.id, &call.name, &call.input, true)];
            if let Some(result) = &call.result {
                let status = if call.is_error { "error" } else { "success" };
                let fields = vec![
                    ("toolUseId", Json::text(&call.id)),
                    ("status", Json::text(status)),
                    ("content", Json::List(vec![Json::raw(result)])),
                ];
                blocks.push(block("toolResult", Json::Object(fields)));
            }
            blocks
        }
        _ => vec![],
    }
}
