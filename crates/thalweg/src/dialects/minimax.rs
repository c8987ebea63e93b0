use super::chat;
use super::openai_chat::{PLAIN, THINK};
use crate::dialect::Dialect;

/// MiniMax: `api.minimax.io/v1` and `api.minimaxi.com/v1`,
/// <https://platform.minimax.io/docs/api-reference/text-openai-api>.
///
/// Reasoning is in the text between `<think>` tags, which must be sent back as they came; with `reasoning_split` it
/// comes in `reasoning_details`. Chunks before the last have a usage of zeros; the last one may be a whole
/// `chat.completion`, its `message` repeating the answer. `role` may be "". `base_resp.status_code` is 0 where all is
/// well.
pub static MINIMAX: Dialect = chat("minimax", PLAIN.with_reasoning_tags(THINK));
