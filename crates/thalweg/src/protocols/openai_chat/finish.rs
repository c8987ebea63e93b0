//! Finish reasons of OpenAI's and of the servers that speak its protocol.

use crate::event::Reason;

/// The normalized reason, or none where the word means "not finished" (an empty one does too, but here it is a word
/// that is none of ours). Unknown words are [`Reason::Other`].
pub(super) fn reason(raw: &str) -> Option<Reason> {
    if raw == "null" {
        return None;
    }
    let known = REASONS.iter().find(|(word, _)| raw.eq_ignore_ascii_case(word));
    Some(known.map_or(Reason::Other, |(_, reason)| *reason))
}

const REASONS: &[(&str, Reason)] = &[
    ("stop", Reason::Stop),
    ("length", Reason::Length),
    ("tool_calls", Reason::ToolCalls),
    ("function_call", Reason::ToolCalls),
    ("content_filter", Reason::ContentFilter),
    // Servers of open models name the token or the cause.
    ("eos", Reason::Stop),
    ("eos_token", Reason::Stop),
    ("end_turn", Reason::Stop),
    ("stop_sequence", Reason::StopSequence),
    ("max_tokens", Reason::Length),
    ("model_length", Reason::Length),
    ("tool_use", Reason::ToolCalls),
    ("safety", Reason::ContentFilter),
    ("sensitive", Reason::ContentFilter),
    ("refusal", Reason::Refusal),
    ("error", Reason::Error),
    ("network_error", Reason::Error),
    ("insufficient_system_resource", Reason::Error),
    ("abort", Reason::Cancelled),
    ("cancelled", Reason::Cancelled),
];
