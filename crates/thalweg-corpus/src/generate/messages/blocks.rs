//! Leaves as content blocks: started, said in deltas, stopped.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit::{self, Event, is_object, nothing};
use crate::generate::fragments::{fragments, input_fragments};
use crate::generate::intention::{IntendedCall, IntendedHosted, IntendedThought, Leaf};
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
        Leaf::Text(text) => writer.spoken(Spoken::Text, text, None, &[]),
        Leaf::Cited { text, citations } => writer.spoken(Spoken::Text, text, None, citations),
        Leaf::Thought(thought) => writer.thought(thought),
        Leaf::Call(call) => writer.call(call),
        Leaf::Hosted(call) => {
            writer.hosted(call);
            if let (Some(number), Some(result)) = (numbers.get(1), result(call)) {
                writer.number = *number;
                writer.start(result);
                writer.stop();
            }
        }
        _ => {}
    }
    writer.events
}

/// A block of a type that nobody documented.
pub(super) fn unknown(number: usize, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut writer = BlockWriter { number, events: Vec::new(), selection, rng };
    writer.start(vec![("type", Json::text("x_block")), ("text", Json::text("no"))]);
    writer.stop();
    writer.events
}

/// The blocks of a leaf in a message that is whole.
pub(super) fn whole(leaf: &Leaf, selection: &mut Selection, rng: &mut Rng) -> Vec<Json> {
    let mut block = match leaf {
        Leaf::Text(text) => vec![("type", Json::text("text")), ("text", Json::text(text))],
        Leaf::Cited { text, citations } => {
            let citations = Json::List(citations.iter().map(Json::raw).collect());
            vec![("type", Json::text("text")), ("text", Json::text(text)), ("citations", citations)]
        }
        Leaf::Thought(IntendedThought { encrypted: Some(data), .. }) => redacted(data),
        Leaf::Thought(thought) => {
            let mut fields = vec![("type", Json::text("thinking")), ("thinking", Json::text(&thought.text))];
            fields.extend(thought.signature.as_deref().map(|seal| ("signature", Json::text(seal))));
            fields
        }
        Leaf::Call(call) => {
            let input = if call.arguments.is_empty() { "{}" } else { &call.arguments };
            tool_use(call, Some(Json::raw(input)))
        }
        Leaf::Hosted(call) => hosted(call, Json::raw(&call.input)),
        _ => vec![],
    };
    nothing("caller", &mut block, selection, rng);
    let result = if let Leaf::Hosted(call) = leaf { result(call) } else { None };
    [Some(block), result].into_iter().flatten().map(Json::Object).collect()
}

/// What the model says in its own words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Text,
    Thinking,
}

struct BlockWriter<'a> {
    number: usize,
    events: Vec<Event>,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

impl BlockWriter<'_> {
    fn start(&mut self, mut block: Fields) {
        nothing("caller", &mut block, self.selection, self.rng);
        nothing("citations", &mut block, self.selection, self.rng);
        let fields = vec![("index", Json::raw(self.number)), ("content_block", Json::Object(block))];
        self.events.push(Event::new("content_block_start", fields));
    }

    fn delta(&mut self, delta: Fields) {
        let fields = vec![("index", Json::raw(self.number)), ("delta", Json::Object(delta))];
        self.events.push(Event::new("content_block_delta", fields));
    }

    fn stop(&mut self) {
        if !self.selection.roll(P::StopsAbsent, 1, self.rng) {
            self.events.push(Event::end("content_block_stop", vec![("index", Json::raw(self.number))]));
        }
    }

    /// Text or thinking.
    fn spoken(&mut self, kind: Spoken, text: &str, seal: Option<&str>, citations: &[String]) {
        let mut pieces = fragments(text, self.selection, self.rng);
        let is_plain = !pieces.is_empty() && citations.is_empty();
        let begun = if is_plain { explicit::begun(&mut pieces, self.selection, self.rng) } else { String::new() };
        let is_bare = is_plain && begun.is_empty();
        if is_bare && self.selection.roll(P::StartMismatch, 1, self.rng) {
            let other = if kind == Spoken::Text { Spoken::Thinking } else { Spoken::Text };
            let start = self.spoken_start(other, "");
            self.start(start);
        } else if !(is_bare && self.selection.roll(P::StartsAbsent, 1, self.rng)) {
            let start = self.spoken_start(kind, &begun);
            self.start(start);
        }
        let are_first = !citations.is_empty() && self.selection.roll(P::CitationsFirst, 1, self.rng);
        if are_first {
            self.citations(citations);
        }
        self.pieces(kind, pieces, seal);
        if !are_first {
            self.citations(citations);
        }
        self.stop();
    }

    fn spoken_start(&mut self, kind: Spoken, begun: &str) -> Fields {
        if kind == Spoken::Text {
            return vec![("type", Json::text("text")), ("text", Json::text(begun))];
        }
        let mut fields = vec![("type", Json::text("thinking")), ("thinking", Json::text(begun))];
        if !self.selection.roll(P::ThinkingBare, 1, self.rng) {
            fields.push(("signature", Json::text("")));
        }
        fields
    }

    /// The deltas of text or thinking, and the seal behind them.
    fn pieces(&mut self, kind: Spoken, pieces: Vec<Vec<u16>>, mut seal: Option<&str>) {
        let count = pieces.len();
        for (n, piece) in pieces.into_iter().enumerate() {
            if kind == Spoken::Text {
                self.delta(vec![("type", Json::text("text_delta")), ("text", Json::Text(piece))]);
            } else {
                let mut fields = vec![("type", Json::text("thinking_delta")), ("thinking", Json::Text(piece))];
                if let Some(given) = seal.filter(|_| n + 1 == count)
                    && self.selection.roll(P::SignatureOnThinking, 1, self.rng)
                {
                    fields.push(("signature", Json::text(given)));
                    seal = None;
                }
                self.delta(fields);
            }
            // Behind one that says something: what holds a start's text waits for the first.
            if self.selection.roll(P::DeltasBlank, 3, self.rng) {
                let (kind, name) =
                    if kind == Spoken::Text { ("text_delta", "text") } else { ("thinking_delta", "thinking") };
                self.delta(vec![("type", Json::text(kind)), (name, Json::text(""))]);
            }
            if self.selection.roll(P::UnknownDeltas, 3, self.rng) {
                self.delta(vec![("type", Json::text("x_delta")), ("text", Json::text("no"))]);
            }
        }
        if let Some(seal) = seal {
            self.delta(vec![("type", Json::text("signature_delta")), ("signature", Json::text(seal))]);
        }
    }

    fn citations(&mut self, citations: &[String]) {
        for citation in citations {
            self.delta(vec![("type", Json::text("citations_delta")), ("citation", Json::raw(citation))]);
        }
    }

    fn thought(&mut self, thought: &IntendedThought) {
        match &thought.encrypted {
            Some(data) if thought.form == ReasoningForm::Redacted => {
                self.start(redacted(data));
                self.stop();
            }
            _ => {
                if thought.signature.is_none() {
                    self.selection.hit_if_drawn(P::SignatureAbsent);
                }
                self.spoken(Spoken::Thinking, &thought.text, thought.signature.as_deref(), &[]);
            }
        }
    }

    fn call(&mut self, call: &IntendedCall) {
        if is_object(call) && self.selection.roll(P::StartInput, 1, self.rng) {
            self.start(tool_use(call, Some(Json::raw(&call.arguments))));
        } else {
            let input = if self.selection.roll(P::StartInputMissing, 1, self.rng) {
                self.rng.bool().then(Json::null)
            } else {
                Some(Json::raw("{}"))
            };
            self.start(tool_use(call, input));
            self.input(&call.arguments);
        }
        self.stop();
    }

    fn hosted(&mut self, call: &IntendedHosted) {
        if self.selection.roll(P::StartInput, 1, self.rng) {
            self.start(hosted(call, Json::raw(&call.input)));
        } else {
            self.start(hosted(call, Json::raw("{}")));
            self.input(&call.input);
        }
        self.stop();
    }

    fn input(&mut self, input: &str) {
        let mut pieces = input_fragments(input, self.selection, self.rng);
        if self.selection.roll(P::DeltasBlank, 2, self.rng) {
            pieces.insert(self.rng.usize(..=pieces.len()), Vec::new());
        }
        for piece in pieces {
            self.delta(vec![("type", Json::text("input_json_delta")), ("partial_json", Json::Text(piece))]);
        }
    }
}

fn redacted(data: &str) -> Fields {
    vec![("type", Json::text("redacted_thinking")), ("data", Json::text(data))]
}

fn tool_use(call: &IntendedCall, input: Option<Json>) -> Fields {
    let mut fields = vec![("type", Json::text("tool_use"))];
    fields.extend(call.id.as_deref().map(|id| ("id", Json::text(id))));
    fields.push(("name", Json::text(&call.name)));
    fields.extend(input.map(|input| ("input", input)));
    fields
}

fn hosted(call: &IntendedHosted, input: Json) -> Fields {
    let kind = if call.server.is_some() { "mcp_tool_use" } else { "server_tool_use" };
    let mut fields = vec![("type", Json::text(kind)), ("id", Json::text(&call.id)), ("name", Json::text(&call.name))];
    fields.extend(call.server.as_deref().map(|server| ("server_name", Json::text(server))));
    fields.push(("input", input));
    fields
}

/// The block of what a hosted call gave.
fn result(call: &IntendedHosted) -> Option<Fields> {
    let content = Json::raw(call.result.as_ref()?);
    let kind = match (&call.server, call.name.as_str()) {
        (Some(_), _) => "mcp_tool_result",
        (None, "web_search") => "web_search_tool_result",
        (None, _) => "code_execution_tool_result",
    };
    let mut fields = vec![("type", Json::text(kind)), ("tool_use_id", Json::text(&call.id))];
    if call.server.is_some() {
        fields.push(("is_error", Json::raw(call.is_error)));
    }
    fields.push(("content", content));
    Some(fields)
}
