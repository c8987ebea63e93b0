use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::openai_chat;

/// OpenAI Chat Completions, and every server that speaks it without contradicting it.
pub static OPENAI_CHAT: Dialect = Dialect {
    name: Cow::Borrowed("openai-chat"),
    protocol: Protocol::OpenaiChat,
    framing: Framing::Sse,
    claims: openai_chat::claims,
    decoder: openai_chat::decoder,
    oddities: Oddities {
        // The first is the older and wider one (DeepSeek, vLLM, llama.cpp, LiteLLM), the second OpenRouter's and
        // Groq's. Gateways send both with one text.
        reasoning_fields: Cow::Borrowed(&[Cow::Borrowed("reasoning_content"), Cow::Borrowed("reasoning")]),
    },
};
