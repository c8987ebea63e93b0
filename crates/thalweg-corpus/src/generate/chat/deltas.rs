//! What one chunk says of one choice, under the names that servers have for it.

use super::chunks::ChunkWriter;
use super::pieces::{CallPiece, Piece, Said};
use crate::generate::json::{Fields, Json};
use crate::generate::perturbation::Perturbation as P;

impl ChunkWriter<'_> {
    pub(super) fn delta(&mut self, choice: u32, pieces: Vec<Piece>, role: Option<&str>) -> Json {
        let mut fields = Fields::new();
        fields.extend(role.map(|role| ("role", Json::text(role))));
        let has = |wanted: fn(&Said) -> bool| pieces.iter().any(|piece| wanted(&piece.said));
        let has_reasoning_part =
            has(|said| matches!(said, Said::Reasoning(_))) && self.selection.roll(P::ReasoningParts, 1, self.rng);
        let is_typed = has(|said| matches!(said, Said::Text(_) | Said::Refusal(_)))
            && self.selection.roll(P::ContentParts, 1, self.rng);
        // What is in the list is read behind what is beside it: all goes into it.
        let is_list = has_reasoning_part || is_typed || has(|said| matches!(said, Said::Reference(_)));
        let (mut calls, mut parts) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece.said {
                Said::Reasoning(text) => {
                    let text = self.so_far(choice, 1, text);
                    if has_reasoning_part {
                        parts.push(self.thinking(text));
                    } else {
                        self.reasoning(text, &mut fields);
                    }
                }
                Said::Text(text) => {
                    let text = self.so_far(choice, 0, text);
                    if is_list {
                        self.text_parts(text, &mut parts);
                    } else {
                        fields.push(("content", Json::Text(text)));
                    }
                }
                Said::Reference(json) => parts.push(Json::raw(json)),
                Said::Refusal(text) if is_list => parts.push(part("refusal", "refusal", text)),
                Said::Refusal(text) => fields.push(("refusal", Json::Text(text))),
                Said::Call(call) => calls.push(self.call(call)),
            }
        }
        if is_list {
            fields.push(("content", Json::List(parts)));
        }
        if self.selection.has(P::LegacyCall) {
            fields.extend(calls.pop().map(|call| ("function_call", call)));
        } else if calls.len() == 1 && self.selection.roll(P::CallAlone, 2, self.rng) {
            fields.extend(calls.pop().map(|call| ("tool_calls", call)));
        } else if !calls.is_empty() {
            fields.push(("tool_calls", Json::List(calls)));
        }
        self.nothings(&mut fields);
        Json::Object(fields)
    }

    /// Kinds that the delta does not have.
    fn nothings(&mut self, fields: &mut Fields) {
        for name in ["content", "refusal", "reasoning_content", "reasoning", "tool_calls", "function_call"] {
            let is_there = fields.iter().any(|field| field.0 == name);
            if is_there {
                continue;
            }
            if self.selection.roll(P::ContentNull, 4, self.rng) {
                fields.push((name, Json::null()));
            } else if self.selection.roll(P::ContentEmpty, 4, self.rng) {
                fields.push((
                    name,
                    match name {
                        "tool_calls" => Json::List(vec![]),
                        "content" if self.rng.bool() => Json::List(vec![]),
                        "function_call" => Json::Object(vec![]),
                        _ => Json::text(""),
                    },
                ));
            }
        }
    }

    /// A fragment of text (0) or reasoning (1) as it is sent: with all before it, where the dialect does so.
    fn so_far(&mut self, choice: u32, kind: usize, fragment: Vec<u16>) -> Vec<u16> {
        if !self.selection.roll(P::Cumulative, 1, self.rng) {
            return fragment;
        }
        let known = &mut self.said.entry(choice).or_default()[kind];
        known.extend(fragment);
        known.clone()
    }

    fn reasoning(&mut self, text: Vec<u16>, fields: &mut Fields) {
        let is_beside = self.selection.roll(P::ReasoningDetailsTwice, 1, self.rng);
        if is_beside || self.selection.roll(P::ReasoningDetails, 1, self.rng) {
            let entry = vec![("type", Json::text("reasoning.text")), ("text", Json::Text(text.clone()))];
            let more = [("index", Json::raw(0)), ("format", Json::text("unknown"))];
            let entry = Json::Object(entry.into_iter().chain(more).collect());
            fields.push(("reasoning_details", Json::List(vec![entry])));
            if !is_beside {
                return;
            }
        }
        let is_twice = self.selection.roll(P::ReasoningTwice, 1, self.rng);
        let is_third = self.selection.roll(P::ReasoningText, 1, self.rng);
        let is_second = self.selection.roll(P::ReasoningRenamed, 1, self.rng) || (is_beside && self.rng.bool());
        if is_third {
            fields.push(("reasoning_text", Json::Text(text)));
            return;
        }
        if is_twice || is_second {
            fields.push(("reasoning", Json::Text(text.clone())));
        }
        if is_twice || !is_second {
            fields.push(("reasoning_content", Json::Text(text)));
        }
    }

    /// Reasoning as a part: a string, or a list of texts.
    fn thinking(&mut self, text: Vec<u16>) -> Json {
        let thinking = if self.rng.bool() { Json::Text(text) } else { Json::List(vec![part("text", "text", text)]) };
        Json::Object(vec![("type", Json::text("thinking")), ("thinking", thinking)])
    }

    /// Text as one part or two.
    fn text_parts(&mut self, text: Vec<u16>, parts: &mut Vec<Json>) {
        let mut rest = text;
        // A cumulative fragment is one.
        if !self.selection.has(P::Cumulative) && self.rng.bool() {
            let mut at = rest.len() / 2;
            at += usize::from(rest.get(at).is_some_and(|unit| matches!(unit, 0xDC00..=0xDFFF)));
            let second = rest.split_off(at);
            parts.push(part("text", "text", rest));
            rest = second;
        }
        parts.push(if self.rng.u8(..4) == 0 { Json::Text(rest) } else { part("text", "text", rest) });
    }

    fn call(&mut self, piece: CallPiece) -> Json {
        let (mut call, mut function) = (Vec::new(), Vec::new());
        function.extend(piece.name.map(|name| ("name", name)));
        function.extend(piece.input.map(|input| ("arguments", input)));
        if let Some(signature) = piece.signature {
            let signature = Json::Object(vec![("thought_signature", signature)]);
            if self.selection.roll(P::SignatureGoogle, 1, self.rng) {
                call.push(("extra_content", Json::Object(vec![("google", signature)])));
            } else {
                self.selection.hit(P::SignatureFields);
                let is_inside = self.selection.has(P::LegacyCall) || self.rng.bool();
                let owner = if is_inside { &mut function } else { &mut call };
                owner.push(("provider_specific_fields", signature));
            }
        }
        if self.selection.has(P::LegacyCall) {
            self.selection.hit(P::LegacyCall);
            return Json::Object(function);
        }
        call.extend(piece.index.map(|index| ("index", index)));
        match piece.id {
            Some(id) => call.push(("id", id)),
            None if self.selection.roll(P::NullWordIds, 2, self.rng) => call.push(("id", Json::text("null"))),
            None if self.selection.has(P::IdMissing) => self.selection.hit(P::IdMissing),
            None => {}
        }
        if piece.is_typed {
            call.push(("type", Json::text("function")));
        }
        if !function.is_empty() || self.rng.bool() {
            call.push(("function", Json::Object(function)));
        }
        Json::Object(call)
    }
}

/// One part of a list: `{"type": kind, name: text}`.
fn part(kind: &str, name: &'static str, text: Vec<u16>) -> Json {
    Json::Object(vec![("type", Json::text(kind)), (name, Json::Text(text))])
}
