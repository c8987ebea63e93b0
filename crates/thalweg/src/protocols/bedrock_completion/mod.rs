//! Text completions in the models' own formats, behind Bedrock's `InvokeModelWithResponseStream`.
//!
//! Follows <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>. Each frame is one JSON object with
//! the next piece of the text; the last has a reason. The formats differ in the names of their fields and in whether the
//! text stands in a list, so one decoder reads them all by a table:
//!
//! ```text
//! {"generation":"…","prompt_token_count":9,"generation_token_count":1,"stop_reason":null}            Llama
//! {"outputText":"…","index":0,"inputTextTokenCount":9,"totalOutputTextTokenCount":null,"completionReason":null}  Titan
//! {"outputs":[{"text":"…","stop_reason":null}]}                                                      Mistral
//! {"generations":[{"text":"…","index":0,"is_finished":false}]}, {"text":"…","is_finished":false}     Cohere Command
//! {"completion":"…","stop_reason":null,"stop":null}                                                  Claude, before Messages
//! ```
//!
//! There is no end mark: the answer was whole if a reason came and the connection was closed in good order. None of these
//! formats has tools or reasoning. A complete answer, which has the same fields (Titan's in a list `results`), gives the
//! same events.
//!
//! Declared losses: `is_finished`, which the reason says too.
//!
//! Unverified, because no recorded stream has them: Cohere's and Claude's rows, and that Titan's `index` numbers nothing
//! that an answer has several of; it comes as an extra.

mod decode;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::members;

pub(crate) fn decoder(oddities: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::new(oddities.clone()))
}

/// Frames of Llama have `generation`.
pub(crate) fn claims_llama(frame: &Frame<'_>) -> Claim {
    claims(frame, ["generation", "stop_reason"])
}

/// Frames of Titan have `outputText`, its answers have it in a list.
pub(crate) fn claims_titan(frame: &Frame<'_>) -> Claim {
    claims(frame, ["outputText", "completionReason"]).max(claims(frame, ["inputTextTokenCount", "results"]))
}

/// Frames of Mistral have `outputs`, each of which has a `stop_reason`.
pub(crate) fn claims_mistral(frame: &Frame<'_>) -> Claim {
    claims(frame, ["outputs", "stop_reason"])
}

/// Frames of the others: `completion`, or `generations`.
pub(crate) fn claims_any(frame: &Frame<'_>) -> Claim {
    let has_one = |name| claims(frame, [name, name]);
    // Outside of Bedrock such a frame is Cohere's own.
    let wrapped = if frame.event == Some(CHUNK) { has_one("is_finished") } else { Claim::No };
    has_one("generations").max(wrapped).max(claims(frame, ["completion", "stop_reason"]))
}

/// Whether a frame from Bedrock, or a body, has both fields. The second may be null.
fn claims(frame: &Frame<'_>, names: [&str; 2]) -> Claim {
    let data = frame.data;
    if frame.event != Some(CHUNK) && !frame.is_body {
        return Claim::No;
    }
    match members(data, [names[0]], CLAIM_DEPTH) {
        Ok([Some(_)]) if data.contains(names[1]) => Claim::Yes,
        _ => Claim::No,
    }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
/// The name of messages that wrap a frame.
const CHUNK: &str = "chunk";
