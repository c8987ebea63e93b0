//! Content blocks: what `contentBlockStart` announces, and the whole ones of a complete answer.

use crate::emitter::{At, Emitter, Fragment, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Host, InputForm, Part, ReasoningForm, Scope};
use crate::json::{Error, Kind, Raw, Reader, Text, elements, members};

/// The block that `contentBlockStart` announces. None for a start of nothing: the first delta says what it is.
pub(super) fn start(start: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let depth = out.limits().json_depth;
    let Some((key, value)) = member_of(start, STARTS, depth)? else { return Ok(None) };
    let before = out.block_at(at);
    match key.name(start, &mut [0; 32]) {
        "toolUse" => {
            let Some(block) = open_call(value, at, out)?.filter(|block| before != Some(*block)) else {
                return Ok(None);
            };
            if let Some(input) = input_of(value, depth)?.filter(|input| !input.is("{}")) {
                out.hold(block, input, true);
            }
            Ok(Some(block))
        }
        "toolResult" => open_result(value, at, out),
        "image" => open_image(value, at, out),
        _ => {
            let block = open_other(Fragment::json(start, key), at, out);
            if let Some(block) = block {
                out.put(block, Part::Json, value.into());
            }
            Ok(block)
        }
    }
}

/// A block of a complete answer: all of it at once.
pub(super) fn whole(json: &str, at: At, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let Some((key, value)) = member_of(json, BLOCKS, depth)? else { return Ok(()) };
    match key.name(json, &mut [0; 32]) {
        "text" if let Some(text) = Fragment::value(value) => {
            if let Some(block) = out.start_at(at, None, BlockKind::Text) {
                out.delta(block, text);
            }
        }
        "reasoningContent" => whole_reasoning(value, at, out)?,
        "citationsContent" => whole_citations(value, at, out)?,
        "toolUse" => {
            if let Some(block) = open_call(value, at, out)?.or_else(|| out.call_at(at))
                && let Some(input) = input_of(value, depth)?
            {
                out.delta(block, input);
            }
        }
        "toolResult" => {
            let [content] = members(value, ["content"], depth)?;
            if let Some(block) = open_result(value, at, out)?
                && let Some(content) = content
            {
                results(content.of(value), block, out);
            }
        }
        "image" => {
            if let Some(block) = open_image(value, at, out)? {
                image(value, block, out)?;
            }
        }
        _ => {
            if let Some(block) = open_other(Fragment::json(json, key), at, out) {
                out.put(block, Part::Json, value.into());
            }
        }
    }
    out.end_at(at, BlockClose::Complete);
    Ok(())
}

/// The member of a union: the first one that is known, or else the first that is there.
fn member_of<'j>(json: &'j str, known: &[&str], depth: u16) -> Result<Option<(Text, &'j str)>, Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(None);
    }
    reader.object()?;
    let mut first = None;
    while let Some(key) = reader.key()? {
        let Some(value) = reader.present()? else { continue };
        let member = (key, value.of(json));
        if known.contains(&key.name(json, &mut [0; 32])) {
            return Ok(Some(member));
        }
        first.get_or_insert(member);
    }
    Ok(first)
}

fn string<'a>(json: &'a str, raw: Option<Raw>) -> Option<Fragment<'a>> {
    raw.and_then(|raw| Fragment::value(raw.of(json)))
}

/// A call. One of a tool that the provider runs says so in its type.
fn open_call(json: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [id, name, kind] = members(json, ["toolUseId", "name", "type"], out.limits().json_depth)?;
    let id = out.id(string(json, id));
    let name = string(json, name).map(|name| out.text(name)).unwrap_or_default();
    let is_hosted = string(json, kind).is_some_and(|kind| !kind.is_empty());
    let kind = if is_hosted {
        BlockKind::hosted_call(id, name, InputForm::Json, Host::Provider, None)
    } else {
        BlockKind::tool_call(id, name, InputForm::Json)
    };
    let block = out.start_at(at, None, kind);
    if let Some(block) = block {
        out.extras_of(Scope::Block(block), json, &["toolUseId", "name", "type", "input"]);
    }
    Ok(block)
}

/// What a call is given: an object, or a string that holds one.
fn input_of(json: &str, depth: u16) -> Result<Option<Fragment<'_>>, Error> {
    let [input] = members(json, ["input"], depth)?;
    Ok(input.map(|raw| Fragment::value(raw.of(json)).unwrap_or_else(|| raw.of(json).into())))
}

fn open_result(json: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [id, status] = members(json, ["toolUseId", "status"], out.limits().json_depth)?;
    let id = string(json, id).filter(|id| !id.is_empty());
    let call = id.and_then(|id| out.call_block(id));
    let id = id.map(|id| out.text(id));
    let is_error = string(json, status).is_some_and(|status| status.is("error"));
    let block = out.start_at(at, None, BlockKind::tool_result(call, id, is_error));
    if let Some(block) = block {
        out.extras_of(Scope::Block(block), json, &["toolUseId", "status", "content"]);
    }
    Ok(block)
}

/// The pieces of a tool's result, as they are.
pub(super) fn results(list: &str, block: BlockId, out: &mut Emitter) {
    let depth = out.limits().json_depth;
    // What was validated cannot fail here.
    let _ = elements(list, depth, |_, piece| {
        out.put(block, Part::Json, piece.into());
        Ok(())
    });
}

/// A picture. What it is encoded in is data of it, in the wire's own words.
fn open_image(json: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [format] = members(json, ["format"], out.limits().json_depth)?;
    let block = out.start_at(at, None, BlockKind::Image);
    if let Some(block) = block {
        if let Some(format) = string(json, format) {
            out.set(block, Part::Format, format);
        }
        out.extras_of(Scope::Block(block), json, &["format", "source", "error"]);
    }
    Ok(block)
}

/// Data of a picture: its bytes, or where it lies, or why there is none.
pub(super) fn image(json: &str, block: BlockId, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let [source, error] = members(json, ["source", "error"], depth)?;
    if let Some(source) = source.map(|source| source.of(json)) {
        match Fragment::member(source, "bytes", depth)? {
            Some(bytes) => out.put(block, Part::Base64, bytes),
            None => out.put(block, Part::Json, source.into()),
        }
    }
    if error.is_some() || source.is_none() {
        out.put(block, Part::Json, json.into());
    }
    Ok(())
}

/// Content that the model has no place for.
pub(super) fn open_other(name: Fragment<'_>, at: At, out: &mut Emitter) -> Option<BlockId> {
    let name: Span = out.text(name);
    out.start_at(at, None, BlockKind::other(name))
}

fn whole_reasoning(json: &str, at: At, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let [shown, redacted] = members(json, ["reasoningText", "redactedContent"], depth)?;
    let form = if shown.is_none() && redacted.is_some() { ReasoningForm::Redacted } else { ReasoningForm::Full };
    let Some(block) = out.start_at(at, None, BlockKind::reasoning(form)) else { return Ok(()) };
    if let Some(shown) = shown.map(|shown| shown.of(json)) {
        let [text, signature] = members(shown, ["text", "signature"], depth)?;
        if let Some(text) = string(shown, text) {
            out.delta(block, text);
        }
        if let Some(signature) = string(shown, signature).filter(|signature| !signature.is_empty()) {
            out.set(block, Part::Signature, signature);
        }
    }
    if let Some(redacted) = string(json, redacted).filter(|redacted| !redacted.is_empty()) {
        out.set(block, Part::Encrypted, redacted);
    }
    Ok(())
}

/// Text and what it cites.
fn whole_citations(json: &str, at: At, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let [content, citations] = members(json, ["content", "citations"], depth)?;
    let Some(block) = out.start_at(at, None, BlockKind::Text) else { return Ok(()) };
    if let Some(content) = content {
        elements(content.of(json), depth, |_, piece| {
            match Fragment::member(piece, "text", depth)? {
                Some(text) => out.delta(block, text),
                None => out.put(block, Part::Json, piece.into()),
            }
            Ok(())
        })?;
    }
    if let Some(citations) = citations {
        out.cite_all(block, citations.of(json));
    }
    Ok(())
}

/// What a block's start says it is.
const STARTS: &[&str] = &["toolUse", "toolResult", "image"];
/// What a block of a complete answer is.
const BLOCKS: &[&str] = &["text", "reasoningContent", "citationsContent", "toolUse", "toolResult", "image"];
