//! What an answer is to do wrong, as text and as data.

use core::fmt;
use core::num::{NonZeroU64, NonZeroUsize};
use core::str::FromStr;
use core::time::Duration;

use hyper::header::HeaderValue;

mod parse;

#[cfg(test)]
mod tests;

pub use parse::{FaultError, FaultReason};

/// The faults there are, each with what it does: for a command's help and for error messages.
///
/// `@N` is an offset in the recorded bytes of the answer's connection; `*K` behind a fault keeps it to the first K
/// requests.
pub const FAULTS: &[(&str, &str)] = &[
    ("cut:N", "the connection is closed after N bytes of the body"),
    ("wait:MS", "no answer comes for MS milliseconds, not even its status"),
    ("drop", "the connection is closed without an answer"),
    ("reset[@N]", "the connection is reset (RST) instead of an answer, or after N bytes of the body"),
    ("stall:MS[@N]", "nothing comes for MS milliseconds, before the body or after N bytes of it"),
    ("hang", "after the last byte the connection stays open, and nothing comes"),
    ("garbage[:BYTES][@N][,seed=S]", "random bytes that are no valid frame, in the middle or behind the frame at N"),
    ("heartbeats:COUNT[@N]", "so many heartbeats before the body, or behind the frame at N"),
    ("line:BYTES[@N]", "one line of so many bytes before the body, or behind the frame at N"),
    ("chunk:N", "chunks of N bytes instead of the recorded ones"),
    ("gzip", "the body comes compressed"),
    ("gzip-cut[@N]", "it comes compressed and ends, cleanly for HTTP, after half or N of its bytes"),
    (
        "status:CODE[,retry-after=TEXT|,retry-after-ms=TEXT|,retry-after-date=SECONDS][,should-retry=TEXT][,body]",
        "this status with an error body of our own, or with the recorded body; the date is so many seconds from now",
    ),
];

/// One thing that an answer does wrong, and for how many requests.
///
/// It is made from its text, which is what [`FAULTS`] lists; `*K` behind it keeps it to the first K requests for each
/// recording.
///
/// ```
/// use thalweg_http::replay::Fault;
///
/// let fault: Fault = "status:503,retry-after=2*3".parse()?;
/// assert_eq!(fault.requests.map(|requests| requests.get()), Some(3));
/// assert_eq!(fault.to_string(), "status:503,retry-after=2*3");
/// let error = "explode".parse::<Fault>().expect_err("there is no such fault");
/// assert!(error.to_string().contains("cut:N"), "the message lists those there are");
/// # Ok::<(), thalweg_http::replay::FaultError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// The first so many requests only; none: always.
    pub requests: Option<NonZeroU64>,
}

/// What goes wrong. Offsets count the recorded bytes of the answer's connection, whatever is put between them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The connection is closed in mid-body.
    #[non_exhaustive]
    Cut {
        /// After so many bytes; behind the last byte where there are fewer.
        at: u64,
    },
    /// No answer comes for a while, not even its status.
    #[non_exhaustive]
    Wait {
        /// How long.
        pause: Duration,
    },
    /// The connection is closed without an answer.
    Drop,
    /// The connection is reset. What has not arrived by then is lost.
    #[non_exhaustive]
    Reset {
        /// After so many bytes; none: instead of an answer.
        at: Option<u64>,
    },
    /// Nothing comes for a while, and all that follows comes later.
    #[non_exhaustive]
    Stall {
        /// How long.
        pause: Duration,
        /// After so many bytes.
        at: u64,
    },
    /// The connection stays open behind the last byte.
    Hang,
    /// Bytes that are no valid frame.
    #[non_exhaustive]
    Garbage {
        /// How many, at most [`GARBAGE_MAX`].
        bytes: usize,
        /// The same seed gives the same bytes.
        seed: u64,
        /// Behind the frame at this offset; none: behind the one in the middle.
        at: Option<u64>,
    },
    /// Signs of life without content.
    #[non_exhaustive]
    Heartbeats {
        /// How many.
        count: u64,
        /// Behind the frame at this offset.
        at: u64,
    },
    /// One very long line.
    #[non_exhaustive]
    Line {
        /// How long.
        bytes: u64,
        /// Behind the frame at this offset.
        at: u64,
    },
    /// Other chunks than the recorded ones.
    #[non_exhaustive]
    Chunk {
        /// How long each is.
        bytes: NonZeroUsize,
    },
    /// The body is compressed.
    #[non_exhaustive]
    Gzip {
        /// Whether the compressed stream lacks its end.
        is_cut: bool,
        /// How many bytes are in it then; none: half of them.
        at: Option<u64>,
    },
    /// Another status than the recorded one.
    Status(StatusFault),
}

/// A status, and what its answer says about trying again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusFault {
    /// From 200 to 599.
    pub code: u16,
    /// The header `retry-after`, or the name of another that says the same, and its value: also one that is nonsense.
    pub retry_after: Option<RetryAfter>,
    /// The header `x-should-retry`.
    pub should_retry: Option<HeaderValue>,
    /// Whether the body is the recorded one.
    pub keeps_body: bool,
}

/// How a server says when to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// `retry-after`, as it is written.
    Text(HeaderValue),
    /// `retry-after-ms`, as it is written.
    Millis(HeaderValue),
    /// `retry-after` as a date, so many seconds after the answer, which are rounded down to whole ones of the clock.
    Date(u32),
}

/// The most that [`FaultKind::Garbage`] sends: 1 MiB.
pub const GARBAGE_MAX: usize = 1 << 20;

/// The longest that [`FaultKind::Stall`] and [`FaultKind::Wait`] wait: a day.
pub const STALL_MAX: Duration = Duration::from_secs(24 * 60 * 60);

impl Fault {
    /// All faults of a text that lists them, separated by spaces or semicolons.
    ///
    /// # Errors
    /// The first that is none.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FaultError> {
        text.split([' ', '\t', ';']).filter(|part| !part.is_empty()).map(str::parse).collect()
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Self { kind, requests: None }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse::fault(text)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        self.requests.map_or(Ok(()), |requests| write!(f, "*{requests}"))
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { at } => write!(f, "cut:{at}"),
            Self::Wait { pause } => write!(f, "wait:{}", pause.as_millis()),
            Self::Drop => f.write_str("drop"),
            Self::Reset { at } => write!(f, "reset{}", At(*at)),
            Self::Stall { pause, at } => write!(f, "stall:{}{}", pause.as_millis(), At(above_zero(*at))),
            Self::Hang => f.write_str("hang"),
            Self::Garbage { bytes, seed, at } => write!(f, "garbage:{bytes}{},seed={seed}", At(*at)),
            Self::Heartbeats { count, at } => write!(f, "heartbeats:{count}{}", At(above_zero(*at))),
            Self::Line { bytes, at } => write!(f, "line:{bytes}{}", At(above_zero(*at))),
            Self::Chunk { bytes } => write!(f, "chunk:{bytes}"),
            Self::Gzip { is_cut: false, .. } => f.write_str("gzip"),
            Self::Gzip { is_cut: true, at } => write!(f, "gzip-cut{}", At(*at)),
            Self::Status(status) => write!(f, "{status}"),
        }
    }
}

impl fmt::Display for StatusFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status:{}", self.code)?;
        match &self.retry_after {
            None => {}
            Some(RetryAfter::Text(value)) => write!(f, ",retry-after={}", Text(value))?,
            Some(RetryAfter::Millis(value)) => write!(f, ",retry-after-ms={}", Text(value))?,
            Some(RetryAfter::Date(seconds)) => write!(f, ",retry-after-date={seconds}")?,
        }
        if let Some(value) = &self.should_retry {
            write!(f, ",should-retry={}", Text(value))?;
        }
        f.write_str(if self.keeps_body { ",body" } else { "" })
    }
}

fn above_zero(at: u64) -> Option<u64> {
    (at > 0).then_some(at)
}

/// An offset where one is given.
struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, "@{at}"))
    }
}

/// A header's value, which the parser took from a text.
struct Text<'v>(&'v HeaderValue);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or("?"))
    }
}
