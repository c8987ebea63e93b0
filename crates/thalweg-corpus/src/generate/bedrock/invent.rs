//! What a stream of Bedrock's is to mean.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::intention::{IntendedThought, Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::{explicit, strings};

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let leaves: Vec<_> = match rng.u8(..10) {
        0 => vec![],
        1..=3 => vec![thought(rng), Leaf::Text(strings::text(rng))],
        4 => (0..rng.usize(1..=4)).map(|n| Leaf::Call(explicit::call(n, rng))).collect(),
        _ => (0..rng.usize(1..=6)).map(|n| leaf(n, rng)).collect(),
    };
    let has_calls = leaves.iter().any(|leaf| matches!(leaf, Leaf::Call(_)));
    let reasons: &[&str] = if has_calls {
        &["tool_use", "tool_use", "tool_use", "max_tokens", "end_turn", "malformed_tool_use"]
    } else {
        &[
            "end_turn",
            "end_turn",
            "end_turn",
            "stop_sequence",
            "max_tokens",
            "guardrail_intervened",
            "content_filtered",
            "malformed_model_output",
            "model_context_window_exceeded",
            "because",
        ]
    };
    let mut intention = explicit::response(leaves, reasons[rng.usize(..reasons.len())], rng);
    (intention.id, intention.model) = (None, None);
    if let Some(usage) = &mut intention.usage {
        usage.reasoning = None;
    }
    intention
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..10) {
        0..=1 => Leaf::Text(strings::text(rng)),
        2..=3 => explicit::cited(CITATIONS, rng),
        4..=5 => thought(rng),
        6 => {
            let input = strings::raw_object(rng);
            let mut call = explicit::hosted(n, "nova_grounding", None, input, rng);
            call.result = call.result.map(|result| format!("{{\"json\":{result}}}"));
            call.is_error = call.result.is_some() && rng.bool();
            Leaf::Hosted(call)
        }
        _ => Leaf::Call(explicit::call(n, rng)),
    }
}

fn thought(rng: &mut Rng) -> Leaf {
    Leaf::Thought(if rng.u8(..5) == 0 {
        let encrypted = Some(explicit::cipher(rng));
        IntendedThought { text: String::new(), encrypted, ..explicit::thought(ReasoningForm::Redacted, rng) }
    } else {
        let signature = (rng.u8(..3) > 0).then(|| explicit::cipher(rng));
        IntendedThought { signature, ..explicit::thought(ReasoningForm::Full, rng) }
    })
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, _: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if selection.has(P::ErrorEvent) {
        intention.errors.push("Too many requests, please wait".into());
    }
}

const CITATIONS: &[&str] = &[
    "{\"title\":\"T\\u00efde\",\"sourceContent\":[{\"text\":\"low\"}],\"location\":{\"documentPage\":{\"documentIndex\":0,\"start\":1,\"end\":2}}}",
    "{\"location\":{\"web\":{\"url\":\"https://example.com\",\"domain\":\"example.com\"}}}",
    "{ \"source\" : \"s\", \"title\":\"\\n\" }",
];
