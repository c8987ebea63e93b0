use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::Dialect;
use crate::event::Reason;

/// Together AI: `api.together.xyz/v1`, <https://docs.together.ai/reference/chat-completions-1>.
///
/// Reasoning comes in `reasoning` or `reasoning_content`, depending on the model. Usage is on the last chunk, with the
/// finish reason. A finish reason may be the model's own: `eos` and `eos_token` mean stop. `delta.tool_calls` is null
/// where there are none, the legacy `text` may repeat `delta.content`.
pub static TOGETHER: Dialect = chat(
    "together",
    REASONING_FIRST.with_finish_reasons(&[
        (Cow::Borrowed("eos"), Reason::Stop),
        (Cow::Borrowed("eos_token"), Reason::Stop),
        (Cow::Borrowed("stop_sequence"), Reason::StopSequence),
    ]),
);
