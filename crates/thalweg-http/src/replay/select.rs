//! Which recording a request means, and which faults it asks for.
//!
//! A recording is named by the header or query parameter [`CASE`], else by the beginning of the path, of which the
//! rest is whatever path a provider has. A name is all of a recording's name or its last part, where no other
//! recording ends so. A server of one recording needs no name.

use core::fmt;

use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::fault::{Fault, FaultError};
use super::library::Library;

/// The header, and the query parameter, that names a recording.
pub const CASE: &str = "x-thalweg-case";

/// The header, and the query parameter, that asks for faults: see [`FAULTS`](super::FAULTS). Several are separated by
/// spaces or semicolons, or come as several headers.
pub const FAULT: &str = "x-thalweg-fault";

/// No recording is meant. Its message lists those there are.
#[derive(Debug)]
pub(super) struct NoRecording {
    /// The name that was given; none where the path names none.
    name: Option<String>,
    /// Those that the name fits, where they are several; else all.
    fitting: Vec<String>,
    is_ambiguous: bool,
}

/// The place of the recording that a request means.
pub(super) fn recording(library: &Library, request: &Parts) -> Result<usize, NoRecording> {
    let named = header(&request.headers, CASE).or_else(|| query(request, CASE).next());
    if let Some(name) = named {
        return by_name(library, name.trim_matches('/'));
    }
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).take(SEGMENTS_MAX).collect();
    let mut ambiguous = None;
    // The longest name wins: a provider's path may go on with a word that is a name too.
    for count in (1..=segments.len()).rev() {
        match by_name(library, &segments[..count].join("/")) {
            Ok(at) => return Ok(at),
            Err(error) if error.is_ambiguous => ambiguous = Some(error),
            Err(_) => {}
        }
    }
    match ambiguous {
        Some(error) => Err(error),
        None if library.recorded.len() == 1 => Ok(0),
        None => Err(NoRecording { name: None, ..unknown(library, "") }),
    }
}

/// The faults that a request asks for.
pub(super) fn faults(request: &Parts) -> Result<Vec<Fault>, FaultError> {
    let mut faults = Vec::new();
    for value in request.headers.get_all(FAULT) {
        faults.append(&mut Fault::parse_list(&String::from_utf8_lossy(value.as_bytes()))?);
    }
    for value in query(request, FAULT) {
        faults.append(&mut Fault::parse_list(&value)?);
    }
    Ok(faults)
}

fn by_name(library: &Library, name: &str) -> Result<usize, NoRecording> {
    if let Some(at) = library.names().position(|known| known == name) {
        return Ok(at);
    }
    let ends_so = |known: &str| known.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
    let fitting: Vec<_> = library.names().enumerate().filter(|(_, known)| !name.is_empty() && ends_so(known)).collect();
    match fitting[..] {
        [] => Err(unknown(library, name)),
        [(at, _)] => Ok(at),
        _ => {
            let fitting = fitting.iter().map(|(_, known)| (*known).to_owned()).collect();
            Err(NoRecording { name: Some(name.to_owned()), fitting, is_ambiguous: true })
        }
    }
}

fn unknown(library: &Library, name: &str) -> NoRecording {
    let all = library.names().map(str::to_owned).collect();
    NoRecording { name: Some(name.to_owned()), fitting: all, is_ambiguous: false }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The values of a query parameter, decoded.
fn query(request: &Parts, name: &str) -> impl Iterator<Item = String> {
    let pairs = request.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(key, _)| *key == name).map(|(_, value)| {
        let spaced = value.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    })
}

impl fmt::Display for NoRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if self.is_ambiguous => writeln!(f, "several recordings are named {}:", name.escape_debug())?,
            Some(name) => writeln!(f, "no recording is named {}; there are:", name.escape_debug())?,
            None => {
                writeln!(f, "the path begins with no recording's name and there is no header {CASE}; there are:")?;
            }
        }
        self.fitting.iter().try_for_each(|name| writeln!(f, "  {name}"))
    }
}

/// So many parts of a path can be a name.
const SEGMENTS_MAX: usize = 8;

#[cfg(test)]
mod tests;
