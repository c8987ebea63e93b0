//! Content blocks: in `content_block_start`, and in complete messages.

use alloc::string::String;

use super::wire::{fields, object};
use crate::emitter::{At, Emitter, Fragment, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Host, InputForm, MetaField, Part, ReasoningForm, Scope};
use crate::json::{Error, Kind, Raw, Reader, Text};

/// A content block. Every field is optional on the wire, and each kind of block has some of them.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    kind: Option<Text>,
    id: Option<Text>,
    name: Option<Text>,
    server_name: Option<Text>,
    text: Option<Text>,
    thinking: Option<Text>,
    signature: Option<Text>,
    data: Option<Text>,
    encrypted_content: Option<Text>,
    tool_use_id: Option<Text>,
    is_error: bool,
    /// An object, or a string that holds one.
    input: Option<Raw>,
    content: Option<Raw>,
    citations: Option<Raw>,
    /// The model that took over.
    to: Option<Raw>,
}

/// What a block is, by the wire's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Thinking,
    Redacted,
    Call,
    Hosted(Host),
    Result,
    File,
    Compaction,
    /// The model has no place for it: it is given whole.
    Other,
}

impl Sort {
    fn of(word: &str) -> Self {
        match word {
            "text" => Self::Text,
            "thinking" => Self::Thinking,
            "redacted_thinking" => Self::Redacted,
            "tool_use" => Self::Call,
            "server_tool_use" => Self::Hosted(Host::Provider),
            "mcp_tool_use" => Self::Hosted(Host::Mcp),
            "container_upload" => Self::File,
            "compaction" => Self::Compaction,
            word if word.ends_with("_tool_result") => Self::Result,
            // Calls of tools that are not known: what a client runs is `tool_use` alone.
            word if word.ends_with("_tool_use") => Self::Hosted(Host::Provider),
            _ => Self::Other,
        }
    }

    /// The fields of such blocks that have a place in the model.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["type", "text", "citations", "signature"],
            Self::Thinking => &["type", "thinking", "signature", "citations"],
            Self::Redacted => &["type", "data", "signature", "citations"],
            Self::Call => &["type", "id", "name", "input", "signature", "citations"],
            Self::Hosted(_) => &["type", "id", "name", "input", "server_name", "signature", "citations"],
            Self::Result => &["type", "tool_use_id", "is_error", "content", "signature", "citations"],
            Self::Compaction => &["type", "content", "encrypted_content", "signature", "citations"],
            // Given whole.
            Self::File | Self::Other => &[],
        }
    }

    /// Whether the block is data without fields of its own in the model.
    const fn is_whole(self) -> bool {
        matches!(self, Self::File | Self::Other)
    }
}

impl Block {
    fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut block = Self::default();
        fields(json, depth, |name, json| {
            match name {
                "type" => block.kind = json.maybe_string()?,
                "id" => block.id = json.maybe_string()?,
                "name" => block.name = json.maybe_string()?,
                "server_name" => block.server_name = json.maybe_string()?,
                "text" => block.text = json.maybe_string()?,
                "thinking" => block.thinking = json.maybe_string()?,
                "signature" => block.signature = json.maybe_string()?,
                "data" => block.data = json.maybe_string()?,
                "encrypted_content" => block.encrypted_content = json.maybe_string()?,
                "tool_use_id" => block.tool_use_id = json.maybe_string()?,
                "is_error" => block.is_error = json.skip()?.of(json.source()) == "true",
                "input" => block.input = json.present()?,
                "content" => block.content = json.present()?,
                "citations" => block.citations = json.present()?,
                "to" => block.to = object(json)?,
                _ => drop(json.skip()?),
            }
            Ok(())
        })?;
        Ok(block)
    }

    fn sort(&self, json: &str) -> Sort {
        self.kind.map_or(Sort::Other, |kind| Sort::of(kind.name(json, &mut [0; 32])))
    }

    fn kind(&self, json: &str, depth: u16, out: &mut Emitter) -> Result<BlockKind<Span>, Error> {
        let fragment = |text: Option<Text>| text.map(|text| Fragment::json(json, text));
        let name = fragment(self.name).unwrap_or_else(|| "".into());
        Ok(match self.sort(json) {
            Sort::Text => BlockKind::Text,
            Sort::Thinking => BlockKind::reasoning(ReasoningForm::Full),
            Sort::Redacted => BlockKind::reasoning(ReasoningForm::Redacted),
            Sort::Call => BlockKind::tool_call(out.id(fragment(self.id)), out.text(name), InputForm::Json),
            Sort::Hosted(host) => {
                let server = fragment(self.server_name).map(|server| out.text(server));
                BlockKind::hosted_call(out.id(fragment(self.id)), out.text(name), InputForm::Json, host, server)
            }
            Sort::Result => {
                let id = fragment(self.tool_use_id).filter(|id| !id.is_empty());
                let call = id.and_then(|id| out.call_block(id));
                BlockKind::tool_result(call, id.map(|id| out.text(id)), self.is_error || self.is_failed(json, depth)?)
            }
            Sort::File => BlockKind::File,
            Sort::Compaction | Sort::Other => {
                BlockKind::other(out.text(fragment(self.kind).unwrap_or_else(|| "".into())))
            }
        })
    }

    /// Whether the content of a result is an error's.
    fn is_failed(&self, json: &str, depth: u16) -> Result<bool, Error> {
        let Some(content) = self.content.map(|raw| raw.of(json)) else { return Ok(false) };
        let kind = Fragment::member(content, "type", depth)?;
        Ok(kind.is_some_and(|kind| kind.borrow(&mut String::new()).ends_with("_error")))
    }

    /// What a call is given, where that is anything: `{}` stands in a start frame for what comes in deltas.
    fn input<'a>(&self, json: &'a str, depth: u16) -> Result<Option<Fragment<'a>>, Error> {
        let Some(raw) = self.input.map(|raw| raw.of(json)) else { return Ok(None) };
        let reader = &mut Reader::new(raw, depth);
        Ok(match reader.peek()? {
            Kind::String => Some(Fragment::json(raw, reader.string()?)).filter(|input| !input.is_empty()),
            Kind::Object => {
                reader.object()?;
                reader.key()?.map(|_| raw.into())
            }
            _ => Some(raw.into()),
        })
    }

    /// The text of a block that has one.
    fn words<'a>(&self, json: &'a str) -> Option<Fragment<'a>> {
        let text = match self.sort(json) {
            Sort::Text => self.text,
            Sort::Thinking => self.thinking,
            _ => None,
        };
        text.map(|text| Fragment::json(json, text))
    }

    /// What belongs to the block beside its text or input.
    fn say_parts(&self, json: &str, block: BlockId, out: &mut Emitter) {
        let sort = self.sort(json);
        if !sort.is_whole() {
            self.say_seals(json, block, out);
        }
        let content = self.content.filter(|_| matches!(sort, Sort::Result | Sort::Compaction));
        let whole = sort.is_whole().then_some(json).or_else(|| content.map(|raw| raw.of(json)));
        if let Some(value) = whole {
            out.put(block, Part::Json, value.into());
        }
        if let Some(citations) = self.citations.map(|raw| raw.of(json)) {
            out.cite_all(block, citations);
        }
        if !sort.is_whole() {
            out.extras_of(Scope::Block(block), json, sort.fields());
        }
    }

    fn say_seals(&self, json: &str, block: BlockId, out: &mut Emitter) {
        let mut set = |part: fn(Span) -> Part<Span>, text: Option<Text>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                out.set(block, part, Fragment::json(json, text));
            }
        };
        set(Part::Signature, self.signature);
        match self.sort(json) {
            Sort::Redacted => set(Part::Encrypted, self.data),
            Sort::Compaction => set(Part::Encrypted, self.encrypted_content),
            _ => {}
        }
    }

    /// The response's model is another from here on.
    fn say_model(&self, json: &str, depth: u16, out: &mut Emitter) -> Result<(), Error> {
        if let Some(to) =
            self.to.map(|raw| raw.of(json)).filter(|_| self.kind.is_some_and(|kind| kind.is(json, "fallback")))
            && let Some(model) = Fragment::member(to, "model", depth)?
        {
            out.meta(MetaField::Model, model);
        }
        Ok(())
    }
}

/// The block that `content_block_start` starts. What it already has of its content is held back: deltas replace input
/// and may repeat text.
pub(super) fn start(json: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let depth = out.limits().json_depth;
    let block = Block::read(json, depth)?;
    let Some(id) = open(&block, json, at, out)? else { return Ok(None) };
    if let Some(words) = block.words(json) {
        out.hold(id, words, false);
    } else if let Some(input) = block.input(json, depth)? {
        out.hold(id, input, true);
    }
    block.say_parts(json, id, out);
    Ok(Some(id))
}

/// A block, unless it is the same again.
fn open(block: &Block, json: &str, at: At, out: &mut Emitter) -> Result<Option<BlockId>, Error> {
    let depth = out.limits().json_depth;
    block.say_model(json, depth, out)?;
    let before = out.block_at(at);
    let kind = block.kind(json, depth, out)?;
    // No name comes later than the start on this wire.
    let id = out.start_at(at, None, kind).or_else(|| out.call_at(at));
    Ok(id.filter(|_| id != before))
}

/// A block of a complete message: all of it at once.
pub(super) fn whole(json: &str, at: At, out: &mut Emitter) -> Result<(), Error> {
    let depth = out.limits().json_depth;
    let block = Block::read(json, depth)?;
    let Some(id) = open(&block, json, at, out)? else { return Ok(()) };
    if let Some(words) = block.words(json) {
        out.delta(id, words);
    } else if let Some(input) = block.input(json, depth)? {
        out.delta(id, input);
    }
    block.say_parts(json, id, out);
    out.end_at(at, BlockClose::Complete);
    Ok(())
}

/// A block of a complete message behind its own deltas: what `from` is the first number of, that of the block behind it
/// is returned. None where no such block has come.
pub(super) fn restate(json: &str, from: u64, out: &mut Emitter) -> Result<Option<u64>, Error> {
    let depth = out.limits().json_depth;
    let block = Block::read(json, depth)?;
    let kind = block.kind(json, depth, out)?;
    let call = block.id.and_then(|id| out.call_block(Fragment::json(json, id)));
    let Some((next, id)) = call.map(|call| (from, call)).or_else(|| {
        let (item, id) = out.find_from(from, &kind)?;
        Some((item.saturating_add(1), id))
    }) else {
        return Ok(None);
    };
    if let Some(words) = block.words(json) {
        out.restate(id, words);
    } else if let Some(input) = block.input(json, depth)?
        && out.is_blank(id)
    {
        // An input that came is the same in other words: the whole one was written again.
        out.restate(id, input);
    }
    block.say_seals(json, id, out);
    if let Some(citations) = block.citations.map(|raw| raw.of(json)) {
        out.cite_all(id, citations);
    }
    Ok(Some(next))
}
