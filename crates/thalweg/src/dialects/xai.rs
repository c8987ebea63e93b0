use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// xAI: `api.x.ai/v1`, <https://docs.x.ai/docs/api-reference>.
///
/// Reasoning comes in `reasoning_content`, a tool call whole in one chunk. Usage has a chunk of its own at the end. Its
/// `completion_tokens` do not include the reasoning tokens, and where `cached_tokens` exceed `prompt_tokens`, the
/// latter do not include what was cached. `citations` (addresses) are on the last chunk.
///
/// An error is `{"code": text, "error": text}`, also with status 200.
pub static XAI: Dialect = chat("xai", PLAIN.with_reasoning_beside_output());
