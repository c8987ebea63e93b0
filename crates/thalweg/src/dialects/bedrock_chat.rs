use super::invoked;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;
use crate::event::Protocol;
use crate::protocols::{bedrock_invoke, openai_chat};

/// Models behind Bedrock's `InvokeModelWithResponseStream` that speak OpenAI Chat Completions: Mistral's chat models, Jamba,
/// DeepSeek, Kimi, gpt-oss, Qwen.
///
/// The chunks of Chat Completions, one in each message `chunk`, without `[DONE]`. Some never count tokens; Bedrock's own
/// counts, where the last chunk has them, stand in.
pub static BEDROCK_CHAT: Dialect = invoked(
    "bedrock-chat",
    Protocol::OpenaiChat,
    |frame| bedrock_invoke::claims_of(openai_chat::claims, frame),
    |oddities| bedrock_invoke::around(openai_chat::decoder(oddities)),
    PLAIN,
);
