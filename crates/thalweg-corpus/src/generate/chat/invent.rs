//! What a chat stream is to mean.

use fastrand::Rng;

use super::ambiguity::is_anonymous;
use crate::generate::intention::{IntendedCall, IntendedChoice, IntendedUsage, Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::strings;

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let count = [1, 1, 1, 2, 3][rng.usize(..5)];
    Intention {
        id: Some(format!("chatcmpl-{:x}", rng.u64(..))),
        model: Some(["example-1", "models/ex\"ample", "例"][rng.usize(..3)].into()),
        choices: (0..count).map(|index| choice(index, rng)).collect(),
        usage: Some(usage(rng)),
        errors: Vec::new(),
    }
}

fn choice(index: u32, rng: &mut Rng) -> IntendedChoice {
    let leaves: Vec<_> = match rng.u8(..10) {
        0 => vec![],
        1 => vec![Leaf::Refusal(strings::text(rng))],
        // What nearly every answer is.
        2..=4 => vec![Leaf::Reasoning(strings::text(rng)), Leaf::Text(strings::text(rng))],
        5..=6 => (0..[1, 1, 1, 2, 3, 4][rng.usize(..6)]).map(|n| call(n, rng)).collect(),
        _ => (0..rng.usize(1..=6)).map(|n| leaf(n, rng)).collect(),
    };
    let has_calls = leaves.iter().any(|leaf| matches!(leaf, Leaf::Call(_)));
    let reasons: &[&str] = if has_calls {
        &["tool_calls", "tool_calls", "tool_calls", "length", "function_call", "because"]
    } else {
        &["stop", "stop", "stop", "length", "content_filter", "because", "error"]
    };
    IntendedChoice { index, leaves, finish: reasons[rng.usize(..reasons.len())].into(), last_word: None }
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..8) {
        0..=1 => Leaf::Text(strings::text(rng)),
        2 => Leaf::Reasoning(strings::text(rng)),
        3 => Leaf::Refusal(strings::text(rng)),
        _ => call(n, rng),
    }
}

fn call(n: usize, rng: &mut Rng) -> Leaf {
    let (arguments, verdict) = strings::arguments(rng);
    let (id, name) = (Some(strings::id(rng, n)), strings::name(rng));
    Leaf::Call(IntendedCall { id, name, arguments, signature: None, verdict })
}

fn usage(rng: &mut Rng) -> IntendedUsage {
    let most = if rng.u8(..8) == 0 { 1 << 40 } else { 5000 };
    let prompt = rng.u64(..most);
    let completion = rng.u64(..5000);
    let part = |of: u64, rng: &mut Rng| rng.bool().then(|| rng.u64(..=of));
    IntendedUsage { prompt, completion, cached: part(prompt, rng), written: None, reasoning: part(completion, rng) }
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, rng: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    let count = intention.choices.len();
    for (n, choice) in intention.choices.iter_mut().enumerate() {
        if selection.has(P::ChoicesUnordered) {
            choice.index = [7, 0, 3][(n + 3 - count) % 3];
        }
        if selection.has(P::FinishStopWithCalls) && choice.calls().next().is_some() {
            choice.finish = "stop".into();
        }
        // Which of an unknown word and `stop` is the stronger one, nobody says.
        let is_ranked = !matches!(choice.finish.as_str(), "stop" | "because");
        if rng.bool() && is_ranked && selection.has(P::FinishDiffers) {
            choice.last_word = Some("stop".into());
        }
        if selection.has(P::FinishUpper) {
            choice.finish.make_ascii_uppercase();
        }
        for leaf in &mut choice.leaves {
            if let Leaf::Call(call) = leaf {
                adapt_call(call, selection, rng);
            }
        }
    }
    if [P::ErrorDetail, P::ErrorInGroq].iter().any(|&error| selection.has(error)) {
        intention.errors.push("The server is out of memory".into());
    }
}

fn adapt_call(call: &mut IntendedCall, selection: &Selection, rng: &mut Rng) {
    if is_anonymous(selection) {
        call.id = None;
    }
    call.signature = match call.signature_in_id() {
        Some(signature) => Some(signature.into()),
        None if selection.has(P::SignatureFields) || selection.has(P::SignatureGoogle) => {
            Some(format!("c2ln/{:x}+\"=", rng.u64(..)))
        }
        None => None,
    };
}
