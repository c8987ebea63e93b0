//! Gemini `generateContent`, streamed: `POST …/models/{model}:streamGenerateContent`, of the Gemini API and of Vertex AI.
//!
//! Follows the `GenerateContentResponse` of <https://ai.google.dev/api/generate-content>. Each frame is a whole response
//! that holds what is new. With `alt=sse` frames are server-sent events without names, else the elements of one array:
//!
//! ```text
//! candidate i:   (thought | text | functionCall | executableCode | codeExecutionResult | inlineData | …)* ── finishReason
//! response:      [candidates interleaved by index], usageMetadata on any frame ── end of the bytes
//! blocked:       promptFeedback.blockReason, no candidates
//! error:         … ── {"error": …}, as an event, as bare lines, or in an array
//! ```
//!
//! There are no block boundaries: text goes on in its block until a part of another kind comes. A part with a signature
//! ends its block; one that has a signature and no text is a block of its own, because parts must be sent back as they
//! came. Every `functionCall` is a new call, also one that reads like the last; none of it comes later, but where its
//! arguments are streamed (Vertex): then its pieces are progress, and the JSON that they make is its input, given when
//! the call ends: by an empty `functionCall`, by the next name, or where both are missing, with the answer. A part with
//! text is text, whatever else it has; one that has only what nobody knows is kept as it came.
//!
//! `finishReason` is weak evidence: servers repeat it on every frame, or say it before content. There is no end mark but
//! the `]` of the array form, and none is needed by an answer that is one body. Thoughts are given as full reasoning, although the documentation calls them summaries.
//!
//! Not seen on the wire by us, and read after the documentation alone: `toolCall`, `toolResponse`, `continuationToken`,
//! `logprobsResult`, finish reasons as numbers.
//!
//! Declared losses: `role`, which has one value. What else the model has no place for comes as extras, where wanted.

mod calls;
mod decode;
mod finish;
mod grounding;
mod partial;
mod parts;
mod path;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::{Error, Kind, Reader};

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// The names of its fields are nobody else's; an error body alone could be anyone's.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let mut claim = Claim::No;
    let json = &mut Reader::new(frame.data, CLAIM_DEPTH);
    // A frame that is cut or broken has said enough by the keys before the break.
    let _ = claim_of(json, &mut claim);
    claim
}

fn claim_of(json: &mut Reader<'_>, claim: &mut Claim) -> Result<(), Error> {
    if json.peek()? == Kind::Array {
        json.array()?;
        if !json.element()? {
            return Ok(());
        }
    }
    json.object()?;
    while let Some(key) = json.key()? {
        match key.name(json.source(), &mut [0; 32]) {
            "candidates" | "promptFeedback" | "prompt_feedback" | "usageMetadata" | "usage_metadata" => {
                *claim = Claim::Yes;
            }
            "error" => *claim = (*claim).max(Claim::Maybe),
            _ => {}
        }
        json.skip()?;
    }
    Ok(())
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
