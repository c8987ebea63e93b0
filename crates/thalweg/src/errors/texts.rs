//! What messages say, where codes say nothing or nothing precise.
//!
//! A pattern is found anywhere in a text, in any case of its ASCII letters. `#` is a number, `*` any text or none.

use super::classify::Class;
use super::words::{AUTH, NOT_FOUND, OVERLOADED, PERMISSION, POLICY, QUOTA as NO_QUOTA, RATE as RATE_LIMIT};
use super::words::{CONTEXT, OUTPUT, REQUEST, SERVER, TIMEOUT};

/// Messages are looked through up to this many bytes: what they say, they say early, and what they quote comes late.
const BYTES: usize = 4096;

/// Whether a text has a match of a pattern.
pub(super) fn has(text: &str, pattern: &str) -> bool {
    let mut rest = &text.as_bytes()[..text.len().min(BYTES)];
    pattern.split('*').all(|piece| {
        let behind = (0..=rest.len()).find_map(|at| matched(&rest[at..], piece.as_bytes()).map(|len| at + len));
        rest = &rest[behind.unwrap_or(0)..];
        behind.is_some()
    })
}

/// How much of the beginning of `text` a pattern without `*` matches.
fn matched(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let mut at = 0;
    for expected in pattern {
        let rest = &text[at..];
        at += if *expected == b'#' {
            rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len()).max(1)
        } else {
            1
        };
        let found = rest.first()?;
        let fits = if *expected == b'#' { found.is_ascii_digit() } else { found.eq_ignore_ascii_case(expected) };
        if !fits {
            return None;
        }
    }
    Some(at)
}

fn has_any(text: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| has(text, pattern))
}

/// Whether the input is longer than the model's context.
pub(super) fn is_overflow(text: &str) -> bool {
    has_any(text, OVERFLOW) && !has_any(text, NO_OVERFLOW)
}

/// Whether one request alone asks for more than the rate limit: it never fits.
pub(super) fn is_too_large(text: &str) -> bool {
    has(text, "request too large")
}

/// Whether money or an allowance is used up.
pub(super) fn is_quota(text: &str) -> bool {
    has_any(text, QUOTA)
}

/// Whether there were too many requests or tokens in a time.
pub(super) fn is_rate(text: &str) -> bool {
    has_any(text, RATE)
}

/// Whether the provider is at the end of its capacity.
pub(super) fn is_overload(text: &str) -> bool {
    has_any(text, OVERLOAD)
}

/// Whether words of anyone name a reason that does not pass, however vaguely. Go's `context` is none: what it reports
/// is a timeout.
pub(super) fn is_permanent(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let has_word = |word: &str| {
        let words = text.as_bytes()[..text.len().min(BYTES)].split(|byte| !is_word(byte));
        words.into_iter().any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    let is_context = || has_word("context") && !has_any(text, &["context deadline", "context canceled"]);
    has_any(text, PERMANENT) || has_word("auth") || has_word("key") || is_context()
}

/// Whether an operating system or a library says that a connection broke, or never was.
pub(super) fn is_broken(text: &str) -> bool {
    has_any(text, BROKEN)
}

/// What a text alone means. The reasons not to try again come first: a text may say `network` of a key.
pub(super) fn meaning(text: &str) -> Option<Class> {
    // Ollama quotes the call that it could not read, which may say anything.
    if has(text, "error parsing tool call") {
        return Some(OUTPUT);
    }
    if is_overflow(text) {
        return Some(CONTEXT);
    }
    if is_quota(text) {
        return Some(NO_QUOTA);
    }
    ALONE.iter().find(|row| has_any(text, row.0)).map(|row| row.1)
}

const PERMANENT: &[&str] = &["authenticat", "authoriz", "api key", "api_key", "token limit", "not found", "invalid"];

const BROKEN: &[&str] = &[
    "connection",
    "reset by peer",
    "broken pipe",
    "unreachable",
    "unexpected eof",
    "end of file",
    "incomplete message",
    "name resolution",
    "dns error",
    "os error",
];

const OVERFLOW: &[&str] = &[
    // OpenAI, Azure, Mistral, vLLM, Together, DeepSeek, OpenRouter.
    "context_length_exceeded",
    "maximum context length",
    "exceeds the context window",
    "longer than the model's context length",
    "'max_tokens' or 'max_completion_tokens' is too large",
    "`inputs` tokens + `max_new_tokens` must be <=",
    // Anthropic, Bedrock.
    "prompt is too long",
    "input length and *max_tokens* exceed context limit",
    "input length exceeds context window",
    "input and output tokens exceed your context limit",
    "input is too long for requested model",
    "too many total text bytes",
    "too many input tokens",
    "expected maxLength:",
    // Gemini.
    "input token count*exceeds the maximum number of tokens allowed",
    // Cohere.
    "too many tokens",
    // Groq.
    "reduce the length of the messages",
    // xAI.
    "maximum prompt length is #",
    // Cerebras.
    "current length is *while limit is",
    // Vercel's gateway.
    "input too long: # input tokens, limit is #",
    // llama.cpp, LM Studio, Ollama.
    "exceeds the available context size",
    "greater than the context length",
    "input length exceeds the context length",
    "prompt is longer than the context length",
    // Others.
    "exceeded model token limit",
    "context window exceeds limit",
    "token limit exceeded",
];

/// A parameter that is too long, and rate limits.
const NO_OVERFLOW: &[&str] = &[
    "string_above_max_length",
    "string too long",
    "tokens per minute",
    "tokens per day",
    "too many tokens per",
    "too many tokens, please wait",
    "rate limit",
];

const QUOTA: &[&str] = &[
    "exceeded your current quota",
    "check your plan and billing",
    "credit balance is too low",
    "insufficient balance",
    "insufficient credit",
    "insufficient funds",
    "insufficient quota",
    "insufficient_quota",
    "requires more credits",
    "out of credits",
    "spending limit",
    "spend limit",
    "usage limits. you will regain access",
];

const RATE: &[&str] = &["rate limit", "rate_limit", "ratelimit", "too many requests", "throttl", "429 too many"];

const OVERLOAD: &[&str] = &["overloaded", "at capacity"];

/// In order: what cannot be helped by trying again, then what can.
const ALONE: &[(&[&str], Class)] = &[
    (&["api key", "api_key", "unauthorized", "authentication", "unauthenticated", "invalid token", "api token"], AUTH),
    (&["permission", "forbidden", "access denied", "not authorized"], PERMISSION),
    (&["content policy", "content management policy", "content filter", "safety system", "moderation"], POLICY),
    (&["not found", "does not exist", "no such model"], NOT_FOUND),
    (&["token limit", "invalid", "must be ", "is required", "not support", "unsupported", "bad request"], REQUEST),
    (RATE, RATE_LIMIT),
    (OVERLOAD, OVERLOADED),
    (&["no capacity", "is busy", "temporarily unavailable", "service unavailable", "server busy"], OVERLOADED),
    (&["timed out", "timeout", "deadline exceeded"], TIMEOUT),
    (&["internal server error", "internal error", "an error was encountered while running the model"], SERVER),
    (&["network", "connection refused", "connection reset", "connection error", "bad gateway"], SERVER),
];
