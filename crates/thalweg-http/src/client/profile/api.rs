use std::borrow::Cow;

/// An API: where a request goes and where it says what. `{model}` in a path is the model's name, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Api {
    /// What a request looks like.
    pub kind: Kind,
    /// Below the base and the version, for an answer that is streamed.
    pub stream_path: Cow<'static, str>,
    /// The same for one that comes whole.
    pub whole_path: Cow<'static, str>,
    /// Added to the query where an answer is streamed, such as `alt=sse`.
    pub stream_query: Cow<'static, str>,
    /// Where the request names the model.
    pub model: ModelIn,
    /// How the request says that the answer is to be streamed.
    pub ask_stream: AskStream,
    /// What is accepted of a streamed answer.
    pub accept: Cow<'static, str>,
}

/// What a request looks like, as far as rules and the choice of an API ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// OpenAI Chat Completions: `messages`.
    Chat,
    /// OpenAI Responses: `input`.
    Responses,
    /// Anthropic Messages: `messages` and `system`.
    Messages,
    /// Gemini: `contents`.
    Contents,
    /// Another.
    Other,
}

/// Where a request names the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelIn {
    /// In the body's `model`.
    Body,
    /// In the path: the body's `model` is taken out.
    Path,
}

/// How a request says that its answer is to be streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskStream {
    /// The body's `stream` is true.
    Member,
    /// The body's `stream` says so either way: absent means true.
    EitherWay,
    /// By the path: the body's `stream` is taken out.
    Path,
}

/// The APIs that there are.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct API;

impl API {
    /// OpenAI Chat Completions, and Mistral's.
    pub const CHAT: Api = body(Kind::Chat, "chat/completions", AskStream::Member, SSE);
    /// OpenAI Responses.
    pub const RESPONSES: Api = body(Kind::Responses, "responses", AskStream::Member, SSE);
    /// Anthropic Messages.
    pub const MESSAGES: Api = body(Kind::Messages, "messages", AskStream::Member, SSE);
    /// Mistral Conversations.
    pub const CONVERSATIONS: Api = body(Kind::Other, "conversations", AskStream::Member, SSE);
    /// Gemini Interactions.
    pub const INTERACTIONS: Api = body(Kind::Other, "interactions", AskStream::Member, SSE);
    /// Cohere's chat, both versions.
    pub const COHERE: Api = body(Kind::Other, "chat", AskStream::Member, SSE);
    /// Ollama's chat.
    pub const OLLAMA: Api = body(Kind::Other, "api/chat", AskStream::EitherWay, "application/x-ndjson");
    /// Gemini's `streamGenerateContent`.
    pub const GEMINI: Api = path(Kind::Contents, GEMINI_PATHS, "alt=sse", SSE);
    /// Bedrock's `ConverseStream`.
    pub const CONVERSE: Api = path(Kind::Other, ["model/{model}/converse-stream", "model/{model}/converse"], "", AWS);
    /// Bedrock's `InvokeModelWithResponseStream`.
    pub const INVOKE: Api =
        path(Kind::Other, ["model/{model}/invoke-with-response-stream", "model/{model}/invoke"], "", AWS);
}

const GEMINI_PATHS: [&str; 2] = ["models/{model}:streamGenerateContent", "models/{model}:generateContent"];
const SSE: &str = "text/event-stream";
const AWS: &str = "application/vnd.amazon.eventstream";

const fn body(kind: Kind, path: &'static str, ask_stream: AskStream, accept: &'static str) -> Api {
    Api {
        kind,
        stream_path: Cow::Borrowed(path),
        whole_path: Cow::Borrowed(path),
        stream_query: Cow::Borrowed(""),
        model: ModelIn::Body,
        ask_stream,
        accept: Cow::Borrowed(accept),
    }
}

/// The paths: for an answer that is streamed, and for one that comes whole.
const fn path(kind: Kind, paths: [&'static str; 2], stream_query: &'static str, accept: &'static str) -> Api {
    Api {
        kind,
        stream_path: Cow::Borrowed(paths[0]),
        whole_path: Cow::Borrowed(paths[1]),
        stream_query: Cow::Borrowed(stream_query),
        model: ModelIn::Path,
        ask_stream: AskStream::Path,
        accept: Cow::Borrowed(accept),
    }
}
