//! Mistral Conversations, streamed: `POST /v1/conversations` with `stream: true`, and its continuations.
//!
//! Follows the `ConversationEvents` schema of <https://docs.mistral.ai/api/endpoint/beta/conversations>. Frames are
//! server-sent events, one JSON object each, whose `type` is the event's name:
//!
//! ```text
//! response:     started ── output* ── (done | error)
//! message n:    message.output.delta*            content: a text, or one typed part
//! call n:       function.call.delta*             fragments by tool_call_id
//! hosted n:     tool.execution.started ── delta* ── done
//! handoff n:    agent.handoff.started ── done
//! ```
//!
//! Outputs are told apart by `output_index`, parts of a message by `content_index`; calls by their own ids, because
//! several may share a number. Nothing says where a part of a message ends, unless it is a thought that says so itself:
//! a part ends when another begins. Calls of the client's stay open until the end. What a hosted call gave is the `info`
//! of its last event. A handoff is a block of its own that has the agents of both its events. What a message refers to
//! is a citation of the text before it, else a source.
//!
//! The wire has no reason for the end: `done` is the provider's word that the answer is over, and it is `tool_calls` where
//! the client has calls to run. It is the only evidence of an end. A complete response (an answer that was not
//! streamed) gives the same events, with its `object` as the word.
//!
//! Not verified against recordings: whether `arguments` of `tool.execution.started` are repeated by the deltas behind it
//! (either way they come once), and that `connector_tokens` are counted beside `prompt_tokens` (they are where the
//! total says so).
//!
//! Declared losses: `role`, which has one value; `created_at` of all events but the first, and of the entries of a
//! complete response, with their `completed_at` and `object`; what the later events of a hosted call or a handoff say
//! again of its first. What else the model has no place for comes as extras, where wanted.

mod content;
mod decode;
mod outputs;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::members;
use wire::What;

pub(crate) fn decoder(_: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::default())
}

/// The types of frames are nobody else's; a complete response says what it is.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    // A frame that is cut or broken may still have a name.
    let [kind, object] = members(frame.data, ["type", "object"], CLAIM_DEPTH).unwrap_or_default();
    let text = |raw: Option<crate::json::Raw>| raw.map_or("", |raw| raw.of(frame.data).trim_matches('"'));
    let name = match text(kind) {
        "" => frame.event.unwrap_or_default(),
        kind => kind,
    };
    let is_ours = What::of(name).is_some() || text(object) == wire::OBJECT;
    if is_ours { Claim::Yes } else { Claim::No }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
