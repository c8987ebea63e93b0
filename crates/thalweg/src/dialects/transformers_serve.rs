use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// `transformers serve`, the server of Hugging Face's library, <https://huggingface.co/docs/transformers/serving>.
///
/// Chunks leave out what is null: no `finish_reason` before the last one. Usage is on the chunk with the finish reason,
/// asked for or not, and nothing follows it, not even `[DONE]`. `model` has the revision behind an `@`. A character that
/// is cut between two tokens is lost: each half is U+FFFD on the wire. What the server does not expect is a plain
/// `Internal Server Error`; FastAPI's `{"detail": ...}` is what it refuses. Its `/v1/responses` is read as
/// `openai-responses`.
///
/// Recorded, except for tool calls and refused requests, which are written after its sources.
pub static TRANSFORMERS_SERVE: Dialect = chat("transformers-serve", PLAIN);
