use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// DeepInfra: `api.deepinfra.com/v1/openai`, <https://deepinfra.com/docs/openai_api>.
///
/// Reasoning comes in `reasoning_content`. Usage is on the last chunk, with `estimated_cost`. An error may be nothing
/// but a message.
pub static DEEPINFRA: Dialect = chat("deepinfra", PLAIN);
