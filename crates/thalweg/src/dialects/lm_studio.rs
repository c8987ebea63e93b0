use super::chat;
use super::openai_chat::{PLAIN, THINK};
use crate::dialect::Dialect;

/// LM Studio's server: port 1234, <https://lmstudio.ai/docs/app/api-changelog>.
///
/// Reasoning is in the text between `<think>` tags unless a setting for developers moves it to `reasoning_content`;
/// that of gpt-oss comes in `reasoning`. Usage comes only where it was asked for, on a chunk of its own. A failure is
/// `event: error`, its `error` perhaps a text.
pub static LM_STUDIO: Dialect = chat("lm-studio", PLAIN.with_reasoning_tags(THINK));
