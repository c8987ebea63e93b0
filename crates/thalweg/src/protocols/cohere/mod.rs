//! Cohere v2 chat, streamed: `POST /v2/chat` with `stream: true`.
//!
//! Follows the events of <https://docs.cohere.com/reference/chat-stream>. Frames are server-sent events, one JSON object
//! each, whose `type` is the event's name:
//!
//! ```text
//! message-start ── tool-plan-delta* ── (content | call | citation)* ── message-end ── [DONE]
//! content i:  content-start ── content-delta* ── content-end
//! call j:     tool-call-start ── tool-call-delta* ── tool-call-end
//! citation k: citation-start ── citation-end, with or behind the content that it cites
//! ```
//!
//! Content, calls and citations are numbered each from 0, and the wire says where each begins and ends. The plan of what
//! tools to call has neither number nor ends: it is reasoning, and ends where content or a call begins. A citation comes
//! whole in its start, with offsets in characters; it belongs to the content that it names, else to the last of the kind
//! that it names (text, thinking, the plan), and is a source of the answer where there is none.
//!
//! `message-end` is the end, and the only evidence of one; the mark `[DONE]` behind it may be missing. Its reason may be
//! an error (`ERROR`, `TIMEOUT`), whose words stand beside it. `ERROR_TOXIC`, `ERROR_LIMIT` and `USER_CANCEL` are known of
//! v1 only: that v2 sends them is not verified. Token counts are those of `tokens`; `billed_units` leaves out what is not
//! billed and comes as an extra, where wanted.
//!
//! A frame is known by `type`; the event's name stands in where `type` is missing. An answer that was not streamed and an
//! error body give the same events; an answer behind deltas adds its reason and its counts, and its content is not
//! compared with theirs.
//!
//! Declared losses: `role` and the `type` of a call, which have one value each; the numbers of citations.

mod blocks;
mod decode;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::{Raw, members};
use wire::What;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// The types of its events are nobody else's; of an answer that was not streamed its two main fields are.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let data = frame.data;
    let names = ["type", "message", "finish_reason", "id"];
    // A frame that is cut or broken may still have its event's name.
    let [kind, message, reason, id] = members(data, names, CLAIM_DEPTH).unwrap_or_default();
    let word = kind.map(|kind| kind.of(data).trim_matches('"'));
    let starts = |value: Option<Raw>, mark| value.is_some_and(|value| value.of(data).starts_with(mark));
    match word.or(frame.event).and_then(What::of) {
        Some(What::Debug) => Claim::Maybe,
        Some(_) => Claim::Yes,
        None if kind.is_some() => Claim::No,
        None if starts(message, '{') && starts(reason, '"') => Claim::Yes,
        // An error body, in which nothing says whose it is.
        None if starts(message, '"') && starts(id, '"') => Claim::Maybe,
        None => Claim::No,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
