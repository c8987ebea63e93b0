//! What a stream of Cohere's is to mean.

use fastrand::Rng;
use thalweg::ReasoningForm;

use super::blocks;
use crate::generate::intention::{Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::{explicit, strings};

/// Invents a response: a plan, contents, calls.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let has_calls = rng.u8(..3) == 0;
    let mut leaves = Vec::new();
    if has_calls && rng.bool() {
        let mut plan = explicit::thought(ReasoningForm::Plan, rng);
        plan.text.push_str("call");
        leaves.push(Leaf::Thought(plan));
    }
    if !has_calls || rng.bool() {
        leaves.extend((0..rng.usize(..=4)).map(|_| content(rng)));
    }
    if has_calls {
        leaves.extend((0..rng.usize(1..=4)).map(|n| Leaf::Call(explicit::call(n, rng))));
    }
    let reasons: &[&str] = if has_calls {
        &["TOOL_CALL", "TOOL_CALL", "TOOL_CALL", "MAX_TOKENS", "COMPLETE"]
    } else {
        &["COMPLETE", "COMPLETE", "COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TIMEOUT", "BECAUSE"]
    };
    let mut intention = explicit::response(leaves, reasons[rng.usize(..reasons.len())], rng);
    intention.model = None;
    if let Some(usage) = &mut intention.usage {
        (usage.written, usage.reasoning) = (None, None);
    }
    intention
}

fn content(rng: &mut Rng) -> Leaf {
    match rng.u8(..4) {
        0 => Leaf::Thought(explicit::thought(ReasoningForm::Full, rng)),
        1 => Leaf::Text(strings::text(rng)),
        _ => explicit::cited(CITATIONS, rng),
    }
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, _: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if selection.has(P::EndError) {
        intention.errors.push("The generation failed".into());
        intention.choices[0].finish = "ERROR".into();
    }
    if selection.has(P::CitationsBare) {
        return;
    }
    let mut number = 0;
    for leaf in &mut intention.choices[0].leaves {
        if let Leaf::Cited { citations, .. } = leaf {
            for citation in citations {
                let open = citation.trim_end_matches('}').len();
                citation.truncate(open);
                citation.push_str(&format!(",\"content_index\":{}}}", blocks::number(number, selection)));
            }
        }
        number += usize::from(blocks::is_content(leaf));
    }
}

/// One brace ends each.
const CITATIONS: &[&str] = &[
    "{\"start\":0,\"end\":3,\"text\":\"low\",\"sources\":[{\"type\":\"document\",\"id\":\"doc:0\",\"document\":{\"title\":\"T\\u00efde\"}}],\"type\":\"TEXT_CONTENT\"}",
    "{\"start\":1,\"end\":2,\"text\":\"l\",\"sources\":[]}",
    "{ \"text\" : \"\\n\", \"start\":0,\"end\":1, \"sources\": [{\"type\":\"tool\",\"id\":\"t:0\",\"tool_output\":{}}] }",
];
