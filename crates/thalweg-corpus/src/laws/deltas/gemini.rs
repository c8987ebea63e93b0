use serde_json::Value;

use super::super::spoken::string;
use super::{CallPiece, Delta, elements, input};
use crate::wire::Document;

pub(super) fn read(documents: &[Document]) -> Result<Vec<Delta>, &'static str> {
    let (mut deltas, mut calls) = (Vec::new(), 0);
    for candidate in documents.iter().flat_map(|document| elements(&document.value["candidates"])) {
        let index = candidate["index"].as_u64().unwrap_or_default();
        let choice = u32::try_from(index).map_err(|_| "an odd index")?;
        let mut delta = Delta { choice, ..Delta::default() };
        for part in elements(&candidate["content"]["parts"]) {
            read_part(part, &mut calls, &mut delta)?;
        }
        deltas.push(delta);
    }
    Ok(deltas)
}

fn read_part(part: &Value, calls: &mut i64, delta: &mut Delta) -> Result<(), &'static str> {
    let text = string(&part["text"])?;
    if part["thought"] == true {
        delta.reasoning += &text;
    } else {
        delta.text += &text;
    }
    if !part["function_call"].is_null() {
        return Err("a call in snake case");
    }
    let call = &part["functionCall"];
    if call.is_null() {
        return Ok(());
    }
    if ["partialArgs", "willContinue"].iter().any(|name| !call[*name].is_null()) || call["name"].is_null() {
        return Err("a call in pieces");
    }
    let input = if call["args"].is_null() { "{}".into() } else { input(&call["args"]) };
    delta.calls.push(CallPiece { index: Some(*calls), id: string(&call["id"])?, name: string(&call["name"])?, input });
    *calls += 1;
    Ok(())
}

pub(super) fn may_end(frame: &Value) -> bool {
    let has_reason = |candidate: &Value| !candidate["finishReason"].is_null() || !candidate["finish_reason"].is_null();
    elements(&frame["candidates"]).iter().any(has_reason)
        || ["promptFeedback", "prompt_feedback", "error"].iter().any(|name| !frame[*name].is_null())
        || frame["candidates"].is_null()
}
