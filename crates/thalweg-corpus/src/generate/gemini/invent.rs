//! What a Gemini stream is to mean.

use fastrand::Rng;
use thalweg::ReasoningForm;

use super::partial;
use crate::generate::intention::{
    InputVerdict, IntendedChoice, IntendedHosted, IntendedThought, Intention, Leaf, Medium,
};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::{explicit, strings};

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let mut intention = explicit::response(vec![], "STOP", rng);
    let count = [1, 1, 1, 2, 3][rng.usize(..5)];
    intention.choices = (0..count).map(|index| choice(index, rng)).collect();
    if let Some(usage) = &mut intention.usage {
        usage.written = None;
    }
    intention
}

fn choice(index: u32, rng: &mut Rng) -> IntendedChoice {
    let leaves = match rng.u8(..10) {
        0 => vec![],
        1..=3 => vec![thought(rng), Leaf::Text(strings::text(rng))],
        4..=5 => (0..rng.usize(1..=4)).map(|n| call(n, rng)).collect(),
        _ => (0..rng.usize(1..=6)).map(|n| leaf(n, rng)).collect(),
    };
    let reasons =
        ["STOP", "STOP", "STOP", "STOP", "MAX_TOKENS", "SAFETY", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "CONTINUATION"];
    let finish = reasons[rng.usize(..reasons.len())].into();
    IntendedChoice { index, leaves: explicit::joined(leaves), finish, last_word: None }
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..10) {
        0..=1 => Leaf::Text(strings::text(rng)),
        2 => Leaf::Sealed { text: strings::text(rng), signature: explicit::cipher(rng) },
        3 => thought(rng),
        4 => Leaf::Hosted(hosted(n, rng)),
        5 => {
            let medium = [Medium::Image, Medium::Audio, Medium::File][rng.usize(..3)];
            Leaf::Media { medium, data: explicit::cipher(rng) }
        }
        _ => call(n, rng),
    }
}

fn thought(rng: &mut Rng) -> Leaf {
    let signature = (rng.u8(..3) == 0).then(|| explicit::cipher(rng));
    Leaf::Thought(IntendedThought { signature, ..explicit::thought(ReasoningForm::Full, rng) })
}

fn call(n: usize, rng: &mut Rng) -> Leaf {
    let mut call = explicit::raw_call(n, &strings::name(rng), rng);
    if rng.u8(..5) == 0 {
        call.arguments = String::from("{}");
    }
    call.signature = (rng.u8(..3) == 0).then(|| explicit::cipher(rng));
    Leaf::Call(call)
}

fn hosted(n: usize, rng: &mut Rng) -> IntendedHosted {
    let mut call = explicit::hosted(n, "code_execution", None, strings::text(rng) + "print()", rng);
    if call.result.is_some() {
        call.is_error = rng.bool();
        let outcome = if call.is_error { "OUTCOME_FAILED" } else { "OUTCOME_OK" };
        let output = serde_json::Value::from(strings::text(rng).replace('\r', ""));
        let id = serde_json::Value::from(call.id.as_str());
        call.result = Some(format!("{{\"outcome\":\"{outcome}\",\"output\":{output},\"id\":{id}}}"));
    }
    call
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, rng: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if selection.has_any(&[P::ErrorEvent, P::ErrorBare]) {
        intention.errors.push("The model is overloaded".into());
    }
    if selection.has(P::PromptBlocked) {
        let finish = ["SAFETY", "PROHIBITED_CONTENT"][rng.usize(..2)].into();
        intention.choices = vec![IntendedChoice { index: 0, leaves: vec![], finish, last_word: None }];
        return;
    }
    let count = intention.choices.len();
    for (n, choice) in intention.choices.iter_mut().enumerate() {
        if selection.has(P::ChoicesUnordered) {
            choice.index = [7, 0, 3][(n + 3 - count) % 3];
        }
        if selection.has(P::FinishNumber) {
            choice.finish = ["1", "2", "3"][rng.usize(..3)].into();
        }
        if selection.has(P::PartialEndAbsent) {
            // An input without an end is whole only where the model stopped by itself.
            choice.finish = if selection.has(P::FinishNumber) { "1" } else { "STOP" }.into();
        }
        for leaf in &mut choice.leaves {
            adapt_leaf(leaf, selection, rng);
        }
        if selection.has(P::SealAlone) {
            choice.leaves = choice.leaves.drain(..).flat_map(unsealed).collect();
        }
    }
}

/// What is sealed, and the seal, one after the other.
fn unsealed(leaf: Leaf) -> Vec<Leaf> {
    match leaf {
        Leaf::Sealed { text, signature } if !text.is_empty() => {
            vec![Leaf::Text(text), Leaf::Sealed { text: String::new(), signature }]
        }
        Leaf::Thought(thought) if thought.signature.is_some() && !thought.text.is_empty() => {
            let seal = IntendedThought { text: String::new(), ..thought.clone() };
            vec![Leaf::Thought(IntendedThought { signature: None, ..thought }), Leaf::Thought(seal)]
        }
        leaf => vec![leaf],
    }
}

fn adapt_leaf(leaf: &mut Leaf, selection: &Selection, rng: &mut Rng) {
    match leaf {
        Leaf::Hosted(call) if selection.has(P::IdMissing) => {
            call.id.clear();
            if let Some((rest, _)) = call.result.as_deref().and_then(|result| result.rsplit_once(",\"id\":")) {
                call.result = Some(format!("{rest}}}"));
            }
        }
        Leaf::Call(call) => {
            if selection.has(P::IdMissing) {
                call.id = None;
            }
            if call.arguments == "{}" && selection.has(P::InputMissing) {
                call.arguments = String::new();
                call.verdict = InputVerdict::Empty;
            } else if selection.has(P::PartialInputs) {
                call.arguments = partial::arguments(rng);
            }
        }
        _ => {}
    }
}
