//! What steps consist of: texts, thoughts, pictures, sounds, files.

use super::steps::{Piece, Sort, Step, Steps, THOUGHT};
use super::wire::{ITEM_FIELDS, Item, fragment};
use crate::emitter::{Channel, Emitter, Fragment, Span};
use crate::event::{Action, AnomalyKind, BlockId, BlockKind, Part, Scope};
use crate::json::{Error, elements};

impl Steps {
    /// A part of the answer begins, or a list of them. Texts are held back: deltas go on from them, or repeat them.
    pub(super) fn start_output(
        &mut self,
        number: u64,
        (json, whole): (&str, &str),
        item: &Item,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        if item.word(json, &mut [0; 32]) != "model_output" {
            // Before there were steps: the part itself.
            return self.hold_part(number, (json, whole), item, out);
        }
        let Some(content) = item.content.map(|raw| raw.of(json)) else { return Ok(()) };
        let depth = out.limits().json_depth;
        elements(content, depth, |_, part| {
            if part.starts_with('{') {
                self.hold_part(number, (part, part), &Item::of(part, depth)?, out)?;
            }
            Ok(())
        })
    }

    fn hold_part(
        &mut self,
        number: u64,
        (json, whole): (&str, &str),
        item: &Item,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        let Some((step, _)) = self.known_or(number, Sort::Output, out) else { return Ok(()) };
        let mut short = [0; 32];
        match item.word(json, &mut short) {
            "text" => {
                let Some(block) = step.begin(number, BlockKind::Text, out) else { return Ok(()) };
                (step.piece, step.text) = (Some(Piece::Words), Some(step.at(number)));
                if let Some(text) = fragment(json, item.text) {
                    out.hold(block, text, false);
                }
                out.extras_of(Scope::Block(block), whole, ITEM_FIELDS);
                self.annotate(number, json, item, out)
            }
            // What it is is said again by what comes of it.
            "image" | "audio" | "video" | "document" if item.data.is_none() && item.uri.is_none() => Ok(()),
            "image" | "audio" | "video" | "document" => {
                self.say_media(number, (json, whole), item, out);
                Ok(())
            }
            _ => {
                let kind = BlockKind::other(out.text(item.wire_type(json)));
                if let Some(block) = step.begin(number, kind, out) {
                    step.piece = Some(Piece::Whole);
                    out.put(block, Part::Json, whole.into());
                }
                Ok(())
            }
        }
    }

    /// A thought begins, with what its start has of the summary.
    pub(super) fn start_thought(
        &mut self,
        number: u64,
        json: &str,
        item: &Item,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        let Some((step, _)) = self.known_or(number, Sort::Thought, out) else { return Ok(()) };
        let Some(block) = step.begin(number, THOUGHT.kind(), out) else { return Ok(()) };
        let Some(summary) = item.summary.map(|raw| raw.of(json)) else { return Ok(()) };
        let depth = out.limits().json_depth;
        let mut is_first = true;
        elements(summary, depth, |_, part| {
            if !part.starts_with('{') {
                return Ok(());
            }
            let item = Item::of(part, depth)?;
            match fragment(part, item.text) {
                Some(text) if core::mem::replace(&mut is_first, false) => out.hold(block, text, false),
                Some(text) => self.append(number, THOUGHT, text, out),
                None if item.text.is_some() => {}
                None => self.say_media(number, (part, part), &item, out),
            }
            Ok(())
        })
    }

    /// More of the summary of a thought: a piece of content, of which a text goes on.
    #[inline]
    pub(super) fn say_thought(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) -> Result<(), Error> {
        let content = item.content.map_or("", |raw| raw.of(json));
        if content.starts_with('{') {
            let inner = Item::of(content, out.limits().json_depth)?;
            match fragment(content, inner.text) {
                Some(text) => self.append(number, THOUGHT, text, out),
                None if inner.text.is_some() => {}
                None => self.say_media(number, (content, content), &inner, out),
            }
        } else if let Some(text) = Fragment::value(content).or_else(|| fragment(json, item.text)) {
            self.append(number, THOUGHT, text, out);
        }
        Ok(())
    }

    /// A picture, a sound or a file, or a piece of a sound. `json` is what `item` was read from, `whole` the item.
    pub(super) fn say_media(&mut self, number: u64, (json, whole): (&str, &str), item: &Item, out: &mut Emitter) {
        let Some((step, is_new)) = self.known_or(number, Sort::Output, out) else { return };
        if !step.sort.has_parts() {
            return self.say_other(number, (json, whole), item, out);
        }
        let (kind, piece) = match item.word(json, &mut [0; 32]) {
            "image" => (BlockKind::Image, Piece::Whole),
            "audio" => (BlockKind::Audio, Piece::Sound),
            "video" | "document" => (BlockKind::File, Piece::Whole),
            _ => (BlockKind::other(out.text(item.wire_type(json))), Piece::Whole),
        };
        let Some(block) = step.media(number, kind, (piece, is_new), out) else { return };
        if matches!(kind, BlockKind::Other { .. }) {
            return out.put(block, Part::Json, whole.into());
        }
        if let Some(format) = fragment(json, item.mime_type) {
            out.set(block, Part::Format, format);
        }
        if let Some(data) = fragment(json, item.data) {
            out.put(block, Part::Base64, data);
        }
        if item.uri.is_some() {
            out.put(block, Part::Json, whole.into());
        } else {
            out.extras_of(Scope::Block(block), whole, ITEM_FIELDS);
        }
    }

    /// References of a text: of the last one of the step, or the whole answer's sources.
    pub(super) fn annotate(&self, number: u64, json: &str, item: &Item, out: &mut Emitter) -> Result<(), Error> {
        let Some(annotations) = item.annotations.map(|raw| raw.of(json)) else { return Ok(()) };
        let text = self.get(number).and_then(|step| step.text).and_then(|at| out.block_at(at));
        elements(annotations, out.limits().json_depth, |_, annotation| {
            match text {
                _ if !annotation.starts_with('{') => {}
                Some(block) => out.cite_once(block, annotation),
                None => out.source(0, annotation),
            }
            Ok(())
        })
    }

    /// The seal of a step, wherever it stands.
    pub(super) fn seal(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) {
        if let Some(signature) = fragment(json, item.signature)
            && let Some(block) = self.block_of(number, out)
        {
            out.set(block, Part::Signature, signature);
        }
    }

    /// A frame that is nothing but the seal of a thought.
    pub(super) fn say_seal(&mut self, number: u64, json: &str, item: &Item, out: &mut Emitter) {
        let Some((step, _)) = self.known_or(number, Sort::Thought, out) else { return };
        let at = step.at(number);
        if self.block_of(number, out).is_none() {
            out.block_or(at, THOUGHT.kind());
        }
        self.seal(number, json, item, out);
    }

    /// A delta that nothing is known of: data of its step, or a block of its own.
    pub(super) fn say_other(&mut self, number: u64, (json, whole): (&str, &str), item: &Item, out: &mut Emitter) {
        let Some((step, _)) = self.known_or(number, Sort::Other, out) else { return };
        let (sort, at) = (step.sort, step.at(number));
        let known = out.block_at(at).or_else(|| self.block_of(number, out));
        let block = match known {
            Some(block) => Some(block),
            None => {
                let kind = BlockKind::other(out.text(item.wire_type(json)));
                // A part of the answer needs no start of its own.
                if sort == Sort::Output { out.start_at(at, None, kind) } else { out.block_or(at, kind) }
            }
        };
        if let Some(block) = block {
            out.put(block, Part::Json, whole.into());
        }
    }
}

impl Step {
    /// The block of a picture, a sound or a file: the one at hand where a sound goes on, else a new one.
    fn media(
        &mut self,
        number: u64,
        kind: BlockKind<Span>,
        (piece, is_new): (Piece, bool),
        out: &mut Emitter,
    ) -> Option<BlockId> {
        let at = self.at(number);
        if piece == Piece::Sound && self.piece == Some(Piece::Sound) {
            return out.block_at(at);
        }
        self.piece = Some(piece);
        if is_new {
            return out.block_or(at, kind);
        }
        let block = self.begin(number, kind, out)?;
        if !self.is_open {
            out.anomaly(AnomalyKind::DeltaAfterEnd, Action::Opened, Some(block));
        }
        Some(block)
    }
}

/// Text, or what reads like it by the step that it is of.
pub(super) fn channel_of(step: Option<&Step>) -> Channel {
    if step.is_some_and(|step| step.sort == Sort::Thought) { THOUGHT } else { Channel::Text }
}
