//! Which perturbations a stream gets.

use fastrand::Rng;

use super::intention::{IntendedCall, IntendedChoice, Intention, Leaf};
use super::perturbation::Perturbation as P;
use super::strings;

/// The perturbations that were drawn for a stream, and those that then left a trace in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    drawn: u128,
    hit: u128,
}

impl Selection {
    /// Draws in random order, few or many; what would make the stream ambiguous is left out.
    pub(super) fn draw(rng: &mut Rng, intention: &Intention, allowed: &[P]) -> Self {
        let mut order = P::ALL.to_vec();
        rng.shuffle(&mut order);
        let chance = [3, 20, 50][rng.usize(..3)];
        let wanted: Vec<P> = order.into_iter().filter(|_| rng.u8(..100) < chance).collect();
        let mut selection = Self::default();
        for candidate in wanted {
            if !allowed.contains(&candidate) {
                continue;
            }
            let before = selection.drawn;
            let fits = P::ALL.iter().all(|&other| !selection.has(other) || candidate.ambiguity(other).is_none());
            selection.drawn |= bit(candidate);
            if !fits || selection.is_ambiguous(intention) {
                selection.drawn = before;
            }
        }
        selection
    }

    pub(super) const fn has(&self, perturbation: P) -> bool {
        self.drawn & bit(perturbation) != 0
    }

    /// Notes that a perturbation was carried out.
    pub(super) const fn hit(&mut self, perturbation: P) {
        self.hit |= bit(perturbation);
    }

    /// Draws with a chance of one in `n`, if the perturbation was drawn for the stream, and notes it.
    pub(super) fn roll(&mut self, perturbation: P, n: u8, rng: &mut Rng) -> bool {
        let rolled = self.has(perturbation) && rng.u8(..n) == 0;
        if rolled {
            self.hit(perturbation);
        }
        rolled
    }

    pub(super) fn hits(&self) -> Vec<P> {
        P::ALL.iter().copied().filter(|&perturbation| self.hit & bit(perturbation) != 0).collect()
    }

    /// The wire gives no index.
    pub(super) const fn is_unnumbered(&self) -> bool {
        self.has(P::IndexAbsent) || self.has(P::LegacyCall)
    }

    /// The wire gives no id.
    pub(super) const fn is_anonymous(&self) -> bool {
        self.has(P::IdMissing) || self.has(P::LegacyCall)
    }

    /// What no pair of perturbations can say: it takes three, or depends on what is meant.
    fn is_ambiguous(&self, intention: &Intention) -> bool {
        let is_shared = self.has(P::IndexZero) || self.is_unnumbered();
        let has_id = self.has(P::IdRepeated);
        // A fragment that has neither an index of its own nor an id belongs to the call before it (rule 5, and the
        // latest call at an index): then calls must come one after another.
        (is_shared && self.has(P::CallsInterleaved) && !has_id)
            // "A name starts" and "an equal name again is a no-op" contradict each other where nothing else tells
            // calls apart. So do "a name starts" and "a different name before any input is a piece".
            || (self.is_unnumbered() && (self.has(P::NameRepeated) || self.has(P::NameInPieces)) && !has_id)
            // Rule 3: a name again, behind a complete input, before what begins a value, is another call. An input
            // of two values in a row meets that.
            || (self.has(P::NameRepeated) && !has_id && calls(intention).any(|call| strings::is_glued(&call.arguments)))
            // The same contradiction between neighbours of one name, the first of which has an open input: is the
            // name the second call's, or the first one's again?
            || (self.is_unnumbered() && (self.is_anonymous() || self.has(P::IdLate)) && has_open_namesakes(intention))
            // A tag where one is looked for is a tag, whatever was meant.
            || (self.has(P::InlineTags) && intention.choices.iter().any(has_tags))
            // Not ambiguous: the body would have as many megabytes as the text has kilobytes.
            || (self.has(P::Cumulative) && intention.choices.iter().any(is_long))
            // `function_call` is one call.
            || (self.has(P::LegacyCall) && intention.choices.iter().any(|choice| choice.calls().count() > 1))
    }
}

fn has_tags(choice: &IntendedChoice) -> bool {
    let texts = |leaf: &Leaf| if let Leaf::Text(text) = leaf { Some(text.clone()) } else { None };
    let text: String = choice.leaves.iter().filter_map(texts).collect();
    let closes = matches!(choice.leaves.first(), Some(Leaf::Reasoning(reasoning)) if reasoning.contains("</think>"));
    text.contains("<think>") || closes
}

fn is_long(choice: &IntendedChoice) -> bool {
    let len = |leaf: &Leaf| if let Leaf::Text(text) | Leaf::Reasoning(text) = leaf { text.len() } else { 0 };
    choice.leaves.iter().map(len).sum::<usize>() > 400
}

fn calls(intention: &Intention) -> impl Iterator<Item = &IntendedCall> {
    intention.choices.iter().flat_map(|choice| choice.calls())
}

/// Whether a call is followed by one of the same name, and its own input is begun and could go on.
fn has_open_namesakes(intention: &Intention) -> bool {
    intention.choices.iter().any(|choice| {
        let calls: Vec<_> = choice.calls().collect();
        calls.windows(2).any(|pair| {
            pair[0].name == pair[1].name && !pair[0].arguments.is_empty() && !strings::is_complete(&pair[0].arguments)
        })
    })
}

const fn bit(perturbation: P) -> u128 {
    1 << perturbation as u32
}

const _: () = assert!(P::ALL.len() <= 128);
