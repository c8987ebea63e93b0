//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor's own file says
//! what the same bytes mean differently there, and, for who operates it, what else is known of it.

use crate::dialect::Dialect;
#[cfg(any(feature = "openai-chat", feature = "bedrock"))]
use crate::dialect::Oddities;
#[cfg(feature = "bedrock")]
use crate::{
    dialect::{Claim, Decode, Frame},
    event::Protocol,
};

/// Files and the dialects in them, by protocol: declares, exports and lists them. What stands under `wrapped` is one
/// protocol's frames inside of another's, and needs the features of both. (`cargo fmt` does not see modules that a macro
/// declares; the checks of the project format them by name.)
macro_rules! dialects {
    (
        wrapped: $($outer:literal around $inner:literal { $($wfile:ident: $($wname:ident),+;)* })*
        plain: $($feature:literal { $($file:ident: $($name:ident),+;)* })*
    ) => {
        $($(
            #[cfg(all(feature = $outer, feature = $inner))]
            mod $wfile;
            #[cfg(all(feature = $outer, feature = $inner))]
            pub use $wfile::{$($wname),+};
        )*)*
        $($(
            #[cfg(feature = $feature)]
            mod $file;
            #[cfg(feature = $feature)]
            pub use $file::{$($name),+};
        )*)*

        /// All of them, in the order in which detection prefers them: a wrapping first, because its frames are also those
        /// of the protocol in it.
        pub(crate) const LIST: &[&Dialect] = &[
            $($($(
                #[cfg(all(feature = $outer, feature = $inner))]
                &$wname,
            )+)*)*
            $($($(
                #[cfg(feature = $feature)]
                &$name,
            )+)*)*
        ];
    };
}

dialects! {
    wrapped:
    "bedrock" around "anthropic-messages" {
        bedrock_anthropic: BEDROCK_ANTHROPIC;
    }
    "bedrock" around "openai-chat" {
        bedrock_chat: BEDROCK_CHAT;
    }
    plain:
    "openai-chat" {
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
    "openai-responses" {
        openai_responses: OPENAI_RESPONSES;
    }
    "anthropic-messages" {
        anthropic_messages: ANTHROPIC_MESSAGES;
    }
    "gemini" {
    }
    "bedrock" {
        bedrock_converse: BEDROCK_CONVERSE;
        bedrock_nova: BEDROCK_NOVA;
        bedrock_llama: BEDROCK_LLAMA;
        bedrock_titan: BEDROCK_TITAN;
        bedrock_mistral: BEDROCK_MISTRAL;
        bedrock_completion: BEDROCK_COMPLETION;
    }
    "ollama" {
    }
    "cohere" {
    }
    "mistral" {
    }
}

/// A model's own format, as `InvokeModelWithResponseStream` gives it.
#[cfg(feature = "bedrock")]
const fn invoked(
    name: &'static str,
    protocol: Protocol,
    claims: fn(&Frame<'_>) -> Claim,
    decoder: fn(&Oddities) -> alloc::boxed::Box<dyn Decode + Send>,
    oddities: Oddities,
) -> Dialect {
    use crate::framing::Framing;

    let name = alloc::borrow::Cow::Borrowed(name);
    Dialect { name, protocol, framing: Framing::AwsEventStream, claims, decoder, oddities }
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
