//! Finish reasons, as words and as the numbers of protobuf's enum.

use crate::dialect::Oddities;
use crate::event::Reason;

/// The normalized reason, or none where the word means that there is none: the default of protobuf's enum, which the
/// documentation calls unused, and which servers write that write defaults.
pub(super) fn reason(raw: &str, oddities: &Oddities) -> Option<Reason> {
    let is_unset = matches!(raw, "" | "0") || raw.eq_ignore_ascii_case("FINISH_REASON_UNSPECIFIED");
    (!is_unset).then(|| oddities.reason(raw, REASONS))
}

/// The number of a word is the Gemini API's (`google.ai.generativelanguage`): Vertex counts otherwise from 6 on, which
/// its dialect says.
const REASONS: &[(&str, Reason)] = &[
    ("STOP", Reason::Stop),
    ("MAX_TOKENS", Reason::Length),
    ("SAFETY", Reason::ContentFilter),
    ("RECITATION", Reason::ContentFilter),
    ("LANGUAGE", Reason::ContentFilter),
    ("BLOCKLIST", Reason::ContentFilter),
    ("PROHIBITED_CONTENT", Reason::ContentFilter),
    ("SPII", Reason::ContentFilter),
    ("IMAGE_SAFETY", Reason::ContentFilter),
    ("IMAGE_PROHIBITED_CONTENT", Reason::ContentFilter),
    ("IMAGE_RECITATION", Reason::ContentFilter),
    ("MODEL_ARMOR", Reason::ContentFilter),
    ("ESCALATION", Reason::ContentFilter),
    ("MALFORMED_FUNCTION_CALL", Reason::Error),
    ("UNEXPECTED_TOOL_CALL", Reason::Error),
    ("TOO_MANY_TOOL_CALLS", Reason::Error),
    ("MALFORMED_RESPONSE", Reason::Error),
    ("MISSING_THOUGHT_SIGNATURE", Reason::Error),
    ("CONTINUATION", Reason::Pause),
    // A mock server's.
    ("FUNCTION_CALL", Reason::ToolCalls),
    ("1", Reason::Stop),
    ("2", Reason::Length),
    ("3", Reason::ContentFilter),
    ("4", Reason::ContentFilter),
    ("6", Reason::ContentFilter),
    ("7", Reason::ContentFilter),
    ("8", Reason::ContentFilter),
    ("9", Reason::ContentFilter),
    ("10", Reason::Error),
    ("11", Reason::ContentFilter),
    ("12", Reason::Error),
];

/// Whether a prompt was blocked for this reason: the default of the enum is none.
pub(super) fn is_block(raw: &str) -> bool {
    !matches!(raw, "" | "0") && !raw.to_ascii_uppercase().ends_with("_UNSPECIFIED")
}
