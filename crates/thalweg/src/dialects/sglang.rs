use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;
use crate::event::Reason;

/// SGLang's server, <https://docs.sglang.ai/basic_usage/openai_api_completions.html>.
///
/// With a reasoning parser, reasoning comes in `reasoning_content`; without one it is in the text as the model wrote
/// it. Fields of a delta are null where they have nothing to say, the finish choice names the token or text that
/// matched in `matched_stop`. Usage comes only where it was asked for, on a chunk of its own. `abort` is the finish
/// reason of a request that was cancelled. An error body is the error object itself, with `"object": "error"`.
pub static SGLANG: Dialect = chat("sglang", PLAIN.with_finish_reasons(&[(Cow::Borrowed("abort"), Reason::Cancelled)]));
