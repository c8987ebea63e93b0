//! Which perturbations of a Gemini stream leave it open what is meant.

use crate::generate::intention::Intention;
use crate::generate::perturbation::{Ambiguity, Perturbation as P};
use crate::generate::select::Selection;

/// At most one of each group.
pub(super) const GROUPS: &[&[P]] = &[
    &[P::UsageAbsent, P::UsageTrailing, P::UsageOnFinish, P::UsageEverywhere],
    &[P::WholeBody, P::JsonArray],
    &[P::WholeBody, P::PromptBlocked],
    &[P::WholeBody, P::UsageTrailing],
    &[P::WholeBody, P::JsonArray, P::ErrorBare],
    &[P::ErrorEvent, P::ErrorBare],
];

/// Pairs that leave it open what is meant. What depends on more than a pair is in [`is_ambiguous`].
pub(super) const AMBIGUITIES: &[Ambiguity] = &[
    (P::FinishEverywhere, P::CutShort, "every frame may be the last then"),
    (P::PromptBlocked, P::CutShort, "the block is all there is"),
    (P::WholeBody, P::CutShort, "a body that is cut is no body"),
    (P::WholeBody, P::ErrorEvent, "a body is an answer or an error"),
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::SurrogatesSplit, P::SealAlone, "a half pair waits for the next part that says something"),
    (P::SurrogatesSplit, P::PartialInputs, "a value of a path is text"),
    (P::PartialInputs, P::CutShort, "an input that is put together at its end has no beginning"),
    (P::PartialInputs, P::WholeBody, "a body has its inputs whole"),
    (P::ErrorEvent, P::CutShort, "the error may be in what is cut off"),
    (P::ErrorBare, P::CutShort, "the error is behind what is cut off"),
    (P::ErrorBare, P::LastFrameOpen, "lines behind an open event belong to it"),
    (P::FinishEverywhere, P::WholeBody, "a body has one reason"),
    (P::ArrayOpen, P::CutShort, "an array that ends nowhere says nothing of what is cut off"),
];

/// What no pair of perturbations can say: it takes three, or depends on what is meant.
pub(super) fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    // One candidate may be all there is.
    selection.has(P::CutShort) && intention.choices.len() > 1
}
