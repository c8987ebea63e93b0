//! Anthropic Messages.

use super::{Form, Stream, Wire, blanks, element};

/// Blocks 0 to 3 are thinking, text and two calls, all of them open.
pub(super) const MESSAGES: Wire = Wire {
    form: Form::Sse,
    opening: &[
        ("", r#"{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":3}}}"#),
        ("", r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#),
        ("", r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#),
        (
            "",
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"get_tide","input":{}}}"#,
        ),
        (
            "",
            r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_3","name":"get_time","input":{}}}"#,
        ),
    ],
    name: "content_block_delta",
    // As this server pads: with blanks before the last brace.
    data: |_, delta, padding| format!("{{\"type\":\"content_block_delta\",{delta}{}}}", blanks(padding)),
};

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| block(1, "text_delta", "text", &format!("word {n} ")) },
    Stream { name: "text with escapes", delta: |n| block(1, "text_delta", "text", &format!("\\\"{n}\\n\\u00e9")) },
    Stream { name: "reasoning", delta: |n| block(0, "thinking_delta", "thinking", &format!("thought {n} ")) },
    Stream { name: "input", delta: |n| block(2, "input_json_delta", "partial_json", &element(n)) },
    Stream {
        name: "parallel inputs",
        delta: |n| block(2 + n % 2, "input_json_delta", "partial_json", &element(n / 2)),
    },
];

fn block(index: usize, kind: &str, field: &str, delta: &str) -> String {
    format!("\"index\":{index},\"delta\":{{\"type\":\"{kind}\",\"{field}\":\"{delta}\"}}")
}
