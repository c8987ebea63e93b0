//! Parts of a candidate's content: text on the path of deltas, all others read from their own range.

use alloc::string::String;

use super::calls;
use super::decode::{Memory, word};
use super::wire::{PART_FIELDS, Part, Payload};
use crate::emitter::{Channel, Emitter, Fragment, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Host, InputForm, Part as Data, Place, ReasoningForm, Scope};
use crate::json::{Error, Raw, members};

/// The name of the tool that runs what is in `executableCode`: the wire has none for it.
const CODE_EXECUTION: &str = "code_execution";

/// Says one part.
#[inline]
pub(super) fn say(data: &str, part: &Part, choice: u32, memory: &mut Memory, out: &mut Emitter) -> Result<(), Error> {
    let channel = if part.is_thought { Channel::Reasoning(ReasoningForm::Full) } else { Channel::Text };
    if let Some(text) = part.text.filter(|text| !text.is_empty()) {
        out.append(choice, channel, Fragment::json(data, text));
        if channel == Channel::Text {
            memory.text = out.current_text(choice);
        }
    }
    if let Some((payload, value)) = part.payload {
        return say_payload(data, part, (payload, value), choice, memory, out);
    }
    if let Some(signature) = part.signature.filter(|signature| !signature.is_empty()) {
        let has_text = part.text.is_some_and(|text| !text.is_empty());
        let block = if has_text {
            out.latest_or_text(choice)
        } else {
            // Sent back as it came: an empty part with its seal.
            out.begin(choice, Place::nowhere(), channel.kind())
        };
        if let Some(block) = block {
            out.put(block, Data::Signature, Fragment::json(data, signature));
            say_extras(data, part, block, out);
            out.end_block(block, BlockClose::Complete);
        }
    } else if let (Some(text), Some(raw)) = (part.text, part.raw) {
        let block = if text.is_empty() { None } else { out.latest_or_text(choice) };
        out.extras_of(block.map_or(Scope::Choice(choice), Scope::Block), raw.of(data), PART_FIELDS);
    }
    Ok(())
}

/// A part that is more than text.
fn say_payload(
    data: &str,
    part: &Part,
    (payload, value): (Payload, Raw),
    choice: u32,
    memory: &mut Memory,
    out: &mut Emitter,
) -> Result<(), Error> {
    let json = value.of(data);
    let block = match payload {
        // A call ends when its arguments do.
        Payload::FunctionCall => {
            let signature = part.signature.map(|signature| Fragment::json(data, signature));
            let block = calls::say(json, signature, choice, memory, out)?;
            if let Some(block) = block {
                say_extras(data, part, block, out);
            }
            return Ok(());
        }
        Payload::ExecutableCode => say_code(json, choice, memory, out)?,
        Payload::ToolCall => say_tool_call(json, choice, memory, out)?,
        Payload::CodeExecutionResult | Payload::ToolResponse | Payload::FunctionResponse => {
            say_result(json, payload, choice, memory, out)?
        }
        Payload::InlineData => say_inline(json, part.is_thought, choice, out)?,
        Payload::FileData => say_whole(json, BlockKind::File, choice, out),
        Payload::Other(name) => {
            let kind = BlockKind::other(out.text(Fragment::json(data, name)));
            say_whole(part.raw.map_or(json, |raw| raw.of(data)), kind, choice, out)
        }
    };
    let Some(block) = block else { return Ok(()) };
    if let Some(signature) = part.signature.filter(|signature| !signature.is_empty()) {
        out.put(block, Data::Signature, Fragment::json(data, signature));
    }
    if !matches!(payload, Payload::Other(_)) {
        say_extras(data, part, block, out);
    }
    out.end_block(block, BlockClose::Complete);
    Ok(())
}

/// What describes a part, and that it is a thought where that is no reasoning.
fn say_extras(data: &str, part: &Part, block: BlockId, out: &mut Emitter) {
    let Some(raw) = part.raw else { return };
    let known: &[&str] = match part.payload {
        None => PART_FIELDS,
        Some(_) => &[
            "text",
            "thoughtSignature",
            "thought_signature",
            "functionCall",
            "function_call",
            "functionResponse",
            "function_response",
            "inlineData",
            "inline_data",
            "fileData",
            "file_data",
            "executableCode",
            "executable_code",
            "codeExecutionResult",
            "code_execution_result",
            "toolCall",
            "tool_call",
            "toolResponse",
            "tool_response",
        ],
    };
    out.extras_of(Scope::Block(block), raw.of(data), known);
}

/// A block whose content is the provider's JSON.
fn say_whole(json: &str, kind: BlockKind<Span>, choice: u32, out: &mut Emitter) -> Option<BlockId> {
    let block = out.begin(choice, Place::nowhere(), kind)?;
    out.put(block, Data::Json, json.into());
    Some(block)
}

/// The values of members that are strings.
fn strings<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
    out: &Emitter,
) -> Result<[Option<Fragment<'a>>; N], Error> {
    let found = members(json, names, out.limits().json_depth)?;
    Ok(found.map(|value| value.and_then(|raw| Fragment::value(raw.of(json)))))
}

/// Code that the provider runs.
fn say_code(json: &str, choice: u32, memory: &mut Memory, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [id, code] = strings(json, ["id", "code"], out)?;
    let (id, name) = (out.id(id), out.text(CODE_EXECUTION.into()));
    let kind = BlockKind::hosted_call(id, name, InputForm::Text, Host::Provider, None);
    let Some(block) = out.begin(choice, Place::nowhere(), kind) else { return Ok(None) };
    memory.hosted = Some(block);
    if let Some(code) = code {
        out.delta(block, code);
    }
    out.extras_of(Scope::Block(block), json, &["id", "code"]);
    Ok(Some(block))
}

/// A call of a tool that the provider runs. It has a type in place of a name.
fn say_tool_call(json: &str, choice: u32, memory: &mut Memory, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [id, name, snake] = strings(json, ["id", "toolType", "tool_type"], out)?;
    let [args] = members(json, ["args"], out.limits().json_depth)?;
    let (id, name) = (out.id(id), out.text(name.or(snake).unwrap_or_else(|| "".into())));
    let kind = BlockKind::hosted_call(id, name, InputForm::Json, Host::Provider, None);
    let Some(block) = out.begin(choice, Place::nowhere(), kind) else { return Ok(None) };
    memory.hosted = Some(block);
    if let Some(args) = args {
        out.delta(block, calls::input(json, args));
    }
    out.extras_of(Scope::Block(block), json, &["id", "toolType", "tool_type", "args"]);
    Ok(Some(block))
}

/// What a call gave. The wire may leave out whose it is: then it is the last one's.
fn say_result(
    json: &str,
    payload: Payload,
    choice: u32,
    memory: &Memory,
    out: &mut Emitter,
) -> Result<Option<BlockId>, Error> {
    let [id] = strings(json, ["id"], out)?;
    let id = id.filter(|id| !id.is_empty());
    let [outcome] = members(json, ["outcome"], out.limits().json_depth)?;
    let mut decoded = String::new();
    let is_error = outcome.is_some_and(|raw| !is_ok(word(json, raw).borrow(&mut decoded)));
    let named = id.and_then(|id| out.call_block_of(choice, id));
    let last = memory.hosted.filter(|_| payload != Payload::FunctionResponse && id.is_none());
    let kind = BlockKind::tool_result(named.or(last), id.map(|id| out.text(id)), is_error);
    Ok(say_whole(json, kind, choice, out))
}

/// `OUTCOME_OK`, or an outcome that was not set.
fn is_ok(outcome: &str) -> bool {
    matches!(outcome, "" | "0" | "1" | "OUTCOME_OK" | "OUTCOME_UNSPECIFIED")
}

/// Data in base64. A block each: pieces that are padded one by one are not one piece. A picture that is a thought is a
/// draft.
fn say_inline(json: &str, is_thought: bool, choice: u32, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let [mime, mime_snake, data] = strings(json, ["mimeType", "mime_type", "data"], out)?;
    let mime = mime.or(mime_snake);
    let mut decoded = String::new();
    let known = mime.map_or("", |mime| mime.borrow(&mut decoded));
    let is = |kind: &str| known.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    let kind = match () {
        () if is("image/") => BlockKind::Image,
        () if is("audio/") => BlockKind::Audio,
        () => BlockKind::File,
    };
    let Some(block) = out.begin(choice, Place::nowhere(), kind) else { return Ok(None) };
    if let Some(mime) = mime.filter(|mime| !mime.is_empty()) {
        out.put(block, Data::Format, mime);
    }
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        if is_thought && kind == BlockKind::Image {
            let base64 = out.text(data);
            out.data(block, Data::preview(0, base64));
        } else {
            out.put(block, Data::Base64, data);
        }
    }
    out.extras_of(Scope::Block(block), json, &["mimeType", "mime_type", "data"]);
    Ok(Some(block))
}
