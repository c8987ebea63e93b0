use alloc::borrow::Cow;

use super::chat;
use crate::dialect::{Dialect, Oddities};

/// GitHub Copilot's chat endpoint: `api.githubcopilot.com`. It has no public documentation.
///
/// Of some models an answer is spread over several choices, one with the text, the next with the tool calls: all are
/// parts of one message, also in a complete body. Reasoning comes in `reasoning_text`, and behind it what a replay
/// needs in `reasoning_opaque`. Chunks have Azure's filter verdicts and no `object`. Usage is on the chunk with the
/// finish reason, with `reasoning_tokens` in `usage` itself.
pub static COPILOT: Dialect = chat("copilot", ODDITIES);

const ODDITIES: Oddities = Oddities::none()
    .with_reasoning_fields(&[
        Cow::Borrowed("reasoning_text"),
        Cow::Borrowed("reasoning_content"),
        Cow::Borrowed("reasoning"),
    ])
    .with_one_choice();
