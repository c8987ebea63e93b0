//! What became of a request: told once, when its answer is over.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use hyper::{Method, StatusCode};
use tokio::time::Instant;

use super::fault::FaultKind;
use super::shared::Shared;

/// A request and what became of it. It has no header values and no query: there may be secrets in them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Served {
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// The recording that answered; none where no recording was meant.
    pub recording: Option<String>,
    /// Why no recording answered, in a line; none where one did.
    pub refused: Option<String>,
    /// Which connection of it, from 0.
    pub connection: usize,
    /// What was done wrong on purpose.
    pub faults: Vec<FaultKind>,
    /// The status of the answer; none where there was none.
    pub status: Option<StatusCode>,
    /// How many bytes of the body were sent.
    pub body_bytes: u64,
    /// From the request's head to the end of the answer.
    pub took: Duration,
    /// How the answer ended.
    pub ended: Ended,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It was sent to its end.
    Whole,
    /// The connection was closed in mid-body, as recorded or asked for.
    Cut,
    /// The connection was reset, as asked for.
    Reset,
    /// The connection was closed without an answer, as asked for.
    Dropped,
    /// The client went away before the end.
    Abandoned,
    /// The server was stopped before the end.
    Stopped,
}

impl Ended {
    /// As the log has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::Dropped => "dropped",
            Self::Abandoned => "client went away",
            Self::Stopped => "stopped",
        }
    }
}

/// One line for a log.
impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.get(..PATH_SHOWN_BYTES).unwrap_or(&self.path);
        write!(f, "{} {}", self.method, path.escape_debug())?;
        if let Some(recording) = &self.recording {
            write!(f, " <- {}", recording.escape_debug())?;
        }
        if let Some(refused) = &self.refused {
            write!(f, " refused, {refused}")?;
        }
        if self.connection > 0 {
            write!(f, " connection {}", self.connection)?;
        }
        for (n, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if n == 0 { " with " } else { " " })?;
        }
        f.write_str(": ")?;
        if let Some(status) = self.status {
            write!(f, "{}, ", status.as_u16())?;
        }
        write!(f, "{} bytes, {}, {:.3} s", self.body_bytes, self.ended.as_str(), self.took.as_secs_f64())
    }
}

/// Follows one request. When it is dropped the answer is over.
pub(super) struct Watch {
    shared: Arc<Shared>,
    began: Instant,
    served: Served,
}

impl Watch {
    pub(super) fn new(shared: Arc<Shared>, method: Method, path: String) -> Self {
        let served = Served {
            method,
            path,
            recording: None,
            refused: None,
            connection: 0,
            faults: Vec::new(),
            status: None,
            body_bytes: 0,
            took: Duration::ZERO,
            ended: Ended::Abandoned,
        };
        shared.count(|counts| counts.requests += 1);
        Self { shared, began: Instant::now(), served }
    }

    /// A recording answers.
    pub(super) fn meant(&mut self, recording: &str, faults: &[FaultKind]) {
        self.served.recording = Some(recording.to_owned());
        self.served.faults = faults.to_vec();
    }

    /// No recording answers.
    pub(super) fn refused(&mut self, reason: String) {
        self.served.refused = Some(reason);
    }

    /// With this connection of it.
    pub(super) fn connection(&mut self, connection: usize) {
        self.served.connection = connection;
    }

    /// The head of the answer is made.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.served.status = Some(status);
        let is_bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if is_bodiless || self.served.method == Method::HEAD {
            self.served.ended = Ended::Whole;
        }
    }

    /// Bytes of the body go out.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.served.body_bytes += bytes as u64;
    }

    /// It ends on this side.
    pub(super) fn end(&mut self, ended: Ended) {
        self.served.ended = ended;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.served.took = self.began.elapsed();
        if self.served.ended == Ended::Abandoned && self.shared.is_stopping() {
            self.served.ended = Ended::Stopped;
        }
        self.shared.ended(&self.served);
    }
}

/// So much of a long path is shown.
const PATH_SHOWN_BYTES: usize = 200;
