use super::responses;
use crate::dialect::{Dialect, Oddities};

/// LiteLLM's `/v1/responses`, <https://docs.litellm.ai/docs/response_api>.
///
/// Events without names, each with the `model` of the proxy beside what it says, and `[DONE]` at the end. The id of a
/// response is the upstream's with the proxy's routing around it, to be sent back whole. Where the upstream speaks
/// Responses its events are passed on, numbered if it numbers them. Where it speaks something else they are made up: few
/// have a number, and those do not rise; a call may be announced and over before the text in front of it is.
///
/// When the upstream breaks off, `response.failed` says so. An error before the first event is an error of Chat
/// Completions, as a body or, with status 500, as an event in front of `[DONE]`; its `code` is an HTTP status as digits.
pub static LITELLM_RESPONSES: Dialect = responses("litellm-responses", Oddities::none());
