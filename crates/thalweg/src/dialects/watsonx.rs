use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// IBM watsonx.ai: `/ml/v1/text/chat_stream`, <https://cloud.ibm.com/apidocs/watsonx-ai#text-chat-stream>. Nothing of it
/// was recorded: chunks are as documented and as clients read them.
///
/// OpenAI's chunks, each event numbered in its `id:` line and named `message`, without `[DONE]`. The model is in
/// `model_id`, and again in `model` of newer versions; `created_at` is `created` as a date, `model_version` and `system`
/// (warnings about the model's licence) come beside them. Usage comes on a chunk without choices at the end. `time_limit`
/// is the finish reason of an answer that took longer than the request allowed.
///
/// An error is `{"errors": [{"code", "message", "more_info"}], "trace", "status_code"}`, as a body or as an event in
/// mid-stream.
pub static WATSONX: Dialect = chat("watsonx", PLAIN);
