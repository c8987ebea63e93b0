//! Which members of the protocols' JSON hold ids, and strings of them replaced without touching another byte.

use thalweg::json::{Error, Kind, Reader, Text};

use super::IdKind;

/// The JSON with the strings that `map` has something else for; none where nothing changes, or it is not JSON.
///
/// `root` is the name of the member whose value this is, where it is one.
pub(super) fn edit(
    json: &str,
    root: Option<&str>,
    table: &[(&str, IdKind)],
    map: &mut dyn FnMut(IdKind, &str) -> Option<String>,
) -> Option<String> {
    let mut reader = Reader::new(json, DEPTH_MOST);
    let mut editor = Editor { json, table, map, edited: String::new(), copied: 0, text: String::new() };
    let root = root.and_then(|name| editor.kind_of(name));
    editor.value(&mut reader, "", root).and_then(|()| reader.end()).ok()?;
    let Editor { mut edited, copied, .. } = editor;
    if copied == 0 {
        return None;
    }
    edited.push_str(&json[copied..]);
    Some(edited)
}

struct Editor<'a> {
    json: &'a str,
    table: &'a [(&'a str, IdKind)],
    map: &'a mut dyn FnMut(IdKind, &str) -> Option<String>,
    edited: String,
    /// How much of the JSON is in `edited`.
    copied: usize,
    text: String,
}

impl Editor<'_> {
    /// Reads one value. `kind`: what its strings are. Recurses no deeper than the reader does: [`DEPTH_MOST`].
    fn value(&mut self, reader: &mut Reader<'_>, name: &str, kind: Option<IdKind>) -> Result<(), Error> {
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?;
                if let Some(kind) = kind {
                    self.string(text, kind);
                }
            }
            Kind::Object => self.object(reader, name, kind)?,
            Kind::Array => {
                reader.array()?;
                while reader.element()? {
                    self.value(reader, name, kind)?;
                }
            }
            _ => _ = reader.skip()?,
        }
        Ok(())
    }

    fn object(&mut self, reader: &mut Reader<'_>, name: &str, kind: Option<IdKind>) -> Result<(), Error> {
        let json = self.json;
        reader.object()?;
        while let Some(key) = reader.key()? {
            let mut short = [0; NAME_MOST];
            let member = key.name(json, &mut short);
            if is_written(name, member, reader.peek()?) {
                reader.skip()?;
                continue;
            }
            // `"container": {"id": ...}` is what `"container": "..."` is.
            let inner = if member == "id" { kind.or_else(|| self.kind_of(member)) } else { self.kind_of(member) };
            self.value(reader, member, inner)?;
        }
        Ok(())
    }

    fn string(&mut self, text: Text, kind: IdKind) {
        self.text.clear();
        let edges = text.decode(self.json, &mut self.text);
        if edges != Default::default() {
            return;
        }
        let Some(mapped) = (self.map)(kind, &self.text) else { return };
        let raw = text.raw(self.json);
        let start = raw.as_ptr() as usize - self.json.as_ptr() as usize;
        self.edited.push_str(&self.json[self.copied..start]);
        escape(&mapped, &mut self.edited);
        self.copied = start + raw.len();
    }

    fn kind_of(&self, name: &str) -> Option<IdKind> {
        self.table.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// Whether a member holds what a model or a user wrote: input and results of tools, schemas, metadata.
fn is_written(parent: &str, name: &str, kind: Kind) -> bool {
    match name {
        // OpenAI Responses has a list of items there.
        "input" => kind == Kind::Object,
        "response" => matches!(parent, "functionResponse" | "function_response"),
        name => WRITTEN.contains(&name),
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => {
                let digit = |n: u32| char::from_digit(n, 16).unwrap_or('0');
                let code = u32::from(character);
                out.push_str("\\u00");
                out.push(digit(code >> 4));
                out.push(digit(code & 15));
            }
            other => out.push(other),
        }
    }
}

/// Members of requests that hold ids, in one of the protocols.
pub(super) const REQUEST: &[(&str, IdKind)] = &[
    // OpenAI Responses, Gemini Interactions
    ("previous_response_id", IdKind::Response),
    ("previous_interaction_id", IdKind::Response),
    ("response_id", IdKind::Response),
    ("conversation", IdKind::Conversation),
    ("conversation_id", IdKind::Conversation),
    ("container", IdKind::Container),
    ("container_id", IdKind::Container),
    ("encrypted_content", IdKind::Encrypted),
    ("approval_request_id", IdKind::Call),
    ("item_id", IdKind::Item),
    ("call_id", IdKind::Call),
    // Items of OpenAI Responses, `tool_calls` of OpenAI Chat and Cohere, `tool_use` of Anthropic, `functionCall` of
    // Gemini.
    ("id", IdKind::Item),
    // OpenAI Chat, Cohere
    ("tool_call_id", IdKind::Call),
    // Anthropic; `redacted_thinking` has `data`
    ("tool_use_id", IdKind::Call),
    ("data", IdKind::Encrypted),
    // Bedrock
    ("toolUseId", IdKind::Call),
    ("redactedContent", IdKind::Encrypted),
];

/// Members of the provider's JSON that is passed on as it is, in events.
pub(super) const DATA: &[(&str, IdKind)] = &[
    ("previous_response_id", IdKind::Response),
    ("container_id", IdKind::Container),
    ("encrypted_content", IdKind::Encrypted),
];

const WRITTEN: &[&str] = &[
    "args",
    "arguments",
    "input_schema",
    "inputSchema",
    "json_schema",
    "metadata",
    "parameters",
    "properties",
    "schema",
];

/// The longest of the names.
const NAME_MOST: usize = 32;

/// JSON that is deeper is left as it is.
const DEPTH_MOST: u16 = 128;
