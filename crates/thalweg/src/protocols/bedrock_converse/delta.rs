//! Deltas of content blocks.

use super::blocks::{image, open_other, results};
use super::wire::Delta;
use crate::emitter::{At, Channel, Emitter, Fragment, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Host, InputForm, Part, ReasoningForm, Scope};
use crate::json::{Error, Kind, Reader, Text, members};

const THINKING: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Says a delta of the block at a place: a place where nothing has begun begins with what the delta is.
#[inline]
pub(super) fn say(data: &str, at: At, delta: &Delta, withheld: &mut Option<BlockId>, out: &mut Emitter) {
    let fragment = |text: Option<Text>| text.filter(|text| !text.is_empty()).map(|text| Fragment::json(data, text));
    if let Some(thinking) = fragment(delta.thinking) {
        begin(at, THINKING.kind(), out);
        out.delta_at(at, None, THINKING, thinking);
    }
    if let Some(signature) = fragment(delta.signature)
        && let Some(block) = block_or(at, THINKING.kind(), out)
    {
        out.set(block, Part::Signature, signature);
    }
    if let Some(redacted) = fragment(delta.redacted) {
        say_redacted(at, redacted, withheld, out);
    }
    if let Some(text) = fragment(delta.text) {
        begin(at, BlockKind::Text, out);
        out.delta_at(at, None, Channel::Text, text);
    }
    let input = fragment(delta.input).or_else(|| delta.input_object.map(|raw| raw.of(data).into()));
    if let Some(input) = input {
        say_input(at, input, out);
    }
}

fn begin(at: At, kind: BlockKind<Span>, out: &mut Emitter) {
    if !out.has_begun(at) {
        out.start_at(at, None, kind);
    }
}

fn block_or(at: At, kind: BlockKind<Span>, out: &mut Emitter) -> Option<BlockId> {
    begin(at, kind, out);
    out.block_at(at)
}

/// What is withheld comes whole: what comes behind it at its place is another, in a block of its own.
fn say_redacted(at: At, redacted: Fragment<'_>, withheld: &mut Option<BlockId>, out: &mut Emitter) {
    let known = out.block_at(at);
    if known.is_some() && known == *withheld {
        out.end_at(at, BlockClose::Implied);
    }
    let known = known.filter(|block| *withheld != Some(*block));
    if let Some(block) = known.or_else(|| out.start_at(at, None, BlockKind::reasoning(ReasoningForm::Redacted))) {
        out.put(block, Part::Encrypted, redacted);
        *withheld = Some(block);
    }
}

/// Reasoning of a kind that is not known: whole.
fn say_reasoning(reasoning: &str, at: At, out: &mut Emitter) {
    let known = ["text", "signature", "redactedContent", "reasoningText"];
    let json = &mut Reader::new(reasoning, out.limits().json_depth);
    let mut is_known = || -> Result<bool, Error> {
        json.object()?;
        while let Some(key) = json.key()? {
            json.skip()?;
            if !known.contains(&key.name(reasoning, &mut [0; 32])) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    if !is_known().unwrap_or(true)
        && let Some(block) = block_or(at, THINKING.kind(), out)
    {
        out.put(block, Part::Json, reasoning.into());
    }
}

/// Input without a call is a client's only where nothing that the provider runs is at its place.
fn say_input(at: At, input: Fragment<'_>, out: &mut Emitter) {
    let host =
        out.block_at(at).and_then(|block| out.host_of(block).or_else(|| out.is_data(block).then_some(Host::Provider)));
    let otherwise = match host {
        Some(host) => BlockKind::hosted_call(out.id(None), Span::default(), InputForm::Json, host, None),
        None => Emitter::unannounced_call(InputForm::Json),
    };
    out.input_at(at, None, otherwise, input);
}

/// The members of a delta that are rare: read a second time. For what was validated.
pub(super) fn say_rare(delta: &str, at: At, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let json = &mut Reader::new(delta, depth);
    if json.peek()? != Kind::Object {
        return Ok(());
    }
    // A union has one member: what stands beside one that is known is a field that nobody knows.
    let is_known = members(delta, KINDS, depth)?.iter().any(Option::is_some);
    json.object()?;
    while let Some(key) = json.key()? {
        let Some(value) = json.present()?.map(|raw| raw.of(delta)) else { continue };
        match key.name(delta, &mut [0; 32]) {
            // These were read with the frame.
            "text" if value.starts_with('"') => {}
            "toolUse" if value.starts_with('{') => {}
            "reasoningContent" if value.starts_with('{') => say_reasoning(value, at, out),
            "citation" => {
                if let Some(block) = block_or(at, BlockKind::Text, out) {
                    out.cite(block, value);
                }
            }
            "toolResult" if value.starts_with('[') => {
                if let Some(block) = block_or(at, BlockKind::tool_result(None, None, false), out) {
                    results(value, block, out);
                }
            }
            "image" => {
                if let Some(block) = block_or(at, BlockKind::Image, out) {
                    image(value, block, out)?;
                }
            }
            name if is_known && !KINDS.contains(&name) => {
                let scope = out.block_at(at).map_or(Scope::Response, Scope::Block);
                out.extra(scope, Fragment::json(delta, key), value);
            }
            _ => {
                let name = Fragment::json(delta, key);
                if let Some(block) = out.block_at(at).or_else(|| open_other(name, at, out)) {
                    out.put(block, Part::Json, value.into());
                }
            }
        }
    }
    Ok(())
}

/// What a delta may be of.
const KINDS: [&str; 6] = ["text", "toolUse", "reasoningContent", "citation", "toolResult", "image"];
