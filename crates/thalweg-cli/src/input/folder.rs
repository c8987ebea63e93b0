//! A folder with a recording in it, as the corpus has them and `thalweg record` makes them.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thalweg::{Dialect, Recording, registry};
use thalweg_http::replay::Case;

/// A recording, and the dialect that it is said to be of.
pub(crate) struct Recorded {
    pub(crate) recording: Recording,
    pub(crate) dialect: Option<&'static Dialect>,
}

/// Reads the recording in a folder, all of it into memory.
pub(super) fn load(dir: &Path) -> io::Result<Recorded> {
    let case = Case::load(dir, &body(dir)?).map_err(|error| {
        let name = error.path.file_name().unwrap_or(error.path.as_os_str()).to_string_lossy();
        io::Error::other(format!("{name}: {}", error.message))
    })?;
    // A recording's `how` ends with its dialect, and a case of the corpus stands in the folder of its dialect.
    let dialect = case.how().and_then(|how| {
        let said = how.rsplit_once(", dialect ").and_then(|(_, name)| registry::find(name));
        said.or_else(|| registry::find(dir.canonicalize().ok()?.parent()?.file_name()?.to_str()?))
    });
    Ok(Recorded { recording: case.recording, dialect })
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
