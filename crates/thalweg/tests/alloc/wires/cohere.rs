//! Cohere, both versions.

use super::{Form, Stream, Wire, blanks, element};

/// Contents 0 and 1 are thoughts and text, calls 0 and 1 are beside them, all of them open.
pub(super) const COHERE: Wire = Wire {
    form: Form::Sse,
    opening: &[
        ("", r#"{"type":"message-start","id":"c-1"}"#),
        ("", r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking"}}}}"#),
        ("", r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text"}}}}"#),
        (
            "",
            r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":"get_tide"}}}}}"#,
        ),
        (
            "",
            r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"b","function":{"name":"get_time"}}}}}"#,
        ),
    ],
    name: "delta",
    data: |_, delta, padding| format!("{{{delta}{}}}", blanks(padding)),
};

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| content(1, "text", &format!("word {n} ")) },
    Stream { name: "text with escapes", delta: |n| content(1, "text", &format!("\\\"{n}\\n\\u00e9")) },
    Stream { name: "reasoning", delta: |n| content(0, "thinking", &format!("thought {n} ")) },
    Stream {
        name: "plan",
        delta: |n| format!("\"type\":\"tool-plan-delta\",\"delta\":{{\"message\":{{\"tool_plan\":\"step {n} \"}}}}"),
    },
    Stream { name: "input", delta: |n| piece(0, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| piece(n % 2, &element(n / 2)) },
];

/// Without block boundaries, in lines.
pub(super) const COHERE_V1: Wire = Wire {
    form: Form::Lines,
    opening: &[("", r#"{"is_finished":false,"event_type":"stream-start","generation_id":"g-0123456789abcdef"}"#)],
    name: "",
    data: |_, delta, padding| format!("{{\"is_finished\":false,{delta}{}}}", blanks(padding)),
};

pub(super) const COHERE_V1_STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| format!("\"event_type\":\"text-generation\",\"text\":\"word {n} \"") },
    Stream { name: "plan", delta: |n| call_chunk(&format!("\"text\":\"step {n} \"")) },
    Stream { name: "input", delta: |n| call_chunk(&call_piece(0, n)) },
    Stream { name: "parallel inputs", delta: |n| call_chunk(&call_piece(n % 2, n / 2)) },
];

fn call_chunk(delta: &str) -> String {
    format!("\"event_type\":\"tool-calls-chunk\",\"tool_call_delta\":{{{delta}}}")
}

fn call_piece(index: usize, n: usize) -> String {
    let name = if n == 0 { "\"name\":\"get_tide\"," } else { "" };
    format!("\"index\":{index},{name}\"parameters\":\"{}\"", element(n))
}

fn content(index: usize, field: &str, text: &str) -> String {
    let content = format!("{{\"message\":{{\"content\":{{\"{field}\":\"{text}\"}}}}}}");
    format!("\"type\":\"content-delta\",\"index\":{index},\"delta\":{content}")
}

fn piece(index: usize, input: &str) -> String {
    let call = format!("{{\"message\":{{\"tool_calls\":{{\"function\":{{\"arguments\":\"{input}\"}}}}}}}}");
    format!("\"type\":\"tool-call-delta\",\"index\":{index},\"delta\":{call}")
}
