use super::super::spoken::string;
use super::{CallPiece, Delta};
use crate::wire::Document;

pub(super) fn read(documents: &[Document]) -> Result<Vec<Delta>, &'static str> {
    documents.iter().map(read_frame).collect()
}

fn read_frame(document: &Document) -> Result<Delta, &'static str> {
    let frame = &document.value;
    let index = frame["contentBlockIndex"].as_i64();
    let mut delta = Delta::default();
    match document.name.as_deref() {
        Some("contentBlockStart") => {
            delta.place = index;
            let call = &frame["start"]["toolUse"];
            if !call["type"].is_null() {
                return Err("a call that is not the client's");
            }
            if call.is_object() {
                let (id, name) = (string(&call["toolUseId"])?, string(&call["name"])?);
                delta.calls.push(CallPiece { index, id, name, input: String::new() });
            }
        }
        Some("contentBlockDelta") => {
            delta.place = index;
            let said = &frame["delta"];
            delta.text = string(&said["text"])?;
            delta.reasoning = string(&said["reasoningContent"]["text"])?;
            if said["toolUse"].is_object() {
                let input = string(&said["toolUse"]["input"])?;
                delta.calls.push(CallPiece { index, input, ..CallPiece::default() });
            }
        }
        None => return Err("a message without a name"),
        Some(_) => {}
    }
    Ok(delta)
}

pub(super) fn may_end(document: &Document) -> bool {
    let is_content = |name: &str| name == "messageStart" || name.starts_with("contentBlock");
    !document.name.as_deref().is_some_and(is_content)
}
