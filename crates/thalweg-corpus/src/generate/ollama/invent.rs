//! What a stream of Ollama's is to mean.

use fastrand::Rng;

use crate::generate::intention::{InputVerdict, IntendedCall, Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::{explicit, strings};

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let leaves = match rng.u8(..10) {
        0 => vec![],
        1..=4 => vec![Leaf::Reasoning(strings::text(rng)), Leaf::Text(strings::text(rng))],
        5 => (0..rng.usize(1..=4)).map(|n| call(n, rng)).collect(),
        6 => {
            let mut leaves = vec![Leaf::Text(strings::text(rng))];
            leaves.extend((0..rng.usize(1..=3)).map(|n| call(n, rng)));
            leaves
        }
        _ => (0..rng.usize(1..=6)).map(|n| leaf(n, rng)).collect(),
    };
    let reasons = ["stop", "stop", "stop", "length", "load", "unload"];
    let mut intention = explicit::response(explicit::joined(leaves), reasons[rng.usize(..reasons.len())], rng);
    intention.id = None;
    if let Some(usage) = &mut intention.usage {
        (usage.cached, usage.written, usage.reasoning) = (None, None, None);
    }
    intention
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..8) {
        0..=2 => Leaf::Text(strings::text(rng)),
        3 => Leaf::Reasoning(strings::text(rng)),
        _ => call(n, rng),
    }
}

fn call(n: usize, rng: &mut Rng) -> Leaf {
    let mut call = explicit::raw_call(n, &strings::name(rng), rng);
    if rng.u8(..4) == 0 {
        call.arguments = String::from("{}");
    }
    Leaf::Call(call)
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, rng: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if let Some(usage) = &mut intention.usage
        && selection.has(P::CountsLeftOut)
    {
        *(if rng.bool() { &mut usage.prompt } else { &mut usage.completion }) = 0;
    }
    if selection.has(P::ErrorEvent) {
        intention.errors.push("an error was encountered while running the model".into());
    }
    for call in intention.choices[0].leaves.iter_mut().filter_map(Leaf::as_call_mut) {
        adapt_call(call, selection);
    }
    if selection.has(P::ReasonAbsent) {
        intention.choices[0].finish = String::new();
    }
}

fn adapt_call(call: &mut IntendedCall, selection: &Selection) {
    if selection.has(P::IdMissing) {
        call.id = None;
    }
    if call.arguments == "{}" && selection.has(P::InputMissing) {
        call.arguments = String::new();
        call.verdict = InputVerdict::Empty;
    }
}
