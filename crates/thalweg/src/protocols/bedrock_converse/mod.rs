//! Amazon Bedrock `ConverseStream`: `POST /model/{modelId}/converse-stream`.
//!
//! Follows <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>. Frames are messages
//! of an AWS event stream: a name and one JSON object each.
//!
//! ```text
//! messageStart ── (contentBlockStart i? ── contentBlockDelta i* ── contentBlockStop i)* ── messageStop ── metadata
//! anywhere, and last: an exception
//! ```
//!
//! Only blocks that have something to say at their start are announced (tool calls, their results, pictures); a delta of
//! another number begins a block of its own kind. `messageStop` has the stop reason and ends what is still open.
//! `metadata` comes behind it with the token counts: so the end of the bytes is the end of the response, which was whole
//! if a stop reason came and the connection was closed in good order. `metadata` shows neither.
//!
//! Nova's own format behind `InvokeModelWithResponseStream` is the same events without names, each under its name in an
//! object: `{"messageStop":{"stopReason":"end_turn"}}`. Both are read here, and so is a complete answer of `Converse`,
//! which gives the same events.
//!
//! Declared losses: `role`, which has one value, and `p`, which is padding.
//!
//! Unverified, because no recorded stream has them: deltas of pictures, of tool results and of citations, and all of
//! Nova's reasoning.

mod blocks;
mod decode;
mod delta;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::errors::Exceptions;
use crate::json::members;
use wire::What;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Exceptions::around(Box::new(decode::Decoder::new(oddities.clone())))
}

/// The names of the frames are nobody else's, and neither is the shape of a complete answer. An exception may be that of
/// any model.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    if frame.is_exception || Exceptions::is_body(frame) {
        return Claim::Maybe;
    }
    match frame.event.and_then(What::of) {
        Some(What::Metadata) => Claim::Maybe,
        Some(_) => Claim::Yes,
        None => claims_body(frame.data),
    }
}

fn claims_body(data: &str) -> Claim {
    let Ok([Some(output), Some(_)]) = members(data, ["output", "stopReason"], CLAIM_DEPTH) else { return Claim::No };
    match members(output.of(data), ["message"], CLAIM_DEPTH) {
        Ok([Some(_)]) => Claim::Yes,
        _ => Claim::No,
    }
}

/// The same for frames of Nova's own format, each of which is under its name.
pub(crate) fn claims_wrapped(frame: &Frame<'_>) -> Claim {
    let found = members(frame.data, What::NAMES, CLAIM_DEPTH).unwrap_or_default();
    if found.iter().any(Option::is_some) { Claim::Yes } else { Claim::No }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
