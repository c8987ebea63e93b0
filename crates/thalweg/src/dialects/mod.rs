//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor's own file says
//! what the same bytes mean differently there, and, for who operates it, what else is known of it.

#[cfg(feature = "openai-chat")]
mod alibaba;
#[cfg(feature = "openai-chat")]
mod azure;
#[cfg(feature = "openai-chat")]
mod cerebras;
#[cfg(feature = "openai-chat")]
mod copilot;
#[cfg(feature = "openai-chat")]
mod deepinfra;
#[cfg(feature = "openai-chat")]
mod deepseek;
#[cfg(feature = "openai-chat")]
mod fireworks;
#[cfg(feature = "openai-chat")]
mod gemini_openai;
#[cfg(feature = "openai-chat")]
mod groq;
#[cfg(feature = "openai-chat")]
mod huggingface;
#[cfg(feature = "openai-chat")]
mod litellm;
#[cfg(feature = "openai-chat")]
mod llama_server;
#[cfg(feature = "openai-chat")]
mod lm_studio;
#[cfg(feature = "openai-chat")]
mod minimax;
#[cfg(feature = "openai-chat")]
mod moonshot;
#[cfg(feature = "openai-chat")]
mod ollama_openai;
#[cfg(feature = "openai-chat")]
mod openai_chat;
#[cfg(feature = "openai-chat")]
mod openrouter;
#[cfg(feature = "openai-chat")]
mod perplexity;
#[cfg(feature = "openai-chat")]
mod sglang;
#[cfg(feature = "openai-chat")]
mod together;
#[cfg(feature = "openai-chat")]
mod vllm;
#[cfg(feature = "openai-chat")]
mod xai;
#[cfg(feature = "openai-chat")]
mod zai;

#[cfg(feature = "openai-chat")]
pub use self::{
    alibaba::{ALIBABA, ALIBABA_CUMULATIVE},
    azure::AZURE,
    cerebras::CEREBRAS,
    copilot::COPILOT,
    deepinfra::DEEPINFRA,
    deepseek::DEEPSEEK,
    fireworks::FIREWORKS,
    gemini_openai::GEMINI_OPENAI,
    groq::GROQ,
    huggingface::HUGGINGFACE,
    litellm::LITELLM,
    llama_server::LLAMA_SERVER,
    lm_studio::LM_STUDIO,
    minimax::MINIMAX,
    moonshot::MOONSHOT,
    ollama_openai::OLLAMA_OPENAI,
    openai_chat::OPENAI_CHAT,
    openrouter::OPENROUTER,
    perplexity::PERPLEXITY,
    sglang::SGLANG,
    together::TOGETHER,
    vllm::VLLM,
    xai::XAI,
    zai::ZAI,
};

#[cfg(feature = "openai-chat")]
use crate::dialect::{Dialect, Oddities};

/// A dialect of OpenAI Chat Completions.
#[cfg(feature = "openai-chat")]
const fn chat(name: &'static str, oddities: Oddities) -> Dialect {
    use crate::event::Protocol;
    use crate::framing::Framing;
    use crate::protocols::openai_chat;

    Dialect {
        name: alloc::borrow::Cow::Borrowed(name),
        protocol: Protocol::OpenaiChat,
        framing: Framing::Sse,
        claims: openai_chat::claims,
        decoder: openai_chat::decoder,
        oddities,
    }
}
