//! The recordings of a folder, in memory.
//!
//! A recording is a folder with one body and perhaps its table of times and what is known about the answer, as in
//! the corpus; or a body alone. Everything is read before the first request, so that a file that cannot be read is
//! known at once, and so that any number of clients share one copy.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::HeaderValue;
use thalweg::{Close, Recording};

use super::case::{Case, at_once};
use super::error::LoadError;
use super::take::Take;
use crate::media;

/// Default of [`Library::load_within`]: 1 GiB.
pub const LIBRARY_BYTES: u64 = 1 << 30;

/// Recordings to serve, each with a name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Sorted by name.
    pub(super) recorded: Vec<Arc<Recorded>>,
}

/// What one name answers with.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) name: String,
    pub(super) wire: Wire,
    pub(super) content_type: HeaderValue,
    pub(super) status: StatusCode,
    /// One a connection, at least one.
    pub(super) takes: Vec<Take>,
}

/// What the bytes are, as far as faults must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wire {
    /// Server-sent events.
    Sse,
    /// JSON, one a line.
    Lines,
    /// Messages of an AWS event stream.
    EventStream,
    /// One JSON document.
    Json,
    /// A page.
    Html,
}

impl Library {
    /// Reads one recording or a folder of them: a folder with a body in it (`body.sse`, `.ndjson`, `.eventstream`,
    /// `.json`, `.html`), folders of such folders, or one file with such an ending. At most [`LIBRARY_BYTES`].
    ///
    /// # Errors
    /// Where there is no recording, one cannot be read, or they are too many or too large.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load_within(path, LIBRARY_BYTES)
    }

    /// The same with another bound on the bytes of all bodies.
    ///
    /// # Errors
    /// Where there is no recording, one cannot be read, or they are too many or too large.
    pub fn load_within(path: impl AsRef<Path>, bytes_max: u64) -> Result<Self, LoadError> {
        let root = path.as_ref();
        let mut loading = Loading { library: Self::default(), bytes_left: bytes_max, folders_left: FOLDERS_MAX };
        if root.is_dir() {
            loading.folder(root, "", 0)?;
        } else {
            loading.file(root)?;
        }
        let mut library = loading.library;
        if library.recorded.is_empty() {
            return Err(LoadError::new(root, "there is no recording: no folder in it has a body.sse or the like"));
        }
        library.recorded.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(library)
    }

    /// A library of one recording that is in memory already. It answers with status 200.
    #[must_use]
    pub fn of(name: impl Into<String>, wire: Wire, recording: &Recording) -> Self {
        let mut library = Self::default();
        library.insert(name, wire, recording);
        library
    }

    /// Adds a recording; one of the same name is replaced.
    pub fn insert(&mut self, name: impl Into<String>, wire: Wire, recording: &Recording) {
        let about = About { status: StatusCode::OK, content_type: None };
        let recorded = Arc::new(Recorded::new(name.into(), wire, recording, about));
        match self.recorded.binary_search_by(|known| known.name.cmp(&recorded.name)) {
            Ok(at) => self.recorded[at] = recorded,
            Err(at) => self.recorded.insert(at, recorded),
        }
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.recorded.iter().map(|recorded| &*recorded.name)
    }
}

impl Wire {
    /// What the ending of a body's file name says.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        WIRES.iter().find(|(known, _)| *known == extension).map(|(_, wire)| *wire)
    }

    /// The media type that it is served with.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        let ending = WIRES.iter().find(|(_, wire)| *wire == self).map(|(ending, _)| *ending);
        ending.and_then(media::of_ending).unwrap_or("application/octet-stream")
    }
}

impl Recorded {
    fn new(name: String, wire: Wire, recording: &Recording, about: About) -> Self {
        let content_type = about.content_type.unwrap_or_else(|| HeaderValue::from_static(wire.content_type()));
        Self { name, wire, content_type, status: about.status, takes: Take::all(recording) }
    }
}

/// What stands beside the bytes about the answer.
struct About {
    status: StatusCode,
    content_type: Option<HeaderValue>,
}

struct Loading {
    library: Library,
    bytes_left: u64,
    folders_left: usize,
}

impl Loading {
    /// Takes the recording in a folder, or those in the folders in it.
    fn folder(&mut self, dir: &Path, name: &str, depth: usize) -> Result<(), LoadError> {
        let unreadable = |error| LoadError::new(dir, error);
        self.folders_left = self.folders_left.checked_sub(1).ok_or_else(|| LoadError::new(dir, "too many folders"))?;
        let (mut bodies, mut folders) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let is_body = path.file_stem() == Some(OsStr::new("body")) && wire(&path).is_some();
            match path.is_dir() {
                true => folders.push(path),
                false if is_body => bodies.push(path),
                false => {}
            }
        }
        match &bodies[..] {
            [body] => return self.recording(dir, body, if depth == 0 { file_name(dir) } else { name.to_owned() }),
            [] if depth < DEPTH_MAX => {}
            [] => return Ok(()),
            _ => return Err(LoadError::new(dir, "it has more than one body")),
        }
        folders.sort();
        for folder in folders {
            let own = file_name(&folder);
            let name = if name.is_empty() { own } else { format!("{name}/{own}") };
            self.folder(&folder, &name, depth + 1)?;
        }
        Ok(())
    }

    /// Takes a body that is alone.
    fn file(&mut self, path: &Path) -> Result<(), LoadError> {
        let wire = wire(path).ok_or_else(|| LoadError::new(path, format!("no body: it ends in none of {ENDINGS}")));
        let bytes = self.read(path)?;
        let about = About { status: StatusCode::OK, content_type: None };
        self.add(file_name(path), wire?, &at_once(&bytes, Close::Clean), about);
        Ok(())
    }

    fn recording(&mut self, dir: &Path, body: &Path, name: String) -> Result<(), LoadError> {
        let case = Case::load_by(dir, body, |path| self.read(path))?;
        let about = About { status: case.source.status()?, content_type: case.source.content_type()? };
        let wire = wire(body).ok_or_else(|| LoadError::new(body, "no body"))?;
        self.add(name, wire, &case.recording, about);
        Ok(())
    }

    fn add(&mut self, name: String, wire: Wire, recording: &Recording, about: About) {
        self.library.recorded.push(Arc::new(Recorded::new(name, wire, recording, about)));
    }

    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let error = |error| LoadError::new(path, error);
        let len = fs::metadata(path).map_err(error)?.len();
        let left = self.bytes_left.checked_sub(len);
        self.bytes_left = left.ok_or_else(|| LoadError::new(path, "the recordings are too large to be held"))?;
        fs::read(path).map_err(error)
    }
}

fn wire(path: &Path) -> Option<Wire> {
    path.extension().and_then(OsStr::to_str).and_then(Wire::from_extension)
}

/// The last part of a path, also of one like `.`.
fn file_name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    whole.file_name().map_or_else(|| "recording".to_owned(), |name| name.to_string_lossy().into_owned())
}

const WIRES: [(&str, Wire); 5] = [
    ("sse", Wire::Sse),
    ("ndjson", Wire::Lines),
    ("eventstream", Wire::EventStream),
    ("json", Wire::Json),
    ("html", Wire::Html),
];

const ENDINGS: &str = ".sse, .ndjson, .eventstream, .json, .html";

/// A dialect's folder, a case's folder, and one more.
const DEPTH_MAX: usize = 3;

/// So many folders are looked into.
const FOLDERS_MAX: usize = 65_536;

#[cfg(test)]
mod tests;
