//! Facts that are no content: what the response is, why it ended, what it cost, what went wrong.

use super::{BlockId, Count};

/// An enum of plain names: one table gives variants, [`as_str`], `Display` and the serialized form.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $variant,)* }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value's stable name, as in its serialized form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(super) use named;

named! {
    /// A wire format.
    Protocol {
        /// None that we know.
        Unrecognized = "unrecognized",
        /// OpenAI Chat Completions.
        OpenaiChat = "openai-chat",
        /// OpenAI Responses.
        OpenaiResponses = "openai-responses",
        /// Anthropic Messages.
        AnthropicMessages = "anthropic-messages",
        /// Gemini `streamGenerateContent`.
        Gemini = "gemini",
        /// Gemini Interactions.
        GeminiInteractions = "gemini-interactions",
        /// Bedrock `ConverseStream`.
        BedrockConverse = "bedrock-converse",
        /// Bedrock `InvokeModelWithResponseStream` with a model's own text completions.
        BedrockCompletion = "bedrock-completion",
        /// Ollama's own API.
        Ollama = "ollama",
        /// Cohere v2.
        Cohere = "cohere",
        /// Cohere v1.
        CohereV1 = "cohere-v1",
        /// Mistral's chat completions.
        Mistral = "mistral",
        /// Mistral Conversations.
        MistralConversations = "mistral-conversations",
    }
}

named! {
    /// A fact about the whole response.
    MetaField {
        /// The response's id.
        Id = "id",
        /// The model that answered.
        Model = "model",
        /// When it was made: unix seconds, as the wire writes them.
        Created = "created",
        /// The tier it was served at.
        ServiceTier = "service_tier",
        /// The configuration that served it.
        Fingerprint = "fingerprint",
        /// The conversation it belongs to.
        Conversation = "conversation",
        /// The container its tools ran in.
        Container = "container",
    }
}

/// Token counts. Input includes cache reads and writes, output includes reasoning. Absent is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Usage {
    /// All input.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub input: Option<Count>,
    /// All output.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub output: Option<Count>,
    /// Their sum, as the provider states it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub total: Option<Count>,
    /// Of the input: read from a cache.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cache_read: Option<Count>,
    /// Of the input: written to a cache.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cache_write: Option<Count>,
    /// Of the output: reasoning.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub reasoning: Option<Count>,
    /// Of the input: sound.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub input_audio: Option<Count>,
    /// Of the output: sound.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub output_audio: Option<Count>,
}
const _: () = assert!(size_of::<Usage>() == 64);

named! {
    /// Who counted the tokens.
    UsageOrigin {
        /// The provider, at or after the end.
        Provider = "provider",
        /// The provider, before the end: the last word may be missing.
        Partial = "partial",
        /// We did, from what was given out.
        Estimated = "estimated",
    }
}

named! {
    /// Why a choice ended, normalized.
    Reason {
        /// The model was done.
        Stop = "stop",
        /// A stop sequence of the request.
        StopSequence = "stop_sequence",
        /// The output limit.
        Length = "length",
        /// The context window is full.
        ContextWindow = "context_window",
        /// The client must run tools.
        ToolCalls = "tool_calls",
        /// A filter cut the answer.
        ContentFilter = "content_filter",
        /// The model declined.
        Refusal = "refusal",
        /// The provider paused: send the response back to go on.
        Pause = "pause",
        /// The provider failed.
        Error = "error",
        /// Someone cancelled it.
        Cancelled = "cancelled",
        /// A reason we do not know; the raw one says more.
        Other = "other",
    }
}

named! {
    /// What kind of error it is.
    ErrorKind {
        /// The provider has no capacity.
        Overloaded = "overloaded",
        /// Too many requests.
        RateLimit = "rate_limit",
        /// The account's budget is used up.
        Quota = "quota",
        /// Who are you?
        Auth = "auth",
        /// You may not.
        Permission = "permission",
        /// No such model or resource.
        NotFound = "not_found",
        /// The request is wrong.
        InvalidRequest = "invalid_request",
        /// The input does not fit the model.
        ContextWindow = "context_window",
        /// The provider's policy forbids it.
        ContentPolicy = "content_policy",
        /// What the model wrote cannot be used: a tool call that the provider could not read.
        InvalidOutput = "invalid_output",
        /// It took too long.
        Timeout = "timeout",
        /// The provider is broken.
        Server = "server",
        /// Someone cancelled it.
        Cancelled = "cancelled",
        /// The body is no stream and no answer.
        NotAStream = "not_a_stream",
        /// Anything else.
        Other = "other",
    }
}

/// Whether sending the request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Retry {
    /// The error does not say.
    Unknown,
    /// It cannot.
    No,
    /// It can.
    Yes,
    /// It can, after a delay that the provider names.
    #[non_exhaustive]
    After {
        /// The delay in milliseconds.
        ms: u32,
    },
}

impl Retry {
    /// After a delay that the provider names, in milliseconds.
    #[must_use]
    pub const fn after_ms(ms: u32) -> Self {
        Self::After { ms }
    }
}

named! {
    /// Who reports an error.
    Origin {
        /// The provider, in the stream or its body.
        Provider = "provider",
        /// We do: the bytes are no stream.
        Local = "local",
    }
}

/// What a field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Scope {
    /// The whole response.
    Response,
    /// One choice.
    Choice(u32),
    /// One block.
    Block(BlockId),
}

named! {
    /// How the bytes ended, as the transport saw it.
    Close {
        /// An orderly end of the body.
        Clean = "clean",
        /// The connection broke.
        Broken = "broken",
        /// Nothing came for too long.
        TimedOut = "timed_out",
        /// The consumer wanted no more.
        Cancelled = "cancelled",
    }
}

named! {
    /// The verdict on a stream.
    Outcome {
        /// The whole answer is here.
        Complete = "complete",
        /// The answer ended before its end (length, a filter, no reason given).
        Incomplete = "incomplete",
        /// The answer waits for something (a pause, an approval, a queue).
        Suspended = "suspended",
        /// An error ended it.
        Failed = "failed",
        /// The bytes ended before the answer did.
        Truncated = "truncated",
        /// The consumer cancelled it.
        Cancelled = "cancelled",
        /// One of [`Limits`](crate::Limits) was reached.
        Limit = "limit",
    }
}

named! {
    /// Which limit was reached. Named like the fields of [`Limits`](crate::Limits).
    LimitKind {
        /// [`Limits::frame_bytes`](crate::Limits::frame_bytes)
        FrameBytes = "frame_bytes",
        /// [`Limits::json_depth`](crate::Limits::json_depth)
        JsonDepth = "json_depth",
        /// [`Limits::blocks`](crate::Limits::blocks)
        Blocks = "blocks",
        /// [`Limits::choices`](crate::Limits::choices)
        Choices = "choices",
        /// [`Limits::tool_input_bytes`](crate::Limits::tool_input_bytes)
        ToolInputBytes = "tool_input_bytes",
        /// [`Limits::held_bytes`](crate::Limits::held_bytes)
        HeldBytes = "held_bytes",
        /// [`Limits::name_bytes`](crate::Limits::name_bytes)
        NameBytes = "name_bytes",
        /// [`Limits::identity_bytes`](crate::Limits::identity_bytes)
        IdentityBytes = "identity_bytes",
    }
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Evidence {
    /// Frames that carried data.
    pub frames: u64,
    /// The provider said that the response is over, and how.
    pub terminal: bool,
    /// The end mark of the framing came (`[DONE]`, `]`), whatever it is worth.
    pub sentinel: bool,
    /// Choices that began.
    pub choices: u32,
    /// Choices that have a finish reason.
    pub finished: u32,
    /// How the bytes ended; none when the stream ended before its bytes did, at a limit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub close: Option<Close>,
    /// The limit that was reached, if one was.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub limit: Option<LimitKind>,
}

/// What a transport needs to continue a response on another connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Resume<S> {
    /// The response to ask for.
    pub response_id: S,
    /// The number of the last frame that arrived.
    pub after: u64,
}

impl<S> Resume<S> {
    pub(super) fn map<'s, T>(&'s self, f: &mut impl FnMut(&'s S) -> T) -> Resume<T> {
        Resume { response_id: f(&self.response_id), after: self.after }
    }
}
