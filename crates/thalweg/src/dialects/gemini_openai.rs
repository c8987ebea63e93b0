use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::{Dialect, Tags};

/// Gemini's OpenAI endpoint: `generativelanguage.googleapis.com/v1beta/openai`,
/// <https://ai.google.dev/gemini-api/docs/openai>.
///
/// Thoughts, when they are asked for, are in the text between `<thought>` tags. Tool calls come whole and without an
/// index; the signature to replay with one is in its `extra_content.google.thought_signature`. Usage is on every chunk,
/// and grows. Errors have Gemini's shape, in some versions inside a list.
pub static GEMINI_OPENAI: Dialect = chat("gemini-openai", PLAIN.with_reasoning_tags(THOUGHT));

const THOUGHT: &[Tags] = &[Tags::new("<thought>", "</thought>")];
