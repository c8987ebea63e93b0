use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::Dialect;

/// Cerebras: `api.cerebras.ai/v1`, <https://inference-docs.cerebras.ai/api-reference/chat-completions>.
///
/// Reasoning comes in `reasoning`, a tool call whole or in fragments that all have a `type`, usage on the chunk with
/// the finish reason, beside `time_info` (seconds). There is no `[DONE]`. Error objects are not wrapped: `message`,
/// `type`, `param` and `code` are the body's own fields. JSON text answers were seen to end with `tool_calls`.
pub static CEREBRAS: Dialect = chat("cerebras", REASONING_FIRST);
