//! What the wires of explicit blocks share: responses of one answer, and the events they are written as.

use std::collections::VecDeque;

use fastrand::Rng;
use thalweg::ReasoningForm;

use super::frames::Frame;
use super::intention::{
    InputVerdict, IntendedCall, IntendedChoice, IntendedHosted, IntendedThought, IntendedUsage, Intention, Leaf,
};
use super::json::{Fields, Json};
use super::perturbation::Perturbation as P;
use super::select::Selection;
use super::strings;

/// One event: its `type` and its other fields.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) kind: &'static str,
    pub(super) fields: Fields,
    /// It ends a block, and may come late.
    pub(super) is_end: bool,
}

impl Event {
    pub(super) const fn new(kind: &'static str, fields: Fields) -> Self {
        Self { kind, fields, is_end: false }
    }

    pub(super) const fn end(kind: &'static str, fields: Fields) -> Self {
        Self { kind, fields, is_end: true }
    }

    /// The event as a frame. `kind` is `type`, and the name of the frame.
    pub(super) fn frame(mut self, selection: &mut Selection, rng: &mut Rng) -> Frame {
        let kind = ("type", Json::text(self.kind));
        if selection.roll(P::TypeLast, 1, rng) {
            self.fields.push(kind);
        } else {
            self.fields.insert(0, kind);
        }
        let name = if selection.roll(P::NamesAbsent, 1, rng) { None } else { Some(self.kind) };
        Frame { name, is_exception: false, data: Json::Object(self.fields).write(selection, rng) }
    }
}

/// Brings the events of several blocks into one order.
pub(super) fn schedule(blocks: Vec<Vec<Event>>, selection: &mut Selection, rng: &mut Rng) -> Vec<Event> {
    let mut queues: Vec<VecDeque<Event>> = blocks.into_iter().map(VecDeque::from).collect();
    let (mut events, mut ends) = (Vec::new(), Vec::new());
    loop {
        queues.retain(|queue| !queue.is_empty());
        let mut n = 0;
        if queues.len() > 1 && selection.has(P::ItemsInterleaved) {
            selection.hit(P::ItemsInterleaved);
            n = rng.usize(..queues.len().min(3));
        }
        let Some(event) = queues.get_mut(n).and_then(VecDeque::pop_front) else { break };
        if event.is_end && selection.roll(P::EndsLast, 1, rng) {
            ends.push(event);
        } else {
            events.push(event);
        }
    }
    events.extend(ends);
    events
}

/// The number of the `n`-th item or block on the wire.
pub(super) fn numbers(count: usize, selection: &mut Selection, rng: &mut Rng) -> Vec<usize> {
    let mut next = 0;
    let number = |_| {
        if selection.roll(P::ItemGaps, 1, rng) {
            next += [0, 1, 2, 9, 70_000][rng.usize(..5)];
        }
        next += 1;
        next - 1
    };
    (0..count).map(number).collect()
}

/// Cuts the events short, before what ends the answer and behind the first.
pub(super) fn cut_short<T>(events: &mut Vec<T>, end: usize, selection: &mut Selection, rng: &mut Rng) {
    if end > 1 && selection.roll(P::CutShort, 1, rng) {
        events.truncate(rng.usize(1..end));
    }
}

/// What a block's start says of its text; mostly nothing. `pieces` are what its deltas say.
pub(super) fn begun(pieces: &mut Vec<Vec<u16>>, selection: &mut Selection, rng: &mut Rng) -> String {
    let Some(first) = pieces.first().and_then(|first| String::from_utf16(first).ok()) else { return String::new() };
    // What goes on must not look like what was said.
    let rest = pieces[1..].concat();
    let goes_on = !rest.starts_with(&pieces[0]) && (rest.is_empty() || !pieces[0].starts_with(&rest));
    if selection.roll(P::StartTextRepeated, 1, rng) {
        return first;
    }
    if goes_on && selection.roll(P::StartText, 1, rng) {
        pieces.remove(0);
        return first;
    }
    String::new()
}

/// An optional field that says nothing, here and there.
pub(super) fn nothing(name: &'static str, fields: &mut Fields, selection: &mut Selection, rng: &mut Rng) {
    if fields.iter().all(|field| field.0 != name) && selection.roll(P::NullFields, 2, rng) {
        fields.push((name, Json::null()));
    }
}

/// A response of one answer.
pub(super) fn response(leaves: Vec<Leaf>, finish: &str, rng: &mut Rng) -> Intention {
    let choice = IntendedChoice { index: 0, leaves, finish: finish.into(), last_word: None };
    Intention {
        id: Some(format!("resp_{:x}", rng.u64(..))),
        model: Some(["example-1", "models/ex\"ample", "例"][rng.usize(..3)].into()),
        choices: vec![choice],
        usage: Some(usage(rng)),
        errors: Vec::new(),
    }
}

fn usage(rng: &mut Rng) -> IntendedUsage {
    let most = if rng.u8(..8) == 0 { 1 << 40 } else { 5000 };
    let prompt = rng.u64(2..most);
    let completion = rng.u64(1..5000);
    let part = |of: u64, rng: &mut Rng| rng.bool().then(|| rng.u64(..=of));
    let (cached, written) = (part((prompt - 1) / 2, rng), part((prompt - 1) / 2, rng));
    IntendedUsage { prompt, completion, cached, written, reasoning: part(completion, rng) }
}

/// A function's call.
pub(super) fn call(n: usize, rng: &mut Rng) -> IntendedCall {
    let (arguments, verdict) = strings::arguments(rng);
    IntendedCall { id: Some(strings::id(rng, n)), name: strings::name(rng), arguments, signature: None, verdict }
}

/// A call whose input is one raw object.
pub(super) fn raw_call(n: usize, name: &str, rng: &mut Rng) -> IntendedCall {
    let (name, arguments) = (name.into(), strings::raw_object(rng));
    IntendedCall { id: Some(strings::id(rng, n)), name, arguments, signature: None, verdict: InputVerdict::Valid }
}

/// Neighbours that a wire without ends of blocks cannot tell apart as one, and none that is empty. A seal ends what it
/// is on; a seal on nothing is on its own.
pub(super) fn joined(leaves: Vec<Leaf>) -> Vec<Leaf> {
    let mut joined: Vec<Leaf> = Vec::new();
    for leaf in leaves {
        match (joined.last_mut(), leaf) {
            (_, Leaf::Text(text) | Leaf::Reasoning(text)) if text.is_empty() => {}
            (_, Leaf::Thought(thought)) if thought.text.is_empty() && thought.signature.is_none() => {}
            (Some(Leaf::Text(whole)), Leaf::Text(text)) | (Some(Leaf::Reasoning(whole)), Leaf::Reasoning(text)) => {
                whole.push_str(&text);
            }
            (Some(last @ Leaf::Text(_)), Leaf::Sealed { text, signature }) if !text.is_empty() => {
                let Leaf::Text(whole) = last else { continue };
                *last = Leaf::Sealed { text: format!("{whole}{text}"), signature };
            }
            (Some(Leaf::Thought(whole)), Leaf::Thought(thought))
                if whole.signature.is_none() && !thought.text.is_empty() =>
            {
                whole.text.push_str(&thought.text);
                whole.signature = thought.signature;
            }
            (_, leaf) => joined.push(leaf),
        }
    }
    joined
}

/// A text with citations.
pub(super) fn cited(citations: &[&str], rng: &mut Rng) -> Leaf {
    let citations = (0..rng.usize(1..=3)).map(|_| citations[rng.usize(..citations.len())].into()).collect();
    // Nothing is cited for nothing.
    Leaf::Cited { text: strings::text(rng) + "low", citations }
}

/// Reasoning of a form. What has a seal or a cipher may have no text.
pub(super) fn thought(form: ReasoningForm, rng: &mut Rng) -> IntendedThought {
    IntendedThought { form, text: strings::text(rng), signature: None, encrypted: None }
}

/// A call that the provider runs.
pub(super) fn hosted(n: usize, name: &str, server: Option<&str>, input: String, rng: &mut Rng) -> IntendedHosted {
    let result = rng.bool().then(|| strings::raw_object(rng));
    let id = format!("hosted_{n}_{:x}", rng.u32(..));
    IntendedHosted { id, name: name.into(), server: server.map(Into::into), input, result, is_error: false }
}

/// What a provider cannot be read by anyone else.
pub(super) fn cipher(rng: &mut Rng) -> String {
    format!("Q2lwaGVy{:x}/+\u{3d}", rng.u64(..))
}

/// The input is an object with fields, and nothing around it.
pub(super) fn is_object(call: &IntendedCall) -> bool {
    let text = call.arguments.as_str();
    call.verdict == InputVerdict::Valid
        && text.trim_ascii() == text
        && !text.trim_matches(['{', '}', ' ', '\n', '\t', '\r']).is_empty()
        && !text.contains('\r')
}
