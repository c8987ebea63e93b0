//! A message in the lines that say it.

use fastrand::Rng;

use crate::generate::explicit;
use crate::generate::fragments::fragments;
use crate::generate::intention::{IntendedCall, IntendedUsage, Intention, Leaf};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;

/// What one line says.
#[derive(Default)]
struct Line {
    thinking: Vec<u16>,
    content: Vec<u16>,
    calls: Vec<Json>,
}

/// The lines of a response.
pub(super) fn compose(intention: &Intention, selection: &mut Selection, rng: &mut Rng) -> Vec<String> {
    let mut lines = lines(&intention.choices[0].leaves, selection, rng);
    let last = match lines.pop() {
        Some(last) if selection.roll(P::FinishWithContent, 1, rng) || selection.has(P::WholeBody) => last,
        last => {
            lines.extend(last);
            Line::default()
        }
    };
    let mut objects = Vec::new();
    for line in lines {
        objects.push(object(intention, line, selection, rng));
        if selection.roll(P::DeltasEmpty, 3, rng) {
            objects.push(object(intention, Line::default(), selection, rng));
        }
    }
    let end = objects.len();
    let mut done = object(intention, last, selection, rng);
    finish(intention, &mut done, selection, rng);
    objects.push(done);
    for message in &intention.errors {
        selection.hit(P::ErrorEvent);
        objects.insert(rng.usize(..=end), vec![("error", Json::text(message))]);
    }
    explicit::cut_short(&mut objects, end, selection, rng);
    objects.into_iter().map(|fields| Json::Object(fields).write(selection, rng)).collect()
}

/// Fragments and calls, those that may share a line in one, here and there.
fn lines(leaves: &[Leaf], selection: &mut Selection, rng: &mut Rng) -> Vec<Line> {
    if selection.roll(P::WholeBody, 1, rng) {
        return vec![whole(leaves, selection, rng)];
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut number = 0;
    for leaf in leaves {
        match leaf {
            Leaf::Reasoning(text) => {
                let pieces = fragments(text, selection, rng).into_iter();
                lines.extend(pieces.map(|thinking| Line { thinking, ..Line::default() }));
            }
            Leaf::Text(text) => {
                for content in fragments(text, selection, rng) {
                    match lines.last_mut().filter(|line| line.content.is_empty() && line.calls.is_empty()) {
                        Some(line) if selection.roll(P::KindsTogether, 2, rng) => line.content = content,
                        _ => lines.push(Line { content, ..Line::default() }),
                    }
                }
            }
            Leaf::Call(intended) => {
                let json = call(intended, number, selection, rng);
                number += 1;
                match lines.last_mut() {
                    Some(line) if !line.calls.is_empty() && selection.roll(P::CallsTogether, 2, rng) => {
                        line.calls.push(json);
                    }
                    Some(line) if line.calls.is_empty() && selection.roll(P::KindsTogether, 2, rng) => {
                        line.calls.push(json);
                    }
                    _ => lines.push(Line { calls: vec![json], ..Line::default() }),
                }
            }
            _ => {}
        }
    }
    lines
}

/// All of it at once.
fn whole(leaves: &[Leaf], selection: &mut Selection, rng: &mut Rng) -> Line {
    let mut line = Line::default();
    for leaf in leaves {
        match leaf {
            Leaf::Reasoning(text) => line.thinking.extend(text.encode_utf16()),
            Leaf::Text(text) => line.content.extend(text.encode_utf16()),
            Leaf::Call(intended) => line.calls.push(call(intended, line.calls.len(), selection, rng)),
            _ => {}
        }
    }
    line
}

fn call(call: &IntendedCall, number: usize, selection: &mut Selection, rng: &mut Rng) -> Json {
    let mut function = Vec::new();
    if !selection.roll(P::CallNumbersAbsent, 1, rng) {
        function.push(("index", Json::raw(number)));
    }
    function.push(("name", Json::text(&call.name)));
    if call.arguments.is_empty() {
        selection.hit(P::InputMissing);
        function.extend(rng.bool().then(|| ("arguments", Json::null())));
    } else {
        function.push(("arguments", Json::raw(&call.arguments)));
    }
    let mut fields = Vec::new();
    match &call.id {
        Some(id) => fields.push(("id", Json::text(id))),
        None => selection.hit(P::IdMissing),
    }
    fields.push(("function", Json::Object(function)));
    Json::Object(fields)
}

/// A line as an object that does not end the answer.
fn object(intention: &Intention, line: Line, selection: &mut Selection, rng: &mut Rng) -> Fields {
    let mut fields = intention.facts();
    fields.push(("created_at", Json::text("2026-10-01T10:00:00.123456789Z")));
    let is_flat = selection.roll(P::GenerateForm, 1, rng);
    let mut message = Vec::new();
    if !is_flat {
        message.push(("role", Json::text("assistant")));
    }
    let text = if is_flat { "response" } else { "content" };
    if line.content.is_empty() && selection.roll(P::ContentNull, 2, rng) {
        message.extend(rng.bool().then(|| (text, Json::null())));
    } else {
        message.push((text, Json::Text(line.content)));
    }
    if !line.thinking.is_empty() {
        message.push(("thinking", Json::Text(line.thinking)));
    } else if selection.roll(P::ContentNull, 4, rng) {
        message.push(("thinking", Json::nothing(rng)));
    }
    if !line.calls.is_empty() {
        message.push(("tool_calls", Json::List(line.calls)));
    }
    if is_flat {
        fields.extend(message);
    } else {
        fields.push(("message", Json::Object(message)));
    }
    if selection.roll(P::Logprobs, 3, rng) {
        fields.push(("logprobs", Json::raw("[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97]}]")));
    }
    if selection.roll(P::RemoteFacts, 1, rng) {
        fields.extend([("remote_model", Json::text("no")), ("remote_host", Json::text("https://example.com"))]);
    }
    fields.push(("done", Json::raw(false)));
    fields
}

/// Makes an object the last one.
fn finish(intention: &Intention, fields: &mut Fields, selection: &mut Selection, rng: &mut Rng) {
    fields.retain(|field| field.0 != "done");
    fields.push(("done", Json::raw(true)));
    match intention.choices[0].finish.as_str() {
        "" => {
            selection.hit(P::ReasonAbsent);
            fields.extend(rng.bool().then(|| ("done_reason", Json::text(""))));
        }
        reason => fields.push(("done_reason", Json::text(reason))),
    }
    if selection.roll(P::RemoteFacts, 1, rng) {
        fields.extend([("total_duration", Json::raw(4_353_619_900_u64)), ("load_duration", Json::raw(63_915_300))]);
    }
    match &intention.usage {
        Some(usage) => fields.extend(counts(usage, selection)),
        None => selection.hit(P::UsageAbsent),
    }
}

/// The counts; those that are zero are left out.
fn counts(usage: &IntendedUsage, selection: &mut Selection) -> Fields {
    if usage.prompt == 0 || usage.completion == 0 {
        selection.hit(P::CountsLeftOut);
    }
    let counts = [("prompt_eval_count", usage.prompt), ("eval_count", usage.completion)];
    let given = counts.into_iter().filter(|(_, count)| *count > 0);
    given.map(|(name, count)| (name, Json::raw(count))).collect()
}
