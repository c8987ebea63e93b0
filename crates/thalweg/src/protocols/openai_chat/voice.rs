//! One choice's way to the emitter.

use alloc::string::String;

use crate::dialect::Oddities;
use crate::emitter::{CallFragment, Channel, Emitter, Fragment, Restatement};
use crate::stages::Stages;

/// Says what a choice holds: text through the dialect's stages, everything else behind what they hold back.
pub(super) struct Voice<'a> {
    pub(super) oddities: &'a Oddities,
    pub(super) stages: &'a mut Stages,
    pub(super) choice: u32,
    pub(super) out: &'a mut Emitter,
}

impl Voice<'_> {
    #[inline]
    pub(super) fn append(&mut self, channel: Channel, fragment: Fragment<'_>) {
        self.stages.append(self.oddities, self.choice, channel, fragment, self.out);
    }

    pub(super) fn flush(&mut self) {
        self.stages.flush(self.choice, self.out);
    }

    /// Says a whole text, of which fragments may have come: what they lack, if they are its beginning. False where they
    /// are something else.
    pub(super) fn restate(&mut self, channel: Channel, text: Fragment<'_>) -> bool {
        let mut buffer = String::new();
        let text = text.borrow(&mut buffer);
        let known = match self.stages.compare(self.choice, channel, text, self.out) {
            Restatement::First => 0,
            Restatement::Longer { known } => known,
            Restatement::Same => return true,
            Restatement::Differs => return false,
        };
        // Where fragments repeat what came, the whole is one more of them.
        let known = if self.oddities.is_cumulative { 0 } else { known };
        self.append(channel, text.get(known..).unwrap_or_default().into());
        true
    }

    /// Whether a call of this id has come.
    pub(super) fn has_call(&self, id: Option<Fragment<'_>>) -> bool {
        let mut buffer = String::new();
        id.is_some_and(|id| self.out.has_call(self.choice, id.borrow(&mut buffer)))
    }

    pub(super) fn call(&mut self, fragment: CallFragment<'_>) {
        if fragment.is_blank() {
            return;
        }
        self.flush();
        let mut id = String::new();
        let mut fragment = fragment;
        if let Some(given) = fragment.id.filter(|_| fragment.signature.is_none()) {
            // Proxies keep Gemini's thought signature in the id, so that clients that know ids only give it back. The
            // id stays whole: the proxy wants it so.
            let signature = given.borrow(&mut id).split_once(SIGNATURE_MARK);
            fragment.signature = signature.map(|(_, signature)| signature.into());
        }
        self.out.call(self.choice, fragment);
    }
}

/// What LiteLLM puts between an id and a signature.
const SIGNATURE_MARK: &str = "__thought__";
