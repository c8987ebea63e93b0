//! Ollama.

use super::{Form, HALVES, Stream, Wire};

/// Calls come whole: they are no deltas.
pub(super) const OLLAMA: Wire = Wire {
    form: Form::Lines,
    opening: &[],
    name: "",
    data: |_, delta, padding| {
        let facts = "\"model\":\"example-1\",\"created_at\":\"2026-10-01T10:00:00.123456Z\"";
        let message = format!("{{\"role\":\"assistant\",{delta}}}");
        format!("{{{facts},\"message\":{message},\"done\":false,\"_debug_info\":\"{padding}\"}}")
    },
};

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| format!("\"content\":\"word {n} \"") },
    Stream { name: "text with escapes", delta: |n| format!("\"content\":\"\\u003cb\\u003e{n}\\n\\ud83c\\udf0a\"") },
    Stream { name: "text, pairs split", delta: |n| format!("\"content\":\"{}\"", HALVES[n % 2]) },
    Stream { name: "reasoning", delta: |n| format!("\"content\":\"\",\"thinking\":\"thought {n} \"") },
];
