use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// Azure OpenAI: `<resource>.openai.azure.com`, <https://learn.microsoft.com/azure/ai-services/openai/reference>.
///
/// OpenAI's chunks with the verdicts of content filters. The first chunk has none of a response's facts (`id`, `model`
/// and `object` are empty, `created` is 0) but `prompt_filter_results`. Choices have `content_filter_results`; with the
/// asynchronous filter these come in chunks without a delta, also after the finish. A filtered answer ends with
/// `content_filter`; a filtered prompt is an error of status 400 with that code, and `innererror` has the verdicts.
pub static AZURE: Dialect = chat("azure", PLAIN);
