//! Wires whose blocks begin and end: each block is its own.

use thalweg::fold::{Block, Choice};
use thalweg::{BlockKind, Part};

use super::{same, verdict};
use crate::generate::Generated;
use crate::generate::intention::{InputVerdict, IntendedChoice, IntendedHosted, Leaf, Medium};
use crate::generate::perturbation::Perturbation as P;

/// The blocks of a choice, less those that hold nothing.
pub(super) fn compare(generated: &Generated, intended: &IntendedChoice, choice: &Choice) -> Result<(), String> {
    let mut wanted: Vec<Piece> = intended.leaves.iter().map(Piece::of_leaf).filter(Piece::says_something).collect();
    if generated.has(P::AddedAbsent) {
        wanted.iter_mut().for_each(Piece::forget_server);
    }
    if generated.has(P::PartialInputs) {
        wanted.iter_mut().for_each(Piece::forget_spelling);
    }
    let mut wanted_results: Vec<Piece> = intended.leaves.iter().filter_map(Piece::of_result).collect();
    let mut given = Vec::new();
    let mut given_results = Vec::new();
    for block in &choice.blocks {
        let mut piece = Piece::of_block(block, choice)?;
        // Where no start says which server runs a call, nothing can say so later.
        if generated.has(P::AddedAbsent) {
            piece.forget_server();
        }
        // The decoder puts the input together: how its strings are escaped is the pieces' own.
        if generated.has(P::PartialInputs) {
            piece.forget_spelling();
        }
        match &block.kind {
            BlockKind::ToolResult { .. } => given_results.push(piece),
            _ => given.extend(Some(piece).filter(Piece::says_something)),
        }
    }
    if generated.has(P::CutShort) {
        return given.iter().chain(&given_results).try_for_each(|piece| {
            let is_begun = wanted.iter().chain(&wanted_results).any(|whole| piece.begins(whole));
            if is_begun { Ok(()) } else { Err(format!("a block that nobody intends: {piece:?}")) }
        });
    }
    // In which order blocks begin that are open at the same time is nobody's intention.
    if generated.has(P::ItemsInterleaved) {
        wanted.sort();
        given.sort();
    }
    wanted_results.sort();
    given_results.sort();
    alike("block", &wanted, &given)?;
    alike("result", &wanted_results, &given_results)
}

/// One after another, so that the first difference is what is said.
fn alike(what: &str, wanted: &[Piece], given: &[Piece]) -> Result<(), String> {
    for n in 0..wanted.len().max(given.len()) {
        same(&format!("{what} {n}"), &wanted.get(n), &given.get(n))?;
    }
    Ok(())
}

/// What is compared of a block.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    kind: String,
    id: Option<String>,
    text: String,
    signature: Option<String>,
    encrypted: Option<String>,
    /// Citations, or the JSON of a result.
    parts: Vec<String>,
    verdict: Option<String>,
}

impl Piece {
    fn of_leaf(leaf: &Leaf) -> Self {
        let plain = |kind: &str, text: &str| Self { kind: kind.into(), text: text.into(), ..Self::default() };
        match leaf {
            Leaf::Text(text) => plain("text", text),
            Leaf::Cited { text, citations } => Self { parts: citations.clone(), ..plain("text", text) },
            Leaf::Refusal(text) => plain("refusal", text),
            Leaf::Reasoning(text) => plain("full", text),
            Leaf::Thought(thought) => Self {
                signature: thought.signature.clone(),
                encrypted: thought.encrypted.clone(),
                ..plain(thought.form.as_str(), &thought.text)
            },
            Leaf::Call(call) => Self {
                id: call.id.clone(),
                signature: call.signature.clone(),
                verdict: Some(call.verdict).filter(|it| *it != InputVerdict::Unjudged).map(|it| format!("{it:?}")),
                ..plain(&format!("call of {}", call.name), &call.arguments)
            },
            Leaf::Sealed { text, signature } => Self { signature: Some(signature.clone()), ..plain("text", text) },
            Leaf::Media { medium, data } => plain(medium_kind(*medium), data),
            Leaf::Hosted(call) => {
                Self { id: wire_id(call), ..plain(&hosted(&call.name, call.server.as_deref()), &call.input) }
            }
        }
    }

    fn of_result(leaf: &Leaf) -> Option<Self> {
        let Leaf::Hosted(call @ IntendedHosted { result: Some(result), is_error, .. }) = leaf else { return None };
        Some(Self { kind: result_kind(*is_error), id: wire_id(call), parts: vec![result.clone()], ..Self::default() })
    }

    fn of_block(block: &Block, choice: &Choice) -> Result<Self, String> {
        let mut piece = Self {
            id: block.wire_id().map(Into::into),
            text: block.text.clone(),
            signature: block.signature.as_deref().map(Into::into),
            encrypted: block.encrypted.as_deref().map(Into::into),
            ..Self::default()
        };
        let part = |part: &Part<Box<str>>| match (&block.kind, part) {
            (BlockKind::Text, Part::Citation(json)) | (BlockKind::ToolResult { .. }, Part::Json(json)) => {
                Some(String::from(&**json))
            }
            _ => None,
        };
        piece.parts = block.parts.iter().filter_map(part).collect();
        piece.kind = match &block.kind {
            BlockKind::Text => "text".into(),
            BlockKind::Refusal => "refusal".into(),
            BlockKind::Reasoning { form, .. } => form.as_str().into(),
            BlockKind::ToolCall { name, .. } => {
                piece.verdict = verdict(block)?.map(|it| format!("{it:?}"));
                format!("call of {name}")
            }
            BlockKind::Image | BlockKind::Audio | BlockKind::File => {
                piece.text.clone_from(&block.base64);
                medium_kind(match &block.kind {
                    BlockKind::Image => Medium::Image,
                    BlockKind::Audio => Medium::Audio,
                    _ => Medium::File,
                })
                .into()
            }
            BlockKind::HostedCall { name, server, .. } => hosted(name, server.as_deref()),
            BlockKind::ToolResult { call, call_id, is_error, .. } => {
                piece.id = call_id.as_deref().map(Into::into);
                let is_known = |of: &Block| Some(of.id) == *call && of.wire_id() == call_id.as_deref();
                if !choice.blocks.iter().any(is_known) {
                    return Err(format!("a result without its call: {block:?}"));
                }
                result_kind(*is_error)
            }
            // What the wire calls by a name that nobody documented.
            BlockKind::Other { wire_type, .. } if wire_type.starts_with("x_") => "nothing".into(),
            other => return Err(format!("a block that nobody intends: {other:?}")),
        };
        Ok(piece)
    }

    fn forget_server(&mut self) {
        if let Some((call, _)) = self.kind.rsplit_once(" that ") {
            self.kind = format!("{call} that someone runs");
        }
    }

    fn forget_spelling(&mut self) {
        if let (Some(_), Ok(value)) = (&self.verdict, serde_json::from_str::<serde_json::Value>(&self.text)) {
            self.text = value.to_string();
        }
    }

    fn says_something(&self) -> bool {
        let is_text = matches!(self.kind.as_str(), "text" | "refusal" | "full" | "summary" | "plan");
        let is_bare = self.text.is_empty() && self.parts.is_empty();
        let is_empty = is_text && is_bare && self.signature.is_none() && self.encrypted.is_none();
        !is_empty && self.kind != "nothing"
    }

    /// It is what was said of the other one before the bytes ended.
    fn begins(&self, whole: &Self) -> bool {
        let is_prefix = |own: &Option<String>, whole: &Option<String>| own.is_none() || own == whole;
        self.kind == whole.kind
            && self.id == whole.id
            && (whole.text.starts_with(&self.text) || self.text == NO_QUERIES)
            && whole.parts.starts_with(&self.parts)
            && is_prefix(&self.signature, &whole.signature)
            && is_prefix(&self.encrypted, &whole.encrypted)
    }
}

/// What a search is announced with: it stands where nothing else comes.
const NO_QUERIES: &str = "{\"queries\":[]}";

fn hosted(name: &str, server: Option<&str>) -> String {
    format!("call of {name} that {} runs", server.unwrap_or("the provider"))
}

/// The id that the wire gives.
fn wire_id(call: &IntendedHosted) -> Option<String> {
    Some(call.id.clone()).filter(|id| !id.is_empty())
}

const fn medium_kind(medium: Medium) -> &'static str {
    match medium {
        Medium::Image => "image",
        Medium::Audio => "audio",
        Medium::File => "file",
    }
}

fn result_kind(is_error: bool) -> String {
    if is_error { "failure".into() } else { "result".into() }
}
