//! Tool calls: which call a fragment belongs to.
//!
//! Wires number calls, name them by id, repeat one number for all, change ids, or give neither. The rules, in order
//! (keys are scoped by choice; an empty string and null are absent):
//!
//! 1. An id known in the choice goes to its call, unless the index differs and name and input are there: a new call.
//! 2. A known index with another id: a new call if a name is there or the input so far is complete JSON; else the
//!    call goes on under its first id. (A call that had no id takes it, late.)
//! 3. A known index, no id, a name again, the input complete, and the fragment begins a value: a new call.
//! 4. A fragment equal to a complete input is that input sent again: dropped.
//! 5. Neither id nor index: a name starts a call, anything else continues the last one. A name equal to the last
//!    call's, while that call's input is open, continues it too: no second call can begin inside a value.
//!
//! Every rule that repairs says so with an anomaly. A call's block starts when its name is known; input that comes
//! before is held, within [`Limits::held_bytes`](crate::Limits::held_bytes). An index of any size costs the same.

mod identity;
mod whole;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::blocks::{Blocks, join_halves};
use super::digest::Digest;
use super::{Emitter, Fragment, Span};
use crate::event::{
    Action, AnomalyKind, BlockId, BlockKind, EventOf, Id, InputForm, InputState, LimitKind, Part, Place, Wide,
};
use crate::json::{Edges, Validator, Verdict};
use identity::{Said, Target};

/// So many calls get room one by one: most responses have no more.
const FEW: usize = 4;

/// The number under which a wire files a tool call within its choice. Any value is as good as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(i64);

impl Key {
    /// An ordinary index.
    #[must_use]
    pub const fn index(index: i64) -> Self {
        Self(index)
    }

    /// An index that is no whole number (a string, a fraction): it is told apart by its text alone.
    #[must_use]
    pub fn odd(text: &str) -> Self {
        // Far below every real index.
        Self(i64::MIN | (Digest::number(text) >> 2).cast_signed())
    }

    /// The index, where it is a whole number that is not negative; `u32::MAX` stands for any larger number.
    #[must_use]
    pub fn small(self) -> Option<u32> {
        u64::try_from(self.0).ok().map(|index| u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// One fragment of a tool call, as the wire gives it. Absent and empty are the same.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallFragment<'a> {
    /// The wire's index.
    pub key: Option<Key>,
    /// The call's id.
    pub id: Option<Fragment<'a>>,
    /// The tool's name, or a piece of it.
    pub name: Option<Fragment<'a>>,
    /// A piece of the input.
    pub input: Option<Fragment<'a>>,
    /// The provider's seal on the call, as often as the wire repeats it.
    pub signature: Option<Fragment<'a>>,
    /// What the input is.
    pub form: InputForm,
    /// More of the name may come until the input begins: the call starts then.
    pub is_name_open: bool,
}

impl CallFragment<'_> {
    /// Whether it says nothing: an index alone is nothing.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        [self.id, self.name, self.input, self.signature].iter().flatten().all(Fragment::is_empty)
    }
}

impl Default for CallFragment<'_> {
    fn default() -> Self {
        Self {
            key: None,
            id: None,
            name: None,
            input: None,
            signature: None,
            form: InputForm::Json,
            is_name_open: false,
        }
    }
}

#[derive(Debug)]
struct Call {
    slot: usize,
    key: Option<Key>,
    id: Option<Box<str>>,
    name: Option<Box<str>>,
    /// The seal: kept until the block starts, and its hash for as long as it may come again.
    signature: Option<Box<str>>,
    signature_hash: Option<u64>,
    form: InputForm,
    block: Option<BlockId>,
    /// Input that came before the name, the half pair at its end, and whether a half in it stayed alone.
    held: String,
    held_high: Option<u16>,
    held_lone: bool,
    validator: Validator,
    digest: Digest,
}

impl Call {
    /// Whether the input so far is complete, so that more of it would be too much.
    fn is_complete(&self) -> bool {
        self.form == InputForm::Json && self.validator.is_complete()
    }

    /// Its name came in pieces and is whole as soon as the input begins.
    fn is_waiting_for_input(&self) -> bool {
        self.block.is_none() && self.name.is_some()
    }

    fn is_begun(&self) -> bool {
        self.digest.len() > 0
    }

    /// Rule 4.
    fn is_repeated_by(&self, input: &str) -> bool {
        self.is_complete() && self.digest.len() == input.len() as u64 && self.digest == Digest::of(input)
    }

    fn state(&self) -> Option<InputState> {
        if self.form != InputForm::Json {
            return None;
        }
        Some(match self.validator.verdict() {
            Verdict::Blank => InputState::Empty,
            Verdict::Cut => InputState::Cut,
            Verdict::Object => InputState::Valid,
            Verdict::NotObject => InputState::NotObject,
            Verdict::Invalid { at } => InputState::Invalid { at: u32::try_from(at).unwrap_or(u32::MAX) },
            Verdict::Concatenated => InputState::Concatenated,
        })
    }
}

/// The ways to find a call within its choice.
#[derive(Debug, Default)]
struct Scope {
    /// The call last opened at an index.
    by_key: BTreeMap<Key, usize>,
    by_id: BTreeMap<Box<str>, usize>,
    /// The call last touched.
    last: Option<usize>,
}

/// The calls of a stream.
#[derive(Debug, Default)]
pub(super) struct Calls {
    table: Vec<Call>,
    /// Beside the table of choices.
    scopes: Vec<Scope>,
    /// Calls whose name has not come.
    nameless: Vec<usize>,
    held_bytes: usize,
    minted: u32,
}

impl Calls {
    /// Whether a call of a choice has this id, or has none and so may be the one.
    pub(super) fn knows(&self, slot: usize, id: &str) -> bool {
        self.scopes.get(slot).is_some_and(|scope| scope.by_id.contains_key(id))
            || self.table.iter().any(|call| call.slot == slot && call.id.is_none())
    }

    pub(super) fn nameless(&self) -> usize {
        self.nameless.len()
    }

    pub(super) fn state_of(&self, block: BlockId, blocks: &Blocks) -> Option<InputState> {
        self.table[blocks.get(block)?.call?].state()
    }

    /// A call that nothing is known of yet.
    pub(super) fn add(&mut self, slot: usize, key: Option<Key>, form: InputForm) -> usize {
        if self.table.len() < FEW {
            self.table.reserve_exact(1);
        }
        self.table.push(Call {
            slot,
            key,
            id: None,
            name: None,
            signature: None,
            signature_hash: None,
            form,
            block: None,
            held: String::new(),
            held_high: None,
            held_lone: false,
            validator: Validator::new(),
            digest: Digest::default(),
        });
        self.table.len() - 1
    }

    /// The call's block, once it has started.
    pub(super) fn block_of(&self, call: usize) -> Option<BlockId> {
        self.table.get(call)?.block
    }

    pub(super) fn by_id(&self, slot: usize, id: &str) -> Option<usize> {
        self.scopes.get(slot)?.by_id.get(id).copied()
    }

    pub(super) fn is_named(&self, call: usize) -> bool {
        self.table[call].name.is_some()
    }

    pub(super) fn has_id(&self, call: usize) -> bool {
        self.table[call].id.is_some()
    }

    pub(super) fn has_other_id(&self, call: usize, id: &str) -> bool {
        self.table[call].id.as_deref().is_some_and(|known| known != id)
    }

    /// The name that the call began under, or was given since.
    pub(super) fn name_of(&self, call: usize) -> Option<&str> {
        self.table[call].name.as_deref()
    }

    /// The call's block has this name.
    pub(super) fn set_name(&mut self, call: usize, name: Option<Box<str>>) {
        self.table[call].name = name;
    }

    pub(super) fn digest_of(&self, call: usize) -> Digest {
        self.table[call].digest
    }

    /// The call's input is something else now.
    pub(super) fn replace(&mut self, call: usize, input: &str) {
        let state = &mut self.table[call];
        (state.digest, state.validator) = (Digest::of(input), Validator::new());
        state.validator.feed(input.as_bytes());
    }

    /// The wire's numbers and ids begin anew.
    pub(super) fn forget_keys(&mut self, slot: usize) {
        if let Some(scope) = self.scopes.get_mut(slot) {
            *scope = Scope::default();
        }
    }

    /// The number of the next call without an id.
    pub(super) fn mint(&mut self) -> u32 {
        self.minted += 1;
        self.minted - 1
    }

    pub(super) fn started(&mut self, call: usize, block: BlockId) {
        self.table[call].block = Some(block);
    }

    pub(super) fn retained(&self) -> usize {
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        let entries = |scope: &Scope| {
            scope.by_key.len() * 2 * size_of::<(Key, usize)>() + scope.by_id.len() * 2 * size_of::<(Box<str>, usize)>()
        };
        self.table.capacity() * size_of::<Call>()
            + self.scopes.capacity() * size_of::<Scope>()
            + self.scopes.iter().map(entries).sum::<usize>()
            + self.held_bytes
    }

    fn scope(&mut self, slot: usize) -> &mut Scope {
        if self.scopes.len() <= slot {
            self.scopes.resize_with(slot + 1, Scope::default);
        }
        &mut self.scopes[slot]
    }
}

impl Emitter {
    /// A fragment of a tool call, on a wire that does not say where calls begin and end. Which call it belongs to is
    /// decided here; calls stay open until their choice settles. Gives the call's block, once it has started.
    pub fn call(&mut self, choice: u32, fragment: CallFragment<'_>) -> Option<BlockId> {
        let id = fragment.id.filter(|id| !id.is_empty());
        let name = fragment.name.filter(|name| !name.is_empty());
        let input = fragment.input.filter(|input| !input.is_empty());
        let signature = fragment.signature.filter(|signature| !signature.is_empty());
        if id.is_none() && name.is_none() && input.is_none() && signature.is_none() {
            return None;
        }
        let slot = self.content_slot(choice)?;
        let id = id.map(|id| self.text(id));
        let name = name.map(|name| self.text(name));
        let signature = signature.map(|signature| self.text(signature));
        let (input, edges) = input.map_or_else(Default::default, |input| self.arena.write(input));
        let text = |span: Span| self.arena.get(span);
        let said =
            Said { slot, key: fragment.key, id: id.map(text), name: name.map(text), input: self.arena.get(input) };
        let target = self.calls.target(said);
        let call = self.go_to(target, slot, input, &fragment)?;
        let scope = self.calls.scope(slot);
        scope.last = Some(call);
        // A call that is named by its id under another number may go on under that number. There are as many numbers
        // as calls on any honest wire; a hostile one gets no more.
        if let Some(key) = fragment.key.filter(|_| scope.by_key.len() < self.limits.blocks as usize) {
            scope.by_key.entry(key).or_insert(call);
        }
        self.take_id(call, id);
        self.take_signature(call, signature);
        self.take_name(call, name, fragment.is_name_open);
        self.take_input(call, input, edges);
        let block = self.calls.table[call].block;
        if let Some(block) = block {
            self.touch(slot, block);
        }
        block
    }

    /// The call that a fragment goes to, begun if it is new; what was repaired for that is said.
    fn go_to(&mut self, target: Target, slot: usize, input: Span, fragment: &CallFragment<'_>) -> Option<usize> {
        let (call, note) = match target {
            Target::Known(call, note) => {
                // An opening or an input that is said again is no content.
                if !input.is_empty() && !self.calls.table[call].is_repeated_by(self.arena.get(input)) {
                    self.note_content(slot);
                    self.end_current(slot);
                }
                (call, note)
            }
            Target::New(note) => {
                self.note_content(slot);
                self.end_current(slot);
                let call = self.new_call(slot, fragment.key, fragment.form)?;
                (call, note.map(|kind| (kind, Action::Split)))
            }
        };
        if let Some((kind, action)) = note {
            self.anomaly(kind, action, self.calls.table[call].block);
        }
        Some(call)
    }

    pub(super) fn new_call(&mut self, slot: usize, key: Option<Key>, form: InputForm) -> Option<usize> {
        self.room_for_block()?;
        let call = self.calls.add(slot, key, form);
        self.calls.nameless.push(call);
        if let Some(key) = key {
            self.calls.scope(slot).by_key.insert(key, call);
        }
        Some(call)
    }

    pub(super) fn take_id(&mut self, call: usize, id: Option<Span>) {
        let Some(span) = id else { return };
        let state = &self.calls.table[call];
        if state.id.is_some() {
            return;
        }
        let (slot, block) = (state.slot, state.block);
        let Some(id) = self.keep(span) else { return };
        self.calls.scope(slot).by_id.insert(id.clone(), call);
        self.calls.table[call].id = Some(id);
        if let Some(block) = block {
            self.anomaly(AnomalyKind::IdLate, Action::Kept, Some(block));
            self.slots.push(EventOf::BlockData { block, part: Part::CallId(span) });
        }
    }

    /// The seal on a call: given once, and again when it changes.
    fn take_signature(&mut self, call: usize, signature: Option<Span>) {
        let Some(span) = signature else { return };
        let hash = Digest::number(self.arena.get(span));
        let state = &mut self.calls.table[call];
        if state.signature_hash.replace(hash) == Some(hash) {
            return;
        }
        if let Some(block) = state.block {
            self.slots.push(EventOf::BlockData { block, part: Part::Signature(span) });
            return;
        }
        let before = state.signature.take().map_or(0, |signature| signature.len());
        self.release(before);
        self.calls.table[call].signature = self.keep(span);
    }

    pub(super) fn take_name(&mut self, call: usize, name: Option<Span>, is_open: bool) {
        let Some(span) = name else { return };
        let state = &self.calls.table[call];
        let Some(known) = &state.name else {
            self.calls.table[call].name = self.keep(span);
            if !is_open {
                self.start_named(call);
            }
            return;
        };
        let piece = self.arena.get(span);
        if piece == &**known {
            return;
        }
        let block = state.block;
        if state.is_begun() {
            self.anomaly(AnomalyKind::NameInPieces, Action::Dropped, block);
            return;
        }
        // A wire that sends the name so far each time, or one that sends what is new of it.
        let grows = piece.starts_with(&**known);
        if piece.len() + if grows { 0 } else { known.len() } > self.limits.name_bytes {
            self.limit(LimitKind::NameBytes);
            return;
        }
        let whole = if grows { span } else { self.arena.join(known, span) };
        self.release(self.calls.table[call].name.as_ref().map_or(0, |name| name.len()));
        self.calls.table[call].name = self.keep(whole);
        if !is_open || block.is_some() {
            self.anomaly(AnomalyKind::NameInPieces, Action::Joined, block);
        }
        if let Some(block) = block {
            self.slots.push(EventOf::BlockData { block, part: Part::Name(whole) });
        }
    }

    /// The call's name is known: it starts.
    fn start_named(&mut self, call: usize) {
        self.calls.nameless.retain(|&nameless| nameless != call);
        self.start_call(call, AnomalyKind::NameLate);
    }

    pub(super) fn take_input(&mut self, call: usize, input: Span, edges: Edges) {
        if input.is_empty() && edges == Edges::default() {
            return;
        }
        if self.calls.table[call].is_waiting_for_input() {
            self.start_named(call);
        }
        let state = &mut self.calls.table[call];
        let piece = self.arena.get(input);
        if state.is_repeated_by(piece) {
            let block = state.block;
            self.anomaly(AnomalyKind::InputRepeated, Action::Dropped, block);
            return;
        }
        if state.digest.len() + piece.len() as u64 > self.limits.tool_input_bytes {
            self.limit(LimitKind::ToolInputBytes);
            return;
        }
        match state.block {
            Some(block) => {
                let from = self.slots.len();
                self.delta_span(block, input, edges);
                self.validate(call, from);
            }
            None => self.hold_input(call, input, edges),
        }
    }

    /// Follows what the call's block was really given: a pair may have been joined on the way.
    pub(super) fn validate(&mut self, call: usize, from: usize) {
        for event in &self.slots[from..] {
            if let EventOf::ToolCallDelta { input, .. } = event {
                let (state, input) = (&mut self.calls.table[call], self.arena.get(*input));
                state.digest.add(input);
                state.validator.feed(input.as_bytes());
            }
        }
    }

    /// Keeps input of a call whose name has not come.
    fn hold_input(&mut self, call: usize, input: Span, edges: Edges) {
        let text = self.arena.get(input);
        // A joined pair may come before the text: at most four bytes.
        if self.calls.held_bytes + text.len() + 4 > self.limits.held_bytes {
            self.limit(LimitKind::HeldBytes);
            return;
        }
        let state = &mut self.calls.table[call];
        let from = state.held.len();
        let (first, lone) = join_halves(state.held_high.take(), edges.low);
        state.held.extend(first);
        state.held.push_str(text);
        state.held_high = edges.high;
        state.held_lone |= lone || edges.lone;
        state.digest.add(&state.held[from..]);
        state.validator.feed(&state.held.as_bytes()[from..]);
        self.calls.held_bytes += state.held.len() - from;
    }

    /// Opens the call's block, and gives what was held under `note`.
    fn start_call(&mut self, call: usize, note: AnomalyKind) {
        let state = &mut self.calls.table[call];
        let (slot, key, form) = (state.slot, state.key, state.form);
        let held = core::mem::take(&mut state.held);
        let signature = state.signature.take();
        let edges = Edges { low: None, high: state.held_high.take(), lone: state.held_lone };
        let name = self.arena.write(state.name.as_deref().unwrap_or_default().into()).0;
        let id = match &state.id {
            Some(id) => Id::Wire(self.arena.write((&**id).into()).0),
            None => Id::Minted(self.calls.mint()),
        };
        let place = Place::item(key.and_then(Key::small).map(Wide::from));
        let block = self.open_counted(slot, place, BlockKind::tool_call(id, name, form), Some(call));
        let is_held = !held.is_empty() || edges != Edges::default();
        if is_held || note == AnomalyKind::NameMissing {
            self.anomaly(note, Action::Kept, Some(block));
        }
        if let Some(signature) = signature {
            self.release(signature.len());
            let (span, _) = self.arena.write((&*signature).into());
            self.slots.push(EventOf::BlockData { block, part: Part::Signature(span) });
        }
        if is_held {
            self.calls.held_bytes -= held.len();
            // Validated when it came: only the event is missing.
            let (span, _) = self.arena.write(held.as_str().into());
            self.delta_span(block, span, edges);
        }
    }

    /// A call that waits for its name is another block's after all: gives what was held of its input.
    pub(super) fn abandon(&mut self, call: usize) -> String {
        self.calls.nameless.retain(|&nameless| nameless != call);
        let held = core::mem::take(&mut self.calls.table[call].held);
        self.calls.held_bytes -= held.len();
        held
    }

    /// A call that waits for a name, or for more of it, starts; one never named under the name "".
    pub(super) fn start_unnamed(&mut self, call: usize) {
        self.calls.nameless.retain(|&nameless| nameless != call);
        let is_named = self.calls.table[call].is_waiting_for_input();
        self.start_call(call, if is_named { AnomalyKind::NameLate } else { AnomalyKind::NameMissing });
    }

    /// The choice ends: so do all calls that wait.
    pub(super) fn start_nameless(&mut self, slot: usize) {
        let waiting = self.calls.nameless.iter().copied();
        let ours: Vec<_> = waiting.filter(|&call| self.calls.table[call].slot == slot).collect();
        for call in ours {
            self.start_unnamed(call);
        }
    }
}
