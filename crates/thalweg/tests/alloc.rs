//! Nothing is allocated for a delta once a stream is warm. Counted, not timed.
//!
//! A test binary of its own: it replaces the allocator by one that counts, a thread at a time, so that the harness's
//! other threads do not disturb.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ops::Range;
use std::alloc::System;

use thalweg::{Close, Dialect, Event, Normalizer, Protocol, dialects, log, registry};

struct Counting;

thread_local! {
    /// Calls of the allocator that gave this thread memory. Const and without a destructor: reading it allocates
    /// nothing.
    static GIVEN: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // At the end of a thread its locals are gone; nothing is counted there.
    let _ = GIVEN.try_with(|given| given.set(given.get() + 1));
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; every call goes to the system's unchanged")]
// SAFETY: each method passes its arguments on to `System`, which upholds the contract; counting touches no memory of
// the caller and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is the one of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: `at` came from `System`, because every method here gets its memory there.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as in `realloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `run` asks for memory.
fn allocations<T>(run: impl FnOnce() -> T) -> (u64, T) {
    let before = GIVEN.get();
    let result = run();
    (GIVEN.get() - before, result)
}

/// A stream of one kind of delta.
struct Stream {
    name: &'static str,
    /// What is in the `n`-th delta.
    delta: fn(usize) -> String,
}

/// How the frames of a protocol are written around it.
#[derive(Clone, Copy)]
struct Wire {
    /// What comes before the deltas.
    opening: &'static str,
    frame: fn(usize, &str, &str) -> String,
}

const STREAMS: &[Stream] = &[
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

const HALVES: [&str; 2] = ["a\\ud83c", "\\udf0ab"];

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

const CHAT: Wire = Wire {
    opening: "",
    frame: |_, delta, padding| {
        let facts = "\"id\":\"chatcmpl-a1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"example-1\"";
        let choice = format!("{{\"index\":0,\"delta\":{{{delta}}},\"finish_reason\":null}}");
        format!("data: {{{facts},\"choices\":[{choice}],\"obfuscation\":\"{padding}\"}}\n\n")
    },
};

/// Items 0 to 3 are reasoning, a message and two calls, all of them open.
const RESPONSES: Wire = Wire {
    opening: concat!(
        "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\"}}\n\n",
        "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"rs_0\",\"type\":\"reasoning\"}}\n\n",
        "data: {\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"id\":\"msg_1\",\"type\":\"message\"}}\n\n",
        "data: {\"type\":\"response.output_item.added\",\"output_index\":2,\"item\":{\"id\":\"fc_2\",\"type\":\"function_call\",\"call_id\":\"call_2\",\"name\":\"get_tide\"}}\n\n",
        "data: {\"type\":\"response.output_item.added\",\"output_index\":3,\"item\":{\"id\":\"fc_3\",\"type\":\"function_call\",\"call_id\":\"call_3\",\"name\":\"get_time\"}}\n\n",
    ),
    frame: |n, delta, padding| {
        format!("event: delta\ndata: {{{delta},\"sequence_number\":{},\"obfuscation\":\"{padding}\"}}\n\n", n + 1)
    },
};

const RESPONSES_STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| part("output_text", 1, "content_index", &format!("word {n} ")) },
    Stream {
        name: "text with escapes",
        delta: |n| part("output_text", 1, "content_index", &format!("\\\"{n}\\n\\u00e9")),
    },
    Stream { name: "refusal", delta: |n| part("refusal", 1, "content_index", &format!("no {n} ")) },
    Stream { name: "reasoning", delta: |n| part("reasoning_text", 0, "content_index", &format!("thought {n} ")) },
    Stream { name: "summary", delta: |n| part("reasoning_summary_text", 0, "summary_index", &format!("thought {n} ")) },
    Stream { name: "input", delta: |n| item("function_call_arguments", 2, &element(n)) },
    Stream { name: "parallel inputs", delta: |n| item("function_call_arguments", 2 + n % 2, &element(n / 2)) },
];

fn part(kind: &str, index: usize, numbered: &str, delta: &str) -> String {
    format!(
        "\"type\":\"response.{kind}.delta\",\"item_id\":\"i\",\"output_index\":{index},\"{numbered}\":0,\"delta\":\"{delta}\",\"logprobs\":[]"
    )
}

fn item(kind: &str, index: usize, delta: &str) -> String {
    format!("\"type\":\"response.{kind}.delta\",\"item_id\":\"i\",\"output_index\":{index},\"delta\":\"{delta}\"")
}

/// Calls come whole: they are no deltas.
const OLLAMA: Wire = Wire {
    opening: "",
    frame: |_, delta, padding| {
        let facts = "\"model\":\"example-1\",\"created_at\":\"2026-10-01T10:00:00.123456Z\"";
        let message = format!("{{\"role\":\"assistant\",{delta}}}");
        format!("{{{facts},\"message\":{message},\"done\":false,\"_debug_info\":\"{padding}\"}}\n")
    },
};

const OLLAMA_STREAMS: &[Stream] = &[
    Stream { name: "text", delta: |n| format!("\"content\":\"word {n} \"") },
    Stream { name: "text with escapes", delta: |n| format!("\"content\":\"\\u003cb\\u003e{n}\\n\\ud83c\\udf0a\"") },
    Stream { name: "text, pairs split", delta: |n| format!("\"content\":\"{}\"", HALVES[n % 2]) },
    Stream { name: "reasoning", delta: |n| format!("\"content\":\"\",\"thinking\":\"thought {n} \"") },
];

/// Contents 0 and 1 are thoughts and text, calls 0 and 1 are beside them, all of them open.
const COHERE: Wire = Wire {
    opening: concat!(
        "data: {\"type\":\"message-start\",\"id\":\"c-1\"}\n\n",
        "data: {\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"thinking\"}}}}\n\n",
        "data: {\"type\":\"content-start\",\"index\":1,\"delta\":{\"message\":{\"content\":{\"type\":\"text\"}}}}\n\n",
        "data: {\"type\":\"tool-call-start\",\"index\":0,\"delta\":{\"message\":{\"tool_calls\":{\"id\":\"a\",\"function\":{\"name\":\"get_tide\"}}}}}\n\n",
        "data: {\"type\":\"tool-call-start\",\"index\":1,\"delta\":{\"message\":{\"tool_calls\":{\"id\":\"b\",\"function\":{\"name\":\"get_time\"}}}}}\n\n",
    ),
    frame: |_, delta, padding| {
        let blanks = " ".repeat(padding.len());
        format!("event: delta\ndata: {{{delta}{blanks}}}\n\n")
    },
};

const COHERE_STREAMS: &[Stream] = &[
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
const COHERE_V1: Wire = Wire {
    opening: "{\"is_finished\":false,\"event_type\":\"stream-start\",\"generation_id\":\"g-0123456789abcdef\"}\n",
    frame: |_, delta, padding| format!("{{\"is_finished\":false,{delta}{}}}\n", " ".repeat(padding.len())),
};

const COHERE_V1_STREAMS: &[Stream] = &[
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

/// Blocks 0 to 3 are thinking, text and two calls, all of them open.
const MESSAGES: Wire = Wire {
    opening: concat!(
        "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":3}}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":\"get_tide\",\"input\":{}}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_3\",\"name\":\"get_time\",\"input\":{}}}\n\n",
    ),
    frame: |_, delta, padding| {
        // As this server pads: with blanks before the last brace.
        let blanks = " ".repeat(padding.len());
        format!("event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",{delta}{blanks}}}\n\n")
    },
};

const MESSAGES_STREAMS: &[Stream] = &[
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

/// Steps 0 to 3 are a thought, the answer and two calls, all of them open.
const INTERACTIONS: Wire = Wire {
    opening: concat!(
        "data: {\"interaction\":{\"id\":\"v1_a\",\"status\":\"in_progress\"},\"event_type\":\"interaction.created\"}\n\n",
        "data: {\"index\":0,\"step\":{\"type\":\"thought\"},\"event_type\":\"step.start\"}\n\n",
        "data: {\"index\":1,\"step\":{\"type\":\"model_output\"},\"event_type\":\"step.start\"}\n\n",
        "data: {\"index\":2,\"step\":{\"id\":\"a\",\"type\":\"function_call\",\"name\":\"get_tide\",\"arguments\":{}},\"event_type\":\"step.start\"}\n\n",
        "data: {\"index\":3,\"step\":{\"id\":\"b\",\"type\":\"function_call\",\"name\":\"get_time\",\"arguments\":{}},\"event_type\":\"step.start\"}\n\n",
    ),
    frame: |n, delta, padding| {
        let id = 1000 + n;
        let blanks = " ".repeat(padding.len());
        format!("event: step.delta\ndata: {{{delta},\"event_type\":\"step.delta\",\"event_id\":\"e{id}\"{blanks}}}\n\n")
    },
};

const INTERACTIONS_STREAMS: &[Stream] = &[
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

/// The `n`-th piece of a list.
fn element(n: usize) -> String {
    // Of one length, so that what was room enough for one is for all.
    let n = n + 1000;
    if n == 1000 { "[".into() } else { format!("{n},\\\"\\\\u00e9\\\",") }
}

impl Stream {
    /// Frames of deltas, each with `padding` bytes that mean nothing.
    fn frames(&self, wire: Wire, deltas: Range<usize>, padding: usize) -> Vec<u8> {
        let padding = "x".repeat(padding);
        let opening = if deltas.start == 0 { wire.opening } else { "" };
        let frames = deltas.map(|n| (wire.frame)(n, &(self.delta)(n), &padding));
        format!("{opening}{}", frames.collect::<String>()).into_bytes()
    }
}

/// Feeds and drains; gives the number of deltas.
fn drive(normalizer: &mut Normalizer, bytes: &[u8], chunk_bytes: usize) -> usize {
    let mut deltas = 0;
    for chunk in bytes.chunks(chunk_bytes) {
        normalizer.feed(chunk);
        while let Some(event) = normalizer.poll() {
            deltas += usize::from(is_delta(&event));
        }
    }
    deltas
}

const fn is_delta(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::TextDelta { .. }
            | Event::ReasoningDelta { .. }
            | Event::RefusalDelta { .. }
            | Event::ToolCallDelta { .. }
    )
}

/// A normalizer that has seen the first sixteen deltas, in chunks as large as those that follow.
fn warm(stream: &Stream, chunk_bytes: usize) -> Normalizer {
    warm_as(&dialects::OPENAI_CHAT, CHAT, stream, chunk_bytes)
}

fn warm_as(dialect: &Dialect, wire: Wire, stream: &Stream, chunk_bytes: usize) -> Normalizer {
    let mut normalizer = Normalizer::new(dialect);
    // Padded to three of the largest chunks: the buffer has then been as full as it will be.
    let deltas = drive(&mut normalizer, &stream.frames(wire, 0..WARM, 3 * CHUNKS[0] / WARM), chunk_bytes);
    assert!(deltas >= WARM - 1, "{}: {deltas} deltas", stream.name);
    normalizer
}

#[test]
fn a_delta_allocates_nothing() {
    for stream in STREAMS {
        for chunk_bytes in CHUNKS {
            let mut normalizer = warm(stream, chunk_bytes);
            let bytes = stream.frames(CHAT, WARM..WARM + DELTAS, 8);
            let (given, deltas) = allocations(|| drive(&mut normalizer, &bytes, chunk_bytes));
            assert!(deltas >= DELTAS, "{}: {deltas} deltas", stream.name);
            assert_eq!(given, 0, "{} in chunks of {chunk_bytes}: allocations for {deltas} deltas", stream.name);
        }
    }
}

#[test]
fn a_delta_allocates_nothing_in_any_dialect() {
    for dialect in registry::ALL {
        let (wire, streams) = applying(dialect);
        for stream in streams {
            let mut normalizer = warm_as(dialect, wire, stream, CHUNKS[1]);
            let bytes = stream.frames(wire, WARM..WARM + DELTAS, 8);
            let (given, deltas) = allocations(|| drive(&mut normalizer, &bytes, CHUNKS[1]));
            assert!(deltas >= DELTAS, "{}, {}: {deltas} deltas", dialect.name, stream.name);
            assert_eq!(given, 0, "{}, {}: allocations for {deltas} deltas", dialect.name, stream.name);
        }
    }
}

/// Text, input, and reasoning in the field that the vendor prefers. Where fragments repeat all before them, only input
/// has fragments of one size.
fn applying(dialect: &Dialect) -> (Wire, Vec<&'static Stream>) {
    match dialect.protocol {
        Protocol::OpenaiResponses => return (RESPONSES, RESPONSES_STREAMS.iter().collect()),
        Protocol::AnthropicMessages => return (MESSAGES, MESSAGES_STREAMS.iter().collect()),
        Protocol::Ollama => return (OLLAMA, OLLAMA_STREAMS.iter().collect()),
        Protocol::Cohere => return (COHERE, COHERE_STREAMS.iter().collect()),
        Protocol::GeminiInteractions => return (INTERACTIONS, INTERACTIONS_STREAMS.iter().collect()),
        Protocol::CohereV1 => return (COHERE_V1, COHERE_V1_STREAMS.iter().collect()),
        _ => {}
    }
    let named = |name| REASONING.iter().chain(STREAMS).find(|stream| stream.name == name);
    let preferred = dialect.oddities.reasoning_fields.first().map(|name| &**name);
    let names = if dialect.oddities.is_cumulative {
        [Some("input"), None, None]
    } else {
        [Some("input"), Some("text"), preferred]
    };
    let names = names.into_iter().flatten();
    (CHAT, names.map(|name| named(name).unwrap_or_else(|| panic!("no stream of {name}"))).collect())
}

#[test]
fn a_frame_with_its_events_allocates_nothing() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[1]);
        let bytes = stream.frames(CHAT, WARM..WARM + DELTAS, 8);
        let (given, deltas) = allocations(|| {
            let mut deltas = 0;
            for chunk in bytes.chunks(CHUNKS[1]) {
                normalizer.feed(chunk);
                while let Some(frame) = normalizer.poll_frame() {
                    deltas += frame.events().filter(is_delta).count();
                }
            }
            deltas
        });
        assert!(deltas >= DELTAS, "{}: {deltas} deltas", stream.name);
        assert_eq!(given, 0, "{}: allocations for {deltas} deltas", stream.name);
    }
}

#[test]
fn comments_and_pings_allocate_nothing() {
    let mut normalizer = warm(&STREAMS[0], CHUNKS[1]);
    let bytes = ": ping\r\n\r\nevent: ping\nid: 7\ndata:\n\n\n".repeat(DELTAS);
    let (given, _) = allocations(|| drive(&mut normalizer, bytes.as_bytes(), CHUNKS[1]));
    assert_eq!(given, 0);
}

/// A stream costs a few allocations to begin, whatever it carries.
#[test]
fn a_stream_begins_with_few_allocations() {
    for stream in STREAMS {
        let bytes = stream.frames(CHAT, 0..WARM, 8);
        for chunk_bytes in CHUNKS {
            let (given, _) = allocations(|| {
                let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
                drive(&mut normalizer, &bytes, chunk_bytes);
                normalizer
            });
            eprintln!("{} in chunks of {chunk_bytes}: {given} allocations for {WARM} deltas", stream.name);
            assert!(given <= BEGIN_MOST, "{} in chunks of {chunk_bytes}: {given}", stream.name);
        }
    }
}

/// The end costs what the blocks' ends and the verdict cost, not what was said before.
#[test]
fn a_stream_ends_with_few_allocations() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[0]);
        let end = b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let (given, _) = allocations(|| {
            drive(&mut normalizer, end, CHUNKS[0]);
            normalizer.finish(Close::Clean);
            while normalizer.poll().is_some() {}
        });
        assert!(given <= END_MOST, "{}: {given}", stream.name);
    }
}

#[test]
fn an_owned_delta_is_one_allocation() {
    for stream in STREAMS {
        let mut normalizer = warm(stream, CHUNKS[0]);
        normalizer.feed(&stream.frames(CHAT, WARM..WARM + 20, 8));
        let mut deltas = 0;
        while let Some(event) = normalizer.poll() {
            let (given, owned) = allocations(|| event.to_owned());
            assert!(given <= 1, "{}: {given} allocations for {owned:?}", stream.name);
            deltas += usize::from(is_delta(&event));
        }
        assert!(deltas >= 20, "{}: {deltas} deltas", stream.name);
    }
}

/// A binary log costs nothing but the buffer that it is given out in.
#[test]
fn a_written_event_allocates_nothing() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let mut events = Vec::new();
    for stream in STREAMS {
        normalizer.feed(&stream.frames(CHAT, 0..WARM, 300));
        while let Some(event) = normalizer.poll() {
            events.push(event.to_owned());
        }
    }
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        events.push(event.to_owned());
    }
    let mut writer = log::binary::Writer::new(&log::Header::new(None, Protocol::OpenaiChat));
    // Twice what follows: the buffer has then been as full as it will be.
    events.iter().chain(&events).for_each(|event| writer.write(&event.as_lent()));
    writer.clear();
    let (given, ()) = allocations(|| events.iter().for_each(|event| writer.write(&event.as_lent())));
    assert!(events.len() > 3 * WARM && !writer.as_bytes().is_empty());
    assert_eq!(given, 0, "allocations for {} events", events.len());
}

/// The counter itself: if it saw nothing, every test here would pass.
#[test]
fn the_counter_counts() {
    let (given, text) = allocations(|| String::from("a"));
    assert_eq!((given, text.as_str()), (1, "a"));
    let (given, _) = allocations(|| {
        let mut bytes = vec![0_u8; 16];
        bytes.reserve_exact(1000);
        bytes
    });
    assert_eq!(given, 2);
    assert_eq!(allocations(|| 1 + 1).0, 0);
}

const WARM: usize = 16;
const DELTAS: usize = 1000;
/// A read of a fast connection, a packet, and the smallest there is. The largest comes first.
const CHUNKS: [usize; 3] = [16 << 10, 1460, 1];
const BEGIN_MOST: u64 = 64;
const END_MOST: u64 = 16;
