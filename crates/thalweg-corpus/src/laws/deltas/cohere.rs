use serde_json::Value;

use super::super::spoken::string;
use super::{CallPiece, Delta};
use crate::wire::Document;

pub(super) fn read(documents: &[Document]) -> Result<Vec<Delta>, &'static str> {
    documents.iter().map(|document| read_frame(&document.value)).collect()
}

fn read_frame(frame: &Value) -> Result<Delta, &'static str> {
    let message = &frame["delta"]["message"];
    let mut delta = Delta::default();
    match frame["type"].as_str() {
        Some("content-start") => {
            (delta.place, delta.begins) = (frame["index"].as_i64(), true);
            let content = &message["content"];
            if ["text", "thinking"].iter().any(|name| content[*name].as_str().is_some_and(|text| !text.is_empty())) {
                return Err("a start with content");
            }
        }
        Some("content-delta") => {
            delta.place = frame["index"].as_i64();
            delta.text = string(&message["content"]["text"])?;
            delta.reasoning = string(&message["content"]["thinking"])?;
        }
        Some("tool-plan-delta") => {
            // It has no number, and no content has this one.
            delta.place = Some(-1);
            delta.reasoning = string(&message["tool_plan"])?;
        }
        Some("tool-call-start" | "tool-call-delta") => {
            let call = &message["tool_calls"];
            let function = &call["function"];
            let (id, name) = (string(&call["id"])?, string(&function["name"])?);
            let input = string(&function["arguments"])?;
            delta.calls.push(CallPiece { index: frame["index"].as_i64(), id, name, input });
        }
        None if message.is_null() && frame["message"].is_null() => {}
        None => return Err("a frame without a type"),
        Some(_) => {}
    }
    Ok(delta)
}

pub(super) fn may_end(frame: &Value) -> bool {
    let is_end = matches!(frame["type"].as_str(), None | Some("message-end"));
    is_end || !frame["delta"]["finish_reason"].is_null() || !frame["delta"]["error"].is_null()
}
