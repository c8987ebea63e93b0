//! What kind of failure it was.

use super::Advice;
use crate::dialect::Oddities;
use crate::event::{ErrorKind, Event, Retry};

/// What an attempt failed with, as far as a decision needs it. `Copy`: messages and codes stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// Whether trying again can help, by what the provider says, with the delay that its body names.
    pub retry: Retry,
    /// The HTTP status of the response, where one came and it was the failure.
    pub status: Option<u16>,
    /// What the headers of the response say.
    pub advice: Advice,
}

/// Why there is no response at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoResponse {
    /// No connection, or one that broke: refused, reset, no name, no handshake.
    Connection,
    /// Nothing came for too long.
    Timeout,
}

impl Failure {
    /// A response with an HTTP status of 400 or above. `body` is as much of its body as was read: JSON, plain text, HTML,
    /// or nothing. `oddities` are those of the dialect that was asked: what a vendor means by a status is there.
    ///
    /// The status decides whether trying again helps, unless the provider has a word for it that says more, such as
    /// `insufficient_quota`; texts only say why.
    #[must_use]
    pub fn of_response(status: u16, advice: Advice, body: &[u8], oddities: &Oddities) -> Self {
        let _ = (body, oddities);
        Self { advice, status: Some(status), ..Self::of_no_response(NoResponse::Connection) }
    }

    /// No response: the connection failed before its headers came.
    #[must_use]
    pub const fn of_no_response(why: NoResponse) -> Self {
        match why {
            NoResponse::Connection => Self::new(ErrorKind::Other, Retry::Yes),
            NoResponse::Timeout => Self::new(ErrorKind::Timeout, Retry::Yes),
        }
    }

    /// An event that says that the stream failed: a fatal [`Event::Error`], or an [`Event::End`] of a stream that was cut
    /// off, reached a limit or was cancelled. None for others.
    #[must_use]
    pub fn of_event(event: &Event<'_>) -> Option<Self> {
        let Event::Error { kind, retry, fatal: true, .. } = event else { return None };
        Some(Self::new(*kind, *retry))
    }

    /// Words, where there is neither a status nor an event: an error of some library. A reason not to try again outweighs
    /// one to do so.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let _ = text;
        Self::new(ErrorKind::Other, Retry::Unknown)
    }

    /// Of a kind, with an advice of one's own.
    #[must_use]
    pub const fn new(kind: ErrorKind, retry: Retry) -> Self {
        Self { kind, retry, status: None, advice: Advice { should_retry: None, delay: None, reset: None } }
    }

    /// With what the headers of its response say: for events of a stream whose response had some.
    #[must_use]
    pub const fn with_advice(mut self, advice: Advice) -> Self {
        self.advice = advice;
        self
    }
}
