//! Leaves as events: contents, calls and citations have numbers of their own.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit::{self, Event, nothing};
use crate::generate::fragments::{fragments, input_fragments};
use crate::generate::intention::{IntendedCall, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// The events of a response, block by block.
#[derive(Default)]
pub(super) struct Blocks {
    pub(super) plan: Vec<Event>,
    pub(super) numbered: Vec<Vec<Event>>,
}

/// The number of the `n`-th content or call.
pub(super) const fn number(n: usize, selection: &Selection) -> usize {
    if selection.has(P::ItemGaps) { 3 * n + 2 } else { n }
}

/// It is one of the contents, which share their numbers.
pub(super) fn is_content(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Text(_) | Leaf::Cited { .. } => true,
        Leaf::Thought(thought) => thought.form != ReasoningForm::Plan,
        _ => false,
    }
}

pub(super) fn of_leaves(leaves: &[Leaf], selection: &mut Selection, rng: &mut Rng) -> Blocks {
    let mut blocks = Blocks::default();
    let (mut contents, mut calls, mut citations) = (0, 0, 0);
    for leaf in leaves {
        let family = if is_content(leaf) { &mut contents } else { &mut calls };
        let number = number(*family, selection);
        let mut writer = BlockWriter { number, citations: &mut citations, events: Vec::new(), selection, rng };
        match leaf {
            Leaf::Text(text) => writer.content("text", text, &[]),
            Leaf::Cited { text, citations } => writer.content("text", text, citations),
            Leaf::Thought(thought) if thought.form == ReasoningForm::Plan => {
                writer.plan(&thought.text);
                blocks.plan = writer.events;
                continue;
            }
            Leaf::Thought(thought) => writer.content("thinking", &thought.text, &[]),
            Leaf::Call(call) => writer.call(call),
            _ => {}
        }
        blocks.numbered.push(writer.events);
        selection.hit_if_drawn(P::ItemGaps);
        *family += 1;
    }
    blocks
}

struct BlockWriter<'a> {
    number: usize,
    /// How many citations there were.
    citations: &'a mut usize,
    events: Vec<Event>,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl BlockWriter<'_> {
    fn push(&mut self, kind: &'static str, name: &'static str, value: Json) {
        let message = Json::Object(vec![(name, value)]);
        let mut fields = vec![("index", Json::raw(self.number)), ("delta", Json::Object(vec![("message", message)]))];
        nothing("logprobs", &mut fields, self.selection, self.rng);
        self.events.push(Event::new(kind, fields));
    }

    fn plan(&mut self, text: &str) {
        for piece in fragments(text, self.selection, self.rng) {
            let message = Json::Object(vec![("tool_plan", Json::Text(piece))]);
            let delta = Json::Object(vec![("message", message)]);
            self.events.push(Event::new("tool-plan-delta", vec![("delta", delta)]));
        }
    }

    fn content(&mut self, name: &'static str, text: &str, citations: &[String]) {
        let mut pieces = fragments(text, self.selection, self.rng);
        let begun = explicit::begun(&mut pieces, self.selection, self.rng);
        let is_bare = begun.is_empty() && !pieces.is_empty();
        if !(is_bare && self.selection.roll(P::StartsAbsent, 1, self.rng)) {
            let start = Json::Object(vec![("type", Json::text(name)), (name, Json::text(&begun))]);
            self.push("content-start", "content", start);
        }
        let is_behind = self.selection.has(P::CitationsAfterEnd);
        let mut rest = citations.iter();
        for piece in pieces {
            self.push("content-delta", "content", Json::Object(vec![(name, Json::Text(piece))]));
            if self.selection.roll(P::DeltasBlank, 3, self.rng) {
                self.push("content-delta", "content", Json::Object(vec![(name, Json::text(""))]));
            }
            if !is_behind && self.rng.bool() {
                rest.next().into_iter().for_each(|citation| self.citation(citation));
            }
        }
        if !is_behind {
            rest.by_ref().for_each(|citation| self.citation(citation));
        }
        self.end("content-end");
        for citation in rest {
            self.selection.hit(P::CitationsAfterEnd);
            self.citation(citation);
        }
    }

    fn citation(&mut self, citation: &str) {
        if !citation.contains("content_index") {
            self.selection.hit(P::CitationsBare);
        }
        let block = core::mem::replace(&mut self.number, *self.citations);
        *self.citations += 1;
        self.push("citation-start", "citations", Json::raw(citation));
        if !self.selection.roll(P::CitationEndsAbsent, 1, self.rng) {
            self.events.push(Event::new("citation-end", vec![("index", Json::raw(self.number))]));
        }
        self.number = block;
    }

    fn call(&mut self, call: &IntendedCall) {
        let pieces = input_fragments(&call.arguments, self.selection, self.rng);
        let is_whole = !pieces.is_empty() && self.selection.roll(P::StartInput, 1, self.rng);
        let mut fields: Fields = call.id.as_deref().map(|id| ("id", Json::text(id))).into_iter().collect();
        let arguments = if is_whole { Json::text(&call.arguments) } else { Json::text("") };
        let function = vec![("name", Json::text(&call.name)), ("arguments", arguments)];
        fields.extend([("type", Json::text("function")), ("function", Json::Object(function))]);
        self.push("tool-call-start", "tool_calls", Json::Object(fields));
        for piece in pieces.into_iter().filter(|_| !is_whole) {
            self.input(piece);
            if self.selection.roll(P::DeltasBlank, 3, self.rng) {
                self.input(Vec::new());
            }
        }
        self.end("tool-call-end");
    }

    fn input(&mut self, piece: Vec<u16>) {
        let function = Json::Object(vec![("arguments", Json::Text(piece))]);
        self.push("tool-call-delta", "tool_calls", Json::Object(vec![("function", function)]));
    }

    fn end(&mut self, kind: &'static str) {
        if !self.selection.roll(P::StopsAbsent, 1, self.rng) {
            self.events.push(Event::end(kind, vec![("index", Json::raw(self.number))]));
        }
    }
}
