use super::chat;
use super::openai_chat::PLAIN;
use crate::dialect::Dialect;

/// llama.cpp's server: port 8080, <https://github.com/ggml-org/llama.cpp/tree/master/tools/server>.
///
/// Reasoning comes in `reasoning_content` (with `--reasoning-format none` in the text, between the model's own tags).
/// Of several choices the first chunk may be any, and usage counts one of them. The chunk of the usage has `timings`
/// too (milliseconds). An answer cut inside a tool call ends with `length`. A failure in mid-stream is an `error` with
/// the HTTP status as its `code`, then the end: no `[DONE]`.
pub static LLAMA_SERVER: Dialect = chat("llama-server", PLAIN);
