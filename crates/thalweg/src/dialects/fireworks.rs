use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// Fireworks AI: `api.fireworks.ai/inference/v1`, <https://docs.fireworks.ai/api-reference/post-chatcompletions>.
///
/// Reasoning comes in `reasoning_content`. Usage is on the last chunk, in some versions on one of its own with empty
/// choices.
pub static FIREWORKS: Dialect = chat("fireworks", PLAIN);
