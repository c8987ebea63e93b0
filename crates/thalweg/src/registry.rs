//! Every dialect there is.

use crate::dialect::Dialect;

/// All dialects, in the order in which detection prefers them.
pub static ALL: &[&Dialect] = &[
    #[cfg(feature = "openai-chat")]
    &crate::dialects::OPENAI_CHAT,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::ALIBABA,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::ALIBABA_CUMULATIVE,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::AZURE,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::CEREBRAS,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::COPILOT,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::DEEPINFRA,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::DEEPSEEK,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::FIREWORKS,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::GEMINI_OPENAI,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::GROQ,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::HUGGINGFACE,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::LITELLM,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::LLAMA_SERVER,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::LM_STUDIO,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::MINIMAX,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::MOONSHOT,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::OLLAMA_OPENAI,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::OPENROUTER,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::PERPLEXITY,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::SGLANG,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::TOGETHER,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::VLLM,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::XAI,
    #[cfg(feature = "openai-chat")]
    &crate::dialects::ZAI,
];

/// The dialect of a name.
///
/// ```
/// assert!(thalweg::registry::find("openai-chat").is_some());
/// assert!(thalweg::registry::find("carrier-pigeon").is_none());
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.name == name)
}
