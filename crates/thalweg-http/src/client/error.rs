//! Why a request has no answer.

use core::fmt;

use thalweg::ErrorKind;
use thalweg::fold::ReportedError;
use thalweg::policy::{Failure, Why};

use super::head::Head;

/// A request has no answer: it could not be sent, or all that came was an error. Everything that it shows is without
/// secrets.
///
/// An error that comes inside of a stream is none of these but an event: see [`Answer::failure`](crate::Answer::failure).
#[derive(Clone)]
pub struct SendError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: SendErrorKind,
    message: String,
    failure: Option<Failure>,
    recoverable: bool,
    why: Option<Why>,
    attempts: u16,
    head: Option<Head>,
    error: Option<ReportedError>,
    body: Vec<u8>,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// The request cannot be made for this endpoint.
    Request,
    /// It could not be signed.
    Signature,
    /// There is no connection, or it broke before an answer came.
    Connection,
    /// No answer came in time.
    Timeout,
    /// The provider answers with a status of 400 or above.
    Status,
    /// The provider sends the request elsewhere. It is not sent there: its secrets are the endpoint's.
    Redirect,
    /// The answer has a coding that is not understood.
    Encoding,
    /// The answer is a page or another thing that is no answer of a model.
    NotAStream,
}

impl SendErrorKind {
    /// Its name, for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Signature => "signature",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Encoding => "encoding",
            Self::NotAStream => "not_a_stream",
        }
    }
}

impl SendError {
    /// With a message that has no secrets.
    pub(crate) fn new(kind: SendErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner {
            kind,
            message,
            failure: None,
            recoverable: false,
            why: None,
            attempts: 0,
            head: None,
            error: None,
            body: Vec::new(),
        }))
    }

    pub(crate) fn with_failure(mut self, failure: Failure) -> Self {
        self.0.failure = Some(failure);
        self
    }

    pub(crate) fn with_head(mut self, head: Head) -> Self {
        self.0.head = Some(head);
        self
    }

    pub(crate) fn with_body(mut self, body: Vec<u8>, error: Option<ReportedError>) -> Self {
        self.0.body = body;
        self.0.error = error;
        self
    }

    pub(crate) fn after(mut self, attempts: u16) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_decision(mut self, why: Why, recoverable: bool) -> Self {
        self.0.why = Some(why);
        self.0.recoverable = recoverable;
        self
    }

    /// There is no time left to try again. What may pass still may; a rate limit lasts longer than the rules allow to wait.
    pub(crate) fn out_of_time(mut self) -> Self {
        self.0.recoverable = self.0.failure.is_some_and(|failure| failure.kind != ErrorKind::RateLimit);
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> SendErrorKind {
        self.0.kind
    }

    /// What the provider reports, as far as its body could be read.
    #[must_use]
    pub fn error(&self) -> Option<&ReportedError> {
        self.0.error.as_ref()
    }

    /// The normalized kind of failure; none where nothing was sent.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.0.failure.as_ref()
    }

    /// The HTTP status, where a response came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.head.as_ref().map(|head| head.status)
    }

    /// The head of the response, where one came.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.0.head.as_ref()
    }

    /// The beginning of the response's body, at most 64 KiB, secrets written over: for gateways that pass it on.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Whether it is a failure that may pass, so that whoever gets it may try again later: never a rate limit that was
    /// waited for in vain, or that lasts longer than the rules allow to wait. [`failure`](Self::failure) says what kind of
    /// failure it is whatever was decided.
    #[must_use]
    pub fn is_recoverable(&self) -> bool {
        self.0.recoverable
    }

    /// Why it was not tried again; none where nothing was sent, or there was no time left for it.
    #[must_use]
    pub fn why(&self) -> Option<Why> {
        self.0.why
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> u16 {
        self.0.attempts
    }

    /// A word for traces and files: the provider's kind of error, else how it could not be sent.
    pub(crate) fn word(&self) -> &'static str {
        match self.0.failure.map(|failure| failure.kind) {
            Some(kind) if kind != ErrorKind::Other && self.0.kind == SendErrorKind::Status => kind.as_str(),
            _ => self.0.kind.as_str(),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status() {
            Some(status) => write!(f, "{} ({status}): {}", self.0.kind.as_str(), self.0.message),
            None => write!(f, "{}: {}", self.0.kind.as_str(), self.0.message),
        }
    }
}

impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("failure", &self.0.failure)
            .field("recoverable", &self.0.recoverable)
            .field("why", &self.0.why)
            .field("attempts", &self.0.attempts)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl core::error::Error for SendError {}
