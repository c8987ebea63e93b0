//! Wire formats: what the frames of each protocol mean. Protocols never import each other.

#[cfg(feature = "anthropic-messages")]
pub(crate) mod anthropic_messages;
#[cfg(feature = "openai-chat")]
pub(crate) mod openai_chat;
#[cfg(feature = "openai-responses")]
pub(crate) mod openai_responses;
