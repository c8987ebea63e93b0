use alloc::borrow::Cow;

use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;
use crate::event::Reason;

/// Z.AI (Zhipu, GLM): `api.z.ai/api/paas/v4` and `open.bigmodel.cn/api/paas/v4`,
/// <https://docs.z.ai/api-reference/llm/chat-completion>.
///
/// Reasoning comes in `reasoning_content`; where thinking is preserved over turns it must be sent back exactly. `role`
/// is on every delta, usage on the chunk with the finish reason. `sensitive` is the content filter's finish reason,
/// `network_error` a failure of the service's. Error codes are digits of its own (`1210`), not HTTP statuses.
pub static ZAI: Dialect = chat(
    "zai",
    PLAIN.with_finish_reasons(&[
        (Cow::Borrowed("sensitive"), Reason::ContentFilter),
        (Cow::Borrowed("network_error"), Reason::Error),
    ]),
);
