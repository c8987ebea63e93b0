//! What a vendor does to text, undone before it reaches the emitter: each fragment repeats what came before
//! ([`Cumulative`]), reasoning stands between tags inside the answer ([`Split`]).
//!
//! Off unless a dialect asks for it: the same bytes mean something else elsewhere. What is off costs one comparison a
//! fragment.

mod cumulative;
mod split;
#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

use crate::dialect::Oddities;
use crate::emitter::{Channel, Digest, Emitter, Fragment, Restatement};
use crate::event::ReasoningForm;
use cumulative::Cumulative;
use split::Split;

/// The stages of one stream. Fragments of text and reasoning go through [`append`](Self::append); say with
/// [`flush`](Self::flush) that something else comes, so that nothing that is held back is overtaken.
#[derive(Debug)]
pub(crate) struct Stages {
    is_on: bool,
    choices: Vec<(u32, Choice)>,
    /// A decoded fragment.
    scratch: String,
}

/// The state of one choice.
#[derive(Debug, Default)]
struct Choice {
    text: Cumulative,
    reasoning: Cumulative,
    split: Split,
    /// The text as the wire has it, tags included.
    said: Digest,
}

impl Stages {
    pub(crate) fn new(oddities: &Oddities) -> Self {
        let is_on = oddities.is_cumulative || !oddities.reasoning_tags.is_empty();
        let scratch = if is_on { String::with_capacity(FRAGMENT_BYTES) } else { String::new() };
        Self { is_on, choices: Vec::new(), scratch }
    }

    /// Gives a fragment on, less what the vendor put into it.
    #[inline]
    pub(crate) fn append(
        &mut self,
        oddities: &Oddities,
        choice: u32,
        channel: Channel,
        fragment: Fragment<'_>,
        out: &mut Emitter,
    ) {
        if self.is_on {
            self.stage(oddities, choice, channel, fragment, out);
        } else {
            out.append(choice, channel, fragment);
        }
    }

    fn stage(&mut self, oddities: &Oddities, choice: u32, channel: Channel, fragment: Fragment<'_>, out: &mut Emitter) {
        if fragment.is_empty() {
            return;
        }
        // Reasoning that has a form of its own is in neither stage.
        let is_text = channel == Channel::Text;
        if !(is_text || channel == Channel::Reasoning(ReasoningForm::Full)) {
            self.flush(choice, out);
            return out.append(choice, channel, fragment);
        }
        let mut scratch = core::mem::take(&mut self.scratch);
        scratch.clear();
        let mut edges = fragment.decode(&mut scratch);
        if let Some(state) = self.state(choice, oddities, out) {
            let mut text = scratch.as_str();
            if oddities.is_cumulative {
                let known = if is_text { &mut state.text } else { &mut state.reasoning };
                text = known.strip(text, &mut edges, out);
            }
            if is_text {
                state.said.add(text);
                state.split.append(&oddities.reasoning_tags, choice, text, edges, out);
            } else {
                state.split.flush(choice, out);
                out.append_decoded(choice, channel, text, edges);
            }
        }
        self.scratch = scratch;
    }

    /// Something else comes for a choice: what is held back goes out first.
    #[inline]
    pub(crate) fn flush(&mut self, choice: u32, out: &mut Emitter) {
        if let Some((_, state)) = self.choices.iter_mut().find(|(index, _)| *index == choice) {
            state.split.flush(choice, out);
        }
    }

    /// The stream is over.
    pub(crate) fn flush_all(&mut self, out: &mut Emitter) {
        for (choice, state) in &mut self.choices {
            state.split.flush(*choice, out);
        }
    }

    /// Whether any text of a choice has come through here.
    pub(crate) fn has_text(&self, choice: u32) -> bool {
        self.choices.iter().any(|(index, state)| *index == choice && state.said != Digest::default())
    }

    /// How a whole text relates to what the wire has sent of it.
    pub(crate) fn compare(&self, choice: u32, channel: Channel, text: &str, out: &Emitter) -> Restatement {
        if !self.is_on || channel != Channel::Text {
            return out.compare(choice, channel, text);
        }
        let known = self.choices.iter().find(|(index, _)| *index == choice).map(|(_, state)| state.said);
        known.unwrap_or_default().compare(text)
    }

    pub(crate) fn retained(&self) -> usize {
        self.choices.capacity() * size_of::<(u32, Choice)>()
            + self.scratch.capacity()
            + self.choices.iter().map(|(_, state)| state.split.retained()).sum::<usize>()
    }

    /// Gives back what a large fragment took.
    pub(crate) fn shrink(&mut self) {
        if self.scratch.capacity() > SCRATCH_BYTES {
            self.scratch.clear();
            self.scratch.shrink_to(SCRATCH_BYTES);
        }
    }

    /// The state of a choice; none beyond the limit of choices, which the emitter says.
    fn state(&mut self, choice: u32, oddities: &Oddities, out: &Emitter) -> Option<&mut Choice> {
        let at = match self.choices.iter().position(|(index, _)| *index == choice) {
            Some(at) => at,
            None if self.choices.len() >= out.limits().choices as usize => return None,
            None => {
                let split = Split::new(oddities);
                self.choices.push((choice, Choice { split, ..Choice::default() }));
                self.choices.len() - 1
            }
        };
        self.choices.get_mut(at).map(|(_, state)| state)
    }
}

/// Room for an ordinary fragment from the start, and what is kept of a large one.
const FRAGMENT_BYTES: usize = 128;
const SCRATCH_BYTES: usize = 64 * 1024;
