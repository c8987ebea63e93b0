//! A server that says what a script has, byte by byte, and counts who is connected.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex};

use serde_json::json;
use thalweg::policy::RetryRules;
use thalweg_http::{Client, ClientRules, Endpoint, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a server does behind a request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes again and again, until the client goes or so many were sent.
    Flood { bytes: Vec<u8>, most: usize },
    /// Waits: less than a tenth of a second.
    Wait(Duration),
    /// Says nothing more, until the client goes.
    Stall,
    /// Ends the connection with a reset.
    Reset,
}

/// Sends a text.
pub(crate) fn send(text: impl Into<String>) -> Step {
    Step::Send(text.into().into_bytes())
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<String>>,
    connected: AtomicUsize,
    accepted: AtomicUsize,
    sent: AtomicUsize,
}

impl Server {
    /// The first request is answered by the first script, and so on; the last script is for all others.
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let n = shared.accepted.fetch_add(1, Ordering::SeqCst);
                shared.connected.fetch_add(1, Ordering::SeqCst);
                let script = scripts.get(n).or_else(|| scripts.last()).cloned().unwrap_or_default();
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    serve(stream, script, &shared).await;
                    shared.connected.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, state, accepting }
    }

    pub(crate) async fn with(script: Vec<Step>) -> Self {
        Self::start(vec![script]).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::of("openai-chat", &self.url()).expect("the server's address is a base")
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().expect("no test panics while it holds it").clone()
    }

    /// Bytes sent to all clients.
    pub(crate) fn sent(&self) -> usize {
        self.state.sent.load(Ordering::SeqCst)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn connected(&self) -> usize {
        self.state.connected.load(Ordering::SeqCst)
    }

    /// Gives the kernel time to tell the server that the client has gone: as little as it takes.
    pub(crate) async fn is_left_alone(&self) -> bool {
        soon(|| self.connected() == 0).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Waits until something is so, as long as it takes a busy machine; false where it never is.
pub(crate) async fn soon(is_so: impl Fn() -> bool) -> bool {
    for _ in 0..100 {
        if is_so() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

async fn serve(mut stream: TcpStream, script: Vec<Step>, state: &State) {
    let Some(request) = read_request(&mut stream).await else { return };
    state.requests.lock().expect("no test panics while it holds it").push(request);
    for step in script {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                state.sent.fetch_add(bytes.len(), Ordering::SeqCst);
            }
            Step::Flood { bytes, most } => {
                let mut sent = 0;
                while sent < most {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                    sent += bytes.len();
                    state.sent.fetch_add(bytes.len(), Ordering::SeqCst);
                }
            }
            Step::Wait(span) => tokio::time::sleep(span).await,
            Step::Stall => while stream.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {},
            Step::Reset => {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("the socket lingers not");
                return;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

/// A response's head.
pub(crate) fn head(status: &str, headers: &[(&str, &str)]) -> Step {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    send(format!("HTTP/1.1 {status}\r\nconnection: close\r\n{lines}\r\n"))
}

/// The head of a stream of events.
pub(crate) fn stream_head() -> Step {
    head("200 OK", &[("content-type", "text/event-stream")])
}

/// A frame with a text.
pub(crate) fn text(words: &str) -> Step {
    send(text_frame(words))
}

pub(crate) fn text_frame(words: &str) -> String {
    let frame = json!({"id": "r1", "model": "m-1", "choices": [{"index": 0, "delta": {"content": words}}]});
    format!("data: {frame}\n\n")
}

/// The end of an answer.
pub(crate) fn end() -> Step {
    send(END_FRAMES)
}

pub(crate) const END_FRAMES: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n\
    data: [DONE]\n\n";

/// An answer that is well.
pub(crate) fn good() -> Vec<Step> {
    vec![stream_head(), text("Low "), text("tide"), end()]
}

/// A request.
pub(crate) fn request() -> Request {
    Request::new(json!({"model": "m", "messages": [{"role": "user", "content": "When is low tide?"}]}))
}

/// A client that tries nothing again, and waits for nothing longer than a test may.
pub(crate) fn client() -> Client {
    client_with(|_| {})
}

/// The same, with other rules.
pub(crate) fn client_with(change: impl FnOnce(&mut ClientRules)) -> Client {
    client_of(reqwest_builder(), change)
}

/// The same, over an HTTP client of one's own.
pub(crate) fn client_of(builder: reqwest::ClientBuilder, change: impl FnOnce(&mut ClientRules)) -> Client {
    let mut rules = ClientRules::default();
    rules.retry = RetryRules::never();
    change(&mut rules);
    Client::build(builder).expect("there is a TLS").with_rules(rules)
}

/// Proxies of the machine are none of a test's.
pub(crate) fn reqwest_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}
