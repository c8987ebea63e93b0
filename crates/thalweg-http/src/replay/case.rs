//! One recording in its folder, as the corpus has them, and what is said there about it.

use std::fs;
use std::path::{Path, PathBuf};

use hyper::StatusCode;
use hyper::header::HeaderValue;
use thalweg::{Close, Recording};

use super::error::LoadError;

/// A recording, and what its `case.toml` says about how it came.
#[derive(Clone, Debug)]
pub struct Case {
    /// The bytes, with their chunks and their close.
    pub recording: Recording,
    pub(super) source: Source,
}

impl Case {
    /// Reads the recording in a folder, of which `body` is the file with the bytes. `chunks.tsv` and `case.toml` may be
    /// missing, and so may all that is in the latter.
    ///
    /// # Errors
    /// A file cannot be read, or says what cannot be. The error has its path.
    pub fn load(dir: &Path, body: &Path) -> Result<Self, LoadError> {
        Self::load_by(dir, body, |path| fs::read(path).map_err(|error| LoadError::new(path, error)))
    }

    /// The same, with a reader that may refuse.
    pub(super) fn load_by(
        dir: &Path,
        body: &Path,
        mut read: impl FnMut(&Path) -> Result<Vec<u8>, LoadError>,
    ) -> Result<Self, LoadError> {
        let bytes = read(body)?;
        let source = Source::load(dir.join("case.toml"))?;
        let close = source.close()?;
        let table = dir.join("chunks.tsv");
        let recording = if table.exists() {
            let text = String::from_utf8(read(&table)?).map_err(|error| LoadError::new(&table, error))?;
            let mut recording = Recording::from_parts(bytes, &text).map_err(|error| LoadError::new(&table, error))?;
            if let Some(close) = close {
                // Only where the table does not say it.
                recording.finish(None, close);
            }
            recording
        } else {
            at_once(&bytes, close.unwrap_or(Close::Clean))
        };
        Ok(Self { recording, source })
    }

    /// How it was made, in words; none where nothing is said about where it is from.
    #[must_use]
    pub fn how(&self) -> Option<&str> {
        self.source.table.as_ref()?;
        Some(self.source.value("how").and_then(toml::Value::as_str).unwrap_or_default())
    }
}

/// What a case says about how its bytes came.
#[derive(Clone, Debug)]
pub(super) struct Source {
    path: PathBuf,
    table: Option<toml::Value>,
}

impl Source {
    fn load(path: PathBuf) -> Result<Self, LoadError> {
        if !path.exists() {
            return Ok(Self { path, table: None });
        }
        let text = fs::read_to_string(&path).map_err(|error| LoadError::new(&path, error))?;
        let table = toml::from_str::<toml::Table>(&text).map_err(|error| LoadError::new(&path, error.message()))?;
        Ok(Self { table: table.get("source").cloned(), path })
    }

    fn value(&self, key: &str) -> Option<&toml::Value> {
        self.table.as_ref()?.get(key)
    }

    fn wrong(&self, key: &str) -> LoadError {
        LoadError::new(&self.path, format!("source.{key}: no such value"))
    }

    /// A case that says nothing closed cleanly; a table beside it that says something else wins.
    fn close(&self) -> Result<Option<Close>, LoadError> {
        let Some(word) = self.value("close") else { return Ok(self.table.as_ref().map(|_| Close::Clean)) };
        let close = Close::ALL.iter().find(|close| word.as_str() == Some(close.as_str()));
        close.copied().map(Some).ok_or_else(|| self.wrong("close"))
    }

    pub(super) fn status(&self) -> Result<StatusCode, LoadError> {
        let Some(status) = self.value("status") else { return Ok(StatusCode::OK) };
        let code = status.as_integer().and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 200);
        code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(|| self.wrong("status"))
    }

    pub(super) fn content_type(&self) -> Result<Option<HeaderValue>, LoadError> {
        let Some(media) = self.value("content_type") else { return Ok(None) };
        let media = media.as_str().and_then(|media| HeaderValue::from_str(media).ok());
        media.map(Some).ok_or_else(|| self.wrong("content_type"))
    }
}

/// A recording of bytes whose times nobody knows.
pub(super) fn at_once(bytes: &[u8], close: Close) -> Recording {
    let mut recording = Recording::new().with_held_bytes(usize::MAX);
    recording.push(0, bytes);
    recording.finish(None, close);
    recording
}
