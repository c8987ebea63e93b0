use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::Dialect;
use crate::event::Reason;

/// Hugging Face: text-generation-inference, and the router `router.huggingface.co/v1` in front of many providers,
/// <https://huggingface.co/docs/inference-providers/tasks/chat-completion>.
///
/// A tool call comes whole in one chunk, usage on the last chunk or on one of its own. `eos_token` and `stop_sequence`
/// are finish reasons: the model was done, or met a stop sequence of the request. An error is `{"error": text,
/// "error_type": ...}`, or the object of the provider behind the router.
pub static HUGGINGFACE: Dialect = chat(
    "huggingface",
    REASONING_FIRST.with_finish_reasons(&[
        (Cow::Borrowed("eos_token"), Reason::Stop),
        (Cow::Borrowed("stop_sequence"), Reason::StopSequence),
    ]),
);
