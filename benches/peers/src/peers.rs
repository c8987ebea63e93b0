//! What others do with the same bytes.
//!
//! All of them get the body in memory; a real client has a transport in front. Every step visits each fragment of
//! content with the number of its block, as the steps of `thalweg_bench` do.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_openai::types::chat::CreateChatCompletionStreamResponse;
use eventsource_stream::{Event, EventStream};
use futures_util::{Stream as _, stream};
use serde::Deserialize;
use smallvec::SmallVec;
use thalweg_bench::steps;

/// Our framing, then `serde_json` into structs that borrow from the frame: what a careful program writes for itself.
pub(crate) fn serde_typed(bytes: &[u8], chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    steps::framing(bytes, chunk_bytes, |data| {
        if data != DONE.as_bytes() {
            let chunk = serde_json::from_slice(data).expect("the streams are valid JSON");
            visit_chunk(&chunk, &mut visit);
        }
    });
}

/// `eventsource-stream`, then the same structs.
pub(crate) fn es_serde(bytes: &[u8], chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    event_stream(bytes, chunk_bytes, |event| {
        if event.data != DONE {
            let chunk = serde_json::from_str(&event.data).expect("the streams are valid JSON");
            visit_chunk(&chunk, &mut visit);
        }
    });
}

/// `eventsource-stream`, then `async-openai`'s own type: what its client does for each event (`client.rs`, `stream`),
/// without the task and the channel that it puts between.
pub(crate) fn es_async_openai(bytes: &[u8], chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    event_stream(bytes, chunk_bytes, |event| {
        if event.data == DONE || event.event == "keepalive" {
            return;
        }
        let chunk: CreateChatCompletionStreamResponse =
            serde_json::from_str(&event.data).expect("the streams are what the type wants");
        for choice in chunk.choices {
            if let Some(text) = choice.delta.content {
                visit(0, &text);
            }
            for call in choice.delta.tool_calls.into_iter().flatten() {
                if let Some(input) = call.function.and_then(|function| function.arguments) {
                    visit(call.index as usize, &input);
                }
            }
        }
    });
}

/// Runs `eventsource-stream` over a body that is all there: it is never pending, so no executor is needed.
fn event_stream(bytes: &[u8], chunk_bytes: usize, mut visit: impl FnMut(Event)) {
    let mut events = pin!(EventStream::new(stream::iter(bytes.chunks(chunk_bytes).map(Ok::<_, Infallible>))));
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(event)) = events.as_mut().poll_next(&mut context) {
        visit(event.expect("the streams are valid"));
    }
}

fn visit_chunk(chunk: &Chunk<'_>, visit: &mut impl FnMut(usize, &str)) {
    // Whoever reads a stream reads these too: the optimizer may not leave them out.
    std::hint::black_box((&chunk.id, chunk.created, &chunk.model, &chunk.system_fingerprint, &chunk.usage));
    for choice in &chunk.choices {
        std::hint::black_box((choice.index, &choice.finish_reason));
        if let Some(text) = &choice.delta.content {
            visit(0, &text.0);
        }
        for call in choice.delta.tool_calls.iter().flatten() {
            std::hint::black_box((&call.id, call.function.as_ref().and_then(|function| function.name.as_ref())));
            if let Some(input) = call.function.as_ref().and_then(|function| function.arguments.as_ref()) {
                visit(call.index, &input.0);
            }
        }
    }
}

/// A chunk with the fields that thalweg reads too, borrowed where nothing is escaped, without a vector for the one
/// choice and the one call that nearly every chunk has.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    created: u64,
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow, default)]
    system_fingerprint: Option<Text<'a>>,
    #[serde(borrow)]
    choices: SmallVec<[Choice<'a>; 1]>,
    #[serde(default)]
    usage: Option<Usage>,
}

/// Inside of an `Option` serde borrows only through a type of one's own: a bare `Cow` would be copied.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Choice<'a> {
    index: u32,
    #[serde(borrow)]
    delta: Delta<'a>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<SmallVec<[Call<'a>; 1]>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    index: usize,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    arguments: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and kept: that is what is measured")]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

const DONE: &str = "[DONE]";
