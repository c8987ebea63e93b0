//! What the tests read answers with.

use core::future::Future;
use core::time::Duration;

use reqwest::Response;
use thalweg::{Close, Recording};
use thalweg_http::replay::{Fault, Library, Replay, Server, Speed, Wire};

/// An answer as it arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    pub(crate) status: u16,
    pub(crate) chunks: Vec<Vec<u8>>,
    /// Whether the body ended as HTTP has it.
    pub(crate) is_whole: bool,
}

impl Arrived {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    /// The bytes as text, which they are in most tests.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// Three events in two chunks, the first 8 bytes long.
pub(crate) fn recording() -> Recording {
    let mut recording = Recording::new();
    recording.push(1_000, b"data: 1\n");
    recording.push(2_000, b"\ndata: 2\n\ndata: [DONE]\n\n");
    recording.finish(Some(3_000), Close::Clean);
    recording
}

pub(crate) const BODY: &str = "data: 1\n\ndata: 2\n\ndata: [DONE]\n\n";

/// A server of [`recording`] at full speed, with these faults.
pub(crate) async fn serve(faults: &str) -> Server {
    start(Library::of("three", Wire::Sse, &recording()), faults).await
}

pub(crate) async fn start(library: Library, faults: &str) -> Server {
    let faults = Fault::parse_list(faults).expect("they are faults");
    let replay = faults.into_iter().fold(Replay::new(library).with_speed(Speed::Max), Replay::with_fault);
    replay.bind("127.0.0.1:0").await.expect("a free port is there")
}

/// Asks, perhaps for a fault.
pub(crate) async fn ask(server: &Server, path: &str, fault: &str) -> reqwest::Result<Response> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
    let mut request = client.post(format!("{}{path}", server.url())).body("{\"stream\":true}");
    if !fault.is_empty() {
        request = request.header("x-thalweg-fault", fault);
    }
    request.send().await
}

/// Reads an answer to its end, however that comes.
pub(crate) async fn read(mut response: Response) -> Arrived {
    let mut arrived = Arrived { status: response.status().as_u16(), ..Arrived::default() };
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => arrived.chunks.push(chunk.to_vec()),
            Ok(None) => {
                arrived.is_whole = true;
                return arrived;
            }
            Err(_) => return arrived,
        }
    }
}

/// Asks and reads.
pub(crate) async fn get(server: &Server, fault: &str) -> Arrived {
    let response = ask(server, "/v1/chat/completions", fault).await.expect("there is an answer");
    soon(read(response)).await
}

/// Something that must not take long; a test that would hang fails instead.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it takes no minute")
}
