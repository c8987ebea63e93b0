//! Gemini's `generateContent` and Interactions.

use super::{Form, HALVES, Stream, Wire, blanks, element};

/// As the Gemini API and Vertex AI write frames: with and without counters, and in an array. Calls come whole: they are
/// no deltas, and pieces of their arguments are progress, which is kept.
pub(super) const GEMINI: &[Wire] = &[PLAIN, COUNTED, ARRAY];

const PLAIN: Wire = Wire {
    form: Form::Sse,
    opening: &[],
    name: "",
    data: |_, delta, padding| {
        let facts = "\"modelVersion\":\"example-1\",\"responseId\":\"r-1\"";
        format!("{{\"candidates\":[{{{delta}}}],{facts}{}}}", blanks(padding))
    },
};

/// Every frame counts more tokens than the one before it.
const COUNTED: Wire = Wire { data: counted, ..PLAIN };

/// The first element comes with its bracket.
const ARRAY: Wire = Wire {
    form: Form::Array,
    opening: &[("[", r#"{"modelVersion":"example-1","responseId":"r-1"}"#)],
    name: ",",
    ..COUNTED
};

fn counted(n: usize, delta: &str, padding: &str) -> String {
    let (output, thoughts, total) = (n, n / 2, 9 + n + n / 2);
    let counts = format!(
        "\"promptTokenCount\":9,\"candidatesTokenCount\":{output},\"thoughtsTokenCount\":{thoughts},\"totalTokenCount\":{total}"
    );
    let details = "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":9}],\"trafficType\":\"ON_DEMAND\"";
    let facts = "\"modelVersion\":\"example-1\",\"createTime\":\"2026-10-01T10:00:00.123456Z\",\"responseId\":\"r-1\"";
    format!("{{\"candidates\":[{{{delta}}}],\"usageMetadata\":{{{counts},{details}}},{facts}{}}}", blanks(padding))
}

pub(super) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| candidate(0, &format!("{{\"text\":\"word {n} \"}}")) },
    Stream {
        name: "text with escapes",
        delta: |n| candidate(0, &format!("{{\"text\":\"\\u003cb\\u003e{n}\\n\\ud83c\\udf0a\"}}")),
    },
    Stream { name: "text, pairs split", delta: |n| candidate(0, &format!("{{\"text\":\"{}\"}}", HALVES[n % 2])) },
    Stream {
        name: "text, two parts in a frame",
        delta: |n| candidate(0, &format!("{{\"text\":\"word \"}},{{\"text\":\"{n} \"}}")),
    },
    Stream { name: "text, four candidates", delta: |n| candidate(n % 4, &format!("{{\"text\":\"word {n} \"}}")) },
    Stream { name: "reasoning", delta: |n| candidate(0, &format!("{{\"text\":\"thought {n} \",\"thought\":true}}")) },
];

fn candidate(index: usize, parts: &str) -> String {
    format!("\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}},\"index\":{index}")
}

/// Steps 0 to 3 are a thought, the answer and two calls, all of them open.
pub(super) const INTERACTIONS: Wire = Wire {
    form: Form::Sse,
    opening: &[
        ("", r#"{"interaction":{"id":"v1_a","status":"in_progress"},"event_type":"interaction.created"}"#),
        ("", r#"{"index":0,"step":{"type":"thought"},"event_type":"step.start"}"#),
        ("", r#"{"index":1,"step":{"type":"model_output"},"event_type":"step.start"}"#),
        (
            "",
            r#"{"index":2,"step":{"id":"a","type":"function_call","name":"get_tide","arguments":{}},"event_type":"step.start"}"#,
        ),
        (
            "",
            r#"{"index":3,"step":{"id":"b","type":"function_call","name":"get_time","arguments":{}},"event_type":"step.start"}"#,
        ),
    ],
    name: "step.delta",
    data: |n, delta, padding| {
        let id = 1000 + n;
        format!("{{{delta},\"event_type\":\"step.delta\",\"event_id\":\"e{id}\"{}}}", blanks(padding))
    },
};

pub(super) const INTERACTIONS_STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| step(1, &format!("\"text\":\"word {n} \",\"type\":\"text\"")) },
    Stream {
        name: "text with escapes",
        delta: |n| step(1, &format!("\"text\":\"\\\"{n}\\n\\u00e9\",\"type\":\"text\"")),
    },
    Stream {
        name: "reasoning",
        delta: |n| {
            let content = format!("{{\"text\":\"thought {n} \",\"type\":\"text\"}}");
            step(0, &format!("\"content\":{content},\"type\":\"thought_summary\""))
        },
    },
    Stream { name: "input", delta: |n| arguments(2, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| arguments(2 + n % 2, &element(n / 2)) },
];

fn step(index: usize, delta: &str) -> String {
    format!("\"index\":{index},\"delta\":{{{delta}}}")
}

fn arguments(index: usize, input: &str) -> String {
    step(index, &format!("\"arguments\":\"{input}\",\"type\":\"arguments_delta\""))
}
