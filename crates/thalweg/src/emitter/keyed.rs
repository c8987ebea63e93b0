//! Blocks of wires that say where each begins and ends, and number them: Responses, Messages.
//!
//! A block is found by where the wire puts it ([`At`]), never by an id: ids change from frame to frame on some
//! servers. What a start frame already holds of a block is held back until its first delta, which says more. Such
//! wires have one choice, number 0.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::blocks::Family;
use super::choices::Channel;
use super::digest::Digest;
use super::{Emitter, Fragment, Key, Span};
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, EventOf, Id, InputForm, LimitKind, Part, Place, Wide,
};
use crate::json::{self, Error, Reader};

/// The one choice of these wires.
const ONLY: u32 = 0;

/// Where a wire puts a block: an item, and a part of one of its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    item: u64,
    list: List,
    part: u64,
}

/// The lists that an item may have parts in, each numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum List {
    /// The item itself: it has no parts.
    Whole,
    /// Its content.
    Content,
    /// Summaries of its content.
    Summary,
    /// What came of it.
    Result,
}

impl At {
    /// An item without parts. Numbers from 2^32 on are for items that the wire does not number: they are not shown.
    #[must_use]
    pub const fn item(item: u64) -> Self {
        Self { item, list: List::Whole, part: 0 }
    }

    /// A number for one that is none (a string, a fraction): told apart by its text alone, and not shown.
    #[must_use]
    pub fn odd_number(text: &str) -> u64 {
        Digest::number(text) | 1 << 63
    }

    /// The item that the next value of `json` is the number of, none for null and "". Numbers come as strings from some.
    pub fn read(json: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        let raw = json.skip()?.of(json.source());
        let text = raw.trim_matches('"');
        Ok(match json::count(text) {
            _ if matches!(text, "" | "null") => None,
            Some(item) => Some(Self::item(item)),
            None => Some(Self::item(Self::odd_number(text))),
        })
    }

    /// The item's number, where it is one that is shown.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        if self.item >> 32 == 0 { Some(self.item) } else { None }
    }

    /// A part of an item.
    #[must_use]
    pub const fn part(item: u64, list: List, part: u64) -> Self {
        Self { item, list, part }
    }

    /// Whether it is one of the first `parts` of its list.
    #[must_use]
    pub const fn is_below(self, parts: u64) -> bool {
        self.part < parts
    }

    fn place(self, id: Option<Span>) -> Place<Span> {
        let shown = |n| u32::try_from(n).ok().map(Wide::from);
        let mut place = Place::item(shown(self.item));
        place.part = matches!(self.list, List::Content | List::Summary).then(|| shown(self.part)).flatten();
        place.id = id;
        place
    }

    /// The range of an item's places.
    fn all_of(item: u64) -> core::ops::RangeInclusive<Self> {
        Self { item, list: List::Whole, part: 0 }..=Self { item, list: List::Result, part: u64::MAX }
    }
}

/// What is at a place.
#[derive(Clone, Copy, Debug)]
struct Seat {
    what: What,
    /// Its kind and its id, as a hash.
    kind: u64,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Block(BlockId),
    /// A call, which may not have started: its name has not come.
    Call(usize),
}

/// Content of a start frame.
#[derive(Debug)]
pub(super) struct Held {
    text: Box<str>,
    /// Deltas replace it. Else they go on where it ends, or repeat it.
    is_replaced: bool,
    /// How much of it deltas have repeated.
    repeated: usize,
}

#[derive(Debug, Default)]
pub(super) struct Keyed {
    table: BTreeMap<At, Seat>,
    /// The open block that the last delta went to: they come in runs.
    last: Option<(At, BlockId)>,
    held: BTreeMap<BlockId, Held>,
    held_bytes: usize,
}

impl Keyed {
    pub(super) fn retained(&self) -> usize {
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        self.table.len() * 2 * size_of::<(At, Seat)>()
            + self.held.len() * 2 * size_of::<(BlockId, Held)>()
            + self.held_bytes
    }

    /// A block has ended.
    pub(super) fn forget(&mut self, block: BlockId) {
        self.last = self.last.filter(|(_, last)| *last != block);
    }
}

impl Emitter {
    /// The wire starts a block. None when the choice is over or a limit is reached, or for a call without a name: that
    /// starts when its name comes ([`name_at`](Self::name_at)).
    ///
    /// A block that is open at the same place ends; the same start again is dropped.
    pub fn start_at(&mut self, at: At, id: Option<Fragment<'_>>, kind: BlockKind<Span>) -> Option<BlockId> {
        let slot = self.content_slot(ONLY)?;
        let hash = self.hash_of(&kind);
        match self.keyed.table.get(&at).copied() {
            Some(Seat { what: What::Call(call), .. }) if self.calls.block_of(call).is_none() => {
                if let BlockKind::ToolCall { id, name, .. } = kind {
                    return self.name_call(call, wire(id), Some(name));
                }
                // What came before its start was taken for a client's call.
                let held = self.abandon(call);
                let block = self.open_at(slot, at, id, kind)?;
                self.give(block, held.as_str().into());
                return Some(block);
            }
            Some(seat) => {
                let block = self.seated(seat.what)?;
                let is_open = self.is_open(block);
                if is_open && seat.kind == hash && self.is_blank(block) {
                    self.anomaly(AnomalyKind::StartRepeated, Action::Dropped, Some(block));
                    return Some(block);
                }
                let action = if is_open { Action::Closed } else { Action::Opened };
                self.anomaly(AnomalyKind::StartRepeated, action, Some(block));
                self.end_block(block, BlockClose::Implied);
            }
            None => {}
        }
        self.open_at(slot, at, id, kind)
    }

    /// Opens what the wire did not announce, or what it goes on with after its end.
    fn open_late(
        &mut self,
        at: At,
        id: Option<Fragment<'_>>,
        kind: BlockKind<Span>,
        known: Option<BlockId>,
    ) -> Option<BlockId> {
        let slot = self.content_slot(ONLY)?;
        let what = match known {
            None => AnomalyKind::DeltaWithoutStart,
            Some(block) if self.is_open(block) => {
                self.end_block(block, BlockClose::Implied);
                AnomalyKind::KindMismatch
            }
            Some(_) => AnomalyKind::DeltaAfterEnd,
        };
        let block = self.open_at(slot, at, id, kind);
        self.anomaly(what, Action::Opened, block);
        block
    }

    fn open_at(&mut self, slot: usize, at: At, id: Option<Fragment<'_>>, kind: BlockKind<Span>) -> Option<BlockId> {
        self.note_content(slot);
        let hash = self.hash_of(&kind);
        let kind = self.with_minted(kind);
        if let BlockKind::ToolCall { id, name, form } = kind
            && name.is_empty()
        {
            let key = i64::try_from(at.item).ok().map(Key::index);
            let call = self.new_call(slot, key, form)?;
            self.keyed.table.insert(at, Seat { what: What::Call(call), kind: hash });
            return self.name_call(call, wire(id), None);
        }
        let id = id.filter(|id| !id.is_empty()).map(|id| self.text(id));
        let block = self.open_in(slot, at.place(id), kind)?;
        self.blocks.compare(block);
        self.keyed.table.insert(at, Seat { what: What::Block(block), kind: hash });
        Some(block)
    }

    /// Appends text, reasoning or refusal to the block at a place. Where there is none, or one that cannot take it, one
    /// is opened, and that is said. Empty fragments are nothing.
    #[inline]
    pub fn delta_at(&mut self, at: At, id: Option<Fragment<'_>>, channel: Channel, fragment: Fragment<'_>) {
        if fragment.is_empty() {
            return;
        }
        let fits = |out: &Self, block| out.blocks.takes(block, channel.family());
        let block = match self.keyed.last {
            Some((last, block)) if last == at && fits(self, block) => Some(block),
            _ => match self.block_at(at) {
                Some(block) if fits(self, block) => Some(block),
                known => self.open_late(at, id, channel.kind(), known),
            },
        };
        if let Some(block) = block {
            self.keyed.last = Some((at, block));
            self.give(block, fragment);
        }
    }

    /// Appends to the input of the call at a place. Where there is none, `otherwise` is opened, and that is said. A
    /// client's call without a name holds its input until [`name_at`](Self::name_at).
    pub fn input_at(
        &mut self,
        at: At,
        id: Option<Fragment<'_>>,
        otherwise: BlockKind<Span>,
        fragment: Fragment<'_>,
    ) -> Option<BlockId> {
        if fragment.is_empty() {
            return self.block_at(at);
        }
        let seat = self.keyed.table.get(&at).map(|seat| seat.what);
        let is_waiting = matches!(seat, Some(What::Call(call)) if self.calls.block_of(call).is_none());
        let known = seat.and_then(|what| self.seated(what));
        let block = match known {
            Some(block) if self.blocks.takes(block, Family::Call) => Some(block),
            _ if is_waiting => None,
            known => self.open_late(at, id, otherwise, known),
        };
        if let Some(block) = block {
            self.give(block, fragment);
        } else if let Some(What::Call(call)) = self.keyed.table.get(&at).map(|seat| seat.what) {
            let (span, edges) = self.write(fragment);
            self.take_input(call, span, edges);
        }
        block
    }

    /// The block at a place, open or ended, for what belongs to it and is not its text. Where there is none, `otherwise`
    /// is opened, and that is said.
    pub fn block_or(&mut self, at: At, otherwise: BlockKind<Span>) -> Option<BlockId> {
        self.block_at(at).or_else(|| self.open_late(at, None, otherwise, None))
    }

    /// What a later frame says of the call at a place: its id, its name. A call that waits for its name starts.
    pub fn name_at(&mut self, at: At, id: Option<Fragment<'_>>, name: Option<Fragment<'_>>) -> Option<BlockId> {
        let id = id.filter(|id| !id.is_empty()).map(|id| self.text(id));
        let name = name.filter(|name| !name.is_empty()).map(|name| self.text(name));
        self.name_call(self.call_of(at)?, id, name)
    }

    /// The block of the call at a place; one that waits for its name starts under the name "".
    pub fn call_at(&mut self, at: At) -> Option<BlockId> {
        if let What::Call(call) = self.keyed.table.get(&at)?.what
            && self.calls.block_of(call).is_none()
        {
            self.start_unnamed(call);
        }
        self.block_at(at)
    }

    /// Whether the wire has given the call at a place an id.
    #[must_use]
    pub fn has_call_id(&self, at: At) -> bool {
        self.call_of(at).is_some_and(|call| self.calls.has_id(call))
    }

    pub(super) fn call_of(&self, at: At) -> Option<usize> {
        match self.keyed.table.get(&at)?.what {
            What::Call(call) => Some(call),
            What::Block(block) => self.blocks.get(block)?.call,
        }
    }

    fn name_call(&mut self, call: usize, id: Option<Span>, name: Option<Span>) -> Option<BlockId> {
        let id = id.filter(|id| !id.is_empty());
        if id.is_some_and(|id| self.calls.has_other_id(call, self.arena.get(id))) {
            self.anomaly(AnomalyKind::IdChanged, Action::Dropped, self.calls.block_of(call));
        }
        self.take_id(call, id);
        let name = name.filter(|name| !name.is_empty());
        match (self.calls.block_of(call), name) {
            (None, _) => self.take_name(call, name, false),
            (Some(block), Some(name)) if !self.calls.is_named(call) => {
                // It had to start without.
                let kept = self.keep(name);
                self.calls.set_name(call, kept);
                self.anomaly(AnomalyKind::NameLate, Action::Kept, Some(block));
                self.slots.push(EventOf::BlockData { block, part: Part::Name(name) });
            }
            (block, Some(name)) if self.calls.name_of(call) != Some(self.arena.get(name)) => {
                self.anomaly(AnomalyKind::NameInPieces, Action::Dropped, block);
            }
            _ => {}
        }
        self.calls.block_of(call)
    }

    /// Keeps back what a start frame has of a block's content: given when the block ends, or before its first delta.
    /// Deltas that read the same repeat it; where `is_replaced`, any delta replaces it.
    pub fn hold(&mut self, block: BlockId, content: Fragment<'_>, is_replaced: bool) {
        if content.is_empty() || !self.is_open(block) {
            return;
        }
        let span = self.text(content);
        let text = self.arena.get(span);
        if self.keyed.held_bytes.saturating_add(text.len()) > self.limits.held_bytes {
            self.limit(LimitKind::HeldBytes);
            return;
        }
        self.keyed.held_bytes += text.len();
        let held = Held { text: Box::from(text), is_replaced, repeated: 0 };
        if let Some(before) = self.keyed.held.insert(block, held) {
            self.keyed.held_bytes -= before.text.len();
        }
    }

    fn give(&mut self, block: BlockId, fragment: Fragment<'_>) {
        if let Some(slot) = self.blocks.get(block).map(|block| block.slot) {
            self.note_content(slot);
            self.touch(slot, block);
        }
        if !self.keyed.held.is_empty() {
            self.reconcile(block, fragment);
        }
        self.delta(block, fragment);
    }

    /// A delta comes for a block of which the start frame had something: that is replaced, repeated by this delta and
    /// the next ones, or goes before it.
    fn reconcile(&mut self, block: BlockId, fragment: Fragment<'_>) {
        let Some(mut held) = self.take_held(block) else { return };
        let mut decoded = String::new();
        let text = fragment.borrow(&mut decoded);
        let rest = &held.text[held.repeated..];
        if held.is_replaced || text.starts_with(rest) {
            return;
        }
        if rest.starts_with(text) {
            held.repeated += text.len();
            self.keyed.held_bytes += held.text.len();
            self.keyed.held.insert(block, held);
        } else if held.repeated == 0 {
            self.delta(block, (&*held.text).into());
        } else {
            // What looked like its repetition went on from it.
            let whole = alloc::format!("{}{}", held.text, &held.text[..held.repeated]);
            let span = self.text(whole.as_str().into());
            self.replace(block, span);
        }
    }

    pub(super) fn take_held(&mut self, block: BlockId) -> Option<Held> {
        if self.keyed.held.is_empty() {
            return None;
        }
        let held = self.keyed.held.remove(&block)?;
        self.keyed.held_bytes -= held.text.len();
        Some(held)
    }

    /// The block ends: what was held of it is all there is.
    pub(super) fn flush_held(&mut self, block: BlockId) {
        if let Some(held) = self.take_held(block) {
            self.delta(block, held.text[held.repeated..].into());
        }
    }

    /// Whether the block at a place is open and takes text of this kind.
    #[must_use]
    pub fn takes(&self, at: At, channel: Channel) -> bool {
        self.block_at(at).is_some_and(|block| self.blocks.takes(block, channel.family()))
    }

    /// Whether a block is open at a place.
    #[must_use]
    pub fn is_open_at(&self, at: At) -> bool {
        self.block_at(at).is_some_and(|block| self.is_open(block))
    }

    /// The wire ends the block at a place. Where none is open that is said.
    pub fn end_at(&mut self, at: At, how: BlockClose) {
        match self.block_at(at).filter(|block| self.is_open(*block)) {
            Some(block) => self.end_block(block, how),
            None => self.anomaly(AnomalyKind::EndWithoutStart, Action::Dropped, self.block_at(at)),
        }
    }

    /// Ends what is open of an item. A call that waits for its name starts under the name "".
    pub fn end_item(&mut self, item: u64, how: BlockClose) {
        if !self.blocks.any_open() && self.calls.nameless() == 0 {
            return;
        }
        let seats: Vec<_> = self.keyed.table.range(At::all_of(item)).map(|(at, _)| *at).collect();
        for at in seats {
            if let Some(block) = self.call_at(at) {
                self.end_block(block, how);
            }
        }
    }

    /// The block at a place, open or ended.
    #[must_use]
    pub fn block_at(&self, at: At) -> Option<BlockId> {
        self.seated(self.keyed.table.get(&at)?.what)
    }

    /// Whether anything is known of a place: a block, or a call that waits for its name.
    #[must_use]
    pub fn has_begun(&self, at: At) -> bool {
        self.keyed.table.contains_key(&at)
    }

    /// The block of an item that began first.
    #[must_use]
    pub fn first_block_of(&self, item: u64) -> Option<BlockId> {
        self.keyed.table.range(At::all_of(item)).filter_map(|(_, seat)| self.seated(seat.what)).min()
    }

    /// The first item from `item` on that has a block which takes what `kind` takes, and that block: for wholes whose
    /// numbers are not those of the deltas.
    #[must_use]
    pub fn find_from(&self, item: u64, kind: &BlockKind<Span>) -> Option<(u64, BlockId)> {
        let family = Family::of(kind);
        let seats = self.keyed.table.range(At::item(item)..).map(|(at, seat)| (at.item, self.seated(seat.what)));
        let blocks = seats.filter_map(|(item, block)| Some((item, block?)));
        blocks.into_iter().find(|(_, block)| self.blocks.get(*block).is_some_and(|state| state.family == family))
    }

    /// The last part of an item's list that has begun.
    #[must_use]
    pub fn last_part_of(&self, item: u64, list: List) -> Option<u64> {
        let range = At { item, list, part: 0 }..=At { item, list, part: u64::MAX };
        self.keyed.table.range(range).next_back().map(|(at, _)| at.part)
    }

    /// The places of the parts of an item's list that have begun, in order of their numbers.
    #[must_use]
    pub fn places_of(&self, item: u64, list: List) -> Vec<At> {
        let range = At { item, list, part: 0 }..=At { item, list, part: u64::MAX };
        self.keyed.table.range(range).map(|(at, _)| *at).collect()
    }

    fn seated(&self, what: What) -> Option<BlockId> {
        match what {
            What::Block(block) => Some(block),
            What::Call(call) => self.calls.block_of(call),
        }
    }

    /// The block of a call, by its id.
    #[must_use]
    pub fn call_block(&self, id: Fragment<'_>) -> Option<BlockId> {
        self.call_block_of(ONLY, id)
    }

    /// The block of a call of a choice, by its id.
    #[must_use]
    pub fn call_block_of(&self, choice: u32, id: Fragment<'_>) -> Option<BlockId> {
        let slot = self.slot_of(choice)?;
        self.calls.block_of(self.calls.by_id(slot, id.borrow(&mut String::new()))?)
    }

    /// The response begins again under another id: what is open ends, its places are free, and why it ended is open.
    pub fn restart(&mut self, id: Fragment<'_>) {
        if let Some(slot) = self.slot_of(ONLY) {
            self.start_nameless(slot);
            for block in self.blocks.open_of(slot) {
                self.end_block(block, BlockClose::Truncated);
            }
            self.calls.forget_keys(slot);
            self.forget_reason(slot);
        }
        self.keyed.table.clear();
        self.keyed.last = None;
        self.replace_id(id);
        self.anomaly(AnomalyKind::SecondStart, Action::Kept, None);
    }

    fn hash_of(&self, kind: &BlockKind<Span>) -> u64 {
        let mut hash = Digest::default();
        let number = match kind {
            BlockKind::Text => 0,
            BlockKind::Refusal => 1,
            BlockKind::Reasoning { form } => 2 + *form as u32,
            BlockKind::ToolCall { .. } => 16,
            BlockKind::HostedCall { .. } => 17,
            _ => 18,
        };
        let _ = kind.map(&mut |span| hash.add(self.arena.get(*span)));
        hash.with(0, number)
    }

    /// Ids that the wire did not give get the next number, but for a call that waits for its name.
    fn with_minted(&mut self, kind: BlockKind<Span>) -> BlockKind<Span> {
        match kind {
            BlockKind::ToolCall { name, .. } if name.is_empty() => kind,
            _ => self.minted(kind),
        }
    }

    /// Ids that the wire did not give get the next number.
    pub(super) fn minted(&mut self, mut kind: BlockKind<Span>) -> BlockKind<Span> {
        if let BlockKind::ToolCall { id, .. } | BlockKind::HostedCall { id, .. } | BlockKind::Approval { id, .. } =
            &mut kind
        {
            self.mint(id);
        }
        kind
    }

    fn mint(&mut self, id: &mut Id<Span>) {
        if wire(*id).is_none() {
            *id = Id::Minted(self.calls.mint());
        }
    }

    /// The id of a call: minted where the wire's is absent or empty.
    pub fn id(&mut self, id: Option<Fragment<'_>>) -> Id<Span> {
        match id.filter(|id| !id.is_empty()) {
            Some(id) => Id::Wire(self.text(id)),
            None => Id::Minted(u32::MAX),
        }
    }

    /// A client's call of which nothing is known yet: what [`input_at`](Self::input_at) opens where the wire announced
    /// none.
    #[must_use]
    pub fn unannounced_call(form: InputForm) -> BlockKind<Span> {
        BlockKind::tool_call(Id::Minted(u32::MAX), Span::default(), form)
    }
}

fn wire(id: Id<Span>) -> Option<Span> {
    match id {
        Id::Wire(id) => Some(id).filter(|id| !id.is_empty()),
        Id::Minted(_) => None,
    }
}
