//! OpenAI Responses.

use super::{Form, Stream, Wire, element};

/// Items 0 to 3 are reasoning, a message and two calls, all of them open; so are the reasoning's text and summary, and the
/// message's text and refusal.
pub(super) const RESPONSES: Wire = Wire {
    form: Form::Sse,
    opening: &[
        ("", r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1"}}"#),
        ("", r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_0","type":"reasoning"}}"#),
        ("", r#"{"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message"}}"#),
        (
            "",
            r#"{"type":"response.output_item.added","output_index":2,"item":{"id":"fc_2","type":"function_call","call_id":"call_2","name":"get_tide"}}"#,
        ),
        (
            "",
            r#"{"type":"response.output_item.added","output_index":3,"item":{"id":"fc_3","type":"function_call","call_id":"call_3","name":"get_time"}}"#,
        ),
        (
            "",
            r#"{"type":"response.content_part.added","item_id":"rs_0","output_index":0,"content_index":0,"part":{"type":"reasoning_text","text":""}}"#,
        ),
        (
            "",
            r#"{"type":"response.reasoning_summary_part.added","item_id":"rs_0","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}"#,
        ),
        (
            "",
            r#"{"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"text":""}}"#,
        ),
        (
            "",
            r#"{"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":1,"part":{"type":"refusal","refusal":""}}"#,
        ),
    ],
    name: "delta",
    data: |n, delta, padding| format!("{{{delta},\"sequence_number\":{},\"obfuscation\":\"{padding}\"}}", n + 1),
};

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| part("output_text", 1, ("content_index", 0), &format!("word {n} ")) },
    Stream {
        name: "text with escapes",
        delta: |n| part("output_text", 1, ("content_index", 0), &format!("\\\"{n}\\n\\u00e9")),
    },
    Stream { name: "refusal", delta: |n| part("refusal", 1, ("content_index", 1), &format!("no {n} ")) },
    Stream { name: "reasoning", delta: |n| part("reasoning_text", 0, ("content_index", 0), &format!("thought {n} ")) },
    Stream {
        name: "summary",
        delta: |n| part("reasoning_summary_text", 0, ("summary_index", 0), &format!("thought {n} ")),
    },
    Stream { name: "input", delta: |n| item("function_call_arguments", 2, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| item("function_call_arguments", 2 + n % 2, &element(n / 2)) },
];

fn part(kind: &str, index: usize, (number, n): (&str, usize), delta: &str) -> String {
    format!(
        "\"type\":\"response.{kind}.delta\",\"item_id\":\"i\",\"output_index\":{index},\"{number}\":{n},\"delta\":\"{delta}\",\"logprobs\":[]"
    )
}

fn item(kind: &str, index: usize, delta: &str) -> String {
    format!("\"type\":\"response.{kind}.delta\",\"item_id\":\"i\",\"output_index\":{index},\"delta\":\"{delta}\"")
}
