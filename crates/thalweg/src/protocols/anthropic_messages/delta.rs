//! Deltas of content blocks.

use super::wire::{DELTA_FIELDS, Delta, member};
use crate::emitter::{At, Channel, Emitter, Fragment, Span};
use crate::event::{BlockId, BlockKind, InputForm, Part, ReasoningForm, Scope};
use crate::json::{Error, Text};

/// What thinking deltas go to.
const THINKING: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Says a delta of the block at a place. Its type decides what it is, not the block.
#[inline]
pub(super) fn say(data: &str, at: At, delta: &Delta, out: &mut Emitter) -> Result<(), Error> {
    let fragment = |text: Option<Text>| text.map(|text| Fragment::json(data, text));
    match sort(data, delta) {
        Sort::Text => {
            if let Some(text) = fragment(delta.text) {
                out.delta_at(at, None, Channel::Text, text);
            }
        }
        Sort::Input => {
            let input = fragment(delta.partial_json).or_else(|| delta.input.map(|raw| raw.of(data).into()));
            if let Some(input) = input {
                out.input_at(at, None, Emitter::unannounced_call(InputForm::Json), input);
            }
        }
        Sort::Thinking => {
            if let Some(thinking) = fragment(delta.thinking) {
                out.delta_at(at, None, THINKING, thinking);
            }
            // Some servers seal here.
            seal(at, fragment(delta.signature), out);
        }
        Sort::Signature => seal(at, fragment(delta.signature), out),
        Sort::Citation => {
            if let Some(citation) = delta.citation
                && let Some(block) = out.block_or(at, BlockKind::Text)
            {
                let citation = out.text(citation.of(data).into());
                out.data(block, Part::Citation(citation));
            }
        }
        Sort::Compaction => say_compaction(data, at, delta, out),
        Sort::Other => say_other(data, at, delta, out)?,
    }
    if out.wants_extras()
        && let Some(block) = out.block_at(at)
        && sort(data, delta) != Sort::Other
    {
        let delta = member(data, "delta", out.limits().json_depth)?.unwrap_or_default();
        out.extras_of(Scope::Block(block), delta, DELTA_FIELDS);
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Text,
    Input,
    Thinking,
    Signature,
    Citation,
    Compaction,
    Other,
}

/// A delta without a type is what its fields are.
#[inline]
fn sort(data: &str, delta: &Delta) -> Sort {
    let Some(kind) = delta.kind else {
        return match delta {
            Delta { text: Some(_), .. } => Sort::Text,
            Delta { thinking: Some(_), .. } => Sort::Thinking,
            Delta { partial_json: Some(_), .. } => Sort::Input,
            Delta { signature: Some(_), .. } => Sort::Signature,
            Delta { citation: Some(_), .. } => Sort::Citation,
            _ => Sort::Other,
        };
    };
    match kind.name(data, &mut [0; 32]) {
        "text_delta" => Sort::Text,
        "input_json_delta" => Sort::Input,
        "thinking_delta" => Sort::Thinking,
        "signature_delta" => Sort::Signature,
        "citations_delta" => Sort::Citation,
        "compaction_delta" => Sort::Compaction,
        _ => Sort::Other,
    }
}

fn seal(at: At, signature: Option<Fragment<'_>>, out: &mut Emitter) {
    if let Some(signature) = signature.filter(|signature| !signature.is_empty())
        && let Some(block) = out.block_or(at, BlockKind::reasoning(ReasoningForm::Full))
    {
        out.set(block, Part::Signature, signature);
    }
}

fn say_compaction(data: &str, at: At, delta: &Delta, out: &mut Emitter) {
    let Some(block) = open_other(at, "compaction".into(), out) else { return };
    if let Some(content) = delta.content {
        let content = out.text(content.of(data).into());
        out.data(block, Part::Json(content));
    }
    if let Some(encrypted) = delta.encrypted_content.filter(|text| !text.is_empty()) {
        out.set(block, Part::Encrypted, Fragment::json(data, encrypted));
    }
}

/// A delta that is not known: kept as it is.
fn say_other(data: &str, at: At, delta: &Delta, out: &mut Emitter) -> Result<(), Error> {
    let Some(whole) = member(data, "delta", out.limits().json_depth)? else { return Ok(()) };
    let name = delta.kind.map_or_else(|| "".into(), |kind| Fragment::json(data, kind));
    if let Some(block) = open_other(at, name, out) {
        let whole = out.text(whole.into());
        out.data(block, Part::Json(whole));
    }
    Ok(())
}

fn open_other(at: At, name: Fragment<'_>, out: &mut Emitter) -> Option<BlockId> {
    out.block_at(at).or_else(|| {
        let name: Span = out.text(name);
        out.block_or(at, BlockKind::other(name))
    })
}
