//! Anthropic Messages, streamed: `POST /v1/messages` with `stream: true`.
//!
//! Follows the events of <https://docs.claude.com/en/docs/build-with-claude/streaming>. Frames are server-sent events,
//! one JSON object each, whose `type` is the event's name:
//!
//! ```text
//! message_start ── (content_block_start i ── content_block_delta i* ── content_block_stop i)* ── message_delta+ ── message_stop
//! anywhere: ping, error
//! ```
//!
//! The wire numbers blocks and says where each begins and ends; that servers do not keep to it is the emitter's
//! business. `message_delta` has the stop reason, and token counts that replace those of `message_start`, field by field.
//! `message_stop` is the end, and the only evidence of one: an event stream that ends without it, but with a stop reason,
//! was complete if the connection was closed in good order.
//!
//! A frame is known by `type`; the event's name stands in where `type` is missing, and where an `error` event holds the
//! bare error. Where both are there and contradict each other, `type` stands: the name is what proxies lose and reuse. A
//! complete message (an answer that was not streamed) and an error body give the same events; as an event at the end of a
//! stream, a complete message is a restatement.
//!
//! Declared losses: `role`, which has one value; whitespace that pads frames. What else the model has no place for
//! comes as extras, where wanted.

mod blocks;
mod decode;
mod delta;
mod error;
mod finish;
mod message;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::Reader;
use wire::What;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// The types of frames are nobody else's, but those of errors and pings.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let mut json = Reader::new(frame.data, CLAIM_DEPTH);
    let (mut what, mut has_content) = (None, false);
    let mut keys = || -> Result<(), crate::json::Error> {
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(frame.data, &mut [0; 32]) {
                "type" => what = json.maybe_string()?.and_then(|name| What::of(name.name(frame.data, &mut [0; 32]))),
                "content" | "role" => {
                    has_content = true;
                    json.skip()?;
                }
                _ => drop(json.skip()?),
            }
        }
        Ok(())
    };
    // A frame that is cut or broken has said enough by the keys before the break.
    let _ = keys();
    match what.or_else(|| frame.event.and_then(What::of)) {
        None => Claim::No,
        Some(What::Ping | What::Error) => Claim::Maybe,
        Some(What::Message) if !has_content => Claim::No,
        Some(_) => Claim::Yes,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
