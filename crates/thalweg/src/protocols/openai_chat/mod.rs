//! OpenAI Chat Completions, streamed: `POST /v1/chat/completions` with `stream: true`.
//!
//! Follows the `CreateChatCompletionStreamResponse` schema of <https://platform.openai.com/docs/api-reference/chat-streaming>.
//! Frames are server-sent events without names, one JSON chunk each:
//!
//! ```text
//! choice i:   role ── (reasoning | content | refusal | tool_calls | audio)* ── finish_reason
//! response:   [choices of n answers, interleaved] ── usage (choices: []) ── [DONE]
//! error:      … ── {"error": …} ── (end | [DONE])
//! ```
//!
//! There are no block boundaries: a block ends when another kind of content begins in its choice, tool calls when
//! their choice ends. Which call a fragment belongs to is the emitter's business. A choice may be given its reason
//! several times, with content behind it; it ends at `[DONE]` or with the bytes.
//!
//! A complete `chat.completion` (an answer that was not streamed) and an error body give the same events. The legacy
//! completions stream (`choices[].text`) is read as text.
//!
//! Declared losses: `obfuscation` padding. What else the model has no place for comes as extras, where wanted.

mod call;
mod decode;
mod error;
mod finish;
mod rare;
mod repeat;
mod usage;
mod voice;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::errors;
use crate::json::Reader;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// Chunks have `choices`; an error body alone could be anyone's.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    if frame.data.trim() == decode::DONE {
        return Claim::Maybe;
    }
    let mut json = Reader::new(frame.data, CLAIM_DEPTH);
    let (mut claim, mut is_typed) = (Claim::No, false);
    let mut keys = || -> Result<(), crate::json::Error> {
        json.object()?;
        while let Some(key) = json.key()? {
            match key.name(frame.data, &mut [0; 32]) {
                "choices" => claim = Claim::Yes,
                "error" => claim = claim.max(Claim::Maybe),
                "type" => {
                    is_typed = json.skip()?.of(frame.data) == "\"error\"";
                    continue;
                }
                _ => {}
            }
            json.skip()?;
        }
        Ok(())
    };
    // A frame that is cut or broken has said enough by the keys before the break.
    let _ = keys();
    match claim {
        Claim::Yes => Claim::Yes,
        // Errors that say so of themselves are of protocols whose frames have types.
        _ if is_typed => Claim::No,
        Claim::No if errors::looks_like_error(*frame) => Claim::Maybe,
        _ => claim,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
