//! Reasoning between tags inside the text.

use alloc::string::String;

use crate::dialect::{Oddities, Tags};
use crate::emitter::{Channel, Emitter};
use crate::event::ReasoningForm;
use crate::json::Edges;

/// Splits the text of one choice. Tags are looked for where they can stand: an opening one at the beginning of the
/// text or right behind a closing one, blanks aside; a closing one inside reasoning. Of a fragment that may end in the
/// middle of a tag only that much is held back.
///
/// The tags themselves are not given out. Blanks before an opening tag are reasoning, blanks behind a closing one are
/// text. A second opening tag inside reasoning is part of it: the first closing tag ends it.
#[derive(Debug, Default)]
pub(super) struct Split {
    place: Place,
    /// The end of what has come, where it may be part of a tag.
    held: String,
    spare: String,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Where an opening tag may stand.
    #[default]
    Before,
    /// Inside the reasoning of this pair of tags.
    Inside(usize),
    /// In the answer: nothing is looked for.
    Behind,
}

const REASONING: Channel = Channel::Reasoning(ReasoningForm::Full);

impl Split {
    pub(super) fn new(oddities: &Oddities) -> Self {
        let begins_inside = oddities.begins_in_reasoning && !oddities.reasoning_tags.is_empty();
        Self { place: if begins_inside { Place::Inside(0) } else { Place::Before }, ..Self::default() }
    }

    pub(super) fn append(&mut self, tags: &[Tags], choice: u32, text: &str, edges: Edges, out: &mut Emitter) {
        if tags.is_empty() || matches!(self.place, Place::Behind) {
            return out.append_decoded(choice, Channel::Text, text, edges);
        }
        if self.held.is_empty() {
            return self.split(tags, choice, text, edges, out);
        }
        // Two buffers that take turns: what is held back may be held back again.
        let spare = core::mem::take(&mut self.spare);
        let mut joined = core::mem::replace(&mut self.held, spare);
        joined.push_str(text);
        self.split(tags, choice, &joined, edges, out);
        joined.clear();
        joined.shrink_to(SPARE_BYTES);
        self.spare = joined;
    }

    /// Nothing of a tag can come any more, or something else comes: what is held back is no tag.
    pub(super) fn flush(&mut self, choice: u32, out: &mut Emitter) {
        if self.held.is_empty() {
            return;
        }
        let held = core::mem::take(&mut self.held);
        let channel = match self.place {
            Place::Inside(_) => REASONING,
            Place::Before | Place::Behind => Channel::Text,
        };
        if !held.trim_start().is_empty() && matches!(self.place, Place::Before) {
            self.place = Place::Behind;
        }
        out.append_decoded(choice, channel, &held, Edges::default());
    }

    pub(super) fn retained(&self) -> usize {
        self.held.capacity() + self.spare.capacity()
    }

    fn split(&mut self, tags: &[Tags], choice: u32, text: &str, edges: Edges, out: &mut Emitter) {
        let mut rest = text;
        // The halves at the edges belong to the first and the last piece that goes out.
        let mut low = Edges { high: None, ..edges };
        loop {
            let piece = match self.place {
                Place::Before => self.before(tags, rest, edges.high.is_some()),
                Place::Inside(pair) => self.inside(tags.get(pair), rest, edges.high.is_some()),
                Place::Behind => Piece { len: rest.len(), skip: 0, channel: Channel::Text, is_last: true },
            };
            let (said, after) = rest.split_at_checked(piece.len).unwrap_or((rest, ""));
            let mut at = core::mem::take(&mut low);
            if piece.is_last {
                at.high = edges.high;
            }
            out.append_decoded(choice, piece.channel, said, at);
            let after = after.get(piece.skip..).unwrap_or_default();
            if piece.is_last {
                self.held.push_str(after);
                return;
            }
            if matches!(self.place, Place::Before) {
                // A closing tag: the reasoning is over.
                out.end_reasoning(choice);
            }
            rest = after;
        }
    }

    /// Looks for an opening tag.
    fn before(&mut self, tags: &[Tags], rest: &str, ends_in_half: bool) -> Piece {
        let word = rest.trim_start();
        let blanks = rest.len() - word.len();
        for (pair, tags) in tags.iter().enumerate() {
            if is_tag(&tags.open) && word.starts_with(&*tags.open) {
                self.place = Place::Inside(pair);
                return Piece { len: blanks, skip: tags.open.len(), channel: REASONING, is_last: false };
            }
        }
        let may_be_tag = word.is_empty() || tags.iter().any(|tags| is_tag(&tags.open) && tags.open.starts_with(word));
        if may_be_tag && !ends_in_half && blanks <= BLANKS_MOST {
            return Piece { len: 0, skip: 0, channel: Channel::Text, is_last: true };
        }
        self.place = Place::Behind;
        Piece { len: rest.len(), skip: 0, channel: Channel::Text, is_last: true }
    }

    /// Looks for the closing tag.
    fn inside(&mut self, tags: Option<&Tags>, rest: &str, ends_in_half: bool) -> Piece {
        let Some(close) = tags.map(|tags| &*tags.close).filter(|close| is_tag(close)) else {
            return Piece { len: rest.len(), skip: 0, channel: REASONING, is_last: true };
        };
        if let Some(at) = rest.find(close) {
            self.place = Place::Before;
            return Piece { len: at, skip: close.len(), channel: REASONING, is_last: false };
        }
        let held = if ends_in_half { 0 } else { prefix_at_end(rest, close) };
        Piece { len: rest.len() - held, skip: 0, channel: REASONING, is_last: true }
    }
}

/// A piece of a fragment: `len` bytes go out, `skip` bytes are a tag. Behind the last one the rest is held back.
struct Piece {
    len: usize,
    skip: usize,
    channel: Channel,
    is_last: bool,
}

/// How many bytes at the end of `text` are the beginning of `tag`.
fn prefix_at_end(text: &str, tag: &str) -> usize {
    let most = text.len().min(tag.len() - 1);
    (1..=most).rev().find(|len| text.as_bytes().ends_with(&tag.as_bytes()[..*len])).unwrap_or(0)
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= TAG_BYTES_MOST
}

/// A tag is a word or two.
const TAG_BYTES_MOST: usize = 64;

/// More blanks than this before a tag make a text of it.
const BLANKS_MOST: usize = 64;

/// Room that is kept for joining what was held back with what comes.
const SPARE_BYTES: usize = 1024;
