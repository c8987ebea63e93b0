//! `eventsource-stream`, the framing that Rust clients use, and what stands behind it.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_openai::types::chat::CreateChatCompletionStreamResponse;
use async_openai::types::responses::ResponseStreamEvent;
use eventsource_stream::{Event, EventStream};
use futures_util::{Stream as _, stream};
use thalweg_bench::streams::Stream;

use super::typed::Reader;

/// `eventsource-stream`, then the structs of `serde_typed`.
pub(crate) fn es_serde(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    let mut read = Reader::new(stream);
    for_each_event(stream, chunk_bytes, |event| read.frame(event.data.as_bytes(), &mut visit));
}

/// `eventsource-stream`, then `async-openai`'s own types: what its client does for each event (`client.rs`, `stream`),
/// without the task and the channel that it puts between.
pub(crate) fn es_async_openai(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    let is_chat = stream.protocol() == "openai-chat";
    for_each_event(stream, chunk_bytes, |event| {
        if event.data == "[DONE]" || event.event == "keepalive" {
            return;
        }
        if is_chat {
            visit_chunk(parse(&event.data), &mut visit);
        } else {
            visit_event(&std::hint::black_box(parse(&event.data)), &mut visit);
        }
    });
}

fn visit_chunk(chunk: CreateChatCompletionStreamResponse, visit: &mut impl FnMut(usize, &str)) {
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
}

fn visit_event(event: &ResponseStreamEvent, visit: &mut impl FnMut(usize, &str)) {
    match event {
        ResponseStreamEvent::ResponseOutputTextDelta(event) => visit(event.output_index as usize, &event.delta),
        ResponseStreamEvent::ResponseFunctionCallArgumentsDelta(event) => {
            visit(event.output_index as usize, &event.delta);
        }
        _ => {}
    }
}

fn parse<T: serde::de::DeserializeOwned>(data: &str) -> T {
    serde_json::from_str(data).expect("the streams are what the type wants")
}

/// Runs `eventsource-stream` over a body that is all there: it is never pending, so no executor is needed.
fn for_each_event(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(Event)) {
    let chunks = stream.bytes.chunks(chunk_bytes).map(Ok::<_, Infallible>);
    let mut events = pin!(EventStream::new(stream::iter(chunks)));
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(event)) = events.as_mut().poll_next(&mut context) {
        visit(event.expect("the streams are valid"));
    }
}
