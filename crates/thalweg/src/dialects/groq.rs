use super::chat;
use super::openai_chat::REASONING_FIRST;
use crate::dialect::{Dialect, StatusMeaning};
use crate::event::{ErrorKind, Retry};

/// Groq: `api.groq.com/openai/v1`, <https://console.groq.com/docs/api-reference>.
///
/// With `reasoning_format: parsed`, reasoning comes in `reasoning`; with `raw` it stays in the text between `<think>`
/// tags: give [`reasoning_tags`](crate::dialect::Oddities::reasoning_tags) to read that. `x_groq`, on the first and
/// last chunk, has the request's id, usage (older deployments: only there; times are in seconds) and `error`, a text,
/// when the stream failed.
///
/// A tool call that the model botched ends the stream with `event: error` and the code `tool_use_failed`;
/// `failed_generation` is what the model wrote. Status 498 means that the flex tier has no room for the request now.
pub static GROQ: Dialect =
    chat("groq", REASONING_FIRST.with_statuses(&[StatusMeaning::new(498, ErrorKind::Overloaded, Retry::Yes)]));
