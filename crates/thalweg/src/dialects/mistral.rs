use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;
use crate::event::Protocol;

/// Mistral's chat completions: `api.mistral.ai/v1`, of models, of agents and for filling in the middle,
/// <https://docs.mistral.ai/api/endpoint/chat>.
///
/// OpenAI's chunks, in which `content` is a text or a list of typed parts, and may change from one chunk to the next.
/// Models that reason send `thinking` parts with a list of their own in them; what an answer refers to comes as
/// `reference` and `tool_reference` parts, which are citations at the end of the text so far. A tool call comes whole,
/// its arguments perhaps as an object and its `index` perhaps absent, in the chunk with the finish reason; of models
/// that others have made it comes in fragments with an empty name. An id that the server does not have is the word
/// `null`. `model_length` says that the context was full. Usage is on the chunk with the finish reason; cached tokens
/// have several names and are a part of `prompt_tokens`, also where more of them are counted.
///
/// Declared loss: `p`, the padding of chunks with content.
pub static MISTRAL: Dialect = {
    let mut mistral = chat("mistral", PLAIN.with_null_ids().with_cache_in_input().with_padding_field("p"));
    mistral.protocol = Protocol::Mistral;
    mistral
};
