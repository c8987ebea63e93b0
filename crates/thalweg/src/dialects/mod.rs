//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor's own file says
//! what the same bytes mean differently there, and, for who operates it, what else is known of it.

use crate::dialect::Dialect;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "bedrock"
))]
use crate::dialect::Oddities;
#[cfg(feature = "bedrock")]
use crate::{
    dialect::{Claim, Decode, Frame},
    event::Protocol,
};

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

        /// All of them, the plainest first: where nothing else tells two of them apart, detection takes the first.
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
        databricks: DATABRICKS;
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
        transformers_serve: TRANSFORMERS_SERVE;
        vllm: VLLM;
        watsonx: WATSONX;
        xai: XAI;
        zai: ZAI;
    }
    feature = "openai-responses" {
        openai_responses: OPENAI_RESPONSES;
        chatgpt: CHATGPT;
        litellm_responses: LITELLM_RESPONSES;
    }
    feature = "anthropic-messages" {
        anthropic_messages: ANTHROPIC_MESSAGES;
        litellm_messages: LITELLM_MESSAGES;
    }
    feature = "gemini" {
        gemini: GEMINI;
        vertex: VERTEX;
        gemini_interactions: GEMINI_INTERACTIONS;
    }
    feature = "bedrock" {
        bedrock_converse: BEDROCK_CONVERSE;
        bedrock_nova: BEDROCK_NOVA;
        bedrock_llama: BEDROCK_LLAMA;
        bedrock_titan: BEDROCK_TITAN;
        bedrock_mistral: BEDROCK_MISTRAL;
        bedrock_completion: BEDROCK_COMPLETION;
    }
    all(feature = "bedrock", feature = "anthropic-messages") {
        bedrock_anthropic: BEDROCK_ANTHROPIC;
    }
    all(feature = "bedrock", feature = "openai-chat") {
        bedrock_chat: BEDROCK_CHAT;
    }
    feature = "ollama" {
        ollama: OLLAMA;
    }
    feature = "cohere" {
        cohere: COHERE;
        cohere_v1: COHERE_V1;
    }
    feature = "mistral" {
        mistral_conversations: MISTRAL_CONVERSATIONS;
    }
    all(feature = "mistral", feature = "openai-chat") {
        mistral: MISTRAL;
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

/// A dialect of OpenAI Responses.
#[cfg(feature = "openai-responses")]
const fn responses(name: &'static str, oddities: Oddities) -> Dialect {
    use crate::event::Protocol;
    use crate::framing::Framing;
    use crate::protocols::openai_responses;

    Dialect {
        name: alloc::borrow::Cow::Borrowed(name),
        protocol: Protocol::OpenaiResponses,
        framing: Framing::Sse,
        claims: openai_responses::claims,
        decoder: openai_responses::decoder,
        oddities,
    }
}

/// A dialect of Anthropic Messages.
#[cfg(feature = "anthropic-messages")]
const fn messages(name: &'static str, oddities: Oddities) -> Dialect {
    use crate::event::Protocol;
    use crate::framing::Framing;
    use crate::protocols::anthropic_messages;

    Dialect {
        name: alloc::borrow::Cow::Borrowed(name),
        protocol: Protocol::AnthropicMessages,
        framing: Framing::Sse,
        claims: anthropic_messages::claims,
        decoder: anthropic_messages::decoder,
        oddities,
    }
}
