use super::responses;
use crate::dialect::{Dialect, Oddities};

/// The backend of ChatGPT that Codex speaks to: `chatgpt.com/backend-api/codex/responses`. It is not documented; what is
/// here is after reports and the sources of clients, and none of it was recorded.
///
/// It always streams. OpenAI's events without `[DONE]`, and among them `codex.rate_limits`, which says how much of the
/// plan is used up and comes out as an unknown frame. The last event repeats nothing: `output` is empty, null or absent
/// in `response.completed`, and for some models `usage` is absent too; what was streamed is the answer. Reasoning comes
/// as summaries and encrypted content.
///
/// A plan that is used up is `usage_limit_reached`, with `plan_type` and `resets_at` beside it; a plan without access is
/// `usage_not_included`. Requests that are refused before that are `{"detail": ...}`, a text or a list, as a body or as
/// an event. Over WebSocket an error has a `status_code` and `headers`.
pub static CHATGPT: Dialect = responses("chatgpt", Oddities::none());
