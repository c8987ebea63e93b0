//! Which perturbations of a stream of messages leave it open what is meant.

use crate::generate::explicit::is_object;
use crate::generate::intention::{IntendedCall, Intention};
use crate::generate::perturbation::{Ambiguity, Perturbation as P};
use crate::generate::select::Selection;

/// At most one of each group.
pub(super) const GROUPS: &[&[P]] = &[
    &[P::StopsAbsent, P::EndsLast],
    &[P::StopMissing, P::StopTwice],
    &[P::StartText, P::StartTextRepeated],
    &[P::StartInput, P::StartInputMissing],
    &[P::SignatureOnThinking, P::SignatureAbsent],
    &[P::StartBare, P::StartUsageZero, P::StartUsageAbsent, P::EndInputZero],
    &[P::UsageAbsent, P::StartUsageZero, P::StartUsageAbsent, P::EndInputZero],
    &[P::UsageAbsent, P::UsageRepeated],
    &[P::StartsAbsent, P::StartMismatch],
];

/// Pairs that leave it open what is meant. What depends on more than a pair is in [`is_ambiguous`].
pub(super) const AMBIGUITIES: &[Ambiguity] = &[
    (P::FinalMessage, P::IndexUnordered, "nothing says which block a part of the whole message is"),
    (P::FinalMessage, P::ItemGaps, "nothing says which block a part of the whole message is"),
    (P::FinalMessage, P::StartMismatch, "a block that begins as another one is two, and the whole message has one"),
    (P::FinalMessage, P::StopMissing, "whether a whole message ends the answer, nobody says"),
    (P::SurrogatesSplit, P::CutShort, "half a pair is no text"),
    (P::WholeBody, P::CutShort, "a body that is cut is no body"),
    (P::WholeBody, P::ErrorEvent, "a body is an answer or an error"),
    (P::ErrorEvent, P::CutShort, "the error may be in what is cut off"),
];

/// What no pair of perturbations can say: it takes three, or depends on what is meant.
pub(super) fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    // A whole message has inputs as values.
    selection.has_any(&[P::WholeBody, P::FinalMessage])
        && intention.choices.iter().flat_map(|choice| choice.calls()).any(|call| !is_value(call))
}

/// The input can be given as a value, and be read again byte for byte. `{}` stands for no input.
fn is_value(call: &IntendedCall) -> bool {
    call.arguments.is_empty() || is_object(call)
}
