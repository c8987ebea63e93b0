//! What messages consist of: texts, thoughts, references, and what else is whole.

use super::outputs::UNNUMBERED;
use super::wire::fragment;
use crate::emitter::{At, Channel, Emitter, Fragment, List, Span};
use crate::event::{BlockClose, BlockId, BlockKind, Part, ReasoningForm, Scope};
use crate::json::{Error, Raw, Reader, Text, elements};

const THOUGHT: Channel = Channel::Reasoning(ReasoningForm::Full);

/// Where a frame puts content: the output and its id, and the part, where the wire numbers it.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) output: u64,
    pub(super) id: Option<Fragment<'a>>,
    pub(super) part: Option<u64>,
}

/// The parts of messages that content goes to at the moment.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The text or thought that is open.
    current: Option<(u64, At)>,
    /// The text that a reference belongs to.
    text: Option<(u64, At)>,
}

/// A part of a message. Every field is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk {
    kind: Option<Text>,
    text: Option<Text>,
    thinking: Option<Raw>,
    signature: Option<Text>,
    is_closed: bool,
}

impl Chunk {
    fn read(json: &str, depth: u16) -> Result<Self, Error> {
        let mut chunk = Self::default();
        let reader = &mut Reader::new(json, depth);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key.name(json, &mut [0; 32]) {
                "type" => chunk.kind = reader.maybe_string()?,
                "text" => chunk.text = reader.maybe_string()?,
                "thinking" => chunk.thinking = reader.present()?,
                "signature" => chunk.signature = reader.maybe_string()?,
                "closed" => chunk.is_closed = reader.skip()?.of(json) == "true",
                _ => _ = reader.skip()?,
            }
        }
        Ok(chunk)
    }
}

/// What is read of a part of each of these types; all others are given as they stand.
const TEXT_KNOWN: &[&str] = &["type", "text"];
const THOUGHT_KNOWN: &[&str] = &["type", "thinking", "signature", "closed"];

impl Parts {
    /// Appends to the text or thought at a spot. Where the wire does not number it, that is the one that is open, as
    /// long as it takes what comes.
    #[inline]
    pub(super) fn append(&mut self, spot: Spot<'_>, channel: Channel, fragment: Fragment<'_>, out: &mut Emitter) {
        if fragment.is_empty() {
            return;
        }
        let at = self.place(spot, channel, out);
        self.leave(Some(at), out);
        if !out.has_begun(at) {
            out.start_at(at, spot.id, channel.kind());
        }
        out.delta_at(at, spot.id, channel, fragment);
        self.current = Some((spot.output, at));
        if channel == Channel::Text {
            self.text = self.current;
        }
    }

    fn place(&self, spot: Spot<'_>, channel: Channel, out: &Emitter) -> At {
        if let Some(part) = spot.part {
            return At::part(spot.output, List::Content, part);
        }
        let current = self.current.filter(|(output, at)| *output == spot.output && out.takes(*at, channel));
        current.map_or_else(|| next(spot.output, out), |(_, at)| at)
    }

    /// Nothing says where a part ends: the open one ends, unless it is at this place.
    #[inline]
    pub(super) fn leave(&mut self, at: Option<At>, out: &mut Emitter) {
        let left = self.current.filter(|(_, current)| at != Some(*current));
        if let Some(block) = left.and_then(|(_, current)| out.block_at(current)) {
            out.end_block(block, BlockClose::Implied);
            self.current = None;
        }
    }

    /// The block that is open, or was last.
    pub(super) fn block(&self, output: u64, out: &Emitter) -> Option<BlockId> {
        let (_, at) = self.current.filter(|(of, _)| *of == output)?;
        out.block_at(at)
    }

    /// Typed content: one part, or a list of them.
    pub(super) fn say(&mut self, spot: Spot<'_>, json: &str, out: &mut Emitter) -> Result<(), Error> {
        if !json.starts_with('[') {
            return self.say_part(spot, json, out);
        }
        elements(json, out.limits().json_depth, |nth, json| {
            let part = spot.part.map(|first| first.saturating_add(nth));
            self.say_part(Spot { part, ..spot }, json, out)
        })
    }

    fn say_part(&mut self, spot: Spot<'_>, json: &str, out: &mut Emitter) -> Result<(), Error> {
        if let Some(text) = Fragment::value(json) {
            self.append(spot, Channel::Text, text, out);
            return Ok(());
        }
        if !json.starts_with('{') {
            return Ok(());
        }
        let chunk = Chunk::read(json, out.limits().json_depth)?;
        match chunk.kind.unwrap_or_default().name(json, &mut [0; 32]) {
            "text" => {
                if let Some(text) = fragment(json, chunk.text) {
                    self.append(spot, Channel::Text, text, out);
                }
                self.say_extras(spot, json, TEXT_KNOWN, out);
            }
            "thinking" => self.say_thought(spot, json, &chunk, out)?,
            "tool_reference" | "reference" => self.say_reference(spot, json, out),
            "image_url" => self.say_whole(spot, BlockKind::Image, json, out),
            "document_url" | "tool_file" | "file" => self.say_whole(spot, BlockKind::File, json, out),
            _ => {
                let name = fragment(json, chunk.kind).map(|kind| out.text(kind)).unwrap_or_default();
                self.say_whole(spot, BlockKind::other(name), json, out);
            }
        }
        Ok(())
    }

    fn say_thought(&mut self, spot: Spot<'_>, json: &str, chunk: &Chunk, out: &mut Emitter) -> Result<(), Error> {
        if let Some(thinking) = chunk.thinking.map(|raw| raw.of(json)) {
            if let Some(text) = Fragment::value(thinking) {
                self.append(spot, THOUGHT, text, out);
            }
            elements(thinking, out.limits().json_depth, |_, json| self.say_inner(spot, json, out))?;
        }
        if let Some(block) = self.thought(spot, out) {
            if let Some(signature) = fragment(json, chunk.signature) {
                out.set(block, Part::Signature, signature);
            }
            if chunk.is_closed {
                out.end_block(block, BlockClose::Complete);
            }
        }
        self.say_extras(spot, json, THOUGHT_KNOWN, out);
        Ok(())
    }

    /// What a thought consists of: texts, and references to where they are from.
    fn say_inner(&mut self, spot: Spot<'_>, json: &str, out: &mut Emitter) -> Result<(), Error> {
        if !json.starts_with('{') {
            return Ok(());
        }
        let chunk = Chunk::read(json, out.limits().json_depth)?;
        let kind = chunk.kind.unwrap_or_default();
        if kind.is(json, "text") {
            if let Some(text) = fragment(json, chunk.text) {
                self.append(spot, THOUGHT, text, out);
            }
        } else if let Some(block) = self.thought(spot, out) {
            let is_reference = kind.is(json, "reference") || kind.is(json, "tool_reference");
            out.put(block, if is_reference { Part::Citation } else { Part::Json }, json.into());
        }
        Ok(())
    }

    /// The block of the thought at a spot; it begins here where nothing of it had a text.
    fn thought(&mut self, spot: Spot<'_>, out: &mut Emitter) -> Option<BlockId> {
        let at = self.place(spot, THOUGHT, out);
        if !out.has_begun(at) {
            self.leave(Some(at), out);
            out.start_at(at, spot.id, THOUGHT.kind());
            self.current = Some((spot.output, at));
        }
        out.block_at(at)
    }

    fn say_reference(&mut self, spot: Spot<'_>, json: &str, out: &mut Emitter) {
        let text = self.text.filter(|(output, _)| *output == spot.output);
        match text.and_then(|(_, at)| out.block_at(at)) {
            Some(block) => out.cite(block, json),
            None => {
                let Some(block) = self.start_whole(spot, BlockKind::Source, out) else { return };
                out.put(block, Part::Citation, json.into());
                out.end_block(block, BlockClose::Complete);
            }
        }
    }

    /// A block that comes whole, as the provider's own JSON.
    fn say_whole(&mut self, spot: Spot<'_>, kind: BlockKind<Span>, json: &str, out: &mut Emitter) {
        let Some(block) = self.start_whole(spot, kind, out) else { return };
        out.put(block, Part::Json, json.into());
        out.end_block(block, BlockClose::Complete);
    }

    fn start_whole(&mut self, spot: Spot<'_>, kind: BlockKind<Span>, out: &mut Emitter) -> Option<BlockId> {
        self.leave(None, out);
        let at = spot.part.map_or_else(|| next(spot.output, out), |part| At::part(spot.output, List::Content, part));
        out.start_at(at, spot.id, kind)
    }

    fn say_extras(&self, spot: Spot<'_>, json: &str, known: &[&str], out: &mut Emitter) {
        if out.wants_extras()
            && let Some(block) = self.block(spot.output, out)
        {
            out.extras_of(Scope::Block(block), json, known);
        }
    }
}

/// The place of the next part of an output, where the wire does not number it.
fn next(output: u64, out: &Emitter) -> At {
    let last = out.last_part_of(output, List::Content);
    At::part(output, List::Content, last.map_or(UNNUMBERED, |last| last.saturating_add(1).max(UNNUMBERED)))
}
