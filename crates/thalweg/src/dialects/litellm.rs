use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// LiteLLM, its proxy and its library, <https://docs.litellm.ai/docs/proxy/user_keys>.
///
/// What upstreams say in its own form of a chunk: `finish_reason` is absent rather than null, usage comes beside an
/// empty delta after the finish. Reasoning is in `reasoning_content` and, with signatures, again in `thinking_blocks`;
/// Gemini's signature of a call is in `provider_specific_fields` and behind `__thought__` in the call's id, which is to
/// be sent back whole. Finish reasons are mapped and lose: unknown ones become `stop`. Cached tokens are part of
/// `prompt_tokens`, whatever the upstream does. An error's `code` is an HTTP status as digits.
pub static LITELLM: Dialect = chat("litellm", PLAIN);
