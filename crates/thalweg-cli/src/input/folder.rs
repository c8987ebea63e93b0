//! A folder with a recording in it, as the corpus has them and `thalweg record` makes them.

use core::fmt::Display;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thalweg::{Close, Dialect, Recording, registry};

/// A recording, and the dialect that it is said to be of.
pub(crate) struct Recorded {
    pub(crate) recording: Recording,
    pub(crate) dialect: Option<&'static Dialect>,
}

/// Reads the recording in a folder, all of it into memory.
pub(super) fn load(dir: &Path) -> io::Result<Recorded> {
    let body = body(dir)?;
    let bytes = fs::read(&body).map_err(|error| named(&body, error.kind(), &error))?;
    let about = About::load(dir)?;
    let chunks = dir.join("chunks.tsv");
    let mut recording = match read_if_there(&chunks)? {
        Some(table) => {
            Recording::from_parts(bytes, &table).map_err(|error| named(&chunks, ErrorKind::InvalidData, &error))?
        }
        None => {
            let mut recording = Recording::new().with_held_bytes(usize::MAX);
            recording.push(0, &bytes);
            recording.finish(None, about.close.unwrap_or(Close::Clean));
            recording
        }
    };
    if let Some(close) = about.close {
        // Only where the table does not say it.
        recording.finish(None, close);
    }
    Ok(Recorded { recording, dialect: about.dialect })
}

/// The one body in a folder.
fn body(dir: &Path) -> io::Result<PathBuf> {
    let mut bodies = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_stem() == Some(OsStr::new("body")) {
            bodies.push(path);
        }
    }
    match bodies.len() {
        0 => {
            Err(io::Error::new(ErrorKind::IsADirectory, "Is a directory without a recording: no body.sse or the like"))
        }
        1 => Ok(bodies.remove(0)),
        _ => Err(io::Error::new(ErrorKind::IsADirectory, "Is a directory with more than one body")),
    }
}

/// What a `case.toml` says about the bytes beside it; it may be missing, and so may all that is in it.
#[derive(Default)]
struct About {
    close: Option<Close>,
    dialect: Option<&'static Dialect>,
}

impl About {
    fn load(dir: &Path) -> io::Result<Self> {
        let path = dir.join("case.toml");
        let Some(text) = read_if_there(&path)? else { return Ok(Self::default()) };
        let wrong = |why: &dyn Display| named(&path, ErrorKind::InvalidData, why);
        let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(&error.message()))?;
        let Some(source) = table.get("source") else { return Ok(Self::default()) };
        let close = match source.get("close") {
            None => Close::Clean,
            Some(word) => {
                let close = Close::ALL.iter().find(|close| word.as_str() == Some(close.as_str()));
                *close.ok_or_else(|| wrong(&"source.close: no such value"))?
            }
        };
        // A recording's `how` ends with its dialect, and a case of the corpus stands in the folder of its dialect.
        let how = source.get("how").and_then(|how| how.as_str()).unwrap_or_default();
        let said = how.rsplit_once(", dialect ").and_then(|(_, name)| registry::find(name));
        let dialect = said.or_else(|| {
            let dir = dir.canonicalize().ok()?;
            registry::find(dir.parent()?.file_name()?.to_str()?)
        });
        Ok(Self { close: Some(close), dialect })
    }
}

fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(path, error.kind(), &error)),
    }
}

/// An error of a file in the folder, by the file's name.
fn named(path: &Path, kind: ErrorKind, why: &dyn Display) -> io::Error {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    io::Error::new(kind, format!("{name}: {why}"))
}
