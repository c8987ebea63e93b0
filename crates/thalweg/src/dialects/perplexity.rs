use super::chat;
use super::openai_chat::{PLAIN, THINK};
use crate::dialect::Dialect;

/// Perplexity: `api.perplexity.ai`, <https://docs.perplexity.ai/api-reference/chat-completions-post>.
///
/// Reasoning models write it into the text, between `<think>` tags. Every chunk has the usage so far, and at its top
/// level the same `citations` (addresses) and `search_results`; most repeat the message so far beside the delta, tags
/// included. The last one has what the search cost. There are no tool calls and often no `[DONE]`. An error's `code` is
/// an HTTP status.
pub static PERPLEXITY: Dialect = chat("perplexity", PLAIN.with_reasoning_tags(THINK));
