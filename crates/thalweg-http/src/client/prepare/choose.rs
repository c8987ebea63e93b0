//! Which API a request goes to: by the endpoint, the model and the form that the request has.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::PrepareError;
use super::rules::Models;
use crate::client::profile::{Kind, Profile};

/// What an endpoint speaks, for some models: a row of a table that an operator may put other rows before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Speaks {
    /// The endpoint's kind, as the operator calls it: `openai`, `lm-studio`, `chatgpt`. `*` is any.
    pub endpoint: Cow<'static, str>,
    /// For which models.
    pub models: Models,
    /// The dialect for requests in the form of Chat Completions; none where it takes none.
    pub chat: Option<Cow<'static, str>>,
    /// The dialect for requests in the form of Responses; none where it takes none.
    pub responses: Option<Cow<'static, str>>,
    /// The dialect for requests in the form of Anthropic Messages; none where it takes none.
    pub messages: Option<Cow<'static, str>>,
    /// Whether the model runs in the background there.
    pub has_background: bool,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// The profile to prepare it with; it names the dialect to read the answer with.
    pub profile: Profile,
    /// Whether the model runs in the background there.
    pub has_background: bool,
}

/// Chooses the API for a request. `input` without `messages` is Responses; `messages` with a `system` or an
/// `anthropic_version` beside them is Anthropic Messages; other `messages` are chat. Where the endpoint takes chat only in
/// another vendor's form, that one is chosen.
///
/// ```
/// use serde_json::json;
/// use thalweg_http::prepare::{choose, speaks};
///
/// let body = json!({"model": "gpt-5", "input": "Hello"});
/// let choice = choose("openai", &body, speaks())?;
/// assert_eq!(choice.profile.dialect, "openai-responses");
/// assert!(choose("lm-studio", &body, speaks()).is_err()); // never Responses there
/// # Ok::<(), thalweg_http::PrepareError>(())
/// ```
///
/// # Errors
/// [`PrepareError::Unsupported`]: no row fits.
pub fn choose(endpoint: &str, body: &Value, table: &[Speaks]) -> Result<Choice, PrepareError> {
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let unsupported = || PrepareError::Unsupported { endpoint: endpoint.to_owned(), model: model.to_owned() };
    let fits = |row: &&Speaks| (row.endpoint == endpoint || row.endpoint == "*") && row.models.matches(model);
    let row = table.iter().find(fits).ok_or_else(unsupported)?;
    let shape = body.as_object().map(shape_of).ok_or(PrepareError::NotAnObject)?;
    let dialect = match shape {
        Some(Kind::Responses) => &row.responses,
        Some(Kind::Messages) => &row.messages,
        Some(Kind::Chat) if row.chat.is_some() => &row.chat,
        // Without a system prompt the two forms are one.
        Some(Kind::Chat) => &row.messages,
        _ => &None,
    };
    let profile = dialect.as_deref().and_then(Profile::of).ok_or_else(unsupported)?;
    Ok(Choice { profile, has_background: row.has_background })
}

/// The form of a request, where it can be told.
fn shape_of(body: &Map<String, Value>) -> Option<Kind> {
    let has = |member: &str| body.contains_key(member);
    match () {
        () if has("input") && !has("messages") => Some(Kind::Responses),
        () if has("messages") && (has("system") || has("anthropic_version")) => Some(Kind::Messages),
        () if has("messages") => Some(Kind::Chat),
        () if has("contents") => Some(Kind::Contents),
        () => None,
    }
}

/// A request in the form of an API that the endpoint has not is not sent.
pub(super) fn check_shape(profile: &Profile, body: &Map<String, Value>) -> Result<(), PrepareError> {
    let is = match (profile.api.kind, shape_of(body)) {
        (Kind::Chat | Kind::Messages, Some(Kind::Responses)) => "Responses",
        (Kind::Responses, Some(Kind::Chat | Kind::Messages)) => "Chat Completions",
        (Kind::Contents, Some(Kind::Chat | Kind::Messages | Kind::Responses)) => "OpenAI or Anthropic",
        (Kind::Chat | Kind::Messages | Kind::Responses, Some(Kind::Contents)) => "Gemini",
        _ => return Ok(()),
    };
    Err(PrepareError::Shape { is, endpoint: profile.dialect.to_string() })
}

/// The table that [`choose`] is given where the operator has no other. The first row that fits stands.
#[must_use]
pub const fn speaks() -> &'static [Speaks] {
    TABLE
}

const fn row(
    endpoint: &'static str,
    models: Models,
    [chat, responses, messages]: [Option<&'static str>; 3],
    has_background: bool,
) -> Speaks {
    const fn own(name: Option<&'static str>) -> Option<Cow<'static, str>> {
        match name {
            Some(name) => Some(Cow::Borrowed(name)),
            None => None,
        }
    }
    Speaks {
        endpoint: Cow::Borrowed(endpoint),
        models,
        chat: own(chat),
        responses: own(responses),
        messages: own(messages),
        has_background,
    }
}

static TABLE: &[Speaks] = &[
    row("openai", Models::only(RESPONSES_ONLY), [None, Some("openai-responses"), None], true),
    row("openai", Models::only(BACKGROUND), [Some("openai-chat"), Some("openai-responses"), None], true),
    row("openai", Models::all(), [Some("openai-chat"), Some("openai-responses"), None], false),
    row("azure", Models::only(BACKGROUND), [Some("azure"), Some("openai-responses"), None], true),
    row("azure", Models::all(), [Some("azure"), Some("openai-responses"), None], false),
    // Its subscription speaks Responses and nothing else.
    row("chatgpt", Models::all(), [None, Some("chatgpt"), None], false),
    // It has the path, and not the API.
    row("lm-studio", Models::all(), [Some("lm-studio"), None, None], false),
    // Through Anthropic's format.
    row("minimax", Models::all(), [None, None, Some("anthropic-messages")], false),
    row("bedrock", Models::only(CLAUDE), [None, None, Some("bedrock-anthropic")], false),
    row("anthropic", Models::all(), [None, None, Some("anthropic-messages")], false),
    row("litellm", Models::all(), [Some("litellm"), Some("litellm-responses"), Some("litellm-messages")], false),
    row("openrouter", Models::all(), [Some("openrouter"), Some("openai-responses"), None], false),
    row("vllm", Models::all(), [Some("vllm"), Some("openai-responses"), Some("anthropic-messages")], false),
    row(
        "llama-server",
        Models::all(),
        [Some("llama-server"), Some("openai-responses"), Some("anthropic-messages")],
        false,
    ),
    row("xai", Models::all(), [Some("xai"), Some("openai-responses"), None], false),
    row("openai-compatible", Models::all(), [Some("openai-chat"), None, None], false),
];

const RESPONSES_ONLY: &[Cow<'static, str>] =
    &[Cow::Borrowed("*-pro"), Cow::Borrowed("*-pro-20*"), Cow::Borrowed("*codex*"), Cow::Borrowed("*deep-research*")];
const BACKGROUND: &[Cow<'static, str>] = &[Cow::Borrowed("o?*"), Cow::Borrowed("gpt-5*")];
const CLAUDE: &[Cow<'static, str>] = &[Cow::Borrowed("*claude*"), Cow::Borrowed("*anthropic*")];
