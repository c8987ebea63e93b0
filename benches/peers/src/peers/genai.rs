//! `genai`: its client, from request to events.
//!
//! It makes its connections itself, so it gets the stream from a server on this machine. [`receive`] is what receiving
//! alone costs, through the same HTTP client: the difference is genai's own.

use std::cell::OnceCell;

use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use serde_json::Value;
use thalweg_bench::streams::Stream;

use super::{Blocks, block_on};
use crate::loopback;

/// Streams a chat with the options that keep nothing.
pub(crate) fn genai(stream: &Stream, chunk_bytes: usize, mut visit: impl FnMut(usize, &str)) {
    let kind = match stream.protocol() {
        "openai-chat" => AdapterKind::OpenAI,
        "openai-responses" => AdapterKind::OpenAIResp,
        "anthropic-messages" => AdapterKind::Anthropic,
        _ => AdapterKind::Gemini,
    };
    let target = ServiceTarget {
        endpoint: Endpoint::from_owned(loopback::address(stream, chunk_bytes)),
        auth: AuthData::from_single("none"),
        model: ModelIden::from_static(kind, "example-1"),
    };
    let mut calls = Calls { is_by_index: kind == AdapterKind::OpenAI, blocks: Blocks::default(), seen: Vec::new() };
    block_on(async {
        let request = ChatRequest::from_user("");
        let response = with_client(|client| client.clone()).exec_chat_stream(target, request, None).await;
        let mut events = response.expect("the server answers").stream;
        while let Some(event) = events.next().await {
            match event.expect("the streams are valid") {
                ChatStreamEvent::Chunk(chunk) => visit(calls.blocks.number("text"), &chunk.content),
                ChatStreamEvent::ReasoningChunk(chunk) => visit(calls.blocks.number("reasoning"), &chunk.content),
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    if let Value::String(input) = &chunk.tool_call.fn_arguments {
                        calls.visit(&chunk.tool_call.call_id, input, &mut visit);
                    }
                }
                _ => {}
            }
        }
    });
}

/// Receives a stream and does nothing with it; gives how many bytes there were.
pub(crate) fn receive(stream: &Stream, chunk_bytes: usize) -> usize {
    let address = loopback::address(stream, chunk_bytes);
    block_on(async {
        let response = with_http(|http| http.post(address).body("{}")).send().await.expect("the server answers");
        let mut chunks = response.bytes_stream();
        let mut seen = 0;
        while let Some(chunk) = chunks.next().await {
            seen += chunk.expect("the server sends it all").len();
        }
        seen
    })
}

/// Inputs as they come: fragments of OpenAI's chat, elsewhere all that there is so far.
struct Calls {
    is_by_index: bool,
    blocks: Blocks,
    /// How much of each block's input was visited.
    seen: Vec<usize>,
}

impl Calls {
    fn visit(&mut self, id: &str, input: &str, visit: &mut impl FnMut(usize, &str)) {
        if self.is_by_index {
            // The first fragment has the call's id and nothing else; those behind it are called by their index.
            if let Some(block) = id.strip_prefix("call_").and_then(|index| index.parse().ok()) {
                visit(block, input);
            }
            return;
        }
        let block = self.blocks.number(id);
        if self.seen.len() <= block {
            self.seen.resize(block + 1, 0);
        }
        visit(block, &input[self.seen[block]..]);
        self.seen[block] = input.len();
    }
}

fn with_client<T>(run: impl FnOnce(&Client) -> T) -> T {
    thread_local! {
        static CLIENT: OnceCell<Client> = const { OnceCell::new() };
    }
    CLIENT.with(|client| {
        run(client.get_or_init(|| {
            let builder = Client::builder().with_reqwest(with_http(Clone::clone));
            builder.build().expect("there is nothing that could be wrong")
        }))
    })
}

fn with_http<T>(run: impl FnOnce(&reqwest::Client) -> T) -> T {
    thread_local! {
        static HTTP: OnceCell<reqwest::Client> = const { OnceCell::new() };
    }
    HTTP.with(|http| {
        run(http.get_or_init(|| {
            reqwest::Client::builder().no_proxy().build().expect("there is nothing that could be wrong")
        }))
    })
}
