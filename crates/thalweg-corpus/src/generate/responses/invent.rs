//! What a stream of responses is to mean.

use fastrand::Rng;
use thalweg::ReasoningForm;

use crate::generate::explicit;
use crate::generate::intention::{InputVerdict, IntendedHosted, Intention, Leaf};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::strings;

/// Invents a response.
pub(super) fn invent(rng: &mut Rng) -> Intention {
    let mut leaves: Vec<_> = match rng.u8(..10) {
        0 => vec![],
        1 => vec![refusal(rng)],
        2..=3 => vec![thought(rng), Leaf::Text(strings::text(rng))],
        4 => (0..rng.usize(1..=4)).map(|n| call(n, rng)).collect(),
        _ => (0..rng.usize(1..=7)).map(|n| leaf(n, rng)).collect(),
    };
    // Whether an answer that is empty, beside a refusal, is one, nobody says.
    let is_refused = leaves.iter().any(|leaf| matches!(leaf, Leaf::Refusal(_)));
    leaves.retain(|leaf| !(is_refused && matches!(leaf, Leaf::Text(text) if text.is_empty())));
    let reasons = ["completed", "completed", "completed", "max_output_tokens", "content_filter", "max_messages"];
    explicit::response(leaves, reasons[rng.usize(..reasons.len())], rng)
}

fn leaf(n: usize, rng: &mut Rng) -> Leaf {
    match rng.u8(..10) {
        0 => Leaf::Text(strings::text(rng)),
        1..=3 => explicit::cited(CITATIONS, rng),
        4 => thought(rng),
        5 => refusal(rng),
        6..=7 => Leaf::Hosted(hosted(n, rng)),
        _ => call(n, rng),
    }
}

/// Who declines says so.
fn refusal(rng: &mut Rng) -> Leaf {
    Leaf::Refusal(strings::text(rng) + "no")
}

fn call(n: usize, rng: &mut Rng) -> Leaf {
    Leaf::Call(match rng.u8(..8) {
        0 => {
            let mut call = explicit::call(n, rng);
            (call.arguments, call.verdict) = (strings::text(rng), InputVerdict::Unjudged);
            call
        }
        1 => explicit::raw_call(n, "computer", rng),
        2 => explicit::raw_call(n, "local_shell", rng),
        _ => explicit::call(n, rng),
    })
}

/// Reasoning, mostly a summary. A cipher belongs to an item, and so to its first part.
fn thought(rng: &mut Rng) -> Leaf {
    let mut thought = explicit::thought(ReasoningForm::Summary, rng);
    if rng.u8(..3) == 0 {
        thought.form = ReasoningForm::Full;
    }
    if rng.u8(..3) == 0 {
        thought.encrypted = Some(explicit::cipher(rng));
        // Nothing shown is no part.
        if thought.text.is_empty() || rng.u8(..3) == 0 {
            thought.text.clear();
            thought.form = ReasoningForm::Encrypted;
        }
    }
    Leaf::Thought(thought)
}

fn hosted(n: usize, rng: &mut Rng) -> IntendedHosted {
    match rng.u8(..4) {
        0 => {
            let mut call = explicit::hosted(n, "web_search", None, strings::raw_object(rng), rng);
            call.result = None;
            call
        }
        1 => {
            let mut call = explicit::hosted(n, "code_interpreter", None, strings::text(rng), rng);
            call.result = call.result.map(|logs| format!("[{{\"type\":\"logs\",\"logs\":{}}}]", quoted(&logs)));
            call
        }
        2 => {
            let queries = format!("[{}]", quoted(&strings::text(rng)));
            let mut call = explicit::hosted(n, "file_search", None, format!("{{\"queries\":{queries}}}"), rng);
            call.result = call.result.map(|result| format!("[{result}]"));
            call
        }
        _ => {
            let mut call = explicit::hosted(n, "roll_dice", Some("dice"), strings::arguments(rng).0, rng);
            call.is_error = call.result.is_some() && rng.bool();
            if !call.is_error {
                call.result = call.result.map(|output| quoted(&output));
            }
            call
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Changes what some perturbations say about the meaning itself.
pub(super) fn adapt(intention: &mut Intention, selection: &Selection, _: &mut Rng) {
    if selection.has(P::UsageAbsent) {
        intention.usage = None;
    }
    if selection.has_any(&[P::ErrorFlat, P::ErrorNested]) {
        intention.errors.push("The server is out of memory".into());
        intention.choices[0].finish = "failed".into();
    }
    if selection.has(P::StatusInside) && intention.choices[0].finish == "completed" {
        intention.choices[0].finish = "max_output_tokens".into();
    }
}

const CITATIONS: &[&str] = &[
    "{\"type\":\"url_citation\",\"url\":\"https://example.com/tide\",\"title\":\"T\\u00efde\",\"start_index\":0,\"end_index\":2}",
    "{\"type\":\"file_citation\",\"file_id\":\"file_1\",\"filename\":\"a.txt\",\"index\":0}",
    "{ \"type\" : \"file_path\", \"file_id\":\"file_2\",\"index\":1 }",
];
