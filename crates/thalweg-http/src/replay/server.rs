//! The server: accepts connections, counts them, and stops.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::answer;
use super::fault::Fault;
use super::library::Library;
use super::served::Served;
use super::shared::{Counts, Log, Shared};
use super::socket::{Gate, Socket};
use super::speed::Speed;

/// Default of [`Replay::with_connections`].
pub const CONNECTIONS_MAX: usize = 1024;

/// What is to be served, and how. [`bind`](Self::bind) starts the server.
#[derive(Clone)]
pub struct Replay {
    library: Library,
    speed: Speed,
    faults: Vec<Fault>,
    connections_max: usize,
    log: Option<Log>,
}

impl Replay {
    /// Serves these recordings, as fast as they were recorded and without faults.
    #[must_use]
    pub const fn new(library: Library) -> Self {
        Self { library, speed: Speed::Times(1.0), faults: Vec::new(), connections_max: CONNECTIONS_MAX, log: None }
    }

    /// Another speed than that of the recording.
    #[must_use]
    pub const fn with_speed(mut self, speed: Speed) -> Self {
        self.speed = speed;
        self
    }

    /// Another fault in every answer, beside those that were given before.
    #[must_use]
    pub fn with_fault(mut self, fault: impl Into<Fault>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Another bound than [`CONNECTIONS_MAX`] on how many connections are open; more wait until one closes.
    #[must_use]
    pub const fn with_connections(mut self, connections_max: usize) -> Self {
        self.connections_max = if connections_max == 0 { 1 } else { connections_max };
        self
    }

    /// Tells of each request when its answer is over. What is told has no header values and no query.
    #[must_use]
    pub fn with_log(mut self, log: impl Fn(&Served) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Listens and serves, in tasks of the runtime it is called in. Port 0 is any free one.
    ///
    /// # Errors
    /// Where the address cannot be had.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(self.library, self.speed, self.faults, self.log));
        let counts = shared.counts();
        let (stop, stopped) = watch::channel(None);
        let slots = Arc::new(Semaphore::new(self.connections_max.min(Semaphore::MAX_PERMITS)));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), slots, stopped));
        Ok(Server { address, shared, counts, stop, accepting })
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("recordings", &self.library.names().len())
            .field("speed", &self.speed)
            .field("faults", &self.faults)
            .field("connections_max", &self.connections_max)
            .finish_non_exhaustive()
    }
}

/// A server that runs. Dropping it ends it and closes its connections at once.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    counts: watch::Receiver<Counts>,
    stop: watch::Sender<Option<Duration>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until what it has counted is as wanted, and gives it.
    pub async fn wait_for(&self, is_wanted: impl FnMut(&Counts) -> bool) -> Counts {
        let mut counts = self.counts.clone();
        // The sender lives as long as this does.
        let found = counts.wait_for(is_wanted).await.map(|counts| *counts);
        found.unwrap_or_default()
    }

    /// Accepts no more connections, lets answers end for so long, then closes what is left, and returns when nothing
    /// is.
    pub async fn shutdown(mut self, grace: Duration) {
        let _ = self.stop.send(Some(grace));
        // A task that panicked has ended too.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop();
        self.accepting.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// Accepts connections until it is told to stop, and ends them then.
async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    mut stopped: watch::Receiver<Option<Duration>>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            (slot, accepted) = accepted => match (slot, accepted) {
                (Ok(slot), Ok((stream, _))) => {
                    let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
                    connections.spawn(async move {
                        serve(stream, shared, stopped).await;
                        drop(slot);
                    });
                }
                // Most often too many files are open, or the client has gone again.
                _ => tokio::time::sleep(ACCEPT_AGAIN).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    let grace = stopped.borrow().unwrap_or_default();
    let rest = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, rest).await.is_err() {
        shared.stop();
        connections.shutdown().await;
    }
}

/// Serves one connection to its end.
async fn serve(stream: TcpStream, shared: Arc<Shared>, mut stopped: watch::Receiver<Option<Duration>>) {
    // Chunks leave when they are written.
    let _ = stream.set_nodelay(true);
    let _open = Open::new(Arc::clone(&shared));
    let gate = Arc::new(Gate::default());
    let socket = TokioIo::new(Socket::new(stream, Arc::clone(&gate)));
    let service = service_fn(|request| answer(Arc::clone(&shared), Arc::clone(&gate), request));
    let mut builder = http1::Builder::new();
    let connection = builder.timer(TokioTimer::new()).serve_connection(socket, service);
    tokio::pin!(connection);
    // An error is a client that went away or spoke no HTTP, or a fault: each is told elsewhere or nobody's concern.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Counts a connection while it is open.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: Arc<Shared>) -> Self {
        shared.count(|counts| {
            counts.connections += 1;
            counts.open_connections += 1;
        });
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.count(|counts| counts.open_connections = counts.open_connections.saturating_sub(1));
    }
}

/// After a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
