//! Gemini: frames that each hold the new parts of candidates, as events or as the elements of an array. Nothing says
//! where a block ends.

mod ambiguity;
mod invent;
mod keys;
mod partial;
mod parts;
mod steps;
mod usage;

use fastrand::Rng;
use thalweg::{Dialect, Reason, registry};

use super::frames::{self, Frame, Noise};
use super::intention::Intention;
use super::perturbation::Perturbation as P;
use super::select::Selection;
use super::{Author, array, explicit};

pub(super) static AUTHOR: Author = Author {
    groups: ambiguity::GROUPS,
    ambiguities: ambiguity::AMBIGUITIES,
    is_ambiguous: ambiguity::is_ambiguous,
    invent: invent::invent,
    adapt: invent::adapt,
    compose,
    write,
    dialect,
    reason,
};

static NOISE: Noise = Noise {
    unknown: &[
        "data: {}",
        "data: {\"candidates\":[]}",
        "data: {\"modelStatus\":{\"message\":\"no\"}}",
        "data: {\"x_progress\":{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"no\"}]}}]}}",
    ],
    comments: &[],
};

const UNKNOWN: &[&str] = &["{}", "{\"candidates\":[]}", "{\"x_progress\":{\"finishReason\":\"no\"}}"];

fn write(frames: &[Frame], selection: &mut Selection, rng: &mut Rng) -> Vec<u8> {
    match frames {
        _ if selection.has(P::JsonArray) => array::write(frames, UNKNOWN, selection, rng),
        [frames @ .., error] if selection.has(P::ErrorBare) => {
            selection.hit(P::ErrorBare);
            let mut bytes = frames::write(frames, &NOISE, selection, rng);
            bytes.extend_from_slice(pretty(&error.data).as_bytes());
            bytes
        }
        _ => frames::write(frames, &NOISE, selection, rng),
    }
}

/// The same on many lines, as errors come. What has half a pair in it stays on its line.
fn pretty(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.map_or_else(|_| format!("{json}\n"), |value| format!("{value:#}\n"))
}

/// Both read the same words and the same numbers, as far as they are used here.
fn dialect(_: &Selection, seed: u64) -> &'static Dialect {
    let name = if seed.is_multiple_of(2) { "gemini" } else { "vertex" };
    registry::find(name).expect("the registry has Gemini and Vertex AI")
}

/// What the words of the intentions mean.
fn reason(raw: &str) -> Reason {
    match raw {
        "STOP" | "1" => Reason::Stop,
        "MAX_TOKENS" | "2" => Reason::Length,
        "SAFETY" | "LANGUAGE" | "PROHIBITED_CONTENT" | "3" => Reason::ContentFilter,
        "MALFORMED_FUNCTION_CALL" => Reason::Error,
        "CONTINUATION" => Reason::Pause,
        _ => Reason::Other,
    }
}

fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<Frame> {
    let mut objects = steps::compose(intention, selection, rng);
    if selection.roll(P::SnakeKeys, 1, rng) {
        objects = objects.into_iter().map(keys::snake).collect();
    }
    objects.into_iter().map(|object| Frame::data(object.write(selection, rng))).collect()
}
