//! The items of a response: which one a frame is about.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::tools::{self, Tool};
use super::wire::Place;
use crate::emitter::{At, Channel, Digest, Emitter, Fragment, List};
use crate::event::LimitKind;

/// What an item is, as far as its frames are read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Reasoning,
    /// A call, whoever runs it.
    Tool(&'static Tool),
    /// What the client, or a program of the provider's, gave a call.
    Output,
    Approval,
    Compaction,
    Other,
}

impl Kind {
    pub(super) fn of(wire: &str) -> Self {
        match wire {
            "message" => Self::Message,
            "reasoning" => Self::Reasoning,
            "mcp_approval_request" => Self::Approval,
            "compaction" => Self::Compaction,
            _ => match tools::find(wire) {
                Some(tool) => Self::Tool(tool),
                None if wire.ends_with("_output") => Self::Output,
                None => Self::Other,
            },
        }
    }

    /// A name for each kind: the type's own where it has one.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reasoning => "reasoning",
            Self::Tool(tool) => tool.wire,
            Self::Output => "output",
            Self::Approval => "mcp_approval_request",
            Self::Compaction => "compaction",
            Self::Other => "",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// The first id that the wire gave it.
    id: Option<Box<str>>,
    /// Its id and its call id, as hashes.
    ids: [Option<u64>; 2],
    /// The wire has given it whole: what a snapshot says of it later is dropped.
    pub(super) is_done: bool,
    /// A part that was never announced: numbers that grow behind it mean the same part.
    pub(super) unannounced: Option<(List, u64)>,
    /// All of that part was said again: more text is that of another.
    pub(super) is_bounded: bool,
}

/// All items so far, by number. Those that the wire does not number have numbers above [`UNNUMBERED`].
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Each in a box of its own: a map has room for many, and most responses have few.
    table: BTreeMap<u64, Box<Item>>,
    by_id: BTreeMap<u64, u64>,
    /// The item of a type that was touched last.
    last: Vec<(&'static str, u64)>,
    unnumbered: u64,
    /// Of the ids that are kept.
    id_bytes: usize,
}

/// Beyond what [`At::item`] shows.
const UNNUMBERED: u64 = 1 << 32;

fn hash(id: Option<Fragment<'_>>) -> Option<u64> {
    let id = id.filter(|id| !id.is_empty())?;
    Some(Digest::number(id.borrow(&mut String::new())))
}

/// An item's id and its call id, which a call and its output share.
fn hashes(kind: Kind, [id, call_id]: [Option<Fragment<'_>>; 2]) -> [Option<u64>; 2] {
    let call = hash(call_id).map(|call| call ^ Digest::number(kind.name()));
    [hash(id), call]
}

impl Items {
    pub(super) fn get(&self, number: u64) -> Option<&Item> {
        self.table.get(&number).map(Box::as_ref)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Item> {
        self.table.get_mut(&number).map(Box::as_mut)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn retained(&self) -> usize {
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        2 * (self.table.len() * size_of::<(u64, Item)>()
            + self.by_id.len() * size_of::<(u64, u64)>()
            + self.last.len() * size_of::<(&str, u64)>())
            + self.id_bytes
    }

    /// The item that a frame about one of this kind means; it begins here if it is new. None at a limit.
    ///
    /// Its number decides; without one the id, and where ids change from frame to frame the last open item of the kind.
    #[inline]
    pub(super) fn meant(&mut self, data: &str, place: &Place, kind: Kind, out: &mut Emitter) -> Option<u64> {
        let id = place.item_id.map(|id| Fragment::json(data, id));
        if let Some(number) = place.output_index {
            if !self.table.contains_key(&number) {
                self.begin(number, kind, out)?;
                self.name(number, id, out);
            }
            return Some(number);
        }
        let known = hash(id).and_then(|id| self.by_id.get(&id).copied()).or_else(|| self.open_of(kind));
        match known {
            Some(number) => Some(number),
            None => {
                let number = self.begin_unnumbered(kind, out)?;
                self.identify(number, kind, [id, None], out);
                Some(number)
            }
        }
    }

    /// The last item of a kind, while it is not done.
    fn open_of(&self, kind: Kind) -> Option<u64> {
        let (_, number) = *self.last.iter().find(|(name, _)| *name == kind.name())?;
        self.table.get(&number).filter(|item| !item.is_done)?;
        Some(number)
    }

    /// There are as many types as have names of their own.
    fn touch(&mut self, kind: Kind, number: u64) {
        match self.last.iter_mut().find(|(name, _)| *name == kind.name()) {
            Some((_, last)) => *last = number,
            None => {
                self.last.reserve_exact(1);
                self.last.push((kind.name(), number));
            }
        }
    }

    pub(super) fn begin_unnumbered(&mut self, kind: Kind, out: &mut Emitter) -> Option<u64> {
        self.unnumbered += 1;
        self.begin(UNNUMBERED + self.unnumbered, kind, out)
    }

    pub(super) fn begin(&mut self, number: u64, kind: Kind, out: &mut Emitter) -> Option<u64> {
        if !self.table.contains_key(&number) {
            if self.table.len() >= out.limits().blocks as usize {
                out.limit(LimitKind::Blocks);
                return None;
            }
            let item = Item { kind, id: None, ids: [None; 2], is_done: false, unannounced: None, is_bounded: false };
            self.table.insert(number, Box::new(item));
            self.touch(kind, number);
        }
        Some(number)
    }

    /// The first id of an item stands.
    fn name(&mut self, number: u64, id: Option<Fragment<'_>>, out: &Emitter) {
        let Some(item) = self.table.get_mut(&number).filter(|item| item.id.is_none()) else { return };
        let Some(id) = id.filter(|id| !id.is_empty()) else { return };
        let mut decoded = String::new();
        let id = id.borrow(&mut decoded);
        if self.id_bytes + id.len() <= out.limits().identity_bytes {
            self.id_bytes += id.len();
            item.id = Some(id.into());
        }
    }

    /// What an item is; `otherwise` where it was never announced.
    pub(super) fn kind(&self, number: u64, otherwise: Kind) -> Kind {
        self.get(number).map_or(otherwise, |item| item.kind)
    }

    /// The id that an item's blocks are given.
    pub(super) fn id(&self, number: u64) -> Option<Fragment<'_>> {
        self.get(number)?.id.as_deref().map(Fragment::from)
    }

    /// What an item's own frame says it is.
    pub(super) fn identify(&mut self, number: u64, kind: Kind, ids: [Option<Fragment<'_>>; 2], out: &Emitter) {
        self.name(number, ids[0], out);
        let Some(item) = self.table.get_mut(&number) else { return };
        item.kind = kind;
        for (known, id) in item.ids.iter_mut().zip(hashes(kind, ids)) {
            if let Some(id) = id {
                known.get_or_insert(id);
                self.by_id.insert(id, number);
            }
        }
        self.touch(kind, number);
        // Ids that change each time are not worth more room than the items themselves.
        if self.by_id.len() > 4 * self.table.len() {
            let table = &self.table;
            self.by_id.retain(|id, number| table.get(number).is_some_and(|item| item.ids.contains(&Some(*id))));
        }
    }

    /// The item that a done item without a number means: the one of its id, else the first open one of its kind.
    pub(super) fn done(&self, kind: Kind, ids: [Option<Fragment<'_>>; 2]) -> Option<u64> {
        let by_id = |id: Option<u64>| self.by_id.get(&id?).copied();
        hashes(kind, ids).into_iter().rev().find_map(by_id).or_else(|| {
            let mut open = self.table.iter().filter(|(_, item)| item.kind == kind && !item.is_done);
            open.next().map(|(number, _)| *number)
        })
    }

    /// The items of a call id and of an id.
    pub(super) fn of_ids(&self, kind: Kind, ids: [Option<Fragment<'_>>; 2]) -> [Option<u64>; 2] {
        let [id, call] = hashes(kind, ids).map(|id| self.by_id.get(&id?).copied());
        [call, id]
    }

    /// The numbers of the items of a kind, without those that are `taken`.
    pub(super) fn of_kind(&self, kind: Kind, taken: &BTreeSet<u64>) -> BTreeSet<u64> {
        let like = self.table.iter().filter(|(number, item)| item.kind == kind && !taken.contains(number));
        like.map(|(number, _)| *number).collect()
    }

    /// Whether no item has this number.
    pub(super) fn is_free(&self, number: u64) -> bool {
        !self.table.contains_key(&number)
    }

    /// Where a part of an item is. Numbers that were never announced, and grow with each fragment, mean the part that
    /// the first of them opened, while it takes what comes.
    pub(super) fn part(
        &self,
        number: u64,
        (list, part): (List, Option<u64>),
        channel: Option<Channel>,
        out: &Emitter,
    ) -> At {
        let place = |part| At::part(number, list, part);
        let fits = |at| channel.map_or_else(|| out.is_open_at(at), |channel| out.takes(at, channel));
        let unannounced = || {
            let item = self.get(number)?;
            let (known, part) = item.unannounced?;
            // Of a part whose text was said again only its end comes under yet another number.
            let is_over = item.is_bounded && channel.is_some();
            (known == list && !is_over && fits(place(part))).then_some(part)
        };
        place(match part {
            Some(part) if out.has_begun(place(part)) => part,
            Some(part) => unannounced().unwrap_or(part),
            None => out.last_part_of(number, list).unwrap_or(0),
        })
    }

    /// The wire says where a part ends: what follows is another.
    pub(super) fn bound(&mut self, number: u64) {
        if let Some(item) = self.table.get_mut(&number) {
            item.is_bounded = true;
        }
    }
}
