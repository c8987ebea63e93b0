//! Bedrock's own protocols: `ConverseStream`, and text completions.

use super::{Form, Stream, Wire, blanks, element};

/// Blocks 2 and 3 are calls, all of them open; the others begin with their deltas.
pub(super) const CONVERSE: Wire = Wire {
    form: Form::Message,
    opening: &[
        ("messageStart", r#"{"role":"assistant"}"#),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"tooluse_2","name":"get_tide"}}}"#,
        ),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"tooluse_3","name":"get_time"}}}"#,
        ),
    ],
    name: "contentBlockDelta",
    data: |_, delta, padding| format!("{{{delta},\"p\":\"{padding}\"}}"),
};

pub(super) const CONVERSE_STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| block(1, &format!("\"text\":\"word {n} \"")) },
    Stream { name: "text with escapes", delta: |n| block(1, &format!("\"text\":\"\\\"{n}\\n\\u00e9\"")) },
    Stream { name: "reasoning", delta: |n| block(0, &format!("\"reasoningContent\":{{\"text\":\"thought {n} \"}}")) },
    Stream { name: "input", delta: |n| input(2, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| input(2 + n % 2, &element(n / 2)) },
];

fn block(index: usize, delta: &str) -> String {
    format!("\"contentBlockIndex\":{index},\"delta\":{{{delta}}}")
}

fn input(index: usize, input: &str) -> String {
    block(index, &format!("\"toolUse\":{{\"input\":\"{input}\"}}"))
}

pub(super) const COMPLETION: Wire = Wire {
    form: Form::Chunk,
    opening: &[],
    name: "",
    data: |_, delta, padding| format!("{{{delta}{}}}", blanks(padding)),
};

/// One decoder reads the formats of all models.
pub(super) const COMPLETION_STREAMS: &[Stream] = &[
    Stream {
        name: "text of Llama",
        delta: |n| {
            let input = if n == 0 { "9" } else { "null" };
            let counts = format!("\"prompt_token_count\":{input},\"generation_token_count\":{n}");
            format!("\"generation\":\"{}\",{counts},\"stop_reason\":null", word(n))
        },
    },
    Stream {
        name: "text of Titan",
        delta: |n| {
            let counts = format!("\"totalOutputTextTokenCount\":{n},\"inputTextTokenCount\":9");
            format!("\"outputText\":\"{}\",\"index\":0,{counts},\"completionReason\":null", word(n))
        },
    },
    Stream {
        name: "text of Mistral",
        delta: |n| format!("\"outputs\":[{{\"text\":\"{}\",\"stop_reason\":null}}]", word(n)),
    },
    Stream { name: "text of Command", delta: |n| format!("\"text\":\"{}\",\"is_finished\":false", word(n)) },
    Stream {
        name: "text of Command, four answers in a frame",
        delta: |n| {
            let answer = |index| format!("{{\"text\":\"{}\",\"index\":{index},\"is_finished\":false}}", word(n));
            format!("\"generations\":[{}]", [0, 1, 2, 3].map(answer).join(","))
        },
    },
    Stream {
        name: "text of Claude, with escapes",
        delta: |n| format!("\"completion\":\"\\\"{n}\\n\\u00e9\",\"stop_reason\":null,\"stop\":null"),
    },
];

/// No text comes before the deltas, so these are of one length: what was room enough for one is for all.
fn word(n: usize) -> String {
    format!("word {} ", n + 1000)
}
