//! Ollama's own API, streamed: `POST /api/chat` and `POST /api/generate`, where `stream` is true unless it is turned off.
//!
//! Follows `ChatResponse` and `GenerateResponse` of <https://docs.ollama.com/api/chat> and
//! <https://docs.ollama.com/api/generate>. Frames are lines, one JSON object each:
//!
//! ```text
//! chat:       {message: {thinking?, content, tool_calls?, images?}, done: false}* ── {message, done: true, done_reason, counts}
//! generate:   {response, thinking?, done: false}*                                 ── {response, done: true, done_reason, counts, context}
//! images:     {completed, total, done: false}*                                    ── {image, done: true, done_reason}
//! error:      … ── {error}
//! ```
//!
//! There are no block boundaries: text and reasoning end when another kind of content begins. One object may have all of
//! it, the last one too. Each entry of `tool_calls` is a whole call, whose `arguments` is an object and is given as its
//! bytes; none is put together with another by its number or its place, since servers number all of them 0. An answer
//! that was not streamed is the last object alone.
//!
//! `done: true` is the provider's word that the response is over, and strong evidence; without it the bytes were cut. It
//! says so of a stop without a reason as well: servers leave `done_reason` out, or empty, when the runner gave none. That
//! is [`Reason::Stop`](crate::event::Reason::Stop) with "" as the raw reason. `load` and `unload`, the answers to
//! requests without a prompt, are [`Reason::Other`](crate::event::Reason::Other). A stop behind tool calls is
//! `tool_calls`, as everywhere.
//!
//! Counts of zero are left out by the server. Input tokens that were read from a cache are counted in
//! `prompt_eval_count` by servers of 2026; that earlier ones left them out is not verified.
//!
//! `created_at` is the time of each object; the first is the response's, in the wire's form (RFC 3339). Declared losses:
//! those of the other objects; `role`, which has one value. What else the model has no place for (durations, `context`,
//! `remote_model`) comes as extras, where wanted.

mod decode;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::members;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// Every object names its model and says whether it is the last; an error alone could be anyone's.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let names = ["model", "done", "message", "response", "image", "error"];
    let Ok([model, done, message, response, image, error]) = members(frame.data, names, CLAIM_DEPTH) else {
        return Claim::No;
    };
    let is_part = model.is_some() && done.is_some();
    let starts =
        |value: Option<crate::json::Raw>, mark: char| value.is_some_and(|value| value.of(frame.data).starts_with(mark));
    match () {
        () if is_part && (starts(message, '{') || starts(response, '"') || image.is_some()) => Claim::Yes,
        () if is_part || error.is_some() => Claim::Maybe,
        () => Claim::No,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
