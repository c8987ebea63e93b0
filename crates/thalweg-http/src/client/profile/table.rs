//! The profiles, one row a protocol and one for each vendor that differs from it.

use std::borrow::Cow;

use thalweg::Protocol;

use super::{API, Api, AuthStyle, Profile};
use crate::client::prepare::rules::{Change, Models, Rule};

/// The row of a dialect, else that of its protocol.
pub(super) fn find(dialect: &str, protocol: Protocol) -> Option<Profile> {
    let vendor = VENDORS.iter().find(|(names, _)| names.contains(&dialect)).map(|(_, profile)| profile);
    let plain = || PROTOCOLS.iter().find(|(known, _)| *known == protocol).map(|(_, profile)| profile);
    vendor.or_else(plain).cloned()
}

static PROTOCOLS: &[(Protocol, Profile)] = &[
    (Protocol::OpenaiChat, CHAT),
    (Protocol::OpenaiResponses, row(API::RESPONSES, "v1", BEARER, RESPONSES_RULES)),
    (Protocol::AnthropicMessages, MESSAGES),
    (Protocol::Mistral, row(API::CHAT, "v1", BEARER, PLAIN_RULES)),
    (Protocol::MistralConversations, row(API::CONVERSATIONS, "v1", BEARER, PLAIN_RULES)),
    (Protocol::Gemini, row(API::GEMINI, "v1beta", GOOGLE, PLAIN_RULES)),
    (Protocol::GeminiInteractions, row(API::INTERACTIONS, "v1beta", GOOGLE, PLAIN_RULES)),
    (Protocol::BedrockConverse, row(API::CONVERSE, "", BEARER, PLAIN_RULES)),
    (Protocol::BedrockCompletion, row(API::INVOKE, "", BEARER, PLAIN_RULES)),
    (Protocol::Ollama, row(API::OLLAMA, "", BEARER, PLAIN_RULES)),
    (Protocol::Cohere, row(API::COHERE, "v2", BEARER, PLAIN_RULES)),
    (Protocol::CohereV1, row(API::COHERE, "v1", BEARER, PLAIN_RULES)),
];

static VENDORS: &[(&[&str], Profile)] = &[
    (&["azure"], row(API::CHAT, "v1", AuthStyle::Header(Cow::Borrowed("api-key")), CHAT_RULES)),
    // No version before the path.
    (&["copilot", "perplexity", "databricks", "zai"], row(API::CHAT, "", BEARER, VENDOR_RULES)),
    (&["gemini-openai"], row(API::CHAT, "v1beta", BEARER, VENDOR_RULES)),
    // Signatures of Gemini stand in the ids of calls there, and Claude is behind it.
    (&["litellm"], row(API::CHAT, "v1", BEARER, LITELLM_RULES)),
    (
        &[
            "alibaba",
            "alibaba-cumulative",
            "cerebras",
            "deepinfra",
            "deepseek",
            "fireworks",
            "groq",
            "huggingface",
            "llama-server",
            "lm-studio",
            "minimax",
            "moonshot",
            "ollama-openai",
            "openrouter",
            "sglang",
            "together",
            "transformers-serve",
            "vllm",
            "watsonx",
            "xai",
        ],
        row(API::CHAT, "v1", BEARER, VENDOR_RULES),
    ),
    (&["chatgpt"], row(API::RESPONSES, "", BEARER, CHATGPT_RULES)),
    (&["bedrock-anthropic"], row(API::INVOKE, "", BEARER, BEDROCK_ANTHROPIC_RULES)),
    (&["vertex"], row(API::GEMINI, "v1", BEARER, PLAIN_RULES)),
    (
        &["bedrock-chat", "bedrock-nova", "bedrock-llama", "bedrock-mistral", "bedrock-titan"],
        row(API::INVOKE, "", BEARER, PLAIN_RULES),
    ),
];

const BEARER: AuthStyle = AuthStyle::Bearer;
const GOOGLE: AuthStyle = AuthStyle::Header(Cow::Borrowed("x-goog-api-key"));

const fn row(api: Api, version: &'static str, auth: AuthStyle, rules: &'static [Rule]) -> Profile {
    Profile {
        dialect: Cow::Borrowed(""),
        api,
        version: Cow::Borrowed(version),
        auth,
        token_prefixes: Cow::Borrowed(&[]),
        headers: Cow::Borrowed(&[]),
        rules: Cow::Borrowed(rules),
    }
}

const CHAT: Profile = row(API::CHAT, "v1", BEARER, CHAT_RULES);

const MESSAGES: Profile = Profile {
    dialect: Cow::Borrowed(""),
    api: API::MESSAGES,
    version: Cow::Borrowed("v1"),
    auth: AuthStyle::Header(Cow::Borrowed("x-api-key")),
    token_prefixes: Cow::Borrowed(&[Cow::Borrowed("sk-ant-oat")]),
    headers: Cow::Borrowed(&[(Cow::Borrowed("anthropic-version"), Cow::Borrowed("2023-06-01"))]),
    rules: Cow::Borrowed(MESSAGES_RULES),
};

const NO_NULL: Rule = Rule::of(Change::RemoveNull { member: Cow::Borrowed("metadata") });
const NO_EMPTY: Rule = Rule::of(Change::DropEmptyAssistant);
const NO_BACKGROUND: Rule = Rule::of(Change::Remove { member: Cow::Borrowed("background") });
const ASK_USAGE: Rule = Rule::of(Change::AskUsage);
/// Only what has Claude behind it takes marks of the cache.
const NO_CACHE_MARKS: Rule = Rule { models: Models::except(CACHE_MODELS), change: Change::RemoveCacheControl };
const CACHE_MODELS: &[Cow<'static, str>] = &[Cow::Borrowed("*claude*"), Cow::Borrowed("*anthropic*")];
/// A request made for Responses that goes to chat after all: only models that reason know the effort there.
const NO_EFFORT: Rule = Rule {
    models: Models::except(EFFORT_MODELS),
    change: Change::Remove { member: Cow::Borrowed("reasoning_effort") },
};

const EFFORT_MODELS: &[Cow<'static, str>] = &[Cow::Borrowed("o?*"), Cow::Borrowed("gpt-5*"), Cow::Borrowed("gpt-oss*")];

const PLAIN_RULES: &[Rule] = &[NO_NULL, NO_EMPTY];
const CHAT_RULES: &[Rule] = &[NO_NULL, NO_EMPTY, NO_BACKGROUND, NO_EFFORT, NO_CACHE_MARKS, ASK_USAGE];
const VENDOR_RULES: &[Rule] = &[NO_NULL, NO_EMPTY, NO_BACKGROUND, NO_CACHE_MARKS, ASK_USAGE];
const LITELLM_RULES: &[Rule] = &[
    NO_NULL,
    Rule::of(Change::BlocksToParts),
    NO_EMPTY,
    NO_BACKGROUND,
    NO_CACHE_MARKS,
    ASK_USAGE,
    Rule::of(Change::PutSignaturesIntoIds),
];
const RESPONSES_RULES: &[Rule] = &[NO_NULL, Rule::of(Change::ContentToResponses)];
const CHATGPT_RULES: &[Rule] = &[
    NO_NULL,
    Rule::of(Change::Remove { member: Cow::Borrowed("max_output_tokens") }),
    Rule::of(Change::Remove { member: Cow::Borrowed("stream_options") }),
    Rule::of(Change::Default {
        member: Cow::Borrowed("instructions"),
        json: Cow::Borrowed("\"You are a helpful assistant.\""),
    }),
    Rule::of(Change::Set { member: Cow::Borrowed("store"), json: Cow::Borrowed("false") }),
    Rule::of(Change::ContentToResponses),
];
const NEEDS_MAX: Rule = Rule::of(Change::Require { member: Cow::Borrowed("max_tokens") });
const JSON_IN_WORDS: Rule = Rule::of(Change::JsonByInstruction {
    words: Cow::Borrowed("Answer with one JSON value and nothing else: no words around it, no code fence."),
});
const MESSAGES_RULES: &[Rule] = &[NO_NULL, NO_EMPTY, NEEDS_MAX, JSON_IN_WORDS];
const BEDROCK_ANTHROPIC_RULES: &[Rule] = &[
    NO_NULL,
    NO_EMPTY,
    NEEDS_MAX,
    JSON_IN_WORDS,
    Rule::of(Change::Default {
        member: Cow::Borrowed("anthropic_version"),
        json: Cow::Borrowed("\"bedrock-2023-05-31\""),
    }),
];
