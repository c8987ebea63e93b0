//! What a stream of messages is to mean.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit;
use crate::generate::intention::{IntendedHosted, IntendedThought, Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::strings;

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let leaves: Vec<_> = match rng.u8(..10) {
        0 => vec![],
        1..=2 => vec![thought(rng), Leaf::Text(strings::text(rng))],
        3 => (0..rng.usize(1..=4)).map(|n| Leaf::Call(explicit::call(n, rng))).collect(),
        _ => (0..rng.usize(1..=7)).map(|n| leaf(n, rng)).collect(),
    };
    let has_calls = leaves.iter().any(|leaf| matches!(leaf, Leaf::Call(_)));
    let reasons: &[&str] = if has_calls {
        &["tool_use", "tool_use", "tool_use", "max_tokens", "end_turn"]
    } else {
        &[
            "end_turn",
            "end_turn",
            "stop_sequence",
            "max_tokens",
            "pause_turn",
            "refusal",
            "model_context_window_exceeded",
            "because",
        ]
    };
    explicit::response(leaves, reasons[rng.usize(..reasons.len())], rng)
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..10) {
        0..=1 => Leaf::Text(strings::text(rng)),
        2..=3 => explicit::cited(CITATIONS, rng),
        4..=5 => thought(rng),
        6..=7 => Leaf::Hosted(hosted(n, rng)),
        8 => Leaf::Call(explicit::raw_call(n, "set_tide", rng)),
        _ => Leaf::Call(explicit::call(n, rng)),
    }
}

fn thought(rng: &mut Rng) -> Leaf {
    Leaf::Thought(if rng.u8(..5) == 0 {
        let encrypted = Some(explicit::cipher(rng));
        IntendedThought { text: String::new(), encrypted, ..explicit::thought(ReasoningForm::Redacted, rng) }
    } else {
        let signature = (rng.u8(..4) > 0).then(|| explicit::cipher(rng));
        IntendedThought { signature, ..explicit::thought(ReasoningForm::Full, rng) }
    })
}

fn hosted(n: usize, rng: &mut Rng) -> IntendedHosted {
    let input = strings::raw_object(rng);
    let (name, server) = [("web_search", None), ("code_execution", None), ("roll_dice", Some("dice"))][rng.usize(..3)];
    let mut call = explicit::hosted(n, name, server, input, rng);
    if call.result.is_some() && rng.bool() {
        call.is_error = true;
        if server.is_none() {
            let code = "\"error_code\":\"unavailable\"";
            call.result = Some(format!("{{\"type\":\"{name}_tool_result_error\",{code}}}"));
        }
    }
    call
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, _: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if selection.has(P::ErrorEvent) {
        intention.errors.push("Overloaded".into());
    }
    for leaf in &mut intention.choices[0].leaves {
        if let Leaf::Thought(thought) = leaf
            && selection.has(P::SignatureAbsent)
        {
            thought.signature = None;
        }
    }
}

const CITATIONS: &[&str] = &[
    "{\"type\":\"web_search_result_location\",\"url\":\"https://example.com\",\"title\":\"T\\u00efde\",\"cited_text\":\"low\",\"encrypted_index\":\"Eo1\"}",
    "{\"type\":\"char_location\",\"cited_text\":\"t\",\"document_index\":0,\"start_char_index\":0,\"end_char_index\":1}",
    "{ \"type\" : \"page_location\", \"start_page_number\":1 }",
];
