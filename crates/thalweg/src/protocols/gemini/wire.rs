//! One frame as ranges of it: read in one pass, into vectors that are used again for the next.
//!
//! Reading comes before saying: a frame that turns out to be broken in its last byte has said nothing. Keys are those of
//! protobuf's JSON, and as some proxies write them, the names of protobuf's fields.

use alloc::vec::Vec;
use core::ops::Range;

use super::usage::Counts;
use crate::event::LimitKind;
use crate::json::{self, Error, Kind, Raw, Reader, Text};
use crate::limits::Limits;

/// A `GenerateContentResponse`.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) head: Head,
    pub(super) candidates: Vec<Candidate>,
    pub(super) parts: Vec<Part>,
}

/// What a frame says beside its candidates.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<Text>,
    pub(super) model: Option<Text>,
    pub(super) created: Option<Text>,
    pub(super) feedback: Option<Raw>,
    pub(super) usage: Option<Counts>,
    pub(super) error: Option<Raw>,
    /// One of the documented fields is there: the frame is one of ours.
    pub(super) is_known: bool,
    /// A known field holds a value of a type that the documentation does not know.
    pub(super) is_odd: bool,
    /// It holds more candidates than a whole stream may have choices.
    pub(super) over: Option<LimitKind>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    pub(super) index: u32,
    /// Its part of the parts that were read with it.
    pub(super) parts: Range<usize>,
    /// A word, or the number of one.
    pub(super) finish_reason: Option<Raw>,
    pub(super) finish_message: Option<Text>,
    pub(super) continuation: Option<Text>,
    pub(super) grounding: Option<Raw>,
    pub(super) citations: Option<Raw>,
    pub(super) url_context: Option<Raw>,
    pub(super) logprobs: Option<Raw>,
    /// All of it, where extras are wanted.
    pub(super) raw: Option<Raw>,
}

/// A part of a candidate's content. It has one payload on any honest wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) text: Option<Text>,
    pub(super) is_thought: bool,
    pub(super) signature: Option<Text>,
    pub(super) payload: Option<(Payload, Raw)>,
    /// All of it, where it has a payload or fields of its own.
    pub(super) raw: Option<Raw>,
}

/// What a part is, where it is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    FunctionCall,
    FunctionResponse,
    InlineData,
    FileData,
    ExecutableCode,
    CodeExecutionResult,
    ToolCall,
    ToolResponse,
    /// The model has no place for it: its name.
    Other(Text),
}

/// The fields of a frame that have a place in the model.
pub(super) const HEAD_FIELDS: &[&str] = &[
    "candidates",
    "usageMetadata",
    "usage_metadata",
    "modelVersion",
    "model_version",
    "responseId",
    "response_id",
    "createTime",
    "create_time",
    "error",
];

/// The fields of a candidate that have one.
pub(super) const CANDIDATE_FIELDS: &[&str] = &[
    "index",
    "content",
    "finishReason",
    "finish_reason",
    "groundingMetadata",
    "grounding_metadata",
    "citationMetadata",
    "citation_metadata",
    "urlContextMetadata",
    "url_context_metadata",
    "logprobsResult",
    "logprobs_result",
];

/// The fields of a part that have one, beside its payload.
pub(super) const PART_FIELDS: &[&str] = &["text", "thought", "thoughtSignature", "thought_signature"];

impl Candidate {
    /// Whether it says nothing beside its parts.
    pub(super) fn is_content_alone(&self) -> bool {
        let said = [self.finish_reason, self.grounding, self.citations, self.url_context, self.logprobs];
        said.iter().all(Option::is_none) && self.finish_message.is_none() && self.continuation.is_none()
    }
}

impl Chunk {
    /// Reads a frame that is a JSON object. On an error the chunk holds rubbish and must not be used.
    pub(super) fn read(&mut self, data: &str, limits: &Limits, wants_extras: bool) -> Result<(), Error> {
        self.candidates.clear();
        self.parts.clear();
        self.head = Head::default();
        let json = &mut Reader::new(data, limits.json_depth);
        json.object()?;
        while let Some(key) = json.key()? {
            let head = &mut self.head;
            let mut is_known = true;
            match key.name(data, &mut [0; 32]) {
                "candidates" => self.read_candidates(json, limits, wants_extras)?,
                "usageMetadata" | "usage_metadata" => head.usage = Counts::read(json)?,
                "modelVersion" | "model_version" => head.model = json.maybe_string()?,
                "responseId" | "response_id" => head.id = json.maybe_string()?,
                "promptFeedback" | "prompt_feedback" => head.feedback = json.present()?,
                "createTime" | "create_time" => head.created = json.maybe_string()?,
                "modelStatus" | "model_status" => drop(json.skip()?),
                "error" => {
                    head.error = json.present()?;
                    is_known = false;
                }
                _ => {
                    json.skip()?;
                    is_known = false;
                }
            }
            self.head.is_known |= is_known;
        }
        json.end()
    }

    fn read_candidates(&mut self, json: &mut Reader<'_>, limits: &Limits, wants_extras: bool) -> Result<(), Error> {
        // The last of several fields of one name stands.
        self.candidates.clear();
        self.parts.clear();
        let kind = json.peek()?;
        if kind != Kind::Array {
            self.head.is_odd |= kind != Kind::Null;
            json.skip()?;
            return Ok(());
        }
        json.array()?;
        while json.element()? {
            if json.peek()? != Kind::Object {
                self.head.is_odd = true;
                json.skip()?;
            } else if self.candidates.len() >= limits.choices as usize {
                self.head.over = Some(LimitKind::Choices);
                json.skip()?;
            } else {
                let mut candidate = Candidate::default();
                if wants_extras {
                    candidate.raw = Some(json.clone().skip()?);
                }
                self.head.is_odd |= candidate.read(json, &mut self.parts)?;
                if self.candidates.capacity() == 0 {
                    // Nearly always there is one.
                    self.candidates.reserve_exact(1);
                }
                self.candidates.push(candidate);
            }
        }
        Ok(())
    }

    pub(super) fn retained(&self) -> usize {
        self.candidates.capacity() * size_of::<Candidate>() + self.parts.capacity() * size_of::<Part>()
    }

    /// Gives back what a frame of many parts made the vectors grow to.
    pub(super) fn shrink(&mut self) {
        if self.candidates.capacity() > KEPT || self.parts.capacity() > KEPT {
            self.candidates.clear();
            self.candidates.shrink_to(KEPT);
            self.parts.clear();
            self.parts.shrink_to(KEPT);
        }
    }
}

impl Candidate {
    /// True where a known field has a type that the documentation does not know.
    fn read(&mut self, json: &mut Reader<'_>, parts: &mut Vec<Part>) -> Result<bool, Error> {
        let data = json.source();
        let mut is_odd = false;
        self.parts = parts.len()..parts.len();
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "content" => is_odd |= self.read_content(json, parts)?,
                "index" => {
                    let raw = json.skip()?.of(data);
                    // What is no number is the first candidate: there is nearly always only one.
                    let index = json::count(raw.trim_matches('"')).unwrap_or(0);
                    self.index = u32::try_from(index).unwrap_or(u32::MAX);
                }
                "finishReason" | "finish_reason" => self.finish_reason = json.present()?,
                "finishMessage" | "finish_message" => self.finish_message = json.maybe_string()?,
                "continuationToken" | "continuation_token" => self.continuation = json.maybe_string()?,
                "groundingMetadata" | "grounding_metadata" => self.grounding = json.present()?,
                "citationMetadata" | "citation_metadata" => self.citations = json.present()?,
                "urlContextMetadata" | "url_context_metadata" => self.url_context = json.present()?,
                "logprobsResult" | "logprobs_result" => self.logprobs = json.present()?,
                _ => drop(json.skip()?),
            }
        }
        Ok(is_odd)
    }

    fn read_content(&mut self, json: &mut Reader<'_>, parts: &mut Vec<Part>) -> Result<bool, Error> {
        // The last of several fields of one name stands.
        parts.truncate(self.parts.start);
        let kind = json.peek()?;
        if kind != Kind::Object {
            json.skip()?;
            return Ok(kind != Kind::Null);
        }
        let data = json.source();
        let mut is_odd = false;
        json.object()?;
        while let Some(key) = json.key()? {
            if key.is(data, "parts") {
                parts.truncate(self.parts.start);
                is_odd |= read_parts(json, parts)?;
            } else {
                json.skip()?;
            }
        }
        self.parts.end = parts.len();
        Ok(is_odd)
    }
}

fn read_parts(json: &mut Reader<'_>, parts: &mut Vec<Part>) -> Result<bool, Error> {
    let kind = json.peek()?;
    if kind != Kind::Array {
        json.skip()?;
        return Ok(kind != Kind::Null);
    }
    let mut is_odd = false;
    json.array()?;
    while json.element()? {
        if json.peek()? == Kind::Object {
            if parts.capacity() == 0 {
                parts.reserve_exact(1);
            }
            parts.push(Part::read(json)?);
        } else {
            is_odd = true;
            json.skip()?;
        }
    }
    Ok(is_odd)
}

impl Part {
    fn read(json: &mut Reader<'_>) -> Result<Self, Error> {
        let data = json.source();
        let mut start = json.clone();
        let mut part = Self::default();
        let mut is_plain = true;
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(data, &mut [0; 32]) {
                "text" => part.text = json.maybe_string()?,
                "thought" => part.is_thought = json.skip()?.of(data) == "true",
                "thoughtSignature" | "thought_signature" => part.signature = json.maybe_string()?,
                name => {
                    let payload = Payload::of(name, key);
                    let value = json.present()?;
                    is_plain = false;
                    part.take(payload, value);
                }
            }
        }
        if !is_plain {
            part.raw = Some(start.skip()?);
        }
        if part.text.is_some() && matches!(part.payload, Some((Payload::Other(_), _))) {
            // Text is its payload, also where there is none of it: what else it has is fields that nobody knows.
            part.payload = None;
        }
        Ok(part)
    }

    /// A name that is not known is the payload only of a part that has no other.
    fn take(&mut self, payload: Option<Payload>, value: Option<Raw>) {
        let (Some(payload), Some(value)) = (payload, value) else { return };
        let is_other = matches!(payload, Payload::Other(_));
        if !is_other || self.payload.is_none() {
            self.payload = Some((payload, value));
        }
    }
}

impl Payload {
    /// None for what only describes a payload.
    fn of(name: &str, key: Text) -> Option<Self> {
        Some(match name {
            "functionCall" | "function_call" => Self::FunctionCall,
            "functionResponse" | "function_response" => Self::FunctionResponse,
            "inlineData" | "inline_data" => Self::InlineData,
            "fileData" | "file_data" => Self::FileData,
            "executableCode" | "executable_code" => Self::ExecutableCode,
            "codeExecutionResult" | "code_execution_result" => Self::CodeExecutionResult,
            "toolCall" | "tool_call" => Self::ToolCall,
            "toolResponse" | "tool_response" => Self::ToolResponse,
            "mediaResolution" | "media_resolution" => return None,
            _ if name.ends_with("Metadata") || name.ends_with("_metadata") => return None,
            _ => Self::Other(key),
        })
    }
}

/// The fields of `json`, where it is an object: `field` reads or skips each one's value.
pub(super) fn fields(
    json: &str,
    depth: u16,
    mut field: impl FnMut(&str, &mut Reader<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let reader = &mut Reader::new(json, depth);
    if reader.peek()? != Kind::Object {
        return Ok(());
    }
    reader.object()?;
    while let Some(key) = reader.key()? {
        field(key.name(json, &mut [0; 32]), reader)?;
    }
    Ok(())
}

/// More candidates or parts than this in one frame are rare.
const KEPT: usize = 32;
