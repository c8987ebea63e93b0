use super::messages;
use crate::dialect::{Dialect, Oddities};

/// LiteLLM's `/v1/messages`, <https://docs.litellm.ai/docs/anthropic_unified>.
///
/// An Anthropic upstream is passed on as it is. Of another one the proxy makes the events itself: `message_start` counts
/// zero tokens, the counts come with the stop reason, cached ones beside `input_tokens`; blocks may stay open until all
/// of them end at once; reasoning that only the upstream can read is a redacted block whose `data` begins with
/// `litellm_encrypted_reasoning:`, and other reasoning is lost. Some answers are whole messages, though a stream was
/// asked for.
///
/// When the upstream breaks off, an error event says so. An error body has Anthropic's shape, with the upstream's own
/// body as text in its message.
pub static LITELLM_MESSAGES: Dialect = messages("litellm-messages", Oddities::none());
