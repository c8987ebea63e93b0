//! Leaves as the items of an output.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit::nothing;
use crate::generate::intention::{InputVerdict, IntendedCall, IntendedHosted, IntendedThought, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// One item: what it is, and how the wire numbers it.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) id: String,
    pub(super) number: usize,
    pub(super) content: Content<'a>,
}

/// What an item holds.
#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    /// Texts and refusals.
    Message(Vec<&'a Leaf>),
    /// Parts of reasoning.
    Reasoning(Vec<&'a IntendedThought>),
    Call(&'a IntendedCall),
    Hosted(&'a IntendedHosted),
}

/// How much of an item is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Announced,
    Whole,
}

/// A call whose input comes as an object, at the end.
pub(super) fn is_raw(call: &IntendedCall) -> bool {
    matches!(call.name.as_str(), "computer" | "local_shell")
}

/// Puts leaves that may share an item into one, here and there.
pub(super) fn group<'a>(leaves: &'a [Leaf], selection: &Selection, rng: &mut Rng) -> Vec<Content<'a>> {
    // Parts that nothing announces and nothing ends are one, whatever their numbers.
    let is_unbounded = selection.has(P::PartAddedAbsent) && selection.has_any(&[P::EndsLast, P::DonesAbsent]);
    let has_one_part = is_unbounded || selection.has_any(&[P::ContentIndexAbsent, P::ContentIndexGrows]);
    let mut items: Vec<Content<'a>> = Vec::new();
    for leaf in leaves {
        let joins = !has_one_part && rng.bool();
        match (leaf, items.last_mut()) {
            (Leaf::Text(_) | Leaf::Refusal(_) | Leaf::Cited { .. }, Some(Content::Message(parts))) if joins => {
                parts.push(leaf);
            }
            (Leaf::Thought(thought), Some(Content::Reasoning(parts)))
                if joins && thought.encrypted.is_none() && parts[0].form == thought.form =>
            {
                parts.push(thought);
            }
            (Leaf::Thought(thought), _) => items.push(Content::Reasoning(vec![thought])),
            (Leaf::Call(call), _) => items.push(Content::Call(call)),
            (Leaf::Hosted(call), _) => items.push(Content::Hosted(call)),
            _ => items.push(Content::Message(vec![leaf])),
        }
    }
    items
}

impl Item<'_> {
    /// The item's id, as one event has it.
    pub(super) fn id(&self, selection: &mut Selection, rng: &mut Rng) -> Json {
        // The id of a hosted call is what it is known by.
        if matches!(self.content, Content::Hosted(_)) {
            return Json::text(&self.id);
        }
        if selection.roll(P::ItemIdsRotate, 1, rng) {
            return Json::text(&format!("{:x}", rng.u128(..)));
        }
        if selection.roll(P::ItemIdsEmpty, 1, rng) { Json::text("") } else { Json::text(&self.id) }
    }

    /// The item itself.
    pub(super) fn json(&self, extent: Extent, selection: &mut Selection, rng: &mut Rng) -> Json {
        let is_whole = extent == Extent::Whole;
        let mut fields = vec![("id", self.id(selection, rng)), ("type", Json::text(self.wire_type()))];
        let status = if is_whole { "completed" } else { "in_progress" };
        if rng.bool() {
            fields.push(("status", Json::text(status)));
        }
        match &self.content {
            Content::Message(parts) => {
                let parts = if is_whole { parts.as_slice() } else { &[] };
                fields.push(("role", Json::text("assistant")));
                fields.push(("content", Json::List(parts.iter().map(|leaf| part(leaf, Extent::Whole)).collect())));
            }
            Content::Reasoning(parts) => reasoning(parts, is_whole, &mut fields, selection, rng),
            Content::Call(call) => self::call(call, is_whole, &mut fields),
            Content::Hosted(call) => hosted(call, is_whole, &mut fields),
        }
        for name in ["status", "phase", "caller", "namespace", "created_by"] {
            nothing(name, &mut fields, selection, rng);
        }
        Json::Object(fields)
    }

    fn wire_type(&self) -> &'static str {
        match &self.content {
            Content::Message(_) => "message",
            Content::Reasoning(_) => "reasoning",
            Content::Call(call) => match call.name.as_str() {
                "computer" => "computer_call",
                "local_shell" => "local_shell_call",
                _ if call.verdict == InputVerdict::Unjudged => "custom_tool_call",
                _ => "function_call",
            },
            Content::Hosted(call) => match call.name.as_str() {
                "web_search" => "web_search_call",
                "code_interpreter" => "code_interpreter_call",
                "file_search" => "file_search_call",
                _ => "mcp_call",
            },
        }
    }
}

/// A part of a message.
pub(super) fn part(leaf: &Leaf, extent: Extent) -> Json {
    let said = |text: &str| if extent == Extent::Whole { Json::text(text) } else { Json::text("") };
    let (text, citations) = match leaf {
        Leaf::Text(text) => (text, &[][..]),
        Leaf::Cited { text, citations } => (text, citations.as_slice()),
        Leaf::Refusal(text) => {
            return Json::Object(vec![("type", Json::text("refusal")), ("refusal", said(text))]);
        }
        _ => return Json::null(),
    };
    let citations = if extent == Extent::Whole { citations } else { &[] };
    Json::Object(vec![
        ("type", Json::text("output_text")),
        ("text", said(text)),
        ("annotations", Json::List(citations.iter().map(Json::raw).collect())),
        ("logprobs", Json::List(vec![])),
    ])
}

/// A part of reasoning.
pub(super) fn thought(thought: &IntendedThought, extent: Extent) -> Json {
    let kind = if thought.form == ReasoningForm::Full { "reasoning_text" } else { "summary_text" };
    let text = if extent == Extent::Whole { thought.text.as_str() } else { "" };
    Json::Object(vec![("type", Json::text(kind)), ("text", Json::text(text))])
}

fn reasoning(
    parts: &[&IntendedThought],
    is_whole: bool,
    fields: &mut Fields,
    selection: &mut Selection,
    rng: &mut Rng,
) {
    let of = |form: ReasoningForm| {
        let parts = parts.iter().filter(|part| is_whole && part.form == form);
        Json::List(parts.map(|part| thought(part, Extent::Whole)).collect())
    };
    fields.push(("summary", of(ReasoningForm::Summary)));
    if parts.iter().any(|part| part.form == ReasoningForm::Full) {
        fields.push(("content", of(ReasoningForm::Full)));
    }
    if let Some(cipher) = parts.first().and_then(|part| part.encrypted.as_deref()).filter(|_| is_whole) {
        fields.push(("encrypted_content", Json::text(cipher)));
    }
    nothing("encrypted_content", fields, selection, rng);
    nothing("content", fields, selection, rng);
}

fn call(call: &IntendedCall, is_whole: bool, fields: &mut Fields) {
    fields.extend(call.id.as_deref().map(|id| ("call_id", Json::text(id))));
    if is_raw(call) {
        // Not given before it is whole.
        fields.extend(is_whole.then(|| ("action", Json::raw(&call.arguments))));
        return;
    }
    let input = if is_whole { call.arguments.as_str() } else { "" };
    fields.push(("name", Json::text(&call.name)));
    let name = if call.verdict == InputVerdict::Unjudged { "input" } else { "arguments" };
    fields.push((name, Json::text(input)));
}

fn hosted(call: &IntendedHosted, is_whole: bool, fields: &mut Fields) {
    let result = call.result.as_ref().filter(|_| is_whole).map_or_else(Json::null, Json::raw);
    match call.name.as_str() {
        "web_search" => fields.extend(is_whole.then(|| ("action", Json::raw(&call.input)))),
        "code_interpreter" => {
            let code = if is_whole { call.input.as_str() } else { "" };
            fields.extend([("code", Json::text(code)), ("container_id", Json::text("cntr_1")), ("outputs", result)]);
        }
        "file_search" => {
            let queries = call.input.trim_start_matches("{\"queries\":").strip_suffix('}').unwrap_or("[]");
            fields.push(("queries", Json::raw(if is_whole { queries } else { "[]" })));
            fields.push(("results", result));
        }
        _ => {
            fields.extend(call.server.as_deref().map(|server| ("server_label", Json::text(server))));
            fields.push(("name", Json::text(&call.name)));
            fields.push(("arguments", Json::text(if is_whole { &call.input } else { "" })));
            let (output, error) = if call.is_error { (Json::null(), result) } else { (result, Json::null()) };
            fields.extend([("output", output), ("error", error)]);
        }
    }
}
