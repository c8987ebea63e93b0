//! OpenAI Responses, streamed: `POST /v1/responses` with `stream: true`, background responses that are resumed, and the
//! messages of its WebSocket mode.
//!
//! Follows the `ResponseStreamEvent` schema of <https://platform.openai.com/docs/api-reference/responses-streaming>.
//! Frames are server-sent events, one JSON object each, whose `type` says what it is:
//!
//! ```text
//! response:   created ── (queued) ── in_progress ── item* ── (completed | incomplete | failed)
//! item n:     output_item.added ── part* or pieces of input or status* ── output_item.done
//! part n.m:   content_part.added ── delta* ── annotation* ── text.done ── content_part.done
//!             reasoning_summary_part.added ── delta* ── text.done ── reasoning_summary_part.done
//! error:      … ── error ── (failed | end)
//! ```
//!
//! Every `.done` and the last frame's `output` say again what came before, or more: the emitter compares. Items are told
//! apart by `output_index`; servers that send none number them by their order. A whole response (an answer that was not
//! streamed, a polled background job) gives the same events.
//!
//! Declared losses: `obfuscation` padding; `encrypted_content` of an item that was never done. What else the model has
//! no place for comes as extras, where wanted.

mod content;
mod decode;
mod events;
mod items;
mod response;
mod snapshot;
mod tools;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::members;

pub(crate) fn decoder(_: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::default())
}

/// Its types begin with `response.`; a whole one says what it is. An error could be anyone's: one inside an event without
/// a number, a code or a status is Anthropic's.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let names = ["type", "object", "error", "sequence_number", "status", "status_code"];
    let Ok([kind, object, error, own @ ..]) = members(frame.data, names, CLAIM_DEPTH) else {
        return Claim::No;
    };
    let has_code = || {
        let error = error.map_or("", |error| error.of(frame.data));
        members(error, ["code"], CLAIM_DEPTH).is_ok_and(|[code]| code.is_some())
    };
    let is = |value: Option<crate::json::Raw>, prefix: &str| {
        value.is_some_and(|value| value.of(frame.data).trim_start_matches('"').starts_with(prefix))
    };
    match () {
        // Codex' backend tells of the plan's limits first.
        () if is(kind, "response.") || is(kind, "codex.") || is(object, "response\"") => Claim::Yes,
        () if is(kind, "error\"") && (error.is_none() || own.iter().any(Option::is_some) || has_code()) => Claim::Maybe,
        () if error.is_some() && kind.is_none() => Claim::Maybe,
        () => Claim::No,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
