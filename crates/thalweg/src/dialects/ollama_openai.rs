use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::Dialect;

/// Ollama's OpenAI endpoint: port 11434, `/v1`, <https://docs.ollama.com/api/openai-compatibility>.
///
/// Reasoning comes in `reasoning`, `role` on every delta, a tool call whole in one chunk. Usage comes only where it was
/// asked for, on a chunk of its own. Finish reasons are `stop`, `length` and `tool_calls`; older versions say `stop` of
/// calls, and "" on every chunk before the last.
pub static OLLAMA_OPENAI: Dialect = chat("ollama-openai", REASONING_FIRST);
