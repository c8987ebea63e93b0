use core::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thalweg::{Close, Dialect, Recording, registry};

use crate::{Chunking, Expect, Setup};

/// One case of the corpus: a folder `corpus/<dialect>/<name>/`. `corpus/README.md` documents its files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// The folder it is in, which is a dialect's name.
    pub dialect: String,
    /// Its own folder's name.
    pub name: String,
    /// Where it is.
    pub dir: PathBuf,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The file name of the body, which says what it is taken for.
    pub body_name: &'static str,
    /// Recorded cases: the body again, as it arrived, with its close.
    pub recording: Option<Recording>,
    /// How the bytes ended.
    pub close: Close,
    /// What it shows.
    pub about: String,
    /// The entries of `corpus/quirks.md` that it shows.
    pub covers: Vec<String>,
    /// Where it is from.
    pub source: Source,
    /// What must come out.
    pub expect: Expect,
}

/// Where a case is from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Source {
    /// Recorded or written.
    pub kind: SourceKind,
    /// The product and version that sent it; recorded cases only.
    pub server: Option<String>,
    /// How it was provoked, or what it is written after.
    pub how: String,
    /// How the bytes ended.
    #[serde(default = "clean")]
    pub close: Close,
    /// The status of the HTTP answer, where it is known.
    pub status: Option<u16>,
    /// The media type that the answer said it was, where it is known and not that of the body's framing.
    pub content_type: Option<String>,
}

/// Who made the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceKind {
    /// A server.
    Recorded,
    /// A person.
    Written,
}

fn clean() -> Close {
    Close::Clean
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    about: String,
    #[serde(default)]
    covers: Vec<String>,
    source: Source,
    expect: Expect,
}

/// A case that cannot be loaded: which file, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadError {
    /// The file or folder.
    pub file: PathBuf,
    /// The field, key or line, where one is at fault.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl LoadError {
    fn new(file: &Path, message: impl fmt::Display) -> Self {
        Self { file: file.into(), field: None, message: message.to_string() }
    }

    fn field(mut self, field: impl fmt::Display) -> Self {
        self.field = Some(field.to_string());
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl core::error::Error for LoadError {}

impl Case {
    /// Loads the case in a folder.
    ///
    /// # Errors
    /// When a file is missing, unreadable, or says something that is not documented.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, LoadError> {
        let dir = dir.as_ref();
        let name = folder_name(dir)?;
        let dialect = folder_name(dir.parent().unwrap_or(dir))?;
        let (body_name, body) = read_body(dir)?;
        let tsv = dir.join("chunks.tsv");
        let mut recording = read_recording(&tsv, &body)?;
        let file = dir.join("case.toml");
        let CaseFile { about, covers, source, expect } = read_case_file(&file)?;
        let is_recorded = source.kind == SourceKind::Recorded;
        if source.server.is_some() != is_recorded {
            return Err(
                LoadError::new(&file, "recorded cases name a server, written ones do not").field("source.server")
            );
        }
        if recording.is_some() && !is_recorded {
            return Err(LoadError::new(&file, "a written case has no chunks.tsv").field("source.kind"));
        }
        expect.check_order().map_err(|(field, message)| LoadError::new(&file, message).field(field))?;
        let close = source.close;
        if let Some(recording) = &mut recording {
            recording.finish(None, close);
            if recording.close() != Some(close) {
                return Err(LoadError::new(&tsv, format!("case.toml says that the bytes ended {close}")).field("close"));
            }
        }
        Ok(Self { dialect, name, dir: dir.into(), body, body_name, recording, close, about, covers, source, expect })
    }

    /// Its dialect.
    ///
    /// # Panics
    /// When the registry has none of that name.
    #[must_use]
    pub fn registered(&self) -> &'static Dialect {
        registry::find(&self.dialect).unwrap_or_else(|| panic!("no dialect is named like corpus/{}", self.dialect))
    }

    /// How it is decoded: its dialect, its close.
    #[must_use]
    pub fn setup(&self) -> Setup<'static> {
        Setup::from(self.registered()).with_close(self.close)
    }

    /// The chunking it was recorded under; whole where none is known.
    #[must_use]
    pub fn chunking(&self) -> Chunking {
        let Some(recording) = &self.recording else { return Chunking::Whole };
        let mut end = 0;
        let ends = recording.chunks().map(|chunk| {
            end += chunk.bytes.len();
            end
        });
        Chunking::At(ends.collect())
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dialect, self.name)
    }
}

/// The corpus: the folder `THALWEG_CORPUS` names, or the one beside this crate's workspace.
#[must_use]
pub fn root() -> PathBuf {
    std::env::var_os("THALWEG_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus"), PathBuf::from)
}

/// All cases, sorted by dialect and name.
///
/// # Panics
/// When a case cannot be loaded: see [`try_load_all`].
#[must_use]
pub fn load_all() -> Vec<Case> {
    try_load_all().unwrap_or_else(|error| panic!("{error}"))
}

/// All cases, sorted by dialect and name.
///
/// # Errors
/// The first case that cannot be loaded.
pub fn try_load_all() -> Result<Vec<Case>, LoadError> {
    let mut cases = Vec::new();
    for dialect in folders(&root())? {
        for dir in folders(&dialect)? {
            cases.push(Case::load(dir)?);
        }
    }
    Ok(cases)
}

/// The folders inside a folder, sorted.
fn folders(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let error = |error| LoadError::new(dir, error);
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn folder_name(dir: &Path) -> Result<String, LoadError> {
    let name = dir.file_name().and_then(|name| name.to_str());
    name.map(String::from).ok_or_else(|| LoadError::new(dir, "the folder's name is no text"))
}

fn read_body(dir: &Path) -> Result<(&'static str, Vec<u8>), LoadError> {
    let found: Vec<_> = BODIES.into_iter().filter(|name| dir.join(name).is_file()).collect();
    let [name] = found[..] else {
        return Err(LoadError::new(dir, format!("must have exactly one of {BODIES:?}, has {found:?}")));
    };
    let path = dir.join(name);
    Ok((name, fs::read(&path).map_err(|error| LoadError::new(&path, error))?))
}

fn read_recording(path: &Path, body: &[u8]) -> Result<Option<Recording>, LoadError> {
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| LoadError::new(path, error))?;
    let recording = Recording::from_parts(body, &text);
    recording.map(Some).map_err(|error| LoadError::new(path, error.fault).field(format!("line {}", error.line)))
}

fn read_case_file(path: &Path) -> Result<CaseFile, LoadError> {
    let text = fs::read_to_string(path).map_err(|error| LoadError::new(path, error))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let found = LoadError::new(path, error.message());
        match error.span().and_then(|span| place(&text, span.start)) {
            Some(place) => found.field(place),
            None => found,
        }
    })
}

/// What stands at an offset of a TOML file: its line, and the key or table there.
fn place(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1)?;
    let key = line.split_once('=').map_or(line, |(key, _)| key).trim();
    Some(format!("line {number}, `{key}`"))
}

const BODIES: [&str; 5] = ["body.sse", "body.ndjson", "body.eventstream", "body.json", "body.html"];

#[cfg(test)]
mod tests;
