//! Leaves into the fragments that a wire sends, in an order that keeps their meaning.

use std::collections::VecDeque;

use fastrand::Rng;

use crate::generate::fragments::{fragments, input_fragments};
use crate::generate::intention::{IntendedCall, IntendedChoice, Leaf};
use crate::generate::json::Json;
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::strings;

/// One fragment.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The number of its leaf in its choice.
    pub(super) leaf: usize,
    pub(super) said: Said,
    /// Content that was not sent before: it counts as content behind a finish reason.
    pub(super) is_new: bool,
}

/// What a fragment says.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Reasoning(Vec<u16>),
    Text(Vec<u16>),
    /// What the text before it refers to, verbatim JSON.
    Reference(String),
    Refusal(Vec<u16>),
    Call(CallPiece),
}

/// A fragment of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct CallPiece {
    pub(super) index: Option<Json>,
    pub(super) id: Option<Json>,
    pub(super) name: Option<Json>,
    pub(super) input: Option<Json>,
    pub(super) signature: Option<Json>,
    pub(super) is_typed: bool,
}

/// Fragments of one leaf that are still to be sent.
struct Queue {
    pieces: VecDeque<Piece>,
    /// How many must be sent before the leaf is seen to have begun.
    opening: usize,
    is_call: bool,
}

/// The fragments of a choice, in order of sending.
pub(super) fn of_choice(choice: &IntendedChoice, selection: &mut Selection, rng: &mut Rng) -> Vec<Piece> {
    let indexes = Indexes::draw(rng);
    let mut calls = 0;
    let has_several = choice.calls().count() > 1;
    let tagged = tagged(&choice.leaves).filter(|_| selection.has(P::InlineTags));
    let queues = choice.leaves.iter().enumerate().map(|(leaf, content)| {
        let wrap = |said: fn(Vec<u16>) -> Said, text: &str, selection: &mut Selection, rng: &mut Rng| Queue {
            pieces: fragments(text, selection, rng)
                .into_iter()
                .map(|units| Piece { leaf, said: said(units), is_new: true })
                .collect(),
            opening: 0,
            is_call: false,
        };
        match content {
            Leaf::Reasoning(_) if leaf == 0 && tagged.is_some() => {
                selection.hit(P::InlineTags);
                wrap(Said::Text, tagged.as_deref().unwrap_or_default(), selection, rng)
            }
            // It was said with the reasoning.
            Leaf::Text(_) if leaf == 1 && tagged.is_some() => wrap(Said::Text, "", selection, rng),
            Leaf::Text(text) => wrap(Said::Text, text, selection, rng),
            Leaf::Reasoning(text) => wrap(Said::Reasoning, text, selection, rng),
            Leaf::Refusal(text) => wrap(Said::Refusal, text, selection, rng),
            Leaf::Cited { text, citations } => {
                let said = wrap(Said::Text, text, selection, rng);
                cited(said, citations, selection, rng)
            }
            Leaf::Call(call) => {
                let index = indexes.of(calls, has_several, selection, rng);
                calls += 1;
                of_call(leaf, call, index.as_ref(), selection, rng)
            }
            // Chunks have no words for these, and nobody intends them.
            _ => wrap(Said::Text, "", selection, rng),
        }
    });
    let queues = queues.collect();
    schedule(queues, selection, rng)
}

/// Puts what a text refers to behind some of its fragments, the rest behind all of it. Half a pair is no place for it.
fn cited(text: Queue, citations: &[String], selection: &mut Selection, rng: &mut Rng) -> Queue {
    let mut rest = citations.iter();
    let mut pieces = VecDeque::new();
    for piece in text.pieces {
        let leaf = piece.leaf;
        let is_whole = !matches!(&piece.said, Said::Text(text) if matches!(text.last(), Some(0xD800..=0xDBFF)));
        pieces.push_back(piece);
        if is_whole && rng.bool() {
            pieces.extend(rest.next().map(|json| Piece { leaf, said: Said::Reference(json.clone()), is_new: false }));
        }
    }
    let leaf = pieces.back().map_or(0, |piece| piece.leaf);
    pieces.extend(rest.map(|json| Piece { leaf, said: Said::Reference(json.clone()), is_new: false }));
    selection.hit(P::References);
    Queue { pieces, ..text }
}

/// The reasoning that an answer begins with and the text behind it, as one text.
fn tagged(leaves: &[Leaf]) -> Option<String> {
    match leaves {
        [Leaf::Reasoning(reasoning), Leaf::Text(text), ..] => Some(format!("<think>{reasoning}</think>{text}")),
        [Leaf::Reasoning(reasoning), ..] => Some(format!("<think>{reasoning}</think>")),
        _ => None,
    }
}

/// Takes one fragment after another. A leaf begins only when those before it have begun, and only calls may still be
/// going on: so the order of the leaves is the order in which they begin.
fn schedule(mut queues: Vec<Queue>, selection: &mut Selection, rng: &mut Rng) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut ready: Vec<usize> = Vec::new();
    loop {
        ready.clear();
        for (n, queue) in queues.iter().enumerate() {
            let overlap = if queue.is_call { P::CallsInterleaved } else { P::TextBetween };
            if !ready.is_empty() && !selection.has(overlap) {
                break;
            }
            if !queue.pieces.is_empty() {
                ready.push(n);
                if !queue.is_call || queue.opening > 0 {
                    break;
                }
            }
        }
        let Some(&first) = ready.first() else { return pieces };
        let chosen = ready[rng.usize(..ready.len())];
        if chosen != first {
            selection.hit(if queues[chosen].is_call { P::CallsInterleaved } else { P::TextBetween });
        }
        let queue = &mut queues[chosen];
        queue.opening = queue.opening.saturating_sub(1);
        pieces.extend(queue.pieces.pop_front());
    }
}

/// The fragments of a call's input, or the input itself.
fn inputs(call: &IntendedCall, selection: &mut Selection, rng: &mut Rng) -> Vec<Json> {
    let text = &call.arguments;
    let is_bare = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
    if is_bare && strings::is_complete(text) && !text.contains('\r') && selection.roll(P::InputAsValue, 2, rng) {
        return vec![Json::raw(text)];
    }
    input_fragments(text, selection, rng).into_iter().map(Json::Text).collect()
}

/// The numbers of a choice's calls.
struct Indexes {
    first: usize,
    step: usize,
}

impl Indexes {
    fn draw(rng: &mut Rng) -> Self {
        Self { first: rng.usize(..3) / 2, step: [1, 1, 1, 3][rng.usize(..4)] }
    }

    /// The index of the `n`-th call.
    fn of(&self, call: usize, has_several: bool, selection: &mut Selection, rng: &mut Rng) -> Option<Json> {
        let n = self.first + call * self.step;
        let mut odd = |perturbation: P| {
            let has = selection.has(perturbation);
            if has && (has_several || perturbation != P::IndexZero) {
                selection.hit(perturbation);
            }
            has
        };
        Some(if odd(P::IndexZero) {
            Json::raw(0)
        } else if odd(P::IndexHuge) {
            Json::raw(HUGE.get(call).copied().unwrap_or("1e31"))
        } else if odd(P::IndexNegative) {
            Json::raw(format!("-{}", n + 1))
        } else if odd(P::IndexString) {
            if self.first == 0 { Json::text(&n.to_string()) } else { Json::text(&format!("tool-{n}")) }
        } else if odd(P::IndexFraction) {
            Json::raw(format!("{n}.5"))
        } else if odd(P::IndexAbsent) || selection.has(P::LegacyCall) {
            return rng.bool().then(Json::null);
        } else {
            Json::raw(n)
        })
    }
}

/// Where the facts of a call are among its fragments.
struct Plan {
    name_at: usize,
    id_at: usize,
}

/// The fragments of a call.
fn of_call(leaf: usize, call: &IntendedCall, index: Option<&Json>, selection: &mut Selection, rng: &mut Rng) -> Queue {
    let mut inputs: Vec<Option<Json>> = inputs(call, selection, rng).into_iter().map(Some).collect();
    let plan = plan(call, &mut inputs, selection, rng);
    let halves = name_halves(&call.name).filter(|_| selection.has(P::NameInPieces));
    let signature = call.signature.as_deref().filter(|_| call.signature_in_id().is_none());
    let (signed_at, is_signed_often) = (rng.usize(..inputs.len()), rng.bool());
    let mut pieces: VecDeque<Piece> = VecDeque::new();
    for (n, input) in inputs.into_iter().enumerate() {
        let mut piece = CallPiece { index: index.cloned(), input, ..CallPiece::default() };
        piece.signature = signature.filter(|_| n == signed_at || (is_signed_often && n > signed_at)).map(Json::text);
        piece.is_typed = n == 0 || rng.u8(..8) == 0;
        piece.id = call.id.as_ref().and_then(|id| place(n, plan.id_at, id, P::IdRepeated, P::IdEmpty, selection, rng));
        piece.name = match &halves {
            Some((first, _)) if n == 0 => Some(Json::text(first)),
            Some((_, second)) if n == 1 => Some(Json::text(second)),
            Some(_) => None,
            None => place(n, plan.name_at, &call.name, P::NameRepeated, P::NameEmpty, selection, rng),
        };
        let is_new = piece.input.as_ref().is_some_and(|input| !matches!(input, Json::Text(text) if text.is_empty()));
        pieces.push_back(Piece { leaf, said: Said::Call(piece), is_new });
        if n > plan.name_at && selection.roll(P::InputNoise, 3, rng) {
            pieces.push_back(noise(leaf, call, index, selection, rng));
        }
    }
    if halves.is_some() {
        selection.hit(P::NameInPieces);
    }
    let mut opening = plan.name_at + 1;
    if strings::is_complete(&call.arguments) && selection.roll(P::InputAgain, 2, rng) {
        let again = repeat(call, index, selection);
        pieces.push_back(Piece { leaf, said: Said::Call(again), is_new: false });
    }
    if selection.roll(P::InputNoise, 3, rng) {
        let empty = CallPiece {
            index: index.cloned(),
            id: Some(Json::nothing(rng)),
            name: Some(Json::nothing(rng)),
            input: Some(Json::nothing(rng)),
            signature: None,
            is_typed: true,
        };
        pieces.push_front(Piece { leaf, said: Said::Call(empty), is_new: false });
        opening += 1;
    }
    Queue { pieces, opening, is_call: true }
}

/// Says where name and id go, and makes room for them. Input that is `None` is a fragment without one.
fn plan(call: &IntendedCall, inputs: &mut Vec<Option<Json>>, selection: &mut Selection, rng: &mut Rng) -> Plan {
    let is_name_late = !inputs.is_empty() && selection.has(P::NameLate);
    let opens_alone = match name_halves(&call.name) {
        Some(_) if selection.has(P::NameInPieces) => true,
        _ => !is_name_late && rng.bool(),
    };
    if inputs.is_empty() || opens_alone {
        let nothing = [None, Some(Json::text("")), Some(Json::null())];
        inputs.insert(0, nothing[rng.usize(..3)].clone());
    }
    let mut name_at = 0;
    if is_name_late {
        selection.hit(P::NameLate);
        name_at = rng.usize(1..=inputs.len());
    }
    let mut id_at = 0;
    if call.id.is_some() && selection.has(P::IdLate) {
        selection.hit(P::IdLate);
        id_at = rng.usize(name_at + 1..=inputs.len().max(name_at + 1));
    }
    let needed = if selection.has(P::NameInPieces) && name_halves(&call.name).is_some() { 1 } else { 0 };
    while inputs.len() <= name_at.max(id_at).max(needed) {
        inputs.push(None);
    }
    Plan { name_at, id_at }
}

/// An id or a name on the `n`-th fragment, when it is given at the `at`-th.
fn place(
    n: usize,
    at: usize,
    value: &str,
    repeated: P,
    empty: P,
    selection: &mut Selection,
    rng: &mut Rng,
) -> Option<Json> {
    if n == at {
        return Some(Json::text(value));
    }
    if n > at && selection.has(repeated) {
        selection.hit(repeated);
        return Some(Json::text(value));
    }
    selection.roll(empty, 2, rng).then(|| Json::nothing(rng))
}

/// A fragment behind the opening that says nothing.
fn noise(leaf: usize, call: &IntendedCall, index: Option<&Json>, selection: &Selection, rng: &mut Rng) -> Piece {
    let mut piece = CallPiece { index: index.cloned(), ..CallPiece::default() };
    if selection.has(P::IdRepeated) {
        piece.id = call.id.as_deref().map(Json::text);
    }
    if rng.bool() {
        piece.input = Some(Json::nothing(rng));
    }
    Piece { leaf, said: Said::Call(piece), is_new: false }
}

/// The whole input again. With a name it would be another call (rule 3), unless the id says whose it is.
fn repeat(call: &IntendedCall, index: Option<&Json>, selection: &Selection) -> CallPiece {
    let mut piece =
        CallPiece { index: index.cloned(), input: Some(Json::text(&call.arguments)), ..CallPiece::default() };
    if selection.has(P::IdRepeated) {
        piece.id = call.id.as_deref().map(Json::text);
        piece.name = Some(Json::text(&call.name)).filter(|_| selection.has(P::NameRepeated));
    }
    piece
}

/// A name in two pieces, none of which could be taken for the other again.
fn name_halves(name: &str) -> Option<(&str, &str)> {
    let (at, _) = name.char_indices().nth(name.chars().count() / 2)?;
    let (first, second) = name.split_at(at);
    (!first.is_empty() && !second.starts_with(first)).then_some((first, second))
}

const HUGE: &[&str] =
    &["4294967295", "4294967296", "65536", "9223372036854775807", "1e30", "18446744073709551616", "2147483648"];
