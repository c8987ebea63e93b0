//! The outputs of a response: which one a frame is about.

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::emitter::{Digest, Emitter, Fragment};
use crate::event::LimitKind;

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Message,
    Call,
    Execution,
    Handoff,
}

impl Kind {
    /// Outputs of this kind may share a number: their ids tell them apart.
    const fn goes_by_id(self) -> bool {
        matches!(self, Self::Call | Self::Execution)
    }
}

#[derive(Clone, Copy, Debug)]
struct Output {
    kind: Kind,
    /// Its id, as a hash.
    id: Option<u64>,
}

/// All outputs so far, by number. Those that the wire does not number, or whose number is another's, have numbers from
/// [`UNNUMBERED`] on.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    table: BTreeMap<u64, Output>,
    by_id: BTreeMap<(Kind, u64), u64>,
    /// The output that the last frame of a kind was about.
    last: BTreeMap<Kind, u64>,
    unnumbered: u64,
}

/// Beyond what [`At`](crate::emitter::At) shows.
pub(super) const UNNUMBERED: u64 = 1 << 32;

impl Outputs {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn retained(&self) -> usize {
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        2 * (self.table.len() * size_of::<(u64, Output)>()
            + self.by_id.len() * size_of::<((Kind, u64), u64)>()
            + self.last.len() * size_of::<(Kind, u64)>())
    }

    /// The output that a frame about one of this kind means; it begins here if it is new. None at a limit.
    #[inline]
    pub(super) fn meant(
        &mut self,
        kind: Kind,
        index: Option<u64>,
        id: Option<Fragment<'_>>,
        out: &mut Emitter,
    ) -> Option<u64> {
        if let Some(index) = index.filter(|_| !kind.goes_by_id())
            && self.table.get(&index).is_some_and(|known| known.kind == kind)
        {
            return Some(index);
        }
        let id = id.map(|id| Digest::number(id.borrow(&mut String::new())));
        let by_id = id.and_then(|id| self.by_id.get(&(kind, id)).copied());
        let by_index = index.filter(|index| self.may_be(*index, kind, id));
        let last = || self.last.get(&kind).copied().filter(|_| id.is_none() && index.is_none());
        let number = match by_id.or(by_index).or_else(last) {
            Some(number) => number,
            None => {
                self.unnumbered += 1;
                UNNUMBERED + self.unnumbered
            }
        };
        self.begin(number, kind, id, out)
    }

    /// Whether an output of this kind and id can have this number: it is free, or its own.
    fn may_be(&self, index: u64, kind: Kind, id: Option<u64>) -> bool {
        self.table.get(&index).is_none_or(|known| {
            let is_same_id = known.id.is_none() || id.is_none() || known.id == id;
            known.kind == kind && is_same_id
        })
    }

    fn begin(&mut self, number: u64, kind: Kind, id: Option<u64>, out: &mut Emitter) -> Option<u64> {
        if !self.table.contains_key(&number) && self.table.len() >= out.limits().blocks as usize {
            out.limit(LimitKind::Blocks);
            return None;
        }
        let known = self.table.entry(number).or_insert(Output { kind, id: None });
        // The first id of an output stands, so that there are no more ids than outputs.
        if let Some(id) = id.filter(|_| known.id.is_none()) {
            known.id = Some(id);
            self.by_id.insert((kind, id), number);
        }
        self.last.insert(kind, number);
        Some(number)
    }
}
