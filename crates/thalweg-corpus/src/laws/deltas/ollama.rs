use serde_json::Value;

use super::super::spoken::string;
use super::{CallPiece, Delta, elements, input};
use crate::wire::Document;

pub(super) fn read(documents: &[Document]) -> Result<Vec<Delta>, &'static str> {
    let mut calls = 0;
    documents.iter().map(|document| read_frame(&document.value, &mut calls)).collect()
}

fn read_frame(frame: &Value, calls: &mut i64) -> Result<Delta, &'static str> {
    let message = &frame["message"];
    let mut delta = Delta::default();
    for text in [&frame["response"], &message["content"]] {
        delta.text += &string(text)?;
    }
    for thinking in [&frame["thinking"], &message["thinking"]] {
        delta.reasoning += &string(thinking)?;
    }
    for call in elements(&message["tool_calls"]) {
        let function = &call["function"];
        let input = input(&function["arguments"]);
        delta.calls.push(CallPiece {
            index: Some(*calls),
            id: string(&call["id"])?,
            name: string(&function["name"])?,
            input,
        });
        *calls += 1;
    }
    Ok(delta)
}

pub(super) fn may_end(frame: &Value) -> bool {
    frame["done"] == true || !frame["error"].is_null() || !frame["done_reason"].is_null()
}
