//! Wire formats: what the frames of each protocol mean. Protocols never import each other.

#[cfg(feature = "anthropic-messages")]
pub(crate) mod anthropic_messages;
#[cfg(feature = "bedrock")]
pub(crate) mod bedrock_completion;
#[cfg(feature = "bedrock")]
pub(crate) mod bedrock_converse;
#[cfg(feature = "bedrock")]
pub(crate) mod bedrock_invoke;
#[cfg(feature = "cohere")]
pub(crate) mod cohere;
#[cfg(feature = "cohere")]
pub(crate) mod cohere_v1;
#[cfg(feature = "gemini")]
pub(crate) mod gemini;
#[cfg(feature = "gemini")]
pub(crate) mod gemini_interactions;
#[cfg(feature = "mistral")]
pub(crate) mod mistral_conversations;
#[cfg(feature = "ollama")]
pub(crate) mod ollama;
#[cfg(feature = "openai-chat")]
pub(crate) mod openai_chat;
#[cfg(feature = "openai-responses")]
pub(crate) mod openai_responses;
