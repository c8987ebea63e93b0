//! Deltas of content blocks.

use super::wire::Delta;
use crate::emitter::{At, Channel, Emitter, Fragment, Span};
use crate::errors;
use crate::event::{BlockId, BlockKind, Host, InputForm, Part, ReasoningForm, Scope};
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
            if let Some(input) = fragment(delta.partial_json).or_else(|| delta.input.map(|raw| raw.of(data).into())) {
                say_input(at, input, out);
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
                out.cite(block, citation.of(data));
            }
        }
        Sort::Compaction => say_compaction(data, at, delta, out),
        Sort::Other => say_other(data, at, delta, out)?,
    }
    if out.wants_extras()
        && let Some(known) = sort(data, delta).fields()
        && let Some(block) = out.block_at(at)
    {
        let delta = errors::member(data, "delta").unwrap_or_default();
        out.extras_of(Scope::Block(block), delta, known);
    }
    Ok(())
}

/// The one field of a delta that varies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Text,
    Thinking,
    Input,
}

impl Field {
    /// The field of a delta that says nothing else, and what is in it.
    pub(super) fn of(data: &str, delta: &Delta) -> Option<(Self, Text)> {
        match sort(data, delta) {
            Sort::Text => Some((Self::Text, delta.text?)),
            Sort::Thinking if delta.signature.is_none() => Some((Self::Thinking, delta.thinking?)),
            Sort::Input => Some((Self::Input, delta.partial_json?)),
            _ => None,
        }
    }

    /// Says such a delta, as [`say`] does.
    #[inline]
    pub(super) fn say(self, at: At, fragment: Fragment<'_>, out: &mut Emitter) {
        match self {
            Self::Text => out.delta_at(at, None, Channel::Text, fragment),
            Self::Thinking => out.delta_at(at, None, THINKING, fragment),
            Self::Input => say_input(at, fragment, out),
        }
    }
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

impl Sort {
    /// The fields of such deltas that have a place in the model; none where they are given whole.
    const fn fields(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Text => &["type", "text"],
            Self::Input => &["type", "partial_json"],
            Self::Thinking => &["type", "thinking", "signature"],
            Self::Signature => &["type", "signature"],
            Self::Citation => &["type", "citation"],
            Self::Compaction => &["type", "content", "encrypted_content", "signature"],
            Self::Other => return None,
        })
    }
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

/// Input without a call is a client's only where nothing that the provider runs is at its place: late input of a hosted
/// call, or that of a block whose type is not known, must not look like a call to answer.
fn say_input(at: At, input: Fragment<'_>, out: &mut Emitter) {
    let host =
        out.block_at(at).and_then(|block| out.host_of(block).or_else(|| out.is_data(block).then_some(Host::Provider)));
    let otherwise = match host {
        Some(host) => BlockKind::hosted_call(out.id(None), Span::default(), InputForm::Json, host, None),
        None => Emitter::unannounced_call(InputForm::Json),
    };
    out.input_at(at, None, otherwise, input);
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
        out.put(block, Part::Json, content.of(data).into());
    }
    if let Some(encrypted) = delta.encrypted_content.filter(|text| !text.is_empty()) {
        out.set(block, Part::Encrypted, Fragment::json(data, encrypted));
    }
    if let Some(signature) = delta.signature.filter(|text| !text.is_empty()) {
        out.set(block, Part::Signature, Fragment::json(data, signature));
    }
}

/// A delta that is not known: kept as it is.
fn say_other(data: &str, at: At, delta: &Delta, out: &mut Emitter) -> Result<(), Error> {
    let Some(whole) = errors::member(data, "delta") else { return Ok(()) };
    let name = delta.kind.map_or_else(|| "".into(), |kind| Fragment::json(data, kind));
    if let Some(block) = open_other(at, name, out) {
        out.put(block, Part::Json, whole.into());
    }
    Ok(())
}

fn open_other(at: At, name: Fragment<'_>, out: &mut Emitter) -> Option<BlockId> {
    out.block_at(at).or_else(|| {
        let name: Span = out.text(name);
        out.block_or(at, BlockKind::other(name))
    })
}
