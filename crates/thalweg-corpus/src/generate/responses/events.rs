//! Items as events: announced, said in fragments, ended.

use fastrand::Rng;
use thalweg::ReasoningForm;

use super::items::{self, Content, Extent, Item};
use crate::generate::explicit::Event;
use crate::generate::fragments::{fragments, input_fragments};
use crate::generate::intention::{InputVerdict, IntendedCall, IntendedHosted, IntendedThought, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// The events of an item.
pub(super) fn of_item(item: &Item<'_>, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut writer = ItemWriter { item, events: Vec::new(), selection, rng };
    writer.write();
    writer.events
}

struct ItemWriter<'a> {
    item: &'a Item<'a>,
    events: Vec<Event>,
    selection: &'a mut Selection,
    rng: &'a mut Rng,
}

/// What the events of a part or of an input are called.
struct Names {
    delta: &'static str,
    done: &'static str,
    /// The field with the whole.
    whole: &'static str,
    /// The field with the part's number, and the events of the part.
    part: Option<[&'static str; 3]>,
}

/// One part of an item.
struct Part<'a> {
    text: &'a str,
    citations: &'a [String],
    announced: Json,
    whole: Json,
}

impl ItemWriter<'_> {
    fn write(&mut self) {
        let is_whole = self.selection.roll(P::AddedWhole, 1, self.rng);
        if !self.selection.roll(P::AddedAbsent, 1, self.rng) {
            self.item_event("response.output_item.added", if is_whole { Extent::Whole } else { Extent::Announced });
        }
        if !is_whole {
            match &self.item.content {
                Content::Message(parts) => {
                    for (n, leaf) in parts.iter().enumerate() {
                        self.message_part(n, leaf);
                    }
                }
                Content::Reasoning(parts) => {
                    for (n, thought) in parts.iter().enumerate() {
                        self.thought(n, thought);
                    }
                }
                Content::Call(call) => self.call(call),
                Content::Hosted(call) => self.hosted(call),
            }
        }
        if !self.selection.roll(P::DonesAbsent, 1, self.rng) {
            self.item_event("response.output_item.done", Extent::Whole);
        }
    }

    fn item_event(&mut self, kind: &'static str, extent: Extent) {
        let mut fields = self.number();
        fields.push(("item", self.item.json(extent, self.selection, self.rng)));
        let is_end = extent == Extent::Whole && kind.ends_with("done");
        self.events.push(if is_end { Event::end(kind, fields) } else { Event::new(kind, fields) });
    }

    fn number(&mut self) -> Fields {
        if self.selection.roll(P::OutputIndexAbsent, 1, self.rng) {
            return if self.selection.roll(P::NullFields, 2, self.rng) {
                vec![("output_index", Json::null())]
            } else {
                vec![]
            };
        }
        vec![("output_index", Json::raw(self.item.number))]
    }

    /// Where an event belongs: `item_id` and `output_index`, and the part's number.
    fn place(&mut self, part: Option<(&'static str, usize)>) -> Fields {
        let mut fields = vec![("item_id", self.item.id(self.selection, self.rng))];
        fields.extend(self.number());
        if let Some((name, n)) = part
            && !self.selection.roll(P::ContentIndexAbsent, 1, self.rng)
        {
            fields.push((name, Json::raw(n)));
        }
        fields
    }

    fn message_part(&mut self, n: usize, leaf: &Leaf) {
        let (text, citations, names) = match leaf {
            Leaf::Cited { text, citations } => (text, citations.as_slice(), TEXT),
            Leaf::Refusal(text) => (text, &[][..], REFUSAL),
            Leaf::Text(text) => (text, &[][..], TEXT),
            _ => return,
        };
        let (announced, whole) = (items::part(leaf, Extent::Announced), items::part(leaf, Extent::Whole));
        self.part(n, &names, &Part { text, citations, announced, whole });
    }

    fn thought(&mut self, n: usize, thought: &IntendedThought) {
        let names = match thought.form {
            ReasoningForm::Full => FULL,
            ReasoningForm::Summary => SUMMARY,
            _ => return,
        };
        let announced = items::thought(thought, Extent::Announced);
        let whole = items::thought(thought, Extent::Whole);
        self.part(n, &names, &Part { text: &thought.text, citations: &[], announced, whole });
    }

    fn part(&mut self, n: usize, names: &Names, part: &Part<'_>) {
        let Some([number, added, done]) = names.part else { return };
        let mut number = (number, n);
        let grows = number.0 == "content_index" && self.selection.roll(P::ContentIndexGrows, 1, self.rng);
        if !(grows || self.selection.roll(P::PartAddedAbsent, 1, self.rng)) {
            let mut fields = self.place(Some(number));
            fields.push(("part", part.announced.clone()));
            let kind = self.aged(added);
            self.events.push(Event::new(kind, fields));
        }
        let fragments = self.fragments(part.text, fragments);
        let (is_said, last) = (!fragments.is_empty(), fragments.len().saturating_sub(1));
        for (at, fragment) in fragments.into_iter().enumerate() {
            let mut fields = self.place(Some(number));
            fields.push(("delta", Json::Text(fragment)));
            self.adorn(names, &mut fields);
            let kind = self.aged(names.delta);
            self.events.push(Event::new(kind, fields));
            if grows && at < last {
                number.1 += 1;
            }
        }
        self.citations(number, part.citations, is_said);
        if self.selection.has(P::DonesAbsent) {
            return;
        }
        let mut fields = self.place(Some(number));
        fields.push((names.whole, Json::text(part.text)));
        self.events.push(Event::end(names.done, fields));
        if !grows {
            let mut fields = self.place(Some(number));
            fields.push(("part", part.whole.clone()));
            let kind = self.aged(done);
            self.events.push(Event::end(kind, fields));
        }
    }

    /// Citations behind the text: they belong to a part that has begun.
    fn citations(&mut self, number: (&'static str, usize), citations: &[String], is_said: bool) {
        let is_announced = !self.selection.has_any(&[P::PartAddedAbsent, P::ContentIndexGrows, P::AddedAbsent]);
        let is_late = !citations.is_empty() && self.selection.roll(P::CitationsLate, 1, self.rng);
        if is_late || !(is_said || is_announced) {
            return;
        }
        for (n, citation) in citations.iter().enumerate() {
            let mut fields = self.place(Some(number));
            fields.extend([("annotation_index", Json::raw(n)), ("annotation", Json::raw(citation))]);
            self.events.push(Event::new("response.output_text.annotation.added", fields));
        }
    }

    fn call(&mut self, call: &IntendedCall) {
        if items::is_raw(call) {
            return;
        }
        let names = if call.verdict == InputVerdict::Unjudged { CUSTOM } else { FUNCTION };
        self.input(&names, &call.arguments);
        if let Some(done) = self.events.last_mut().filter(|event| event.kind == FUNCTION.done && self.rng.bool()) {
            done.fields.push(("name", Json::text(&call.name)));
        }
    }

    fn hosted(&mut self, call: &IntendedHosted) {
        let ([first, second, last], names) = match call.name.as_str() {
            "web_search" => (WEB_SEARCH, None),
            "file_search" => (FILE_SEARCH, None),
            "code_interpreter" => (CODE_INTERPRETER, Some(CODE)),
            _ => (MCP, Some(MCP_ARGUMENTS)),
        };
        self.status(first);
        if let Some(names) = names {
            self.input(&names, &call.input);
        }
        self.status(second);
        self.status(if call.is_error { "response.mcp_call.failed" } else { last });
    }

    fn status(&mut self, kind: &'static str) {
        if kind.is_empty() {
            return;
        }
        let fields = self.place(None);
        self.events.push(Event::new(kind, fields));
    }

    fn input(&mut self, names: &Names, input: &str) {
        for fragment in self.fragments(input, input_fragments) {
            let mut fields = self.place(None);
            fields.push(("delta", Json::Text(fragment)));
            self.adorn(names, &mut fields);
            self.events.push(Event::new(names.delta, fields));
        }
        if !self.selection.has(P::DonesAbsent) {
            let mut fields = self.place(None);
            fields.push((names.whole, Json::text(input)));
            self.events.push(Event::end(names.done, fields));
        }
    }

    fn fragments(&mut self, text: &str, cut: fn(&str, &mut Selection, &mut Rng) -> Vec<Vec<u16>>) -> Vec<Vec<u16>> {
        if self.selection.roll(P::DeltasAbsent, 1, self.rng) {
            return Vec::new();
        }
        let mut all = cut(text, self.selection, self.rng);
        if !all.is_empty() && self.selection.roll(P::DeltasBlank, 2, self.rng) {
            all.insert(self.rng.usize(..=all.len()), Vec::new());
        }
        all
    }

    /// What deltas have that says nothing.
    fn adorn(&mut self, names: &Names, fields: &mut Fields) {
        if names.delta == TEXT.delta {
            let is_given = self.selection.roll(P::Logprobs, 2, self.rng);
            let token = "{\"token\":\"t\",\"logprob\":-0.5,\"top_logprobs\":[]}";
            fields.push(("logprobs", Json::List(if is_given { vec![Json::raw(token)] } else { vec![] })));
        }
        if self.selection.roll(P::Obfuscation, 1, self.rng) {
            fields.push(("obfuscation", Json::text(&"xQ4f9aZ"[..self.rng.usize(..7)])));
        }
    }

    /// The name that older servers have for an event.
    fn aged(&mut self, name: &'static str) -> &'static str {
        let is_reasoning = matches!(self.item.content, Content::Reasoning(_));
        let old = match name {
            "response.output_text.delta" => "response.text.delta",
            "response.reasoning_text.delta" => "response.reasoning.delta",
            "response.content_part.added" if is_reasoning => "response.reasoning_part.added",
            "response.content_part.done" if is_reasoning => "response.reasoning_part.done",
            _ => return name,
        };
        if self.selection.roll(P::OldNames, 1, self.rng) { old } else { name }
    }
}

const CONTENT_PART: Option<[&str; 3]> =
    Some(["content_index", "response.content_part.added", "response.content_part.done"]);

const TEXT: Names =
    Names { delta: "response.output_text.delta", done: "response.output_text.done", whole: "text", part: CONTENT_PART };
const REFUSAL: Names =
    Names { delta: "response.refusal.delta", done: "response.refusal.done", whole: "refusal", part: CONTENT_PART };
const FULL: Names = Names {
    delta: "response.reasoning_text.delta",
    done: "response.reasoning_text.done",
    whole: "text",
    part: CONTENT_PART,
};
const SUMMARY: Names = Names {
    delta: "response.reasoning_summary_text.delta",
    done: "response.reasoning_summary_text.done",
    whole: "text",
    part: Some(["summary_index", "response.reasoning_summary_part.added", "response.reasoning_summary_part.done"]),
};
const FUNCTION: Names = Names {
    delta: "response.function_call_arguments.delta",
    done: "response.function_call_arguments.done",
    whole: "arguments",
    part: None,
};
const CUSTOM: Names = Names {
    delta: "response.custom_tool_call_input.delta",
    done: "response.custom_tool_call_input.done",
    whole: "input",
    part: None,
};
const CODE: Names = Names {
    delta: "response.code_interpreter_call_code.delta",
    done: "response.code_interpreter_call_code.done",
    whole: "code",
    part: None,
};
const MCP_ARGUMENTS: Names = Names {
    delta: "response.mcp_call_arguments.delta",
    done: "response.mcp_call_arguments.done",
    whole: "arguments",
    part: None,
};

/// The stages of hosted calls; "" for one that there is not.
const WEB_SEARCH: [&str; 3] = [
    "response.web_search_call.in_progress",
    "response.web_search_call.searching",
    "response.web_search_call.completed",
];
const FILE_SEARCH: [&str; 3] = [
    "response.file_search_call.in_progress",
    "response.file_search_call.searching",
    "response.file_search_call.completed",
];
const CODE_INTERPRETER: [&str; 3] = [
    "response.code_interpreter_call.in_progress",
    "response.code_interpreter_call.interpreting",
    "response.code_interpreter_call.completed",
];
const MCP: [&str; 3] = ["response.mcp_call.in_progress", "", "response.mcp_call.completed"];
