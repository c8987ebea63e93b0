//! The client, a process of its own: reads all streams at once, as events that are folded and checked, or as bytes.

use core::future::{Future, poll_fn};
use core::pin::pin;
use std::sync::Arc;

use futures::Stream as _;
use reqwest::Url;
use thalweg::{Close, Event, Fold as _, Normalizer, Response, Stage};
use thalweg_bench::streams::Stream;
use thalweg_http::{Client, Endpoint, Request};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::process::{self, Cpu, millis, runtime};
use crate::report::Figures;
use crate::traffic::{self, Load, PAUSE, body_of, check, is_slow};

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// `reqwest`, its `bytes_stream`, and nothing else.
    Bare,
    /// The same, each chunk decoded and folded, by hand: what of the cost is none of the client's.
    ByHand,
    /// `thalweg-http`, and a fold of each answer.
    Thalweg,
}

impl Reader {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::ByHand, Self::Thalweg];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::ByHand => "by-hand",
            Self::Thalweg => "thalweg",
        }
    }

    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|reader| reader.word() == word).ok_or_else(|| "no such reader".to_owned())
    }
}

/// Reads all streams of a server and says what that took, as [`Figures`] reads it.
#[expect(clippy::print_stdout, reason = "it is how processes talk here")]
pub(crate) fn run(reader: Reader, load: Load, port: &str) -> Result<(), String> {
    let base = format!("http://127.0.0.1:{port}");
    let bodies = Arc::new(Expected::all());
    let runtime = runtime()?;
    let figures = runtime.block_on(async {
        let measured = async {
            match reader {
                Reader::Bare => measure(load, Bare::new(&base, load, bodies)?).await,
                Reader::ByHand => measure(load, ByHand(Bare::new(&base, load, bodies)?)).await,
                Reader::Thalweg => measure(load, Events::new(&base, load, bodies)?).await,
            }
        };
        timeout(LONGEST, measured).await.map_err(|_| format!("{}: it does not end", reader.word()))?
    })?;
    println!("{}", figures.line());
    Ok(())
}

/// A way to read a stream.
trait Reads: Send + Sync + 'static {
    /// Reads one; gives how many events or chunks that were.
    fn read(&self, stream: usize) -> impl Future<Output = Result<usize, String>> + Send;
}

/// What a body is when it was read.
struct Expected {
    /// Without its bytes: nobody has them but the server.
    stream: Stream,
    bytes: usize,
}

impl Expected {
    fn all() -> Vec<Self> {
        let bodies = traffic::bodies().into_iter();
        bodies.map(|mut stream| Self { bytes: core::mem::take(&mut stream.bytes).len(), stream }).collect()
    }
}

/// Opens all streams at once, reads them to their ends, and looks at what is left afterwards.
async fn measure(load: Load, reads: impl Reads) -> Result<Figures, String> {
    let reads = Arc::new(reads);
    let files = process::open_files()?;
    process::reset_peak()?;
    let (resident_kib, cpu, begin) = (process::resident_kib()?, Cpu::now()?, Instant::now());
    let mut tasks = JoinSet::new();
    for stream in 0..load.streams {
        let reads = Arc::clone(&reads);
        tasks.spawn(async move { reads.read(stream).await.map_err(|error| format!("stream {stream}: {error}")) });
    }
    let mut items = 0;
    while let Some(read) = tasks.join_next().await {
        items += read.map_err(|error| error.to_string())??;
    }
    let (cpu, wall_ms) = (Cpu::now()?.since(cpu), millis(begin.elapsed()));
    let peak_kib = process::peak_kib()?.saturating_sub(resident_kib);
    drop(reads);
    // Connections close in tasks of the HTTP client.
    for _ in 0..100 {
        if process::open_files()? <= files && tasks_alive() == 0 {
            break;
        }
        sleep(core::time::Duration::from_millis(10)).await;
    }
    let left = process::open_files()?.saturating_sub(files) + tasks_alive();
    Ok(Figures { user_ms: cpu.user_ms, system_ms: cpu.system_ms, wall_ms, peak_kib, items, left })
}

fn tasks_alive() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// `reqwest` alone.
struct Bare {
    http: reqwest::Client,
    /// Where each stream is had, and what is sent there.
    requests: Vec<(Url, String)>,
    bodies: Arc<Vec<Expected>>,
}

impl Bare {
    fn new(base: &str, load: Load, bodies: Arc<Vec<Expected>>) -> Result<Self, String> {
        let http = builder().build().map_err(|error| error.to_string())?;
        let request = |stream: usize| {
            let url = Url::parse(&format!("{base}/{}/v1", traffic::path(stream))).map_err(|error| error.to_string())?;
            Ok((url, traffic::request(bodies[body_of(stream)].stream.protocol()).to_string()))
        };
        let requests = (0..load.streams).map(request).collect::<Result<_, String>>()?;
        Ok(Self { http, requests, bodies })
    }

    async fn send(&self, stream: usize) -> Result<reqwest::Response, String> {
        let (url, body) = self.requests[stream].clone();
        let request = self.http.post(url).header("content-type", "application/json").body(body);
        request.send().await.map_err(|error| error.to_string())
    }
}

impl Reads for Bare {
    async fn read(&self, stream: usize) -> Result<usize, String> {
        let mut chunks = pin!(self.send(stream).await?.bytes_stream());
        let (mut bytes, mut count) = (0, 0);
        while let Some(chunk) = poll_fn(|cx| chunks.as_mut().poll_next(cx)).await {
            bytes += chunk.map_err(|error| error.to_string())?.len();
            count += 1;
            if is_slow(stream) {
                sleep(PAUSE).await;
            }
        }
        let expected = self.bodies[body_of(stream)].bytes;
        if bytes == expected { Ok(count) } else { Err(format!("{bytes} bytes of {expected}")) }
    }
}

/// `reqwest` and the core, without deadlines, retries, times and traces.
struct ByHand(Bare);

impl Reads for ByHand {
    async fn read(&self, stream: usize) -> Result<usize, String> {
        let expected = &self.0.bodies[body_of(stream)].stream;
        let mut chunks = pin!(self.0.send(stream).await?.bytes_stream());
        let mut normalizer = Normalizer::new(expected.dialect);
        let (mut response, mut count) = (Response::default(), 0);
        loop {
            while let Some(event) = normalizer.poll() {
                response.apply(&event);
                count += 1;
                pause(stream, &event).await;
            }
            if normalizer.stage() == Stage::Ended {
                break;
            }
            match poll_fn(|cx| chunks.as_mut().poll_next(cx)).await {
                Some(chunk) => normalizer.feed(&chunk.map_err(|error| error.to_string())?),
                None => normalizer.finish(Close::Clean),
            }
        }
        check(&response, expected)?;
        Ok(count)
    }
}

/// `thalweg-http`.
struct Events {
    client: Client,
    /// Where each stream is had, and what is sent there.
    requests: Vec<(Endpoint, Request)>,
    bodies: Arc<Vec<Expected>>,
}

impl Events {
    fn new(base: &str, load: Load, bodies: Arc<Vec<Expected>>) -> Result<Self, String> {
        let client = Client::build(builder()).map_err(|error| error.to_string())?;
        let request = |stream: usize| {
            let protocol = bodies[body_of(stream)].stream.protocol();
            let base = format!("{base}/{}", traffic::path(stream));
            let endpoint = Endpoint::of(protocol, &base).map_err(|error| error.to_string())?;
            Ok((endpoint, Request::new(traffic::request(protocol)).with_model("m")))
        };
        let requests = (0..load.streams).map(request).collect::<Result<_, String>>()?;
        Ok(Self { client, requests, bodies })
    }
}

impl Reads for Events {
    async fn read(&self, stream: usize) -> Result<usize, String> {
        let (endpoint, request) = &self.requests[stream];
        let answer = self.client.send(endpoint, request.clone()).await;
        let mut answer = answer.map_err(|error| error.to_string())?;
        let (mut response, mut count) = (Response::default(), 0);
        while let Some(event) = answer.next_event().await {
            response.apply(&event);
            count += 1;
            pause(stream, &event).await;
        }
        check(&response, &self.bodies[body_of(stream)].stream)?;
        Ok(count)
    }
}

/// Slow consumers take their time over content, of which a frame has at most one fragment.
async fn pause(stream: usize, event: &Event<'_>) {
    let is_content =
        matches!(event, Event::TextDelta { .. } | Event::ReasoningDelta { .. } | Event::ToolCallDelta { .. });
    if is_content && is_slow(stream) {
        sleep(PAUSE).await;
    }
}

/// All read through the same HTTP client: HTTP/1.1 in clear, a connection a stream.
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// A run that has not ended by then never will.
const LONGEST: core::time::Duration = core::time::Duration::from_secs(300);
