//! Leaves as parts.

use fastrand::Rng;

use super::partial;
use crate::generate::fragments::fragments;
use crate::generate::intention::{IntendedCall, IntendedHosted, Leaf, Medium};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// One part, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) fields: Fields,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thought,
    Call,
    Other,
}

/// The parts of a candidate.
pub(super) fn of_leaves(leaves: &[Leaf], selection: &mut Selection, rng: &mut Rng) -> Vec<Part> {
    let mut parts = Vec::new();
    for leaf in leaves {
        match leaf {
            Leaf::Text(text) => spoken(Kind::Text, text, None, &mut parts, selection, rng),
            Leaf::Sealed { text, signature } => {
                spoken(Kind::Text, text, Some(signature), &mut parts, selection, rng);
            }
            Leaf::Thought(thought) => {
                spoken(Kind::Thought, &thought.text, thought.signature.as_deref(), &mut parts, selection, rng);
            }
            Leaf::Call(intended) => call(intended, &mut parts, selection, rng),
            Leaf::Hosted(intended) => hosted(intended, &mut parts),
            Leaf::Media { medium, data } => parts.push(media(*medium, data)),
            _ => {}
        }
        if selection.roll(P::PartsEmpty, 2, rng) {
            parts.push(text(Kind::Text, Vec::new()));
        }
    }
    parts
}

fn text(kind: Kind, text: Vec<u16>) -> Part {
    let mut fields = vec![("text", Json::Text(text))];
    fields.extend((kind == Kind::Thought).then(|| ("thought", Json::raw(true))));
    Part { kind, fields }
}

/// Text or thoughts. The seal is on the last part.
fn spoken(
    kind: Kind,
    whole: &str,
    seal: Option<&str>,
    parts: &mut Vec<Part>,
    selection: &mut Selection,
    rng: &mut Rng,
) {
    let mut pieces = fragments(whole, selection, rng);
    if seal.is_some() && pieces.is_empty() {
        selection.hit_if_drawn(P::SealAlone);
        pieces.push(Vec::new());
    }
    let first = parts.len();
    parts.extend(pieces.into_iter().map(|piece| text(kind, piece)));
    if let (Some(last), Some(seal)) = (parts[first..].last_mut(), seal) {
        last.fields.push(("thoughtSignature", Json::text(seal)));
    }
}

fn call(call: &IntendedCall, parts: &mut Vec<Part>, selection: &mut Selection, rng: &mut Rng) {
    let mut fields = vec![("name", Json::text(&call.name))];
    match &call.id {
        Some(id) => fields.push(("id", Json::text(id))),
        None => selection.hit(P::IdMissing),
    }
    let is_partial = selection.has(P::PartialInputs) && !call.arguments.is_empty();
    if is_partial {
        fields.push(("willContinue", Json::raw(true)));
    } else if call.arguments.is_empty() {
        selection.hit(P::InputMissing);
        fields.extend(rng.bool().then(|| ("args", Json::null())));
    } else {
        fields.push(("args", Json::raw(&call.arguments)));
    }
    let mut part = Part { kind: Kind::Call, fields: vec![("functionCall", Json::Object(fields))] };
    part.fields.extend(call.signature.as_deref().map(|seal| ("thoughtSignature", Json::text(seal))));
    parts.push(part);
    if is_partial {
        let more = partial::calls(&call.arguments, selection, rng).into_iter();
        parts.extend(more.map(|call| Part { kind: Kind::Call, fields: vec![("functionCall", call)] }));
    }
}

/// Code that the provider runs, and what it gave.
fn hosted(call: &IntendedHosted, parts: &mut Vec<Part>) {
    let mut code = vec![("language", Json::text("PYTHON")), ("code", Json::text(&call.input))];
    if !call.id.is_empty() {
        code.push(("id", Json::text(&call.id)));
    }
    let other = |name: &'static str, json: Json| Part { kind: Kind::Other, fields: vec![(name, json)] };
    parts.push(other("executableCode", Json::Object(code)));
    if let Some(result) = &call.result {
        parts.push(other("codeExecutionResult", Json::raw(result)));
    }
}

fn media(medium: Medium, data: &str) -> Part {
    let mime = match medium {
        Medium::Image => "image/png",
        Medium::Audio => "audio/L16;rate=24000",
        Medium::File => "application/pdf",
    };
    let data = Json::Object(vec![("mimeType", Json::text(mime)), ("data", Json::text(data))]);
    Part { kind: Kind::Other, fields: vec![("inlineData", data)] }
}
