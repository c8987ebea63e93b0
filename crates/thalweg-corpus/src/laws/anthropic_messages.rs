//! An independent reader of the Anthropic Messages wire, over `serde_json` values: the oracle for laws about content.

use serde_json::{Value, json};

use super::spoken::{Kind, Spoken, string};

/// A content block.
struct Content {
    index: u64,
    kind: Kind,
    /// What it began with: what comes behind may say it again.
    begun: String,
    said: String,
    is_over: bool,
}

impl Content {
    fn text(&self) -> String {
        if self.said.starts_with(&*self.begun) { self.said.clone() } else { self.begun.clone() + &self.said }
    }
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Content>,
    id: Option<String>,
    is_over: bool,
}

/// All that the frames say.
pub(super) fn read(frames: &[Value]) -> Result<Vec<Spoken>, &'static str> {
    let mut reader = Reader::default();
    for frame in frames {
        reader.frame(frame)?;
    }
    // Less than the whole start, said again, may be what comes behind it.
    let is_open = |block: &Content| !block.said.is_empty() && block.begun.len() > block.said.len();
    if reader.blocks.iter().any(|block| is_open(block) && block.begun.starts_with(&block.said)) {
        return Err("a start that is said again in part");
    }
    let spoken = |block: Content| Spoken { text: block.text(), kind: block.kind };
    Ok(reader.blocks.into_iter().map(spoken).collect())
}

pub(super) fn may_end(frame: &Value) -> bool {
    !frame["delta"]["stop_reason"].is_null() || matches!(frame["type"].as_str(), Some("message_stop" | "message"))
}

/// The usage object of a frame.
fn usage(frame: &Value) -> Option<&Value> {
    let usage = match frame["type"].as_str()? {
        "message_start" => &frame["message"]["usage"],
        "message_delta" | "message" => &frame["usage"],
        _ => return None,
    };
    Some(usage).filter(|usage| usage.is_object())
}

/// A frame that says a frame's usage again, and nothing else.
pub(super) fn usage_again(frame: &Value) -> Option<Value> {
    let usage = usage(frame).filter(|_| frame["type"] == "message_delta")?;
    Some(json!({"type": "message_delta", "delta": {}, "usage": usage}))
}

impl Reader {
    fn frame(&mut self, frame: &Value) -> Result<(), &'static str> {
        match frame["type"].as_str() {
            Some("message_stop") => {
                self.is_over = true;
                Ok(())
            }
            Some("message_start" | "content_block_start" | "content_block_delta") if self.is_over => {
                Err("content behind the end")
            }
            Some("message_start") => {
                let id = string(&frame["message"]["id"])?;
                if self.id.as_ref().is_some_and(|known| *known != id) {
                    return Err("a second message");
                }
                self.id = Some(id);
                let has_content = frame["message"]["content"].as_array().is_some_and(|content| !content.is_empty());
                if has_content { Err("a start with content") } else { Ok(()) }
            }
            Some("content_block_start") => self.start(frame),
            Some("content_block_delta") => self.delta(frame),
            Some("content_block_stop") => {
                let index = index(frame)?;
                if let Some(block) = self.blocks.iter_mut().rfind(|block| block.index == index) {
                    block.is_over = true;
                }
                Ok(())
            }
            Some("message") => self.snapshot(frame),
            _ => Ok(()),
        }
    }

    fn start(&mut self, frame: &Value) -> Result<(), &'static str> {
        let (index, content) = (index(frame)?, &frame["content_block"]);
        if self.blocks.iter().any(|block| block.index == index) {
            return Err("a block that starts twice");
        }
        let (kind, begun) = match content["type"].as_str() {
            Some("text") => (Kind::Text, string(&content["text"])?),
            Some("thinking") => (Kind::Reasoning, string(&content["thinking"])?),
            Some("redacted_thinking") => (Kind::Reasoning, String::new()),
            Some("tool_use") => {
                if content["input"].as_object().is_some_and(|input| !input.is_empty()) {
                    return Err("an input that is a value");
                }
                (Kind::Call { id: string(&content["id"])?, name: string(&content["name"])? }, String::new())
            }
            _ => (Kind::Other, String::new()),
        };
        self.blocks.push(Content { index, kind, begun, said: String::new(), is_over: false });
        Ok(())
    }

    fn delta(&mut self, frame: &Value) -> Result<(), &'static str> {
        let (index, delta) = (index(frame)?, &frame["delta"]);
        let (kind, text) = match delta["type"].as_str() {
            Some("text_delta") => (Kind::Text, string(&delta["text"])?),
            Some("thinking_delta") => (Kind::Reasoning, string(&delta["thinking"])?),
            Some("input_json_delta") => (Kind::Other, string(&delta["partial_json"])?),
            _ => return Ok(()),
        };
        let fits = |block: &&mut Content| block.index == index && is_alike(&block.kind, &kind);
        let Some(block) = self.blocks.iter_mut().rfind(fits) else {
            if kind == Kind::Other {
                return Err("an input without its call");
            }
            let (begun, said) = (String::new(), text);
            self.blocks.push(Content { index, kind, begun, said, is_over: false });
            return Ok(());
        };
        if block.is_over && !text.is_empty() {
            return Err("content behind its end");
        }
        block.said += &text;
        Ok(())
    }

    /// The whole message, which is what was said already.
    fn snapshot(&self, message: &Value) -> Result<(), &'static str> {
        let (mut text, mut thinking) = (String::new(), String::new());
        for block in message["content"].as_array().into_iter().flatten() {
            text += &string(&block["text"])?;
            thinking += &string(&block["thinking"])?;
        }
        let of = |kind: &Kind| {
            let blocks = self.blocks.iter().filter(|block| block.kind == *kind);
            blocks.map(Content::text).collect::<String>()
        };
        let is_known = of(&Kind::Text) == text && of(&Kind::Reasoning) == thinking;
        if is_known { Ok(()) } else { Err("a whole message that differs from its blocks") }
    }
}

/// A delta of a kind goes to a block of a kind.
const fn is_alike(block: &Kind, delta: &Kind) -> bool {
    match delta {
        Kind::Text => matches!(block, Kind::Text),
        Kind::Reasoning => matches!(block, Kind::Reasoning),
        _ => matches!(block, Kind::Call { .. } | Kind::Other),
    }
}

fn index(frame: &Value) -> Result<u64, &'static str> {
    frame["index"].as_u64().ok_or("a block without a number")
}

/// Input and output after a frame. What is null changes nothing, and a zero does not replace a count.
pub(super) fn merge(frame: &Value, known: &mut [Option<u64>; 4]) {
    let Some(usage) = usage(frame) else { return };
    let names = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];
    for (name, known) in names.into_iter().zip(known) {
        let is_more = |count: &u64| *count > 0 || known.is_none_or(|known| known == 0);
        *known = usage[name].as_u64().filter(is_more).or(*known);
    }
}
