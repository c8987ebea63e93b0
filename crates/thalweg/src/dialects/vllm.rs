use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::Dialect;
use crate::event::Reason;

/// vLLM's server, <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>.
///
/// With a reasoning parser, reasoning comes in `reasoning`, in older versions in `reasoning_content`; without one it is
/// in the text as the model wrote it. Usage comes only where `stream_options.include_usage` asks for it, on a chunk of
/// its own; with `continuous_usage_stats` on every chunk. Fields of its own are null on every chunk (`token_ids`,
/// `kv_transfer_params`). The first fragment of a tool call has no `arguments`; a call that the model never finished
/// still ends with `tool_calls`. `abort` is the finish reason of a request that was cancelled.
///
/// An error is `{"error": {...}}`, in older versions the object itself with `"object": "error"`.
pub static VLLM: Dialect =
    chat("vllm", REASONING_FIRST.with_finish_reasons(&[(Cow::Borrowed("abort"), Reason::Cancelled)]));
