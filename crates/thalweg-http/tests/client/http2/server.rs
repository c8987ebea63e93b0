//! A server that speaks HTTP/2 without TLS, says on each stream what a script has, and counts connections, streams and
//! the resets that come from the client.

use core::future::{pending, poll_fn};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use thalweg_http::Endpoint;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, mpsc};
use tokio::task::{JoinHandle, yield_now};

use crate::server::{END_FRAMES, soon, text_frame};

/// What a server does on the stream of a request. Behind the last step the stream ends.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends the head of a stream of events.
    Head,
    /// Sends a part of the body.
    Send(String),
    /// Waits for all others who have the barrier.
    Meet(Arc<Barrier>),
    /// Says nothing more, until the client resets the stream or goes.
    Stall,
    /// Resets the stream: the last step.
    Reset(Reason),
    /// Ends the connection in this way.
    End(End),
}

/// How a server ends a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It says that no stream more is served, and goes when the last one is over.
    Graceful,
    /// It says why, and goes.
    GoAway(Reason),
    /// It goes.
    Silent,
}

/// A frame with a text.
pub(crate) fn text(words: &str) -> Step {
    Step::Send(text_frame(words))
}

/// The end of an answer.
pub(crate) fn end() -> Step {
    Step::Send(END_FRAMES.to_owned())
}

/// An answer that is well.
pub(crate) fn good() -> Vec<Step> {
    vec![Step::Head, text("Low "), text("tide"), end()]
}

/// What is said to a request, the how-manieth it is and with which body.
type Script = dyn Fn(usize, &str) -> Vec<Step> + Send + Sync;

/// A running server.
pub(crate) struct Server {
    address: core::net::SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    script: Box<Script>,
    streams_max: u32,
    requests: Mutex<Vec<String>>,
    resets: Mutex<Vec<Reason>>,
    accepted: AtomicUsize,
    connected: AtomicUsize,
    open: AtomicUsize,
}

impl Server {
    /// The first request is answered by the first script, and so on; the last script is for all others.
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let script = move |n: usize, _: &str| scripts.get(n).or_else(|| scripts.last()).cloned().unwrap_or_default();
        Self::of(script, 100).await
    }

    /// With a script for each body, and so many streams at once on a connection.
    pub(crate) async fn of(
        script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
        streams_max: u32,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            script: Box::new(script),
            streams_max,
            requests: Mutex::default(),
            resets: Mutex::default(),
            accepted: AtomicUsize::new(0),
            connected: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                shared.connected.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    connection(stream, &shared).await;
                    shared.connected.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, state, accepting }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::of("openai-chat", &format!("http://{}", self.address)).expect("the server's address is a base")
    }

    /// The bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().expect("no test panics while it holds it").clone()
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// The reasons of the client's resets, when no more than so many streams are open.
    pub(crate) async fn resets(&self, open: usize) -> Vec<Reason> {
        assert!(soon(|| self.state.open.load(Ordering::SeqCst) <= open).await, "streams are left");
        self.state.resets.lock().expect("no test panics while it holds it").clone()
    }

    /// Whether a request comes, the how-manieth it is.
    pub(crate) async fn is_asked(&self, times: usize) -> bool {
        soon(|| self.requests().len() >= times).await
    }

    pub(crate) async fn is_left_alone(&self) -> bool {
        soon(|| self.state.connected.load(Ordering::SeqCst) == 0).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(stream: TcpStream, state: &Arc<State>) {
    // Else a frame waits until the one before it is acknowledged, which takes longer than a test should.
    stream.set_nodelay(true).expect("the connection is there");
    let handshake = Builder::new().max_concurrent_streams(state.streams_max).handshake(stream);
    let Ok(mut connection) = handshake.await else { return };
    let (tell, mut told) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(Ok((request, respond))) = accepted else { return };
                let (state, tell) = (Arc::clone(state), tell.clone());
                tokio::spawn(async move {
                    state.open.fetch_add(1, Ordering::SeqCst);
                    serve(request, respond, &state, &tell).await;
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
            Some(end) = told.recv() => match end {
                End::Graceful => connection.graceful_shutdown(),
                End::GoAway(reason) => connection.abrupt_shutdown(reason),
                End::Silent => return,
            },
        }
    }
}

async fn serve(
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    state: &State,
    tell: &mpsc::UnboundedSender<End>,
) {
    let Some(body) = read_all(request.into_body()).await else { return };
    let n = {
        let mut requests = state.requests.lock().expect("no test panics while it holds it");
        requests.push(body.clone());
        requests.len() - 1
    };
    let mut stream = Stream { respond, sending: None };
    for step in (state.script)(n, &body) {
        let Some(wait) = stream.take(step, tell) else { return };
        tokio::select! {
            biased;
            reset = stream.reset() => {
                if let Ok(reason) = reset {
                    state.resets.lock().expect("no test panics while it holds it").push(reason);
                }
                return;
            }
            () = wait.over() => {}
        }
    }
    stream.send(Bytes::new(), true);
}

/// The server's half of a stream.
struct Stream {
    respond: SendResponse<Bytes>,
    sending: Option<SendStream<Bytes>>,
}

/// What the next step waits for.
enum Wait {
    Flush,
    All(Arc<Barrier>),
    Nothing,
}

impl Stream {
    /// None where there is no next step.
    fn take(&mut self, step: Step, tell: &mpsc::UnboundedSender<End>) -> Option<Wait> {
        match step {
            Step::Head => {
                let head = Response::builder().header("content-type", "text/event-stream").body(());
                self.sending = self.respond.send_response(head.expect("it is a head"), false).ok();
            }
            Step::Send(part) => self.send(part.into(), false),
            Step::Meet(barrier) => return Some(Wait::All(barrier)),
            Step::Stall => return Some(Wait::Nothing),
            Step::Reset(reason) => {
                self.respond.send_reset(reason);
                return None;
            }
            // A connection that has ended cannot be ended.
            Step::End(end) => drop(tell.send(end)),
        }
        Some(Wait::Flush)
    }

    fn send(&mut self, part: Bytes, is_last: bool) {
        if let Some(sending) = &mut self.sending {
            // Where the client has gone, there is nobody to tell.
            let _ = sending.send_data(part, is_last);
        }
    }

    /// The client resets the stream, or the connection breaks.
    async fn reset(&mut self) -> Result<Reason, h2::Error> {
        poll_fn(|cx| match &mut self.sending {
            Some(sending) => sending.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        })
        .await
    }
}

impl Wait {
    async fn over(self) {
        match self {
            // The task of the connection sends what there is, before a reset takes it back.
            Self::Flush => yield_now().await,
            Self::All(barrier) => {
                barrier.wait().await;
            }
            Self::Nothing => pending().await,
        }
    }
}

async fn read_all(mut body: RecvStream) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.ok()?;
        body.flow_control().release_capacity(part.len()).ok()?;
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).ok()
}
