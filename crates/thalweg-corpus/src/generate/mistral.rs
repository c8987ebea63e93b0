//! Mistral's chat completions: OpenAI's chunks, with references among the parts of a content.

use fastrand::Rng;
use thalweg::{Dialect, registry};

use super::Author;
use super::chat;
use super::intention::{IntendedChoice, Intention, Leaf};
use super::perturbation::Perturbation as P;
use super::select::Selection;

pub(super) static AUTHOR: Author = Author { adapt, dialect, ..chat::AUTHOR };

fn dialect(_: &Selection, _: u64) -> &'static Dialect {
    registry::find("mistral").expect("the registry has Mistral")
}

/// Changes what some perturbations say about the meaning itself.
fn adapt(intention: &mut Intention, selection: &Selection, rng: &mut Rng) {
    (chat::AUTHOR.adapt)(intention, selection, rng);
    if let Some(usage) = &mut intention.usage
        && selection.has(P::CachedAboveInput)
    {
        usage.cached = Some(usage.prompt + rng.u64(1..100));
    }
    if selection.has(P::References) {
        intention.choices.iter_mut().for_each(|choice| refer(choice, rng));
    }
}

/// Some texts refer to something. What is empty cannot.
fn refer(choice: &mut IntendedChoice, rng: &mut Rng) {
    for leaf in &mut choice.leaves {
        let Leaf::Text(text) = leaf else { continue };
        if !text.is_empty() && rng.bool() {
            let citations = (0..rng.usize(1..=3)).map(|_| REFERENCES[rng.usize(..REFERENCES.len())].into()).collect();
            *leaf = Leaf::Cited { text: core::mem::take(text), citations };
        }
    }
}

const REFERENCES: &[&str] = &[
    "{\"type\":\"reference\",\"reference_ids\":[0]}",
    "{\"type\":\"reference\",\"reference_ids\":[0,\"almanac\",\"\\u00e9\"]}",
    "{ \"type\" : \"tool_reference\", \"tool\":\"web_search\",\"title\":\"T\\u00efde\",\"url\":\"https://example.com\"}",
];
