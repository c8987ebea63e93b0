//! OpenAI Chat Completions.

use thalweg::Dialect;

use super::{Form, HALVES, Stream, Wire};

pub(crate) const CHAT: Wire = Wire {
    form: Form::Sse,
    opening: &[],
    name: "",
    data: |_, delta, padding| chunk(&format!("\"delta\":{{{delta}}},\"finish_reason\":null"), padding),
};

/// As the models of Mistral behind Bedrock.
pub(super) const MESSAGES_IN_PIECES: Wire =
    Wire { data: |_, delta, padding| chunk(&format!("\"message\":{{{delta}}},\"stop_reason\":null"), padding), ..CHAT };

fn chunk(choice: &str, padding: &str) -> String {
    let facts =
        "\"id\":\"chatcmpl-a1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"example-1\"";
    format!("{{{facts},\"choices\":[{{\"index\":0,{choice}}}],\"obfuscation\":\"{padding}\"}}")
}

pub(crate) const STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| format!("\"content\":\"word {n} \"") },
    Stream { name: "text with escapes", delta: |n| format!("\"content\":\"\\\"{n}\\\\\\n\\u00e9\\ud83c\\udf0a\"") },
    Stream { name: "text, pairs split", delta: |n| format!("\"content\":\"{}\"", HALVES[n % 2]) },
    Stream {
        name: "text and empty fields",
        delta: |n| format!("\"content\":\"{n}\",\"refusal\":null,\"tool_calls\":[]"),
    },
    Stream { name: "reasoning", delta: |n| format!("\"reasoning_content\":\"thought {n} \"") },
    Stream {
        name: "reasoning, twice",
        delta: |n| format!("\"reasoning\":\"{n}\\n\",\"reasoning_content\":\"{n}\\n\""),
    },
    Stream { name: "input", delta: |n| call(0, n, "") },
    Stream { name: "input, id and name again", delta: |n| call(0, n, "\"id\":\"call_0\",") },
    Stream { name: "parallel inputs", delta: |n| call(n % 4, n / 4, "") },
    Stream { name: "parallel inputs, id again", delta: |n| call(n % 4, n / 4, &format!("\"id\":\"call_{}\",", n % 4)) },
    Stream { name: "four inputs in a chunk", delta: |n| several(n) },
];

/// Reasoning by the name of its field.
const REASONING: &[Stream] = &[
    Stream { name: "reasoning_content", delta: |n| format!("\"reasoning_content\":\"thought {n} \"") },
    Stream { name: "reasoning", delta: |n| format!("\"reasoning\":\"thought {n} \"") },
    Stream { name: "reasoning_text", delta: |n| format!("\"reasoning_text\":\"thought {n} \"") },
];

/// Content as a list of typed parts.
pub(super) const PARTS: &[Stream] = &[
    Stream { name: "text in parts", delta: |n| parts("text", &format!("\"word {n} \"")) },
    Stream {
        name: "reasoning in parts",
        delta: |n| parts("thinking", &format!("[{{\"type\":\"text\",\"text\":\"thought {n} \"}}]")),
    },
];

/// A part has what it is in a field that is named like its type.
fn parts(kind: &str, value: &str) -> String {
    format!("\"content\":[{{\"type\":\"{kind}\",\"{kind}\":{value}}}]")
}

/// Text, input, and reasoning in the field that the vendor prefers.
pub(super) fn applying(dialect: &Dialect) -> Vec<&'static Stream> {
    let named = |name| REASONING.iter().chain(STREAMS).find(|stream| stream.name == name);
    let preferred = dialect.oddities.reasoning_fields.first().map(|name| &**name);
    let names = ["input", "parallel inputs", "text", "text with escapes"];
    let names = names.into_iter().chain(preferred);
    names.map(|name| named(name).unwrap_or_else(|| panic!("no stream of {name}"))).collect()
}

/// A fragment of a call, the first one with its facts.
fn call(index: usize, n: usize, again: &str) -> String {
    format!("\"tool_calls\":[{}]", fragment(index, n, again))
}

fn several(n: usize) -> String {
    let calls: Vec<_> = (0..4).map(|index| fragment(index, n, "")).collect();
    format!("\"tool_calls\":[{}]", calls.join(","))
}

fn fragment(index: usize, n: usize, again: &str) -> String {
    let id = if n == 0 { format!("\"id\":\"call_{index}\",") } else { again.into() };
    let name = if n == 0 || !again.is_empty() { "\"name\":\"get_tide\"," } else { "" };
    let input = if n == 0 { "[".into() } else { format!("{n},\\\"\\\\u00e9\\\",") };
    format!("{{\"index\":{index},{id}\"function\":{{{name}\"arguments\":\"{input}\"}}}}")
}
