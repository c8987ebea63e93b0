//! Tool calls that come whole.

use super::CallFragment;
use crate::emitter::Emitter;
use crate::event::{Action, AnomalyKind, BlockClose, BlockId};

impl Emitter {
    /// A tool call that comes whole, on a wire that sends none in pieces: a call of its own, whatever its number says,
    /// and over when it is said. Only the same call under the same id is that call again, and dropped. Gives its block.
    ///
    /// The key says where the wire puts the call, and nothing else: servers number all calls 0.
    pub fn whole_call(&mut self, choice: u32, call: CallFragment<'_>) -> Option<BlockId> {
        let slot = self.content_slot(choice)?;
        let id = call.id.filter(|id| !id.is_empty()).map(|id| self.text(id));
        let name = call.name.filter(|name| !name.is_empty()).map(|name| self.text(name));
        let signature = call.signature.filter(|signature| !signature.is_empty()).map(|text| self.text(text));
        let (input, edges) = call.input.map_or_else(Default::default, |input| self.arena.write(input));
        if let Some(known) = id.and_then(|id| self.calls.by_id(slot, self.arena.get(id))) {
            let state = &self.calls.table[known];
            let is_same = state.name.as_deref().unwrap_or_default() == name.map_or("", |name| self.arena.get(name))
                && (state.is_repeated_by(self.arena.get(input)) || (input.is_empty() && !state.is_begun()));
            let block = state.block;
            if is_same {
                self.anomaly(AnomalyKind::InputRepeated, Action::Dropped, block);
                return block;
            }
            self.anomaly(AnomalyKind::IdDuplicate, Action::Kept, block);
        }
        self.note_content(slot);
        self.end_current(slot);
        let new = self.new_call(slot, call.key, call.form)?;
        self.take_id(new, id);
        self.take_signature(new, signature);
        self.take_name(new, name, false);
        if self.calls.block_of(new).is_none() {
            self.start_unnamed(new);
        }
        self.take_input(new, input, edges);
        let block = self.calls.block_of(new)?;
        self.end_block(block, BlockClose::Complete);
        Some(block)
    }
}
