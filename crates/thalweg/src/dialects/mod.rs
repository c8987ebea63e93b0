//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor's own file says
//! what the same bytes mean differently there, and, for who operates it, what else is known of it.

use crate::dialect::Dialect;
#[cfg(feature = "openai-chat")]
use crate::dialect::Oddities;

/// Files and the dialects in them, by what must be compiled in for them (as `cfg` has it; frames of one protocol in the
/// wrapping of another need both): declares, exports and lists them. (`cargo fmt` does not see modules that a macro
/// declares; the checks of the project format them by name.)
macro_rules! dialects {
    ($($needs:meta { $($file:ident: $($name:ident),+;)* })*) => {
        $($(
            #[cfg($needs)]
            mod $file;
            #[cfg($needs)]
            pub use $file::{$($name),+};
        )*)*

        /// All of them, in the order in which detection prefers them.
        pub(crate) const LIST: &[&Dialect] = &[$($($(
            #[cfg($needs)]
            &$name,
        )+)*)*];
    };
}

dialects! {
    feature = "openai-chat" {
        openai_chat: OPENAI_CHAT;
        alibaba: ALIBABA, ALIBABA_CUMULATIVE;
        azure: AZURE;
        cerebras: CEREBRAS;
        copilot: COPILOT;
        deepinfra: DEEPINFRA;
        deepseek: DEEPSEEK;
        fireworks: FIREWORKS;
        gemini_openai: GEMINI_OPENAI;
        groq: GROQ;
        huggingface: HUGGINGFACE;
        litellm: LITELLM;
        llama_server: LLAMA_SERVER;
        lm_studio: LM_STUDIO;
        minimax: MINIMAX;
        moonshot: MOONSHOT;
        ollama_openai: OLLAMA_OPENAI;
        openrouter: OPENROUTER;
        perplexity: PERPLEXITY;
        sglang: SGLANG;
        together: TOGETHER;
        vllm: VLLM;
        xai: XAI;
        zai: ZAI;
    }
    feature = "openai-responses" {
        openai_responses: OPENAI_RESPONSES;
    }
    feature = "anthropic-messages" {
        anthropic_messages: ANTHROPIC_MESSAGES;
    }
    feature = "gemini" {
    }
    feature = "bedrock" {
    }
    feature = "ollama" {
    }
    feature = "cohere" {
    }
    feature = "mistral" {
        mistral_conversations: MISTRAL_CONVERSATIONS;
    }
    all(feature = "mistral", feature = "openai-chat") {
        mistral: MISTRAL;
    }
}

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
