//! Blocks: the leaves of content.

use super::facts::named;
use super::{BlockId, Wide};

/// Where the wire put a block. Encoders and replays need it; identity is [`BlockId`] alone.
///
/// Blocks with the same `item` are parts of one wire item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Place<S> {
    /// The item's number (`index` of a tool call, `output_index`). Wires without items number tool calls, pictures and
    /// parts of reasoning each from 0.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub item: Option<Wide>,
    /// The part's number within its item (`content_index`).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub part: Option<Wide>,
    /// The item's id, where it is not a tool call's.
    #[cfg_attr(feature = "serde", serde(default = "super::none", skip_serializing_if = "Option::is_none"))]
    pub id: Option<S>,
}

impl<S> Place<S> {
    /// A place the wire says nothing about.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self { item: None, part: None, id: None }
    }

    /// The place of a numbered item.
    #[must_use]
    pub const fn item(item: Option<Wide>) -> Self {
        Self { item, part: None, id: None }
    }

    pub(crate) fn map<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> Place<T> {
        Place { item: self.item, part: self.part, id: self.id.as_ref().map(f) }
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum BlockKind<S> {
    /// The answer.
    Text,
    /// The model declines, in its own words.
    Refusal,
    /// What the model thought.
    #[non_exhaustive]
    Reasoning {
        /// How much of it is shown.
        form: ReasoningForm,
    },
    /// A call that the client must run.
    #[non_exhaustive]
    ToolCall {
        /// The id to answer it under.
        id: Id<S>,
        /// The tool's name; "" when the wire never gave one.
        name: S,
        /// What its input is.
        form: InputForm,
    },
    /// A call that someone else runs: never hand it to the client's tools.
    #[non_exhaustive]
    HostedCall {
        /// Its id.
        id: Id<S>,
        /// The tool's name.
        name: S,
        /// What its input is.
        form: InputForm,
        /// Who runs it.
        host: Host,
        /// The server it runs on, where it has a name.
        #[cfg_attr(feature = "serde", serde(default = "super::none", skip_serializing_if = "Option::is_none"))]
        server: Option<S>,
    },
    /// The client must allow this before the response goes on.
    #[non_exhaustive]
    Approval {
        /// The id to answer it under.
        id: Id<S>,
        /// What is to be allowed.
        name: S,
        /// The server that asks.
        #[cfg_attr(feature = "serde", serde(default = "super::none", skip_serializing_if = "Option::is_none"))]
        server: Option<S>,
    },
    /// What a hosted call gave.
    #[non_exhaustive]
    ToolResult {
        /// The call's block, when it is in this stream.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        call: Option<BlockId>,
        /// The call's id.
        #[cfg_attr(feature = "serde", serde(default = "super::none", skip_serializing_if = "Option::is_none"))]
        call_id: Option<S>,
        /// Whether the call failed.
        is_error: bool,
    },
    /// A picture, as data.
    Image,
    /// Sound, as data, with its transcript.
    Audio,
    /// A file, as data or by reference.
    File,
    /// A source that the answer cites as a whole.
    Source,
    /// Anything else the provider calls content.
    #[non_exhaustive]
    Other {
        /// The provider's name for it.
        wire_type: S,
    },
}

impl<S> BlockKind<S> {
    /// Reasoning of a form.
    #[must_use]
    pub const fn reasoning(form: ReasoningForm) -> Self {
        Self::Reasoning { form }
    }

    /// A call that the client must run.
    #[must_use]
    pub const fn tool_call(id: Id<S>, name: S, form: InputForm) -> Self {
        Self::ToolCall { id, name, form }
    }

    /// A call that someone else runs.
    #[must_use]
    pub const fn hosted_call(id: Id<S>, name: S, form: InputForm, host: Host, server: Option<S>) -> Self {
        Self::HostedCall { id, name, form, host, server }
    }

    /// A request for permission.
    #[must_use]
    pub const fn approval(id: Id<S>, name: S, server: Option<S>) -> Self {
        Self::Approval { id, name, server }
    }

    /// What a hosted call gave.
    #[must_use]
    pub const fn tool_result(call: Option<BlockId>, call_id: Option<S>, is_error: bool) -> Self {
        Self::ToolResult { call, call_id, is_error }
    }

    /// Content that the model does not know.
    #[must_use]
    pub const fn other(wire_type: S) -> Self {
        Self::Other { wire_type }
    }

    pub(crate) fn map<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> BlockKind<T> {
        use BlockKind as K;
        match self {
            Self::Text => K::Text,
            Self::Refusal => K::Refusal,
            Self::Reasoning { form } => K::Reasoning { form: *form },
            Self::ToolCall { id, name, form } => K::ToolCall { id: id.map(f), name: f(name), form: *form },
            Self::HostedCall { id, name, form, host, server } => {
                K::HostedCall { id: id.map(f), name: f(name), form: *form, host: *host, server: server.as_ref().map(f) }
            }
            Self::Approval { id, name, server } => {
                K::Approval { id: id.map(f), name: f(name), server: server.as_ref().map(f) }
            }
            Self::ToolResult { call, call_id, is_error } => {
                K::ToolResult { call: *call, call_id: call_id.as_ref().map(f), is_error: *is_error }
            }
            Self::Image => K::Image,
            Self::Audio => K::Audio,
            Self::File => K::File,
            Self::Source => K::Source,
            Self::Other { wire_type } => K::Other { wire_type: f(wire_type) },
        }
    }
}

/// The id of a call. One that we minted is never mistaken for one the wire gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(clippy::exhaustive_enums, reason = "an id is either given or not")]
pub enum Id<S> {
    /// As the wire gave it. Not unique where the wire is not.
    Wire(S),
    /// The wire gave none: the n-th such call of the stream. Never send it to the provider.
    Minted(u32),
}

impl<S> Id<S> {
    fn map<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> Id<T> {
        match self {
            Self::Wire(id) => Id::Wire(f(id)),
            Self::Minted(n) => Id::Minted(*n),
        }
    }
}

/// What belongs to a block and is not its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Part<S> {
    /// Set: the provider's seal on a reasoning block; replay it unchanged.
    Signature(S),
    /// Set: content that only the provider can read; replay it unchanged.
    Encrypted(S),
    /// Set: the format of the signature or of the encrypted content, which says who can read it; of other data its media
    /// type.
    Format(S),
    /// Set: the provider's own status of the item.
    Status(S),
    /// Set: the id of a call that began without one.
    CallId(S),
    /// Set: the whole name of a call whose name came in pieces.
    Name(S),
    /// Set, one a number: a picture that is not final yet.
    #[non_exhaustive]
    Preview {
        /// Which preview.
        index: u32,
        /// The picture.
        base64: S,
    },
    /// Append: base64 data.
    Base64(S),
    /// Append: the words of a sound.
    Transcript(S),
    /// Push: a citation, verbatim JSON.
    Citation(S),
    /// Push: log probabilities, verbatim JSON.
    Logprobs(S),
    /// Push: anything else, verbatim JSON.
    Json(S),
    /// Push: a piece of structured input, verbatim JSON, ahead of the input itself.
    Progress(S),
}

impl<S> Part<S> {
    /// A picture that is not final yet.
    #[must_use]
    pub const fn preview(index: u32, base64: S) -> Self {
        Self::Preview { index, base64 }
    }

    pub(crate) fn map<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> Part<T> {
        match self {
            Self::Signature(s) => Part::Signature(f(s)),
            Self::Encrypted(s) => Part::Encrypted(f(s)),
            Self::Format(s) => Part::Format(f(s)),
            Self::Status(s) => Part::Status(f(s)),
            Self::CallId(s) => Part::CallId(f(s)),
            Self::Name(s) => Part::Name(f(s)),
            Self::Preview { index, base64 } => Part::Preview { index: *index, base64: f(base64) },
            Self::Base64(s) => Part::Base64(f(s)),
            Self::Transcript(s) => Part::Transcript(f(s)),
            Self::Citation(s) => Part::Citation(f(s)),
            Self::Logprobs(s) => Part::Logprobs(f(s)),
            Self::Json(s) => Part::Json(f(s)),
            Self::Progress(s) => Part::Progress(f(s)),
        }
    }
}

named! {
    /// How much of the model's reasoning a block shows.
    ReasoningForm {
        /// The reasoning itself.
        Full = "full",
        /// A summary written for the reader.
        Summary = "summary",
        /// A plan of what tools to call.
        Plan = "plan",
        /// Withheld; only its seal is given.
        Redacted = "redacted",
        /// Given in a form that only the provider can read.
        Encrypted = "encrypted",
    }
}

named! {
    /// What a call's input is.
    InputForm {
        /// JSON, normally an object.
        Json = "json",
        /// Free text.
        Text = "text",
    }
}

named! {
    /// Who runs a hosted call.
    Host {
        /// The provider.
        Provider = "provider",
        /// A remote server the provider talks to.
        Mcp = "mcp",
        /// A program the model wrote, running at the provider.
        Program = "program",
    }
}

named! {
    /// How a block ended.
    BlockClose {
        /// The wire ended it, or its choice finished with it whole.
        Complete = "complete",
        /// Content of another kind began in its choice.
        Implied = "implied",
        /// The model was stopped inside it (length, a filter).
        Incomplete = "incomplete",
        /// The bytes ended inside it.
        Truncated = "truncated",
        /// The provider failed inside it.
        Failed = "failed",
    }
}

/// Whether a call's JSON input can be used. Only `Valid` and `Empty` (which stands for `{}`) may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum InputState {
    /// One JSON object.
    Valid,
    /// Nothing: a call without parameters.
    Empty,
    /// JSON, but no object.
    NotObject,
    /// No JSON.
    #[non_exhaustive]
    Invalid {
        /// The offset of the first wrong byte, saturating.
        at: u32,
    },
    /// The beginning of JSON.
    Cut,
    /// Several JSON values, one after another.
    Concatenated,
}

impl InputState {
    /// The state's name, as in its serialized form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Empty => "empty",
            Self::NotObject => "not_object",
            Self::Invalid { .. } => "invalid",
            Self::Cut => "cut",
            Self::Concatenated => "concatenated",
        }
    }
}
