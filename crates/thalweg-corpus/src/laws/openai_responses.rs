//! An independent reader of the OpenAI Responses wire, over `serde_json` values: the oracle for laws about content.

use serde_json::Value;

use super::spoken::{Kind, Spoken, string};

/// One part of one item, or the input of one.
struct Part {
    item: u64,
    family: Family,
    number: u64,
    kind: Kind,
    said: String,
    /// What it is said to be as a whole, here and there.
    whole: Option<String>,
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Content,
    Summary,
    Input,
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    /// The numbers of the items that were announced or ended.
    items: Vec<u64>,
    id: Option<String>,
}

/// All that the frames say.
pub(super) fn read(frames: &[Value]) -> Result<Vec<Spoken>, &'static str> {
    let mut reader = Reader::default();
    for frame in frames {
        reader.frame(frame)?;
    }
    let spoken = |part: Part| {
        let text = match part.whole {
            Some(whole) if part.said.is_empty() => whole,
            Some(whole) if whole != part.said => return Err("a whole that differs from its deltas"),
            _ => part.said,
        };
        Ok(Spoken { kind: part.kind, text })
    };
    reader.parts.into_iter().map(spoken).collect()
}

pub(super) fn may_end(frame: &Value) -> bool {
    let ends = ["completed", "incomplete", "failed", "cancelled", "done"];
    let kind = frame["type"].as_str().unwrap_or_default();
    let status = frame["response"]["status"].as_str().unwrap_or_default();
    frame["object"] == "response" || ends.contains(&status) || ends.iter().any(|end| kind == format!("response.{end}"))
}

/// The counts of a frame: input, output, total.
pub(super) fn counts(frame: &Value) -> Option<[Option<u64>; 3]> {
    let usage = &frame["response"]["usage"];
    usage.is_object().then(|| ["input_tokens", "output_tokens", "total_tokens"].map(|name| usage[name].as_u64()))
}

impl Reader {
    fn frame(&mut self, frame: &Value) -> Result<(), &'static str> {
        let Some(kind) = frame["type"].as_str().and_then(|kind| kind.strip_prefix("response.")) else { return Ok(()) };
        match kind {
            "output_item.added" => self.item(index(&frame["output_index"])?, &frame["item"], false),
            "output_item.done" => self.item(index(&frame["output_index"])?, &frame["item"], true),
            "content_part.added" | "reasoning_part.added" | "reasoning_summary_part.added" => {
                let (kind, family) = part_kind(&frame["part"])?;
                let said = said(&frame["part"])?;
                if !said.is_empty() {
                    return Err("a part that begins with its text");
                }
                self.part(frame, family, kind, true).map(drop)
            }
            "content_part.done" | "reasoning_part.done" | "reasoning_summary_part.done" => {
                let (kind, family) = part_kind(&frame["part"])?;
                self.restated(frame, family, kind, said(&frame["part"])?)
            }
            "created" | "in_progress" | "queued" | "completed" | "incomplete" | "failed" | "done" => {
                self.response(&frame["response"])
            }
            _ => self.content(kind, frame),
        }
    }

    /// Deltas and what repeats them.
    fn content(&mut self, kind: &str, frame: &Value) -> Result<(), &'static str> {
        let Some((name, stage)) = kind.rsplit_once('.') else { return Ok(()) };
        let (family, kind, field) = match name {
            "output_text" | "text" => (Family::Content, Kind::Text, "text"),
            "refusal" => (Family::Content, Kind::Refusal, "refusal"),
            "reasoning_text" | "reasoning" => (Family::Content, Kind::Reasoning, "text"),
            "reasoning_summary_text" | "reasoning_summary" => (Family::Summary, Kind::Reasoning, "text"),
            "function_call_arguments" => (Family::Input, Kind::Other, "arguments"),
            "custom_tool_call_input" => (Family::Input, Kind::Other, "input"),
            _ => return Ok(()),
        };
        match stage {
            "delta" => {
                let delta = string(&frame["delta"])?;
                let part = self.part(frame, family, kind, false)?;
                if part.is_over && !delta.is_empty() {
                    return Err("content behind its end");
                }
                part.said += &delta;
                Ok(())
            }
            "done" => self.restated(frame, family, kind, string(&frame[field])?),
            _ => Ok(()),
        }
    }

    fn restated(&mut self, frame: &Value, family: Family, kind: Kind, whole: String) -> Result<(), &'static str> {
        let part = self.part(frame, family, kind, false)?;
        part.is_over = true;
        part.restate(whole)
    }

    /// The part that a frame is about.
    fn part(&mut self, frame: &Value, family: Family, kind: Kind, opens: bool) -> Result<&mut Part, &'static str> {
        let item = index(&frame["output_index"])?;
        let number = match family {
            Family::Content => index(&frame["content_index"])?,
            Family::Summary => index(&frame["summary_index"])?,
            Family::Input => 0,
        };
        if !self.items.contains(&item) {
            return Err("an item that was not announced");
        }
        let is_known = self.find(item, family, number).is_some();
        if opens == is_known {
            return Err("a part that was not announced, or twice");
        }
        Ok(self.part_at(item, family, number, kind))
    }

    fn find(&self, item: u64, family: Family, number: u64) -> Option<usize> {
        self.parts.iter().position(|part| (part.item, part.family, part.number) == (item, family, number))
    }

    fn part_at(&mut self, item: u64, family: Family, number: u64, kind: Kind) -> &mut Part {
        let at = self.find(item, family, number).unwrap_or_else(|| {
            let (said, whole, is_over) = (String::new(), None, false);
            self.parts.push(Part { item, family, number, kind, said, whole, is_over });
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    /// An item that is announced, ended or repeated.
    fn item(&mut self, at: u64, item: &Value, is_over: bool) -> Result<(), &'static str> {
        if !is_over && self.items.contains(&at) {
            return Err("an item that was announced twice");
        }
        if !self.items.contains(&at) {
            self.items.push(at);
        }
        match item["type"].as_str().unwrap_or_default() {
            "message" => self.list(at, Family::Content, &item["content"], is_over),
            "reasoning" => {
                self.list(at, Family::Summary, &item["summary"], is_over)?;
                self.list(at, Family::Content, &item["content"], is_over)
            }
            name @ ("function_call" | "custom_tool_call") => {
                let field = if name == "function_call" { "arguments" } else { "input" };
                let whole = string(&item[field])?;
                let (id, name) = (string(&item["call_id"])?, string(&item["name"])?);
                let part = self.part_at(at, Family::Input, 0, Kind::Other);
                if id.is_empty() || name.is_empty() {
                    return Err("a call without an id or a name");
                }
                part.kind = Kind::Call { id, name };
                if is_over { part.restate(whole) } else { part.begin(whole) }
            }
            "web_search_call"
            | "file_search_call"
            | "code_interpreter_call"
            | "mcp_call"
            | "image_generation_call"
            | "mcp_list_tools"
            | "mcp_approval_request"
            | "compaction" => Ok(()),
            _ => Err("an item whose input is an object, or that nobody knows"),
        }
    }

    fn list(&mut self, at: u64, family: Family, parts: &Value, is_over: bool) -> Result<(), &'static str> {
        for (n, part) in parts.as_array().into_iter().flatten().enumerate() {
            let (kind, own) = part_kind(part)?;
            if own != family {
                return Err("a part of another family");
            }
            let whole = said(part)?;
            let known = self.part_at(at, family, n as u64, kind);
            if is_over { known.restate(whole)? } else { known.begin(whole)? }
        }
        Ok(())
    }

    /// The response itself: one response, whose output repeats the items.
    fn response(&mut self, response: &Value) -> Result<(), &'static str> {
        let id = string(&response["id"])?;
        if self.id.as_ref().is_some_and(|known| *known != id) {
            return Err("a second response");
        }
        self.id = Some(id);
        let Some(output) = response["output"].as_array().filter(|output| !output.is_empty()) else { return Ok(()) };
        let mut known = self.items.clone();
        known.sort_unstable();
        let dense: Vec<_> = (0..known.len() as u64).collect();
        if known != dense || output.len() < known.len() {
            return Err("an output whose items have other numbers");
        }
        output.iter().enumerate().try_for_each(|(n, item)| self.item(n as u64, item, true))
    }
}

impl Part {
    /// It is said what the whole is.
    fn restate(&mut self, whole: String) -> Result<(), &'static str> {
        if self.whole.as_ref().is_some_and(|known| *known != whole) {
            return Err("two different wholes");
        }
        self.whole = Some(whole);
        Ok(())
    }

    /// It begins with something: deltas may go on from there or repeat it.
    fn begin(&mut self, begun: String) -> Result<(), &'static str> {
        if begun.is_empty() { Ok(()) } else { self.restate(begun) }
    }
}

fn index(value: &Value) -> Result<u64, &'static str> {
    value.as_u64().ok_or("an event without numbers")
}

fn part_kind(part: &Value) -> Result<(Kind, Family), &'static str> {
    match part["type"].as_str() {
        Some("output_text") => Ok((Kind::Text, Family::Content)),
        Some("refusal") => Ok((Kind::Refusal, Family::Content)),
        Some("reasoning_text") => Ok((Kind::Reasoning, Family::Content)),
        Some("summary_text") => Ok((Kind::Reasoning, Family::Summary)),
        _ => Err("an unknown part"),
    }
}

fn said(part: &Value) -> Result<String, &'static str> {
    string(if part["type"] == "refusal" { &part["refusal"] } else { &part["text"] })
}
