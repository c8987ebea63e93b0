//! A request that is being sent: what is the same for all attempts.

use core::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use serde_json::Value;
use thalweg::policy::RetryRules;
use tokio::time::Instant;
use tracing::Span;

use super::Client;
use crate::client::endpoint::Endpoint;
use crate::client::error::{SendError, SendErrorKind};
use crate::client::failures::{Failed, FailureLog};
use crate::client::head::since_epoch;
use crate::client::prepare::{Prepared, Request};
use crate::client::recorder::Recorder;
use crate::client::secret::Redactor;
use crate::client::shown;
use crate::client::trace::Trace;

/// A request that is being sent.
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    /// Its body is there for the log of failures, and else was dropped when it had become bytes.
    pub(crate) request: Prepared,
    request_bytes: usize,
    /// The last message is the assistant's.
    pub(super) ends_with_assistant: bool,
    pub(crate) url: Url,
    /// Knows the secrets of the endpoint and of the request's body.
    pub(crate) redactor: Redactor,
    /// What is tried again.
    pub(crate) retry: RetryRules,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) failures: Option<FailureLog>,
    pub(crate) span: Span,
}

impl Call {
    /// The call, and the bytes to send. A prompt may be megabytes: of its forms only those are kept that are needed, and
    /// the bytes not longer than there may be another attempt.
    pub(super) fn new(client: &Client, endpoint: &Endpoint, request: &Request) -> Result<(Self, Bytes), SendError> {
        let mut request = request
            .prepare(endpoint.profile())
            .map_err(|error| SendError::new(SendErrorKind::Request, error.to_string()))?;
        let bytes = Bytes::from(request.body.to_string());
        let mut redactor = endpoint.redactor().clone();
        add_secrets(&request.body, &mut redactor);
        // Failures are written with the beginning of the answer.
        let unasked = || client.failures.as_ref().map(|_| Recorder::with_held_bytes(ANSWER_BYTES));
        let ends_with_assistant = ends_with_assistant(&request.body);
        if client.failures.is_none() {
            request.body = Value::Null;
        }
        let call = Self {
            url: endpoint.url(&request),
            span: Trace::span(endpoint, &request),
            endpoint: endpoint.clone(),
            request,
            request_bytes: bytes.len(),
            ends_with_assistant,
            redactor,
            retry: client.rules.retry.clone(),
            recorder: client.recorder.clone().or_else(unasked),
            failures: client.failures.clone(),
        };
        Ok((call, bytes))
    }

    /// Writes an attempt that has no answer to the log, if there is one.
    pub(super) fn log_error(&self, error: &SendError, attempt: u16) {
        self.log(error.word(), attempt, error.status(), &error.to_string(), error.body());
    }

    /// Writes an attempt to the log, if there is one. What the disk says to it is told to the trace and to nobody else.
    pub(crate) fn log(&self, kind: &str, attempt: u16, status: Option<u16>, message: &str, answer: &[u8]) {
        let Some(log) = &self.failures else { return };
        let failed = Failed {
            kind,
            model: &self.request.model,
            url: &shown::url(&self.url),
            attempt,
            status,
            message,
            request: &self.request.body,
            request_bytes: self.request_bytes,
            answer: &answer[..answer.len().min(ANSWER_BYTES)],
        };
        if let Err(error) = log.write(&failed, since_epoch(), |json| self.redactor.text(json)) {
            tracing::warn!(error = %error.kind(), "a failed attempt could not be written down");
        }
    }

    /// Tells the trace that nothing came of it.
    pub(super) fn gave_up(&self, error: SendError, start: Instant) -> SendError {
        Trace::of(self.span.clone()).failed_after(error.word(), micros(start.elapsed()));
        error
    }
}

/// Microseconds, as the core counts.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Whether the last message of a body is the assistant's.
fn ends_with_assistant(body: &Value) -> bool {
    let messages = ["messages", "input", "contents"].iter().find_map(|name| body.get(*name)?.as_array());
    let role = messages.and_then(|messages| messages.last()?.get("role")?.as_str());
    matches!(role, Some("assistant" | "model"))
}

/// Knows every text of a body that stands under the name of a secret: keys of tools and of servers; about
/// [`SECRETS_MAX`] of them, because each is looked for in all that is shown. Without recursion: a body that a program made
/// can be of any depth.
fn add_secrets(body: &Value, redactor: &mut Redactor) {
    let most = redactor.len() + SECRETS_MAX;
    // Each with whether it stands under such a name.
    let mut open = vec![(body, false)];
    while let Some((value, is_secret)) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values.iter().map(|value| (value, is_secret))),
            Value::Object(members) => {
                open.extend(members.iter().map(|(name, value)| (value, shown::is_secret_member(name))));
            }
            Value::String(text) if is_secret => {
                if redactor.len() >= most {
                    return;
                }
                redactor.add_header(text);
            }
            _ => {}
        }
    }
}

/// Forms of secrets of a body that are looked for.
const SECRETS_MAX: usize = 1024;

/// What is kept of an answer that failed.
pub(crate) const ANSWER_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_body_are_bounded() {
        let member = |n: usize| serde_json::json!({"api_key": format!("planted-{n}")});
        let mut redactor = Redactor::default();
        add_secrets(&(0..2000).map(member).collect(), &mut redactor);
        assert_eq!(redactor.len(), SECRETS_MAX);
        // And so are the parts of one.
        let parts: Vec<_> = (0..50_000).map(|n| format!("planted-{n}")).collect();
        let mut redactor = Redactor::default();
        add_secrets(&serde_json::json!({"cookie": parts.join("; ")}), &mut redactor);
        assert!(redactor.len() <= SECRETS_MAX, "{}", redactor.len());
    }
}
