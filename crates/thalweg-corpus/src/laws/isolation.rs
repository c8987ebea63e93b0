use thalweg::Response;
use thalweg::fold::BlockEnd;

use crate::{Setup, Violation};

/// Calls of one response, each as the frames that make it: wire bytes, terminators included.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever checks the law; there is nothing else to a stream")]
pub struct Strands {
    /// Frames before all calls.
    pub before: Vec<u8>,
    /// For each call its frames. No two calls may share a wire key.
    pub calls: Vec<Vec<Vec<u8>>>,
    /// Frames after all calls.
    pub after: Vec<u8>,
}

impl Strands {
    /// The calls one after another.
    #[must_use]
    pub fn in_turn(&self) -> Vec<u8> {
        [self.before.clone(), self.calls.concat().concat(), self.after.clone()].concat()
    }

    /// The calls interleaved at random; the frames of each call stay in order.
    #[must_use]
    pub fn interleaved(&self, seed: u64) -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut rest: Vec<_> = self.calls.iter().map(|frames| frames.iter()).collect();
        let mut bytes = self.before.clone();
        while !rest.is_empty() {
            let n = rng.usize(0..rest.len());
            match rest[n].next() {
                Some(frame) => bytes.extend_from_slice(frame),
                None => drop(rest.swap_remove(n)),
            }
        }
        bytes.extend_from_slice(&self.after);
        bytes
    }
}

/// Law 5: any interleaving of calls with distinct wire keys folds to the same calls. Tries `rounds` interleavings.
///
/// # Errors
/// With the calls in turn and the calls interleaved.
pub fn check_isolation<'d>(
    setup: impl Into<Setup<'d>>,
    strands: &Strands,
    rounds: u64,
    seed: u64,
) -> Result<(), Violation> {
    let setup = setup.into();
    let in_turn = calls(&setup.response(&strands.in_turn()));
    if in_turn.len() != strands.calls.len() {
        let message = format!("{} calls in turn give {}", strands.calls.len(), in_turn.len());
        return Err(Violation::new(LAW, message));
    }
    for round in 0..rounds {
        let interleaved = calls(&setup.response(&strands.interleaved(seed.wrapping_add(round))));
        if interleaved != in_turn {
            let message = format!("in turn (left) and interleaved by seed {} (right) differ", seed.wrapping_add(round));
            return Err(Violation::new(LAW, message).between(in_turn, interleaved));
        }
    }
    Ok(())
}

type Call = (u32, Option<String>, Option<String>, String, Option<BlockEnd>);

/// The calls of all choices, sorted: in which order they began is not the law's.
fn calls(response: &Response) -> Vec<Call> {
    let mut calls = Vec::new();
    for choice in &response.choices {
        for call in choice.tool_calls() {
            let [id, name] = [call.wire_id(), call.name()].map(|text| text.map(String::from));
            calls.push((choice.index, id, name, call.text.clone(), call.end));
        }
    }
    calls.sort_by(|a, b| (a.0, &a.1, &a.2, &a.3).cmp(&(b.0, &b.1, &b.2, &b.3)));
    calls
}

const LAW: &str = "isolation";
