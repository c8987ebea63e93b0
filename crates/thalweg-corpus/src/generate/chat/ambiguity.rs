//! Which perturbations of a chat stream leave it open what is meant.

use crate::generate::intention::{IntendedCall, IntendedChoice, Intention, Leaf};
use crate::generate::perturbation::{Ambiguity, Perturbation as P};
use crate::generate::select::Selection;
use crate::generate::strings;

/// At most one of each group.
pub(super) const GROUPS: &[&[P]] = &[
    &[P::IndexZero, P::IndexAbsent, P::IndexHuge, P::IndexNegative, P::IndexString, P::IndexFraction, P::LegacyCall],
    &[P::IdMissing, P::IdRepeated, P::IdEmpty, P::IdLate, P::LegacyCall],
    &[P::NameRepeated, P::NameEmpty],
    &[P::NameRepeated, P::NameInPieces],
    &[P::NameLate, P::NameInPieces],
    &[P::RoleRepeated, P::RoleAbsent],
    &[P::FactsRepeated, P::FactsOnce],
    &[
        P::ReasoningRenamed,
        P::ReasoningTwice,
        P::ReasoningText,
        P::ReasoningDetails,
        P::ReasoningDetailsTwice,
        P::ReasoningParts,
    ],
    &[P::InlineTags, P::Cumulative],
    &[P::SignatureFields, P::SignatureGoogle],
    &[P::UsageInChoice, P::UsageInGroq],
    &[P::ErrorDetail, P::ErrorInGroq],
    &[P::UsageAbsent, P::UsageTrailing, P::UsageOnFinish, P::UsageEverywhere],
    &[P::DoneMissing, P::DoneTwice],
];

/// Pairs that leave it open what is meant. What depends on more than a pair is in [`is_ambiguous`].
pub(super) const AMBIGUITIES: &[Ambiguity] = &[
    (
        P::IndexZero,
        P::IdMissing,
        "one index and no id: a second call of the same tool looks like the first one going on (rule 3 guesses from \
         the input, so no promise can be made for every input)",
    ),
    (
        P::IndexZero,
        P::IdLate,
        "a call that begins at a used index without an id is the call before it, until its own id comes",
    ),
    (
        P::IndexZero,
        P::NameLate,
        "another id at a used index without a name, while an input is open, is a call whose id changed (rule 2)",
    ),
    (P::IndexAbsent, P::NameLate, "without an index a name starts a call: input before it is the last call's (rule 5)"),
    (P::LegacyCall, P::NameLate, "without an index a name starts a call: input before it is the last call's (rule 5)"),
    (P::LegacyCall, P::NameRepeated, "without an id and an index a name starts a call (rule 5)"),
    (P::LegacyCall, P::NameInPieces, "without an id and an index a name starts a call (rule 5)"),
    (
        P::SurrogatesSplit,
        P::TextBetween,
        "a half pair waits in its block, and content of another kind ends a block of text",
    ),
    (P::References, P::TextBetween, "behind a call's input a reference belongs to no text before it"),
    (P::LegacyCall, P::SignatureGoogle, "`function_call` has no `extra_content`"),
    (P::Cumulative, P::ReasoningDetails, "details are never cumulative"),
    (P::Cumulative, P::ReasoningDetailsTwice, "details are never cumulative: they would differ from the flat text"),
    (P::InlineTags, P::FinishEarly, "a tag is no content, and a reason ends what may become one"),
];

/// The wire gives no index.
pub(super) const fn is_unnumbered(selection: &Selection) -> bool {
    selection.has(P::IndexAbsent) || selection.has(P::LegacyCall)
}

/// The wire gives no id.
pub(super) const fn is_anonymous(selection: &Selection) -> bool {
    selection.has(P::IdMissing) || selection.has(P::LegacyCall)
}

/// What no pair of perturbations can say: it takes three, or depends on what is meant.
pub(super) fn is_ambiguous(selection: &Selection, intention: &Intention) -> bool {
    let is_shared = selection.has(P::IndexZero) || is_unnumbered(selection);
    let has_id = selection.has(P::IdRepeated);
    // A fragment that has neither an index of its own nor an id belongs to the call before it (rule 5, and the
    // latest call at an index): then calls must come one after another.
    (is_shared && selection.has(P::CallsInterleaved) && !has_id)
        // "A name starts" and "an equal name again is a no-op" contradict each other where nothing else tells
        // calls apart. So do "a name starts" and "a different name before any input is a piece".
        || (is_unnumbered(selection) && (selection.has(P::NameRepeated) || selection.has(P::NameInPieces)) && !has_id)
        // Rule 3: a name again, behind a complete input, before what begins a value, is another call. An input
        // of two values in a row meets that.
        || (selection.has(P::NameRepeated) && !has_id && calls(intention).any(|call| strings::is_glued(&call.arguments)))
        // The same contradiction between neighbours of one name, the first of which has an open input: is the
        // name the second call's, or the first one's again?
        || (is_unnumbered(selection) && (is_anonymous(selection) || selection.has(P::IdLate)) && has_open_namesakes(intention))
        // A tag where one is looked for is a tag, whatever was meant.
        || (selection.has(P::InlineTags) && intention.choices.iter().any(has_tags))
        // Not ambiguous: the body would have as many megabytes as the text has kilobytes.
        || (selection.has(P::Cumulative) && intention.choices.iter().any(is_long))
        // `function_call` is one call.
        || (selection.has(P::LegacyCall) && intention.choices.iter().any(|choice| choice.calls().count() > 1))
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
