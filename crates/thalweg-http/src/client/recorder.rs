//! A call as it was received, in the form of the corpus.

use core::fmt;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thalweg::framing::Framing;
use thalweg::{Close, Recording};
use tokio::time::Instant;

use super::head::Head;
use super::secret::Redactor;
use crate::media;

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
    /// None until a head comes.
    response: Option<About>,
    how: String,
    redactor: Arc<Redactor>,
}

/// What the head of a response says about its bytes.
struct About {
    extension: &'static str,
    server: String,
    status: u16,
    content_type: Option<String>,
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
            response: None,
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

    /// Makes the folder that a recording is to be [written](Self::write) to, and sees that none is there: better before
    /// the request is sent than when its answer has been paid for.
    ///
    /// # Errors
    /// The folder cannot be made, or has a `body.*`, `chunks.tsv` or `case.toml`. The message names the file.
    pub fn make_folder(folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
        for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))? {
            let name = entry.map_err(|error| named(folder, &error))?.file_name();
            let is_body = Path::new(&name).file_stem() == Some(OsStr::new("body"));
            if is_body || name == CHUNKS || name == CASE {
                let there = io::Error::new(io::ErrorKind::AlreadyExists, "it is there, and is not written over");
                return Err(named(&folder.join(name), &there));
            }
        }
        Ok(())
    }

    /// Writes the recording as a case of the corpus, without what a person must state: the bytes, `chunks.tsv`, and a
    /// `case.toml` that says where they are from. Gives the path of the bytes. Files that are there are not written over,
    /// and then nothing is written. An answer that is not over is written as cancelled.
    ///
    /// # Errors
    /// There is no response ([`NotFound`](io::ErrorKind::NotFound)), the folder cannot be made, a file of a recording is
    /// there, or cannot be written. The message names the file.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let recording = self.recording();
        let state = self.lock();
        let Some(response) = &state.response else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no response came that could be written"));
        };
        Self::make_folder(folder)?;
        let body = folder.join(format!("body.{}", response.extension));
        create(&body, recording.bytes())?;
        create(&folder.join(CHUNKS), recording.to_tsv().as_bytes())?;
        let case = response.case(&state.how, recording.close().unwrap_or(Close::Cancelled));
        create(&folder.join(CASE), case.as_bytes())?;
        Ok(body)
    }

    /// Another attempt begins: the request is being sent. The handle that writes it.
    pub(crate) fn begin(&self, redactor: Arc<Redactor>, how: String) -> Self {
        let mut state = self.lock();
        state.attempt += 1;
        state.recording = Recording::new().with_held_bytes(state.held_bytes_max);
        state.start = Instant::now();
        state.response = None;
        state.redactor = redactor;
        state.how = how;
        Self { state: Arc::clone(&self.state), attempt: state.attempt }
    }

    /// The head of the response came.
    pub(crate) fn head(&self, head: &Head, framing: Framing) {
        let Some(mut state) = self.writes() else { return };
        state.response = Some(About {
            extension: extension(head.content_type.as_deref().unwrap_or_default(), framing),
            server: head.header("server").unwrap_or_default().to_owned(),
            status: head.status,
            content_type: head.content_type.clone(),
        });
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

impl About {
    /// What the corpus wants to know of a case, as far as nobody must think about it.
    fn case(&self, how: &str, close: Close) -> String {
        let mut case = format!(
            "about = \"\"                # one sentence: what this case shows\n\n[source]\nkind = \"recorded\"\nserver = {:?}   \
             # product and version\nhow = {:?}\nclose = \"{close}\"\n",
            plain(&self.server),
            plain(how)
        );
        if self.status != 200 {
            case.push_str(&format!("status = {}\n", self.status));
        }
        let media = self.content_type.as_deref().filter(|media| media::of_ending(self.extension) != Some(*media));
        if let Some(media) = media {
            case.push_str(&format!("content_type = {:?}\n", plain(media)));
        }
        case + "\n# [expect]: stated by hand, from the bytes. See corpus/README.md.\n"
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

/// So far behind the beginning is looked, too: further than a secret is long that a header can hold.
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
    let written = private(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| named(path, &error))
}

/// An error with the file it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes a file that only its owner may read.
pub(crate) fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The table of times.
const CHUNKS: &str = "chunks.tsv";

/// What is known of the answer.
const CASE: &str = "case.toml";
