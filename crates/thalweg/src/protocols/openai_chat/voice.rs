//! One choice's way to the emitter.

use alloc::string::String;

use crate::dialect::Oddities;
use crate::emitter::{CallFragment, Channel, Emitter, Fragment};
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

    /// Whether anything of the choice has come, given out or not.
    pub(super) fn has_content(&self) -> bool {
        self.out.has_content(self.choice) || self.stages.has_text(self.choice)
    }

    pub(super) fn has_said(&mut self, text: Fragment<'_>) -> bool {
        self.stages.has_said(self.choice, text, self.out)
    }

    pub(super) fn call(&mut self, fragment: CallFragment<'_>) {
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
