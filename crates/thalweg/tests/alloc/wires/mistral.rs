//! Mistral Conversations.

use super::{Form, Stream, Wire, blanks, element};

pub(super) const CONVERSATIONS: Wire = Wire {
    form: Form::Sse,
    opening: &[("", r#"{"type":"conversation.response.started","conversation_id":"conv_1"}"#)],
    name: "delta",
    data: |_, delta, padding| format!("{{{delta},\"created_at\":\"2026-10-01T10:00:00.123456Z\"{}}}", blanks(padding)),
};

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| content(0, &format!("\"word {n} \"")) },
    Stream { name: "text with escapes", delta: |n| content(0, &format!("\"\\\"{n}\\n\\u00e9\"")) },
    Stream { name: "text in parts", delta: |n| content(0, &format!("{{\"type\":\"text\",\"text\":\"word {n} \"}}")) },
    Stream { name: "text without numbers", delta: |n| message(&format!("\"content\":\"word {n} \"")) },
    Stream {
        name: "reasoning",
        delta: |n| {
            let text = format!("{{\"type\":\"text\",\"text\":\"thought {n} \"}}");
            content(0, &format!("{{\"type\":\"thinking\",\"thinking\":[{text}]}}"))
        },
    },
    Stream { name: "input", delta: |n| call(1, 1, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| call(1 + n % 2, 1 + n % 2, &element(n / 2)) },
    Stream { name: "parallel inputs of one number", delta: |n| call(1, 1 + n % 2, &element(n / 2)) },
];

fn content(part: usize, content: &str) -> String {
    message(&format!("\"output_index\":0,\"content_index\":{part},\"content\":{content}"))
}

fn message(content: &str) -> String {
    let facts = "\"id\":\"msg_1\",\"model\":\"example-1\",\"role\":\"assistant\"";
    format!("\"type\":\"message.output.delta\",{facts},{content}")
}

fn call(output: usize, id: usize, input: &str) -> String {
    let facts =
        format!("\"id\":\"fc_{id}\",\"output_index\":{output},\"name\":\"get_tide\",\"tool_call_id\":\"call_{id}\"");
    format!("\"type\":\"function.call.delta\",{facts},\"arguments\":\"{input}\"")
}
