//! Attempts that failed or said nothing, one file each: opt-in, private, bounded, and never in the way.

use core::time::Duration;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use thalweg::CountTokens;

use super::estimate::{InputEstimate, estimate_input};
use super::recorder::private;

/// A folder of failed and empty attempts, at most 50 files, the oldest deleted first.
///
/// A file is JSON: `v`, the `time`, the `model`, where it went, the `kind` of failure, the `attempt`, the `status` and the
/// beginning of the provider's message, the request's size in tokens as estimated, with the `method`, the messages and
/// tools of the request, and the beginning of the answer. Only its owner may read it (mode 0600): it holds prompts. Secrets are
/// written over. A disk that fails breaks nothing: the attempt goes on as if there were no folder. A file is written
/// by the thread that polls; requests of more than 4 MiB are written without messages and tools.
///
/// ```
/// use thalweg_http::{Client, FailureLog};
///
/// let client = Client::new()?.with_failure_log(FailureLog::new("/var/log/my-gateway/attempts"));
/// # Ok::<(), thalweg_http::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FailureLog {
    folder: PathBuf,
    files_max: usize,
    counter: Option<(String, MakeCounter)>,
}

/// Makes a counter for one request.
type MakeCounter = fn() -> Box<dyn CountTokens>;

impl FailureLog {
    /// A log in a folder, which is made when there is something to write.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), files_max: FILES_MAX, counter: None }
    }

    /// Another bound than 50 files.
    #[must_use]
    pub const fn with_files_max(mut self, files_max: usize) -> Self {
        self.files_max = files_max;
        self
    }

    /// Tokens are counted by a counter of the caller's, named by this method; without it at four characters a token.
    #[must_use]
    pub fn with_counter(mut self, method: impl Into<String>, counter: fn() -> Box<dyn CountTokens>) -> Self {
        self.counter = Some((method.into(), counter));
        self
    }

    /// Writes one attempt. `text` turns JSON into what may be written.
    pub(crate) fn write(&self, failed: &Failed<'_>, now: Duration, text: impl Fn(&str) -> String) -> io::Result<()> {
        make_private_folder(&self.folder)?;
        let name = format!("{PREFIX}{:015}-{:02}-{}.json", now.as_millis(), failed.attempt, failed.kind);
        let estimate = match &self.counter {
            None => estimate_input(failed.request, None),
            Some((method, counter)) => estimate_input(failed.request, Some((method, &mut *counter()))),
        };
        let json = text(&failed.to_json(now, &estimate).to_string());
        // Two of one millisecond: numbered.
        let mut file = None;
        for n in 0..self.files_max.max(1) {
            let path = match n {
                0 => self.folder.join(&name),
                n => self.folder.join(format!("{name}.{n}")),
            };
            match private(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    file = Some(made?);
                    break;
                }
            }
        }
        let mut file = file.ok_or(io::ErrorKind::AlreadyExists)?;
        file.write_all(json.as_bytes())?;
        self.delete_oldest()
    }

    fn delete_oldest(&self) -> io::Result<()> {
        let names = fs::read_dir(&self.folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut ours: Vec<String> = names.filter(|name| name.starts_with(PREFIX)).collect();
        ours.sort_unstable();
        // One that cannot be deleted does not keep the others.
        let mut deleted = Ok(());
        for name in ours.iter().take(ours.len().saturating_sub(self.files_max)) {
            let removed = fs::remove_file(self.folder.join(name));
            deleted = deleted.and(removed);
        }
        deleted
    }
}

/// One attempt that failed, or said nothing.
pub(crate) struct Failed<'f> {
    /// A word of small letters.
    pub(crate) kind: &'f str,
    pub(crate) model: &'f str,
    pub(crate) url: &'f str,
    pub(crate) attempt: u16,
    pub(crate) status: Option<u16>,
    pub(crate) message: &'f str,
    pub(crate) request: &'f Value,
    pub(crate) request_bytes: usize,
    /// The beginning of the answer.
    pub(crate) answer: &'f [u8],
}

impl Failed<'_> {
    fn to_json(&self, now: Duration, estimate: &InputEstimate) -> Value {
        let mut json = json!({
            "v": 1,
            "time": {"unix_ms": u64::try_from(now.as_millis()).unwrap_or(u64::MAX)},
            "model": self.model,
            "url": self.url,
            "kind": self.kind,
            "attempt": self.attempt,
            "status": self.status,
            "message": self.message,
            "input_tokens": {"estimate": estimate.tokens, "method": estimate.method},
            "answer": String::from_utf8_lossy(self.answer),
        });
        if self.request_bytes <= REQUEST_BYTES_MAX {
            let kept =
                REQUEST_MEMBERS.iter().filter_map(|name| Some(((*name).to_owned(), self.request.get(*name)?.clone())));
            json["request"] = Value::Object(kept.collect::<Map<_, _>>());
        }
        json
    }
}

fn make_private_folder(folder: &std::path::Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

const FILES_MAX: usize = 50;
const REQUEST_BYTES_MAX: usize = 4 << 20;
/// What our files are told by from others that someone puts there.
const PREFIX: &str = "attempt-";
/// What of a request is kept.
const REQUEST_MEMBERS: &[&str] = &[
    "messages",
    "system",
    "input",
    "instructions",
    "contents",
    "systemInstruction",
    "tools",
    "tool_choice",
    "max_tokens",
];
