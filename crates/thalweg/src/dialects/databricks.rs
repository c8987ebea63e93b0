use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// Databricks: `<workspace>/serving-endpoints` and its gateway,
/// <https://docs.databricks.com/machine-learning/foundation-model-apis/api-reference>. Nothing of it was recorded: chunks
/// are as documented and as clients read them.
///
/// OpenAI's chunks. Claude's `content` is a list of typed parts where it is more than text: a part `reasoning` has a
/// `summary` of `summary_text`s, one of which has the `signature`; a part `text` may have `citations`, a list or a list
/// of lists. The same stream may have `content` as text and as a list. Usage is on every chunk or on the last one,
/// a running total either way. An error body is `{"error_code": ..., "message": ...}`.
///
/// Clients guard against a tool call whose arguments begin with `{}` before the real ones. Such arguments come out as
/// they are, with the state `concatenated`.
pub static DATABRICKS: Dialect = chat("databricks", PLAIN);
