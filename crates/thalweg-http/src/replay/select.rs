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

/// No recording is meant. Its message lists those there are, the nearest where they are many.
#[derive(Debug)]
pub(super) struct NoRecording {
    /// The name that was given; none where the path names none.
    name: Option<String>,
    /// Those that the name fits, where they are several; else those like it.
    listed: Vec<String>,
    /// Of so many.
    count: usize,
    is_ambiguous: bool,
}

/// The place of the recording that a request means.
pub(super) fn recording(library: &Library, request: &Parts) -> Result<usize, NoRecording> {
    let named = header(&request.headers, CASE).or_else(|| query(request, CASE).next());
    if let Some(name) = named {
        let name = name.trim_matches('/');
        return match by_name(library, name)[..] {
            [] => Err(NoRecording::unknown(library, Some(name), name)),
            [at] => Ok(at),
            ref fitting => Err(NoRecording::ambiguous(library, name, fitting)),
        };
    }
    let path = percent_decode_str(request.uri.path()).decode_utf8_lossy();
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).take(SEGMENTS_MAX).collect();
    let mut ambiguous = None;
    // The longest name wins: a provider's path may go on with a word that is a name too.
    for count in (1..=segments.len()).rev() {
        let name = segments[..count].join("/");
        match by_name(library, &name)[..] {
            [] => {}
            [at] => return Ok(at),
            ref fitting => ambiguous = Some(NoRecording::ambiguous(library, &name, fitting)),
        }
    }
    match ambiguous {
        Some(error) => Err(error),
        None if library.recorded.len() == 1 => Ok(0),
        None => Err(NoRecording::unknown(library, None, &segments.join("/"))),
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

/// The places of the recordings that a name fits.
fn by_name(library: &Library, name: &str) -> Vec<usize> {
    if let Some(at) = library.names().position(|known| known == name) {
        return vec![at];
    }
    let ends_so = |known: &str| known.strip_suffix(name).is_some_and(|before| before.ends_with('/'));
    let fitting = library.names().enumerate().filter(|(_, known)| !name.is_empty() && ends_so(known));
    fitting.map(|(at, _)| at).collect()
}

impl NoRecording {
    fn unknown(library: &Library, name: Option<&str>, like: &str) -> Self {
        let mut known: Vec<_> = library.names().collect();
        let count = known.len();
        if count > LISTED_MAX {
            let like: String = like.chars().take(NAME_CHARS_MAX).collect::<String>().to_lowercase();
            known.sort_by_cached_key(|known| farness(&like, known));
            known.truncate(LISTED_MAX);
        }
        let listed = known.into_iter().map(str::to_owned).collect();
        Self { name: name.map(str::to_owned), listed, count, is_ambiguous: false }
    }

    fn ambiguous(library: &Library, name: &str, fitting: &[usize]) -> Self {
        let listed = fitting.iter().filter_map(|at| library.names().nth(*at)).take(LISTED_MAX).map(str::to_owned);
        let (name, listed) = (Some(name.to_owned()), listed.collect());
        Self { name, listed, count: fitting.len(), is_ambiguous: true }
    }

    /// What is wrong, in a line.
    pub(super) fn reason(&self) -> String {
        let name = self.name.as_ref().map(|name| name.chars().take(NAME_CHARS_MAX).collect::<String>());
        match name {
            Some(name) if self.is_ambiguous => format!("several recordings are named {}", name.escape_debug()),
            Some(name) => format!("no recording is named {}", name.escape_debug()),
            None => format!("the path begins with no recording's name and there is no header {CASE}"),
        }
    }
}

/// How unlike a name is, all of it or its last part, in thousandths.
fn farness(like: &str, known: &str) -> u16 {
    let known = known.to_lowercase();
    let last = known.rsplit('/').next().unwrap_or_default();
    let likeness = strsim::jaro_winkler(like, &known).max(strsim::jaro_winkler(like, last));
    (1000.0 - likeness * 1000.0) as u16
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
        let (count, is_cut) = (self.count, self.listed.len() < self.count);
        f.write_str(&self.reason())?;
        match (self.is_ambiguous, is_cut) {
            (true, false) => writeln!(f, ":")?,
            (true, true) => writeln!(f, ": {count}, of which the first are")?,
            (false, false) => writeln!(f, "; there are:")?,
            (false, true) => writeln!(f, "; of {count} the nearest are:")?,
        }
        self.listed.iter().try_for_each(|name| writeln!(f, "  {name}"))
    }
}

/// So many names are listed.
const LISTED_MAX: usize = 20;

/// So much of a name is compared, and shown.
const NAME_CHARS_MAX: usize = 200;

/// So many parts of a path can be a name.
const SEGMENTS_MAX: usize = 8;

#[cfg(test)]
mod tests;
