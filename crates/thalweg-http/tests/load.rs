//! Many answers at once, some of them read slowly: each is right, and when they are over nothing is left of them.
//!
//! A test binary of its own: it replaces the allocator by one that counts. The same with thousands of streams, from a
//! server in another process and beside a bare reader, is `load` in `benches/`.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::alloc::System;
use std::sync::Arc;

use serde_json::json;
use thalweg::{Close, Event, Fold, Outcome, Recording, Response};
use thalweg_http::replay::{Library, Replay, Server, Speed, Wire};
use thalweg_http::{Client, Endpoint, Request};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

struct Counting;

/// Bytes in use by the whole program, and the most there were.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn taken(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(live, Ordering::Relaxed);
}

fn given_back(bytes: usize) {
    LIVE.fetch_sub(bytes, Ordering::Relaxed);
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; every call goes to the system's unchanged")]
// SAFETY: each method passes its arguments on to `System`, which upholds the contract; counting touches no memory of
// the caller and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size());
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is the one of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        given_back(layout.size());
        // SAFETY: `at` came from `System`, because the methods here, and those by default made of them, get it there.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const STREAMS: usize = 50;
const TOKENS: usize = 80;
/// Long enough that a reader who kept what it has read would be seen.
const PADDING: usize = 10_000;

/// A token of a stream: no two streams have one in common.
fn token(stream: usize, n: usize) -> String {
    format!("{stream}.{n} ")
}

fn recording(stream: usize) -> Recording {
    let mut recording = Recording::new();
    let mut say = |choice: serde_json::Value| {
        let frame = json!({"id": "r1", "choices": [choice], "obfuscation": "x".repeat(PADDING)});
        recording.push(0, format!("data: {frame}\n\n").as_bytes());
    };
    for n in 0..TOKENS {
        say(json!({"index": 0, "delta": {"content": token(stream, n)}}));
    }
    say(json!({"index": 0, "delta": {}, "finish_reason": "stop"}));
    recording.push(0, b"data: [DONE]\n\n");
    recording.finish(None, Close::Clean);
    recording
}

async fn serve() -> Server {
    let mut library = Library::default();
    for stream in 0..STREAMS {
        library.insert(format!("s{stream}"), Wire::Sse, &recording(stream));
    }
    let server = Replay::new(library).with_speed(Speed::Max).bind("127.0.0.1:0").await;
    server.expect("the loopback has a port")
}

/// Sends, folds and checks; every tenth reader pauses after each event.
async fn read(client: &Client, endpoint: &Endpoint, stream: usize) {
    let request = Request::new(json!({"model": "m", "messages": [{"role": "user", "content": "Say it"}]}));
    let mut answer = client.send(endpoint, request).await.expect("it answers");
    let mut response = Response::default();
    while let Some(event) = answer.next_event().await {
        response.apply(&event);
        if stream % 10 == 9 && matches!(event, Event::TextDelta { .. }) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let expected: String = (0..TOKENS).map(|n| token(stream, n)).collect();
    assert_eq!(response.outcome, Some(Outcome::Complete), "stream {stream}");
    assert_eq!(response.choices[0].text(), expected, "stream {stream}");
    assert!(response.anomalies.is_empty() && answer.error().is_none(), "stream {stream}");
}

/// Reads all at once, with connections of their own, and waits until these are closed.
async fn read_all(server: &Server) {
    let tasks = Handle::current().metrics().num_alive_tasks();
    // Proxies of the machine are none of a test's.
    let client = Client::build(reqwest::Client::builder().no_proxy()).expect("there is a TLS");
    let client = Arc::new(client);
    let mut reading = JoinSet::new();
    for stream in 0..STREAMS {
        let endpoint = Endpoint::of("openai-chat", &format!("{}/s{stream}", server.url())).expect("a base");
        let client = Arc::clone(&client);
        reading.spawn(async move { read(&client, &endpoint, stream).await });
    }
    while let Some(read) = reading.join_next().await {
        read.expect("no reader panics");
    }
    drop((client, reading));
    let closed = server.wait_for(|counts| counts.open_connections == 0);
    tokio::time::timeout(Duration::from_secs(10), closed).await.expect("every connection is closed");
    for _ in 0..1000 {
        if Handle::current().metrics().num_alive_tasks() <= tasks {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("tasks are left: {tasks} before, {} now", Handle::current().metrics().num_alive_tasks());
}

#[tokio::test]
async fn fifty_streams_at_once_are_all_right_and_leave_nothing() {
    let server = serve().await;
    // Once for what a program keeps by itself.
    read_all(&server).await;
    let before = LIVE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    read_all(&server).await;
    let left = LIVE.load(Ordering::Relaxed).saturating_sub(before);
    let most = MOST.load(Ordering::Relaxed).saturating_sub(before) / STREAMS;
    let counts = server.counts();
    assert_eq!((counts.ended, counts.abandoned), (2 * STREAMS as u64, 0));
    assert!(left < STREAMS * LEFT_BYTES_MAX, "{left} bytes are left");
    assert!(most < STREAM_BYTES_MAX, "a stream took {most} bytes, of a body of {}", recording(0).bytes().len());
}

/// Less than anything that could be left of a stream.
const LEFT_BYTES_MAX: usize = 64;

/// Of both ends of a stream. The HTTP client's buffer grows to 512 KiB where its reader is slow; a body is longer.
const STREAM_BYTES_MAX: usize = 640 * 1024;
