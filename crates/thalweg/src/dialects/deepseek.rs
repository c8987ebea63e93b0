use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;
use crate::event::Reason;

/// DeepSeek: `api.deepseek.com`, <https://api-docs.deepseek.com/api/create-chat-completion>.
///
/// Reasoning comes in `reasoning_content`, then the answer in `content`; each is null while the other runs. Usage is on
/// the chunk with the finish reason; `prompt_cache_hit_tokens` and `prompt_cache_miss_tokens` add up to the prompt.
/// While a request waits its turn the server sends the comment `: keep-alive`, for up to ten minutes.
///
/// `insufficient_system_resource` ends an answer that the service had no capacity to go on with: ask again.
pub static DEEPSEEK: Dialect =
    chat("deepseek", PLAIN.with_finish_reasons(&[(Cow::Borrowed("insufficient_system_resource"), Reason::Error)]));
