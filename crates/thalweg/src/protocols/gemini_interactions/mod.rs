//! Gemini Interactions, streamed: `POST /v1beta/interactions` with `stream: true`, of models and of agents.
//!
//! Follows the events of <https://ai.google.dev/api/interactions>. Frames are server-sent events, one JSON object
//! each, whose `event_type` is the event's name:
//!
//! ```text
//! interaction:   interaction.created ── (interaction.status_update | step)* ── interaction.completed ── [DONE]
//! step n:        step.start ── step.delta* ── step.stop
//! error:         … ── error
//! ```
//!
//! Steps are numbered by `index`, and the wire says where each begins and ends. An answer (`model_output`) is an item with
//! parts: text goes on in its part until a part of another kind comes. A thought (`thought`) is a summary, and a seal
//! that must be sent back as it came. What the client must run is `function_call` alone; every other `…_call` is run by
//! the provider, or by an MCP server, and every `…_result` is what came of a call. Input comes in pieces, or whole as an
//! object: then it stands for the pieces behind it. Steps of other types are given whole, and so are their deltas.
//!
//! The `status` is why the interaction ended. It is strong evidence in `interaction.completed`, or with `[DONE]` behind
//! it, and weak in a status update, with which some answers end that wait for the client. `incomplete` and
//! `budget_exceeded` give no cause, and none is made up. An interaction that was not streamed gives the same events; one
//! that is queued or at work is suspended.
//!
//! Until May 2026 there were no steps: parts of the answer were numbered instead (`content.start`, `content.delta`,
//! `content.stop`, `outputs`), and the ends were called `interaction.start` and `interaction.complete`. Both are read.
//! A frame without `event_type` is known by its event's name, or by its `type`.
//!
//! Frames have an `event_id` by which the provider resumes a stream. It is opaque, and no number tells which came first:
//! so no point to resume at is given, and frames that come again after a reconnect are not told from others. It comes as
//! an extra, where wanted.
//!
//! Unverified, because no recorded stream was at hand: whether a delta of a picture is all of it (it is taken so; sound
//! goes on in its block), whether annotations come once or again (each is given once), whether what tools gave back is
//! counted beside the input (as in `generateContent` it is taken so), what `usage` of a step adds up (it is taken for a
//! snapshot before the end), events that are named by a status (`interaction.requires_action`), and the status
//! `requires_continuation`.
//!
//! Declared losses: the steps of an interaction that was streamed, in its last event, which are not compared with what
//! came; `object`, and the `type` of a summary's texts, which have one value each. What else the model has no place for comes as extras, where wanted.

mod calls;
mod content;
mod decode;
mod interaction;
mod steps;
mod usage;
mod wire;

use alloc::boxed::Box;

use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::json::{Raw, members};
use wire::What;

pub(crate) fn decoder(_: &Oddities) -> Box<dyn Decode + Send> {
    Box::new(decode::Decoder::default())
}

/// The names of its events are nobody else's; an interaction that was not streamed says what it is, or has steps and a
/// status.
pub(crate) fn claims(frame: &Frame<'_>) -> Claim {
    let data = frame.data;
    let names = ["event_type", "type", "object", "status", "steps", "outputs"];
    // A frame that is cut or broken may still have its event's name.
    let [event, kind, object, status, steps, outputs] = members(data, names, CLAIM_DEPTH).unwrap_or_default();
    let word = |raw: Option<Raw>| raw.map_or("", |raw| raw.of(data).trim_matches('"'));
    let starts = |raw: Option<Raw>, mark| raw.is_some_and(|raw| raw.of(data).starts_with(mark));
    let names = [word(event), word(kind), frame.event.unwrap_or_default()];
    match names.into_iter().find(|name| !name.is_empty()).map(What::of) {
        Some(Some(What::Error)) => return if word(event) == "error" { Claim::Maybe } else { Claim::No },
        Some(Some(_)) => return Claim::Yes,
        Some(None) if !word(event).is_empty() => return Claim::No,
        _ => {}
    }
    let is_ours = match word(object) {
        "" => starts(status, '"') && (starts(steps, '[') || starts(outputs, '[')),
        object => object == wire::OBJECT,
    };
    if is_ours { Claim::Yes } else { Claim::No }
}

/// Detection looks at keys; what is deeper is skipped.
const CLAIM_DEPTH: u16 = 128;
