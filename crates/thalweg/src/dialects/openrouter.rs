use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::{Dialect, StatusMeaning};
use crate::event::{ErrorKind, Retry};

/// OpenRouter: `openrouter.ai/api/v1`, <https://openrouter.ai/docs/api-reference/overview>.
///
/// The comment `: OPENROUTER PROCESSING` says that it waits for a provider. Reasoning comes as text in `reasoning` and
/// again, with what a replay needs (signatures, summaries, encrypted parts), in `reasoning_details`. `role` and an
/// empty `content` are on every delta, pictures in `images`, citations in `annotations`; the upstream's own word for
/// the finish is `native_finish_reason`. Usage has a chunk of its own at the end, with the cost in credits.
///
/// An error in mid-stream stands beside `choices` and even `usage`, perhaps after a finish reason; its `code` is an
/// HTTP status. Status 402 means that there is no credit left; with `Retry-After`, that requests under way hold what is
/// left, so that waiting helps.
pub static OPENROUTER: Dialect = chat(
    "openrouter",
    REASONING_FIRST.with_statuses(&[StatusMeaning::with_delay(402, ErrorKind::RateLimit, Retry::Yes)]),
);
