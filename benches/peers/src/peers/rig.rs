//! `rig-core`: its completion models, from request to items, over an HTTP client that has the body in memory.

use std::future::{self, Future};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use rig_core::client::CompletionClient as _;
use rig_core::completion::CompletionModel;
use rig_core::http_client::sse::BoxedStream;
use rig_core::http_client::{
    Error, HttpClientExt, LazyBody, MultipartForm, Request, Response, Result, StreamingResponse,
};
use rig_core::providers::{anthropic, gemini, openai};
use rig_core::streaming::{StreamedAssistantContent, ToolCallDeltaContent};
use rig_core::wasm_compat::WasmCompatSend;
use thalweg_bench::streams::Stream;

use super::{Blocks, block_on};
use crate::loopback;

/// Streams a completion of the protocol's model.
pub(crate) fn rig(stream: &Stream, chunk_bytes: usize, visit: impl FnMut(usize, &str)) {
    let http = Memory { body: loopback::body(stream), chunk_bytes };
    match stream.protocol() {
        "openai-chat" => {
            let client = openai::CompletionsClient::builder().api_key("none").http_client(http).build();
            drive(client.expect(WELL).completion_model("example-1"), visit);
        }
        "openai-responses" => {
            let client = openai::Client::builder().api_key("none").http_client(http).build();
            drive(client.expect(WELL).completion_model("example-1"), visit);
        }
        "anthropic-messages" => {
            let client = anthropic::Client::builder().api_key("none").http_client(http).build();
            drive(client.expect(WELL).completion_model("example-1"), visit);
        }
        _ => {
            let client = gemini::Client::builder().api_key("none").http_client(http).build();
            drive(client.expect(WELL).completion_model("example-1"), visit);
        }
    }
}

fn drive(model: impl CompletionModel + Clone, mut visit: impl FnMut(usize, &str)) {
    let mut blocks = Blocks::default();
    block_on(async {
        let items = model.completion_request("hello").max_tokens(1000).stream().await;
        let mut items = items.expect("the client answers");
        while let Some(item) = items.next().await {
            match item.expect("the streams are valid") {
                StreamedAssistantContent::Text(text) => visit(blocks.number("text"), &text.text),
                StreamedAssistantContent::ReasoningDelta { id, reasoning, .. } => {
                    visit(blocks.number(&id), &reasoning);
                }
                StreamedAssistantContent::ToolCallDelta { internal_call_id, content } => {
                    let block = blocks.number(&internal_call_id);
                    if let ToolCallDeltaContent::Delta(input) = content {
                        visit(block, &input);
                    }
                }
                _ => {}
            }
        }
    });
}

/// Answers every request with the same body.
#[derive(Clone, Debug, Default)]
struct Memory {
    body: Bytes,
    chunk_bytes: usize,
}

impl HttpClientExt for Memory {
    fn send<T, U>(
        &self,
        _: Request<T>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        T: Into<Bytes> + WasmCompatSend,
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        future::ready(Err(Error::StreamEnded))
    }

    fn send_multipart<U>(
        &self,
        _: Request<MultipartForm>,
    ) -> impl Future<Output = Result<Response<LazyBody<U>>>> + WasmCompatSend + 'static
    where
        U: From<Bytes> + WasmCompatSend + 'static,
    {
        future::ready(Err(Error::StreamEnded))
    }

    fn send_streaming<T>(&self, _: Request<T>) -> impl Future<Output = Result<StreamingResponse>> + WasmCompatSend
    where
        T: Into<Bytes> + WasmCompatSend,
    {
        let chunks = loopback::chunks(self.body.clone(), self.chunk_bytes).map(Ok);
        let body: BoxedStream = Box::pin(stream::iter(chunks));
        let response = Response::builder().header("content-type", "text/event-stream").body(body);
        future::ready(response.map_err(Error::Protocol))
    }
}

const WELL: &str = "there is nothing that could be wrong";
