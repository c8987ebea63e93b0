//! Inputs in pieces, each with the path of its value.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::generate::fragments::fragments;
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;
use crate::generate::select::Selection;
use crate::generate::strings;

/// An input that can be said in pieces: nothing in it is empty, and its keys are plain.
pub(super) fn arguments(rng: &mut Rng) -> String {
    let mut object = serde_json::Map::new();
    for key in &["a", "city", "days_ahead", "z9"][..rng.usize(1..=4)] {
        let value = match rng.u8(..4) {
            0 => json!([value(rng), { "x": value(rng) }]),
            1 => json!({ "x": value(rng), "y": [value(rng)] }),
            _ => value(rng),
        };
        object.insert((*key).into(), value);
    }
    Value::from(object).to_string()
}

fn value(rng: &mut Rng) -> Value {
    match rng.u8(..6) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i32(..)),
        _ => json!(strings::text(rng)),
    }
}

/// The pieces of an input.
pub(super) fn pieces(input: &str, selection: &mut Selection, rng: &mut Rng) -> Vec<Json> {
    let value: Value = serde_json::from_str(input).expect("it was written as JSON");
    let mut pieces = Vec::new();
    of_value(&value, "$", &mut |path, value| leaf(path, value, &mut pieces, selection, rng));
    pieces
}

fn of_value(value: &Value, path: &str, leaf: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| of_value(value, &format!("{path}.{key}"), leaf));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(n, value)| of_value(value, &format!("{path}[{n}]"), leaf));
        }
        value => leaf(path, value),
    }
}

fn leaf(path: &str, value: &Value, out: &mut Vec<Json>, selection: &mut Selection, rng: &mut Rng) {
    let (name, value) = match value {
        Value::String(text) => {
            let mut pieces = fragments(text, selection, rng);
            // The last piece is often empty.
            if pieces.is_empty() || rng.bool() {
                pieces.push(Vec::new());
            }
            let last = pieces.len() - 1;
            let piece = |(n, piece)| {
                let mut fields: Fields = vec![("jsonPath", Json::text(path)), ("stringValue", Json::Text(piece))];
                fields.extend((n < last).then(|| ("willContinue", Json::raw(true))));
                Json::Object(fields)
            };
            out.extend(pieces.into_iter().enumerate().map(piece));
            return;
        }
        Value::Bool(value) => ("boolValue", Json::raw(value)),
        Value::Number(value) => ("numberValue", Json::raw(value)),
        _ => ("nullValue", Json::text("NULL_VALUE")),
    };
    out.push(Json::Object(vec![("jsonPath", Json::text(path)), (name, value)]));
}

/// What continues a call: several pieces, none, or its end.
pub(super) fn calls(input: &str, selection: &mut Selection, rng: &mut Rng) -> Vec<Json> {
    selection.hit(P::PartialInputs);
    let mut rest = pieces(input, selection, rng).into_iter().peekable();
    let mut calls = Vec::new();
    while rest.peek().is_some() {
        let some: Vec<_> = rest.by_ref().take(rng.usize(1..=3)).collect();
        calls.push(Json::Object(vec![("partialArgs", Json::List(some)), ("willContinue", Json::raw(true))]));
        if rng.u8(..4) == 0 {
            calls.push(Json::Object(vec![("willContinue", Json::raw(true))]));
        }
    }
    if !selection.roll(P::PartialEndAbsent, 1, rng) {
        calls.push(Json::Object(vec![]));
    }
    calls
}
