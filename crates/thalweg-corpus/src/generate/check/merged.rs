//! Wires without ends of blocks: neighbours of one kind are one.

use thalweg::fold::{Block, Choice};
use thalweg::{BlockKind, Id, Part};

use super::{same, verdict};
use crate::generate::intention::{IntendedCall, IntendedChoice, Leaf};

/// The content of a choice, as far as such a wire tells its parts from each other.
pub(super) fn compare(intended: &IntendedChoice, choice: &Choice) -> Result<(), String> {
    let spoken = |want: fn(&Leaf) -> Option<&str>| intended.leaves.iter().filter_map(want).collect::<String>();
    let text = spoken(|leaf| match leaf {
        Leaf::Text(text) | Leaf::Cited { text, .. } => Some(text),
        _ => None,
    });
    let reasoning = spoken(|leaf| if let Leaf::Reasoning(text) = leaf { Some(text) } else { None });
    let refusal = spoken(|leaf| if let Leaf::Refusal(text) = leaf { Some(text) } else { None });
    same("text", &text, &choice.text())?;
    same("reasoning", &reasoning, &choice.reasoning())?;
    same("refusal", &refusal, &choice.refusal())?;
    same("leaves", &intended_shape(&intended.leaves), &folded_shape(&choice.blocks))?;
    same("citations", &intended_citations(&intended.leaves), &folded_citations(&choice.blocks))?;
    let calls: Vec<_> = choice.tool_calls().collect();
    for (n, (intended, call)) in intended.calls().zip(calls).enumerate() {
        compare_call(intended, call).map_err(|message| format!("call {n}: {message}"))?;
    }
    Ok(())
}

fn compare_call(intended: &IntendedCall, call: &Block) -> Result<(), String> {
    let BlockKind::ToolCall { id, name, .. } = &call.kind else { return Err("it is no client's call".into()) };
    let id = match id {
        Id::Wire(id) => Some(&**id),
        Id::Minted(_) => None,
    };
    same("id", &intended.id.as_deref(), &id)?;
    same("name", &*intended.name, &**name)?;
    same("signature", &intended.signature.as_deref(), &call.signature.as_deref())?;
    same("arguments", &intended.arguments, &call.text)?;
    same("input state", &Some(intended.verdict), &verdict(call)?)
}

/// What is cited, in order. Which of two neighbours cites it nobody can tell.
fn intended_citations(leaves: &[Leaf]) -> Vec<&str> {
    let mut cited = Vec::new();
    for leaf in leaves {
        if let Leaf::Cited { citations, .. } = leaf {
            cited.extend(citations.iter().map(String::as_str));
        }
    }
    cited
}

fn folded_citations(blocks: &[Block]) -> Vec<&str> {
    let parts = blocks.iter().filter(|block| block.kind == BlockKind::Text).flat_map(|block| &block.parts);
    parts.filter_map(|part| if let Part::Citation(json) = part { Some(&**json) } else { None }).collect()
}

/// Content as a sequence: neighbours of one kind are one, what is empty is nothing.
type Shape = Vec<(char, String)>;

fn intended_shape(leaves: &[Leaf]) -> Shape {
    let mut shape = Shape::new();
    for leaf in leaves {
        match leaf {
            Leaf::Text(text) | Leaf::Cited { text, .. } => extend(&mut shape, 't', text),
            Leaf::Reasoning(text) => extend(&mut shape, 'r', text),
            Leaf::Refusal(text) => extend(&mut shape, 'n', text),
            Leaf::Call(call) => shape.push(('c', call.name.clone())),
            _ => shape.push(('?', String::new())),
        }
    }
    shape
}

fn folded_shape(blocks: &[Block]) -> Shape {
    let mut shape = Shape::new();
    for block in blocks {
        match &block.kind {
            BlockKind::Text => extend(&mut shape, 't', &block.text),
            BlockKind::Reasoning { .. } => extend(&mut shape, 'r', &block.text),
            BlockKind::Refusal => extend(&mut shape, 'n', &block.text),
            BlockKind::ToolCall { name, .. } => shape.push(('c', name.to_string())),
            _ => shape.push(('?', block.text.clone())),
        }
    }
    shape
}

fn extend(shape: &mut Shape, kind: char, text: &str) {
    match shape.last_mut() {
        Some((last, whole)) if *last == kind => whole.push_str(text),
        _ if text.is_empty() => {}
        _ => shape.push((kind, text.into())),
    }
}
