//! What kind of failure it was.

use alloc::string::String;

use super::Advice;
use crate::dialect::Oddities;
use crate::errors::{self, Reply};
use crate::event::{Close, ErrorKind, Event, Outcome, Retry};

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
    /// The provider goes on with the response and keeps it: [`Event::End`] says what to ask for to get the rest. The
    /// same request would begin another.
    pub resumes: bool,
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
    /// or nothing; more than its first 64 KiB is not looked at. `oddities` are those of the dialect that was asked: what a
    /// vendor means by a status is there.
    ///
    /// The status decides whether trying again helps, unless the provider has a word for it that says more, such as
    /// `insufficient_quota`. Texts say why, and may say that it does not help after all; never that it does.
    ///
    /// ```
    /// use thalweg::dialect::Oddities;
    /// use thalweg::policy::{Advice, Failure};
    /// use thalweg::{ErrorKind, Retry};
    ///
    /// let body = br#"{"error":{"message":"You have run out of credits.","code":"insufficient_quota"}}"#;
    /// let failure = Failure::of_response(429, Advice::default(), body, &Oddities::none());
    /// assert_eq!((failure.kind, failure.retry), (ErrorKind::Quota, Retry::No));
    /// ```
    #[must_use]
    pub fn of_response(status: u16, advice: Advice, body: &[u8], oddities: &Oddities) -> Self {
        let means = oddities
            .statuses
            .iter()
            .find(|meaning| meaning.status == status && (!meaning.needs_delay || advice.delay.is_some()));
        let body = String::from_utf8_lossy(&body[..body.len().min(BODY_BYTES)]);
        let meaning = means.map(|meaning| (meaning.kind, meaning.retry));
        let (kind, retry) = errors::of_reply(&Reply { status, body: &body, meaning, named: advice.named });
        Self { status: Some(status), advice, ..Self::new(kind, retry) }
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
    /// off, reached a limit or was cancelled. None for others; also for the end of a stream whose error came before it.
    #[must_use]
    pub fn of_event(event: &Event<'_>) -> Option<Self> {
        let (kind, retry) = match event {
            Event::Error { kind, retry, fatal: true, .. } => (*kind, *retry),
            Event::End { outcome: Outcome::Truncated, evidence, resume, .. } => {
                let of_close = evidence.close.and_then(Self::of_close);
                let failure = of_close.unwrap_or_else(|| Self::new(ErrorKind::Other, Retry::Yes));
                return Some(Self { resumes: resume.is_some(), ..failure });
            }
            Event::End { outcome: Outcome::Limit, .. } => (ErrorKind::Other, Retry::No),
            Event::End { outcome: Outcome::Cancelled, .. } => (ErrorKind::Cancelled, Retry::No),
            _ => return None,
        };
        Some(Self::new(kind, retry))
    }

    /// Bytes that ended otherwise than cleanly.
    pub(super) const fn of_close(close: Close) -> Option<Self> {
        match close {
            Close::Clean => None,
            Close::Broken => Some(Self::of_no_response(NoResponse::Connection)),
            Close::TimedOut => Some(Self::of_no_response(NoResponse::Timeout)),
            Close::Cancelled => Some(Self::new(ErrorKind::Cancelled, Retry::No)),
        }
    }

    /// Words, where there is neither a status nor an event: an error of some library. A reason not to try again outweighs
    /// one to do so.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let (kind, retry) = errors::of_text(text);
        Self::new(kind, retry)
    }

    /// Of a kind, with an advice of one's own.
    #[must_use]
    pub const fn new(kind: ErrorKind, retry: Retry) -> Self {
        let advice = Advice { should_retry: None, delay: None, reset: None, named: None };
        Self { kind, retry, status: None, advice, resumes: false }
    }

    /// With what the headers of its response say: for events of a stream whose response had some.
    #[must_use]
    pub const fn with_advice(mut self, advice: Advice) -> Self {
        self.advice = advice;
        self
    }
}

const BODY_BYTES: usize = 64 * 1024;
