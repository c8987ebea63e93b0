//! Content in the words of Chat Completions, in those of Responses.

use serde_json::{Map, Value, json};

use super::PrepareError;

/// Renames the parts of every message in `input`; how many it were.
pub(super) fn to_responses(body: &mut Map<String, Value>) -> Result<usize, PrepareError> {
    let Some(Value::Array(items)) = body.get_mut("input") else { return Ok(0) };
    let mut renamed = 0;
    for item in items {
        let is_message = item.get("type").is_none_or(|of| of == "message");
        let is_assistant = item.get("role").is_some_and(|role| role == "assistant");
        let Some(Value::Array(parts)) = item.get_mut("content").filter(|_| is_message) else { continue };
        for part in parts {
            renamed += usize::from(rename(part, is_assistant)?);
        }
    }
    Ok(renamed)
}

/// Renames one part; false where it is in the words of Responses.
fn rename(part: &mut Value, is_assistant: bool) -> Result<bool, PrepareError> {
    let of = part.get("type").and_then(Value::as_str).unwrap_or_default();
    match of {
        "text" => {
            let text = if is_assistant { "output_text" } else { "input_text" };
            part["type"] = text.into();
        }
        "image_url" => *part = image(part)?,
        "file" => *part = file(part)?,
        _ if KNOWN.contains(&of) => return Ok(false),
        _ => return Err(PrepareError::Part { of: of.to_owned() }),
    }
    Ok(true)
}

fn image(part: &Value) -> Result<Value, PrepareError> {
    let image = &part["image_url"];
    let url = image.as_str().or_else(|| image.get("url")?.as_str());
    let url = url.ok_or_else(|| PrepareError::Part { of: "image_url without a URL".to_owned() })?;
    let detail = image.get("detail").and_then(Value::as_str).unwrap_or("auto");
    Ok(json!({"type": "input_image", "image_url": url, "detail": detail}))
}

fn file(part: &Value) -> Result<Value, PrepareError> {
    let Some(Value::Object(file)) = part.get("file") else {
        return Err(PrepareError::Part { of: "file without a file".to_owned() });
    };
    let mut file = file.clone();
    file.insert("type".to_owned(), "input_file".into());
    Ok(Value::Object(file))
}

/// Types of parts that Responses has.
const KNOWN: &[&str] = &[
    "input_text",
    "input_image",
    "input_file",
    "input_audio",
    "output_text",
    "refusal",
    "summary_text",
    "reasoning_text",
];
