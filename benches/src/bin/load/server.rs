//! The server, a process of its own: opens all streams, and only then sends what they say.
//!
//! A frame is a chunk of HTTP and a write of its own, as providers send them.

use core::net::{Ipv4Addr, SocketAddr};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};
use thalweg::framing::{Framer, Framing};
use thalweg_bench::streams::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::process::{millis, runtime};
use crate::traffic::{self, Load};

/// Serves until the standard input ends. Says the address first, and at the end what it has counted.
#[expect(clippy::print_stdout, reason = "it is how processes talk here")]
pub(crate) fn run(load: Load) -> Result<(), String> {
    let error = |error: io::Error| format!("the server: {error}");
    runtime()?.block_on(async move {
        let listener = listen().map_err(error)?;
        println!("{}", listener.local_addr().map_err(error)?.port());
        io::stdout().flush().map_err(error)?;
        let shared = Arc::new(Shared::new(load));
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        // The parent holds the other end, and lets go of it when the client has ended.
        let end = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await;
        end.map_err(|error| error.to_string())?.map_err(error)?;
        // What is left now is a leak, but for the kernel's news of the last connections.
        for _ in 0..100 {
            if shared.open.load(Ordering::Relaxed) == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        println!("{}", shared.counts());
        Ok(())
    })
}

/// What all connections share.
struct Shared {
    load: Load,
    bodies: Vec<Body>,
    /// Set when all streams are open.
    start: watch::Sender<Option<Instant>>,
    asked: AtomicUsize,
    open: AtomicUsize,
    blocked: AtomicUsize,
    whole: AtomicUsize,
    late_ms: AtomicUsize,
}

/// A body as it goes over the wire.
struct Body {
    bytes: Vec<u8>,
    chunks: Vec<Range<usize>>,
}

impl Shared {
    fn new(load: Load) -> Self {
        let bodies = traffic::bodies().iter().map(Body::new).collect();
        Self {
            load,
            bodies,
            start: watch::Sender::new(None),
            asked: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            blocked: AtomicUsize::new(0),
            whole: AtomicUsize::new(0),
            late_ms: AtomicUsize::new(0),
        }
    }

    /// Waits until all streams are open; gives the number of this one.
    async fn all_open(&self) -> (usize, Instant) {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        if number + 1 == self.load.streams {
            self.start.send_replace(Some(Instant::now()));
        }
        let mut start = self.start.subscribe();
        let start = start.wait_for(Option::is_some).await.ok().and_then(|start| *start);
        // The sender lives as long as this does.
        (number, start.unwrap_or_else(Instant::now))
    }

    /// As [`Counts`](crate::report::Counts) reads them.
    fn counts(&self) -> String {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed).to_string();
        [&self.whole, &self.open, &self.blocked, &self.late_ms].map(count).join(" ")
    }
}

impl Body {
    fn new(stream: &Stream) -> Self {
        let mut body = Self { bytes: Vec::new(), chunks: Vec::new() };
        let mut framer = Framer::new(Framing::Sse);
        let mut rest = stream.bytes.as_slice();
        while let Some(cut) = framer.finish(rest) {
            let (frame, behind) = rest.split_at(cut.len);
            body.add(&[format!("{:x}\r\n", frame.len()).as_bytes(), frame, b"\r\n"]);
            rest = behind;
        }
        body.add(&[b"0\r\n\r\n"]);
        body
    }

    fn add(&mut self, parts: &[&[u8]]) {
        let begin = self.bytes.len();
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.chunks.push(begin..self.bytes.len());
    }
}

/// All connect at once, and none may have to try again; what a slow consumer does not take must not vanish in buffers.
fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                shared.open.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    // A client that goes is seen in its own figures, and that the stream was not whole.
                    let _ = serve(stream, &shared).await;
                    shared.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers one request, and waits for the client to close the connection.
async fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let path = read_request(&mut stream).await?;
    let (body, is_slow) = traffic::asked(&path).ok_or(io::ErrorKind::NotFound)?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        .await?;
    let (number, start) = shared.all_open().await;
    let tick = shared.load.pace.filter(|_| !is_slow).map(|pace| Duration::from_secs(1) / pace);
    // Streams do not all speak at once.
    let phase = tick.unwrap_or_default().mul_f64(number as f64 / shared.load.streams as f64);
    let mut due = start + phase;
    let mut is_blocked = false;
    let body = &shared.bodies[body];
    for chunk in &body.chunks {
        if let Some(tick) = tick {
            sleep_until(due).await;
            shared.late_ms.fetch_max(millis(due.elapsed()), Ordering::Relaxed);
            due += tick;
        }
        is_blocked |= write(&stream, &body.bytes[chunk.clone()]).await?;
    }
    shared.whole.fetch_add(1, Ordering::Relaxed);
    shared.blocked.fetch_add(usize::from(is_blocked), Ordering::Relaxed);
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

/// Writes all; true where the client had not made room for it.
async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<bool> {
    let mut is_blocked = false;
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                is_blocked = true;
                stream.writable().await?;
            }
            Err(error) => return Err(error),
        }
    }
    // A task that is always ready must not keep its thread to itself.
    tokio::task::consume_budget().await;
    Ok(is_blocked)
}

/// Reads a request to its end; gives its path.
async fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let path = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or(io::ErrorKind::InvalidData)?;
            let len =
                lines.find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= len.unwrap_or(0) {
                return Ok(path.to_owned());
            }
        }
        if stream.read_buf(&mut request).await? == 0 || request.len() > REQUEST_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

const BACKLOG: i32 = 4096;
const SEND_BUFFER_BYTES: usize = 8 * 1024;
const REQUEST_BYTES_MAX: usize = 64 * 1024;
