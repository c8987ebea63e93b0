//! Token counts for streams whose provider sent none.

use alloc::boxed::Box;

use crate::emitter::Emitter;
use crate::event::{Count, Event, Usage, UsageOrigin};

/// Counts the tokens of text that comes in fragments, in order: text, reasoning, refusals and the input of calls.
///
/// [`CharactersPerToken`] is a rule of thumb. Plug in the model's own tokenizer where it matters; one that cannot count
/// fragments keeps what it needs of them itself.
pub trait CountTokens {
    /// Takes the next fragment.
    fn add(&mut self, text: &str);

    /// How many tokens there were.
    fn tokens(&self) -> u64;
}

/// One token for so many characters, rounded up over the whole stream. The default is 4, which is about right for
/// English.
#[derive(Clone, Copy, Debug)]
pub struct CharactersPerToken {
    characters: u64,
    per_token: u64,
}

impl CharactersPerToken {
    /// So many characters a token; 0 is taken for 1.
    #[must_use]
    pub const fn new(per_token: u64) -> Self {
        Self { characters: 0, per_token: if per_token == 0 { 1 } else { per_token } }
    }
}

impl Default for CharactersPerToken {
    fn default() -> Self {
        Self::new(4)
    }
}

impl CountTokens for CharactersPerToken {
    fn add(&mut self, text: &str) {
        self.characters += text.chars().count() as u64;
    }

    fn tokens(&self) -> u64 {
        self.characters.div_ceil(self.per_token)
    }
}

/// What an estimate is made of.
pub(super) struct Estimate {
    counter: Box<dyn CountTokens + Send>,
    input: Option<u64>,
}

impl Estimate {
    pub(super) fn new(counter: Box<dyn CountTokens + Send>, input: Option<u64>) -> Self {
        Self { counter, input }
    }

    /// Counts what a frame gave out.
    pub(super) fn count(&mut self, out: &Emitter) {
        for event in (0..out.len()).filter_map(|n| out.get(n)) {
            match event {
                Event::TextDelta { text, .. }
                | Event::ReasoningDelta { text, .. }
                | Event::RefusalDelta { text, .. }
                | Event::ToolCallDelta { input: text, .. } => self.counter.add(text),
                _ => {}
            }
        }
    }

    /// The stream ends: says the estimate, where the provider said nothing and something was given out.
    pub(super) fn say(&self, out: &mut Emitter) {
        if out.has_usage() || !out.any_content() {
            return;
        }
        let (input, output) = (self.input.map(Count::from), Some(Count::from(self.counter.tokens())));
        let counts = Usage { input, output, ..Usage::default() };
        out.usage(counts, UsageOrigin::Estimated);
    }
}
