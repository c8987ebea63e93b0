//! Cohere v1 chat, streamed: `POST /v1/chat` with `stream: true`, and what Bedrock's `InvokeModelWithResponseStream` gives
//! for Command R.
//!
//! Follows `StreamedChatResponse` of <https://docs.cohere.com/v1/reference/chat-stream>. Frames are lines or server-sent
//! events, one JSON object each, whose `event_type` says what it is:
//!
//! ```text
//! stream-start ── (search-queries-generation ── search-results)? ── text-generation* ── citation-generation* ── stream-end
//! stream-start ── tool-calls-chunk* ── tool-calls-generation ── stream-end
//! ```
//!
//! There are no block boundaries. Calls have no ids: their chunks are told apart by `index`. `tool-calls-generation` says
//! the calls again, whole, with an object as `parameters`, and so does the `response` in `stream-end`, which repeats the
//! whole answer: of both only what did not come before is taken, calls by their order. The text beside calls is the plan
//! of what to call, and reasoning. Documents that were found are sources of the answer.
//!
//! `stream-end` is the end, and the only evidence of one. An answer that was not streamed has the fields of its
//! `response`, and gives the same events. Objects without `event_type` that have `text` and `is_finished`, as Bedrock has
//! them for the older Command models, are text and end.
//!
//! Written after the types of Cohere's own clients. Not verified against a server: where the words of an error in
//! mid-stream stand (`error` and `message` are read), and whether chunks of a call can come without an index.
//!
//! Declared losses: `is_finished`, and `chat_history` and what else the last event repeats. What the model has no place
//! for comes as extras, where wanted.

mod decode;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::members;
use wire::What;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// The types of its events are nobody else's; an answer that was not streamed has its id beside its text.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let names = ["event_type", "generation_id", "text", "is_finished"];
    let Ok([kind, id, text, is_finished]) = members(frame.data, names, CLAIM_DEPTH) else { return Claim::No };
    let kind = kind.map(|kind| kind.of(frame.data).trim_matches('"'));
    let is_known = kind.is_some_and(|kind| What::of(kind).is_some());
    // Another wire has types of this name, in words that are joined by dots.
    let is_like_ours = kind.is_some_and(|kind| !kind.contains('.'));
    match () {
        () if is_known || (kind.is_none() && id.is_some() && text.is_some()) => Claim::Yes,
        () if is_like_ours || (is_finished.is_some() && text.is_some()) => Claim::Maybe,
        () => Claim::No,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
