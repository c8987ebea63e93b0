use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// Moonshot AI (Kimi): `api.moonshot.ai/v1` and `api.moonshot.cn/v1`, <https://platform.moonshot.ai/docs/api/chat>.
///
/// Reasoning comes in `reasoning_content`. Usage is on the chunk with the finish reason, in older versions inside the
/// choice; `cached_tokens` may stand in `usage` itself. Ids of tool calls look like `get_tide:0`: send them back as
/// they are. Some endpoints write `data:` without a space.
pub static MOONSHOT: Dialect = chat("moonshot", PLAIN);
