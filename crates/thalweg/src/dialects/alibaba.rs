use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// Alibaba Model Studio (DashScope), its OpenAI endpoint: `dashscope.aliyuncs.com/compatible-mode/v1` and
/// `dashscope-intl.aliyuncs.com/compatible-mode/v1`,
/// <https://www.alibabacloud.com/help/en/model-studio/use-qwen-by-calling-api>.
///
/// Reasoning comes in `reasoning_content`. Every fragment of a tool call after the first has `id: ""`. Usage has a
/// chunk of its own at the end; `prompt_tokens` include both `cached_tokens` and `cache_creation_input_tokens` of their
/// details.
pub static ALIBABA: Dialect = chat("alibaba", PLAIN);

/// The same where `incremental_output` is not honoured: each fragment of text or reasoning repeats all that came before
/// it. The native endpoint's default; reported for some plans and proxies on the OpenAI endpoint too.
pub static ALIBABA_CUMULATIVE: Dialect = chat("alibaba-cumulative", PLAIN.with_cumulative_fragments());
