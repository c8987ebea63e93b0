//! Finish reasons of OpenAI's and of the servers that speak its protocol.

use crate::dialect::Oddities;
use crate::event::Reason;

/// The normalized reason, or none where the word means "not finished" (an empty one does too, but here it is a word
/// that is none of ours). The vendor's own words come first; unknown ones are [`Reason::Other`].
pub(super) fn reason(raw: &str, oddities: &Oddities) -> Option<Reason> {
    if raw.eq_ignore_ascii_case("null") {
        return None;
    }
    Some(oddities.reason(raw, REASONS))
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
    ("max_output_tokens", Reason::Length),
    ("time_limit", Reason::Length),
    ("model_length", Reason::Length),
    ("model_context_window_exceeded", Reason::ContextWindow),
    ("tool_use", Reason::ToolCalls),
    ("safety", Reason::ContentFilter),
    ("recitation", Reason::ContentFilter),
    ("sensitive", Reason::ContentFilter),
    ("refusal", Reason::Refusal),
    ("pause_turn", Reason::Pause),
    ("error", Reason::Error),
    ("network_error", Reason::Error),
    ("insufficient_system_resource", Reason::Error),
    ("abort", Reason::Cancelled),
    ("cancelled", Reason::Cancelled),
];
