use alloc::borrow::Cow;

use super::chat;
use crate::dialect::{Dialect, Oddities, Tags};

/// OpenAI Chat Completions, and every server that speaks it without contradicting it.
pub static OPENAI_CHAT: Dialect = chat("openai-chat", PLAIN);

/// The union of what vendors do without conflict. The first name of reasoning is the older and wider one (DeepSeek,
/// vLLM, llama.cpp, LiteLLM), the second OpenRouter's and Groq's, the third Copilot's. Gateways send several with one
/// text.
pub(super) const PLAIN: Oddities = Oddities::none().with_reasoning_fields(&[
    Cow::Borrowed("reasoning_content"),
    Cow::Borrowed("reasoning"),
    Cow::Borrowed("reasoning_text"),
]);

/// The same for those whose own field is the shorter one.
pub(super) const REASONING_FIRST: Oddities = Oddities::none().with_reasoning_fields(&[
    Cow::Borrowed("reasoning"),
    Cow::Borrowed("reasoning_content"),
    Cow::Borrowed("reasoning_text"),
]);

/// The tags most open models write around their reasoning.
pub(super) const THINK: &[Tags] = &[Tags::new("<think>", "</think>")];
