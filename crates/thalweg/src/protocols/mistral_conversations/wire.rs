//! One frame, or one entry of a complete response, read in one pass.

use crate::emitter::{At, Fragment};
use crate::json::{self, Error, Kind, Raw, Reader, Text};

/// What a frame or an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Started,
    Done,
    Error,
    Message,
    Call,
    ExecutionStarted,
    ExecutionDelta,
    ExecutionDone,
    HandoffStarted,
    HandoffDone,
}

impl What {
    /// By the type of a frame.
    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "message.output.delta" => Self::Message,
            "function.call.delta" => Self::Call,
            "conversation.response.started" => Self::Started,
            "conversation.response.done" => Self::Done,
            "conversation.response.error" => Self::Error,
            "tool.execution.started" => Self::ExecutionStarted,
            "tool.execution.delta" => Self::ExecutionDelta,
            "tool.execution.done" => Self::ExecutionDone,
            "agent.handoff.started" => Self::HandoffStarted,
            "agent.handoff.done" => Self::HandoffDone,
            _ => return None,
        })
    }

    /// By the type of an entry, which is what its last frame would be.
    pub(super) fn of_entry(name: &str) -> Option<Self> {
        Some(match name {
            "message.output" => Self::Message,
            "function.call" => Self::Call,
            "tool.execution" => Self::ExecutionDone,
            HANDOFF => Self::HandoffDone,
            _ => return None,
        })
    }
}

/// What a complete response calls itself.
pub(super) const OBJECT: &str = "conversation.response";

/// What an entry that hands over to another agent is called.
pub(super) const HANDOFF: &str = "agent.handoff";

/// Bytes of the longest known type, and some.
pub(super) const LONGEST_TYPE: usize = 48;

/// What frames of all types have, as ranges of the frame. All of it is optional on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wire {
    pub(super) kind: Option<Text>,
    pub(super) object: Option<Text>,
    pub(super) id: Option<Text>,
    pub(super) output_index: Option<u64>,
    pub(super) content_index: Option<u64>,
    /// `content`, where it is a text.
    pub(super) text: Option<Text>,
    /// `content`, where it is a part or a list of them.
    pub(super) parts: Option<Raw>,
    pub(super) name: Option<Text>,
    pub(super) tool_call_id: Option<Text>,
    pub(super) arguments: Option<Raw>,
    pub(super) info: Option<Raw>,
    pub(super) model: Option<Text>,
    pub(super) conversation: Option<Text>,
    pub(super) created: Option<Text>,
    pub(super) usage: Option<Raw>,
    pub(super) outputs: Option<Raw>,
    pub(super) error: Option<Raw>,
}

/// The names above, and those that are known to say nothing more.
pub(super) const KNOWN: &[&str] = &[
    "type",
    "object",
    "id",
    "output_index",
    "content_index",
    "content",
    "name",
    "tool_call_id",
    "arguments",
    "info",
    "model",
    "conversation_id",
    "created_at",
    "completed_at",
    "role",
    "usage",
    "outputs",
    AGENTS[0],
    AGENTS[1],
    AGENTS[2],
    AGENTS[3],
];

/// Who hands over, and who goes on.
pub(super) const AGENTS: [&str; 4] = ["previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"];

impl Wire {
    pub(super) fn read(data: &str, depth: u16) -> Result<Self, Error> {
        let mut wire = Self::default();
        let json = &mut Reader::new(data, depth);
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "type" => wire.kind = json.maybe_string()?,
                "object" => wire.object = json.maybe_string()?,
                "id" => wire.id = json.maybe_string()?,
                "output_index" => wire.output_index = index(json)?,
                "content_index" => wire.content_index = index(json)?,
                "content" => match json.peek()? {
                    Kind::String => wire.text = Some(json.string()?),
                    _ => wire.parts = json.present()?,
                },
                "name" => wire.name = json.maybe_string()?,
                "tool_call_id" => wire.tool_call_id = json.maybe_string()?,
                "arguments" => wire.arguments = json.present()?,
                "info" => wire.info = json.present()?,
                "model" => wire.model = json.maybe_string()?,
                "conversation_id" => wire.conversation = json.maybe_string()?,
                "created_at" => wire.created = json.maybe_string()?,
                "usage" => wire.usage = json.present()?,
                "outputs" => wire.outputs = json.present()?,
                "error" => wire.error = json.present()?,
                _ => _ = json.skip()?,
            }
        }
        json.end()?;
        Ok(wire)
    }

    /// A call's input: the text of a string, any other value as it stands.
    #[inline]
    pub(super) fn input<'a>(&self, data: &'a str) -> Option<Fragment<'a>> {
        let raw = self.arguments?.of(data);
        Some(Fragment::value(raw).unwrap_or_else(|| raw.into()))
    }
}

/// A number of an output or a part. One that is no whole number is told apart by its text alone.
fn index(json: &mut Reader<'_>) -> Result<Option<u64>, Error> {
    let Some(raw) = json.present()? else { return Ok(None) };
    let text = raw.of(json.source()).trim_matches('"');
    Ok(Some(json::count(text).unwrap_or_else(|| At::odd_number(text))))
}

/// A string of a frame; none where it is absent or empty.
pub(super) fn fragment(data: &str, text: Option<Text>) -> Option<Fragment<'_>> {
    text.filter(|text| !text.is_empty()).map(|text| Fragment::json(data, text))
}
