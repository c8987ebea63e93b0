//! Which perturbations of a stream of responses leave it open what is meant.

use thalweg::ReasoningForm;

use crate::generate::intention::{Intention, Leaf};
use crate::generate::perturbation::{Ambiguity, Perturbation as P};
use crate::generate::select::Selection;

/// At most one of each group.
pub(super) const GROUPS: &[&[P]] = &[
    &[P::SequenceAbsent, P::SequenceConstant],
    &[P::ItemIdsRotate, P::ItemIdsEmpty],
    &[P::OutputIndexAbsent, P::ItemGaps],
    &[P::ContentIndexAbsent, P::ContentIndexGrows],
    &[P::AddedAbsent, P::AddedWhole],
    &[P::DonesAbsent, P::EndsLast],
    &[P::DeltasAbsent, P::AddedWhole],
    &[P::OutputEmpty, P::OutputAbsent, P::OutputNull],
    &[P::ErrorFlat, P::ErrorNested],
    &[P::ErrorFlat, P::StatusInside],
    &[P::ErrorNested, P::StatusInside],
];

/// Pairs that leave it open what is meant. What depends on more than a pair is in [`is_ambiguous`].
pub(super) const AMBIGUITIES: &[Ambiguity] = &[
    (P::OutputIndexAbsent, P::ItemsInterleaved, "without numbers an event belongs to the item before it"),
    (P::OutputIndexAbsent, P::EndsLast, "without numbers an event belongs to the item before it"),
    (P::OutputIndexAbsent, P::AddedAbsent, "nothing says where one item ends and the next of its type begins"),
    (P::AddedAbsent, P::DonesAbsent, "nothing says what a call is called"),
    (P::AddedAbsent, P::EndsLast, "a call begins when it has a name, which is then behind what comes after it"),
    (P::AddedAbsent, P::CutShort, "what a call is called is behind its input, and may be cut off"),
    (P::AddedWhole, P::DonesAbsent, "nothing says that no delta comes any more"),
    (P::CreatedAbsent, P::CutShort, "nothing says what the response is called"),
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::WholeBody, P::CutShort, "a body that is cut is no body"),
    (P::WholeBody, P::OutputEmpty, "the content is nowhere"),
    (P::WholeBody, P::OutputAbsent, "the content is nowhere"),
    (P::WholeBody, P::OutputNull, "the content is nowhere"),
    (P::DeltasAbsent, P::CutShort, "what was not ended is nowhere"),
    (P::AddedWhole, P::CutShort, "what was announced whole may not be what was given"),
    (P::ErrorFlat, P::CutShort, "the error is what ends the answer"),
    (P::ErrorNested, P::CutShort, "the error is what ends the answer"),
];

/// What no pair of perturbations can say: it takes three, or depends on what is meant.
pub(super) fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    let mut leaves = intention.choices.iter().flat_map(|choice| &choice.leaves);
    // A cipher alone is a block where it is given: which is behind what comes after it.
    if selection.has_any(&[P::EndsLast, P::DonesAbsent]) && leaves.clone().any(is_cipher) {
        return true;
    }
    let is_output_lost = selection.has_any(&[P::OutputEmpty, P::OutputAbsent, P::OutputNull]);
    // So is a part that nothing announces and no delta says.
    let is_unsaid = selection.has(P::DeltasAbsent) && selection.has_any(&[P::PartAddedAbsent, P::ContentIndexGrows]);
    if is_unsaid && selection.has_any(&[P::EndsLast, P::DonesAbsent]) {
        return true;
    }
    // What only the end of an item or the terminal event says is said by one of them.
    is_output_lost
        && selection.has(P::DonesAbsent)
        && (selection.has(P::DeltasAbsent) || leaves.any(|leaf| comes_late(leaf, selection)))
}

/// Reasoning of which nothing is shown.
fn is_cipher(leaf: &Leaf) -> bool {
    matches!(leaf, Leaf::Thought(thought) if thought.form == ReasoningForm::Encrypted)
}

/// A part of it is only where an item ends.
fn comes_late(leaf: &Leaf, selection: &Selection) -> bool {
    match leaf {
        Leaf::Hosted(_) => true,
        Leaf::Call(call) => super::items::is_raw(call),
        Leaf::Thought(thought) => thought.encrypted.is_some(),
        Leaf::Cited { .. } => selection.has(P::CitationsLate),
        _ => false,
    }
}
