//! A call as it was received, in the form of the corpus.

use core::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thalweg::framing::Framing;
use thalweg::{Close, Recording};
use tokio::time::Instant;

use super::head::Head;
use super::secret::Redactor;

/// Records the answer of a call: chunks as they arrive, with their times since the request was sent, and the close.
///
/// A handle: keep a clone, give one to [`Client::with_recorder`](crate::Client::with_recorder), and take the recording
/// when the answer is over, or was dropped. Where a call takes several attempts it holds the last one. Secrets of the
/// request are written over wherever the answer repeats them, byte for byte, so that offsets stay as they were. (In an
/// AWS event stream the message around one has then a checksum that is wrong.)
///
/// ```no_run
/// # async fn f(endpoint: thalweg_http::Endpoint, request: thalweg_http::Request) -> Result<(), Box<dyn std::error::Error>> {
/// use thalweg_http::{Client, Recorder};
///
/// let recorder = Recorder::new();
/// let client = Client::new()?.with_recorder(recorder.clone());
/// let collected = client.send(&endpoint, request).await?.collect_response().await;
/// recorder.write(std::path::Path::new("corpus/openai-chat/my-case"))?; // body.sse, chunks.tsv, case.toml
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
    /// The attempt that this handle writes; what one of an earlier attempt has to say comes too late.
    attempt: u64,
}

struct State {
    /// The attempt that is recorded.
    attempt: u64,
    recording: Recording,
    held_bytes_max: usize,
    start: Instant,
    extension: &'static str,
    server: String,
    how: String,
    redactor: Arc<Redactor>,
}

impl Recorder {
    /// Holds up to 256 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_held_bytes(thalweg::recording::HELD_BYTES)
    }

    /// With another bound: [`Recording::with_held_bytes`].
    #[must_use]
    pub fn with_held_bytes(held_bytes_max: usize) -> Self {
        let state = State {
            attempt: 0,
            recording: Recording::new().with_held_bytes(held_bytes_max),
            held_bytes_max,
            start: Instant::now(),
            extension: "sse",
            server: String::new(),
            how: String::new(),
            redactor: Arc::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), attempt: 0 }
    }

    /// What was recorded so far, secrets written over.
    #[must_use]
    pub fn recording(&self) -> Recording {
        let state = self.lock();
        let mut bytes = state.recording.bytes().to_vec();
        if state.redactor.bytes(&mut bytes) {
            // The table was made of the same recording, and the length is the same.
            return Recording::from_parts(bytes, &state.recording.to_tsv()).unwrap_or_default();
        }
        state.recording.clone()
    }

    /// The beginning of what the attempt of this handle brought, secrets written over; nothing where another attempt is
    /// recorded by now.
    pub(crate) fn beginning(&self, most: usize) -> Vec<u8> {
        let Some(state) = self.writes() else { return Vec::new() };
        let bytes = state.recording.bytes();
        // A secret on the border is known whole.
        let mut beginning = bytes[..bytes.len().min(most.saturating_add(BORDER_BYTES))].to_vec();
        state.redactor.bytes(&mut beginning);
        beginning.truncate(most);
        beginning
    }

    /// Writes the recording as a case of the corpus, without what a person must state: the bytes, `chunks.tsv`, and a
    /// `case.toml` that says where they are from. Gives the path of the bytes. Files that are there are not written over.
    ///
    /// # Errors
    /// The folder cannot be made, a file is there, or cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let recording = self.recording();
        let state = self.lock();
        fs::create_dir_all(folder)?;
        let body = folder.join(format!("body.{}", state.extension));
        create(&body, recording.bytes())?;
        create(&folder.join("chunks.tsv"), recording.to_tsv().as_bytes())?;
        let close = recording.close().unwrap_or(Close::Broken);
        let case = format!(
            "about = \"\"                # one sentence: what this case shows\n\n[source]\nkind = \"recorded\"\nserver = {:?}   \
             # product and version\nhow = {:?}\nclose = \"{close}\"\n\n# [expect]: stated by hand, from the bytes. See corpus/README.md.\n",
            plain(&state.server),
            plain(&state.how)
        );
        create(&folder.join("case.toml"), case.as_bytes())?;
        Ok(body)
    }

    /// Another attempt begins: the request is being sent. The handle that writes it.
    pub(crate) fn begin(&self, redactor: Arc<Redactor>, how: String) -> Self {
        let mut state = self.lock();
        state.attempt += 1;
        state.recording = Recording::new().with_held_bytes(state.held_bytes_max);
        state.start = Instant::now();
        state.redactor = redactor;
        state.how = how;
        Self { state: Arc::clone(&self.state), attempt: state.attempt }
    }

    /// The head of the response came.
    pub(crate) fn head(&self, head: &Head, framing: Framing) {
        let Some(mut state) = self.writes() else { return };
        state.server = head.header("server").unwrap_or_default().to_owned();
        state.extension = extension(head.content_type.as_deref().unwrap_or_default(), framing);
    }

    /// A chunk came.
    pub(crate) fn push(&self, chunk: &[u8]) {
        let Some(mut state) = self.writes() else { return };
        let at_us = state.now_us();
        state.recording.push(at_us, chunk);
    }

    /// The body is over; only the first call counts.
    pub(crate) fn finish(&self, close: Close) {
        let Some(mut state) = self.writes() else { return };
        let at_us = state.now_us();
        state.recording.finish(Some(at_us), close);
    }

    /// The state, while the attempt of this handle is the one that is recorded.
    fn writes(&self) -> Option<MutexGuard<'_, State>> {
        Some(self.lock()).filter(|state| state.attempt == self.attempt)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&self.lock().recording).finish()
    }
}

const BORDER_BYTES: usize = 16 * 1024;

/// The name that the corpus has for such a body: by its type, else by the dialect's framing.
fn extension(content_type: &str, framing: Framing) -> &'static str {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/event-stream" => "sse",
        "application/json" => "json",
        "text/html" => "html",
        "application/vnd.amazon.eventstream" => "eventstream",
        of if of.contains("ndjson") || of.contains("jsonl") => "ndjson",
        _ => match framing {
            Framing::AwsEventStream => "eventstream",
            Framing::Lines => "ndjson",
            Framing::Sse => "sse",
            _ => "json",
        },
    }
}

/// A text that needs no escape in TOML but those that Rust writes alike.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && c.is_ascii()).collect()
}

/// A new file that only its owner may read: an answer is as private as what was asked.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private(path)?.write_all(bytes)
}

/// Makes a file that only its owner may read.
pub(crate) fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
