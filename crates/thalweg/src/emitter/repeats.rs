//! What a wire repeats and an event says once: fields that the model has no place for, seals, sources.

use alloc::collections::BTreeMap;

use super::digest::Digest;
use super::{Emitter, Fragment, Span};
use crate::event::{BlockClose, BlockId, BlockKind, EventOf, Part, Place, Scope};
use crate::json::{Error, Reader, elements};

/// What was last said of what repeats. Each kind has a memory of its own, so that none is lost to another.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    pub(super) wants_extras: bool,
    extras: Last,
    seals: Last,
    sources: Last,
}

/// The last value of each field, as hashes.
#[derive(Debug, Default)]
struct Last(BTreeMap<u64, u64>);

impl Repeats {
    pub(super) fn retained(&self) -> usize {
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        [&self.extras, &self.seals, &self.sources].map(|last| last.0.len() * 2 * size_of::<(u64, u64)>()).iter().sum()
    }
}

impl Last {
    /// Whether `field` has another value than it last had. Beyond `most` of them none is remembered: all are new.
    fn is_new(&mut self, field: u64, value: u64, most: usize) -> bool {
        if self.0.get(&field) == Some(&value) {
            return false;
        }
        if self.0.len() < most || self.0.contains_key(&field) {
            self.0.insert(field, value);
        }
        true
    }
}

impl Emitter {
    /// Whether fields without a place in the model are given at all. Ask before you collect them.
    #[inline]
    #[must_use]
    pub const fn wants_extras(&self) -> bool {
        self.repeats.wants_extras
    }

    /// A field of a known frame that the model has no place for, as often as the wire repeats it: an event is given
    /// when its value changes, and where extras are wanted. `json` is its value, verbatim.
    pub fn extra(&mut self, scope: Scope, name: Fragment<'_>, json: &str) {
        if !self.repeats.wants_extras || self.is_over_limit() {
            return;
        }
        let name = self.text(name);
        let field = Digest::of(self.arena.get(name));
        let (kind, number) = match scope {
            Scope::Response => (0, 0),
            Scope::Choice(choice) => (1, choice),
            Scope::Block(block) => (2, u32::try_from(block.index()).unwrap_or(u32::MAX)),
        };
        let most = self.limits.blocks as usize;
        if self.repeats.extras.is_new(field.with(kind, number), Digest::number(json), most) {
            let json = self.text(json.into());
            self.slots.push(EventOf::Extra { scope, name, json });
        }
    }

    /// The fields of an object of the wire that the model has no place for: all but the `known` ones.
    pub fn extras_of(&mut self, scope: Scope, object: &str, known: &[&str]) {
        if !self.repeats.wants_extras {
            return;
        }
        let json = &mut Reader::new(object, self.limits.json_depth);
        let mut members = || -> Result<(), Error> {
            json.object()?;
            while let Some(key) = json.key()? {
                let value = json.skip()?.of(object);
                if !known.contains(&key.name(object, &mut [0; 32])) {
                    self.extra(scope, Fragment::json(object, key), value);
                }
            }
            Ok(())
        };
        // What is no object has no fields; what a frame holds was validated with it.
        let _ = members();
    }

    /// A part of a block, with its text. `part` makes it, such as [`Part::Json`].
    pub fn put(&mut self, block: BlockId, part: fn(Span) -> Part<Span>, value: Fragment<'_>) {
        let span = self.text(value);
        self.data(block, part(span));
    }

    /// A part of a block that the wire says again: given when its value changes. `part` makes it,
    /// such as [`Part::Signature`].
    pub fn set(&mut self, block: BlockId, part: fn(Span) -> Part<Span>, value: Fragment<'_>) {
        let span = self.text(value);
        let part = part(span);
        let field = Digest::of(match part {
            Part::Signature(_) => "signature",
            Part::Encrypted(_) => "encrypted",
            Part::Format(_) => "format",
            Part::Status(_) => "status",
            Part::Json(_) => "json",
            _ => return self.data(block, part),
        });
        let number = u32::try_from(block.index()).unwrap_or(u32::MAX);
        let value = Digest::number(self.arena.get(span));
        if self.repeats.seals.is_new(field.with(3, number), value, self.limits.blocks as usize) {
            self.data(block, part);
        }
    }

    /// A citation of a block.
    pub fn cite(&mut self, block: BlockId, json: &str) {
        self.blocks.count_citation(block);
        self.put(block, Part::Citation, json.into());
    }

    /// The same, as often as the wire repeats it: given once.
    pub fn cite_once(&mut self, block: BlockId, json: &str) {
        let number = u32::try_from(block.index()).unwrap_or(u32::MAX);
        let field = Digest::of(json).with(5, number);
        if self.repeats.sources.is_new(field, 0, self.limits.blocks as usize) {
            self.cite(block, json);
        }
    }

    /// All citations of a block, of which the first may have come: a list that was validated. What is no list is none,
    /// and neither is a `null` in it.
    pub fn cite_all(&mut self, block: BlockId, list: &str) {
        let known = self.blocks.get(block).map_or(0, |block| block.cited);
        let depth = self.limits.json_depth;
        let mut nth = 0;
        // What was validated cannot fail here.
        let _ = elements(list, depth, |_, citation| {
            if citation != "null" {
                if nth >= known {
                    self.cite(block, citation);
                }
                nth += 1;
            }
            Ok(())
        });
    }

    /// A source of the whole answer, as often as the wire repeats it: a block of its own, once.
    pub fn source(&mut self, choice: u32, json: &str) {
        let field = Digest::of(json);
        if self.repeats.sources.is_new(field.with(4, choice), 0, self.limits.blocks as usize) {
            let Some(block) = self.open(choice, Place::nowhere(), BlockKind::Source) else { return };
            self.put(block, Part::Citation, json.into());
            self.end_block(block, BlockClose::Complete);
        }
    }
}
