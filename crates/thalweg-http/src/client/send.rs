//! Sending a request, and sending it again.

mod attempt;
mod call;
mod refusal;

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::redirect;
use thalweg::Limits;
use thalweg::policy::{DeadlineRules, Decision, PreambleRules, Retry, RetryRules};
use thalweg_stream::Until;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::answer::{Answer, Verdict};
use super::endpoint::Endpoint;
use super::error::{SendError, SendErrorKind};
use super::failures::FailureLog;
use super::prepare::Request;
use super::recorder::Recorder;
pub(crate) use call::{ANSWER_BYTES, Call, micros};

/// Sends requests: checks what comes back, tries again what may pass, and hands out the events of the answer.
///
/// Cheap to clone; clones share connections.
///
/// ```no_run
/// use futures::StreamExt;
/// use serde_json::json;
/// use thalweg::OwnedEvent;
/// use thalweg_http::{Client, Endpoint, Request, Secret};
///
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let key = Secret::from_env("OPENAI_API_KEY").ok_or("no key")?;
/// let endpoint = Endpoint::of("openai-chat", "https://api.openai.com")?.with_key(key);
/// let request = Request::new(json!({"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}));
/// let mut answer = Client::new()?.send(&endpoint, request).await?;
/// println!("request {:?}", answer.head().request_id);
/// while let Some(event) = answer.next().await {
///     match event {
///         OwnedEvent::TextDelta { text, .. } => print!("{text}"),
///         OwnedEvent::End { outcome, .. } => println!("\n-- {outcome}"), // always the last
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    rules: ClientRules,
    recorder: Option<Recorder>,
    failures: Option<FailureLog>,
}

/// How a client sends. All fields may be set; start from [`ClientRules::default`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientRules {
    /// What is tried again, and when.
    pub retry: RetryRules,
    /// How long it may take.
    pub deadlines: DeadlineRules,
    /// What is held back so that it can be tried again.
    pub preamble: PreambleRules,
    /// What is held of an answer at most.
    pub limits: Limits,
    /// How long an answer is read.
    pub until: Until,
}

impl Default for ClientRules {
    fn default() -> Self {
        Self {
            retry: RetryRules::default(),
            deadlines: DeadlineRules::default(),
            preamble: PreambleRules::default(),
            limits: Limits::default(),
            until: Until::Settled,
        }
    }
}

impl Client {
    /// A client with connections of its own.
    ///
    /// # Errors
    /// There is no TLS on this machine, or its proxies cannot be read.
    pub fn new() -> Result<Self, SendError> {
        Self::build(reqwest::Client::builder())
    }

    /// A client made of a builder: its proxies, certificates and pools. Redirects, retries and the referrer are switched
    /// off: a redirect would carry keys elsewhere, and retries have one owner. HTTP/2 holds 256 KiB unread of an answer and
    /// 32 MiB of all answers on a connection, so that a hundred readers who stop do not stop the others.
    ///
    /// # Errors
    /// What the builder says.
    pub fn build(builder: reqwest::ClientBuilder) -> Result<Self, SendError> {
        let builder = builder
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
            .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let http = builder.build().map_err(|error| {
            SendError::new(SendErrorKind::Request, super::TransportError::new(error, &Default::default()).message)
        })?;
        Ok(Self::with_http(http))
    }

    /// A client over a ready one, which is used as it is: prefer [`build`](Self::build).
    ///
    /// One that follows redirects sends headers such as `x-api-key`, and the body, wherever it is told to. An answer
    /// from another origin is refused here, but then they have been there: give it `redirect::Policy::none()`, and
    /// `retry::never()`.
    #[must_use]
    pub fn with_http(http: reqwest::Client) -> Self {
        Self { http, rules: ClientRules::default(), recorder: None, failures: None }
    }

    /// With other rules than the defaults.
    #[must_use]
    pub fn with_rules(mut self, rules: ClientRules) -> Self {
        self.rules = rules;
        self
    }

    /// Calls are recorded by this recorder, which holds the last attempt of the last one: for one call at a time.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Attempts that fail or say nothing are written to this log.
    #[must_use]
    pub fn with_failure_log(mut self, failures: FailureLog) -> Self {
        self.failures = Some(failures);
        self
    }

    /// Sends a request, again where that may help, and returns when there is something to see, or the last attempt is
    /// known to fail: what is held back until then can still become an HTTP status. The answer's events have one `Start`,
    /// whatever was tried before, and nothing is tried again once one has been given out.
    ///
    /// An answer with nothing in it, and one whose stream fails before anything was seen, is returned as it is when the
    /// retries are used up: its events say so, and so do [`Answer::empty`] and [`Answer::failure`].
    ///
    /// **Cancellation:** dropping the future ends the upstream call at once, also before the first byte and while it
    /// waits for the next attempt. No task is left behind.
    ///
    /// # Errors
    /// There is no answer: see [`SendErrorKind`].
    pub async fn send(&self, endpoint: &Endpoint, request: Request) -> Result<Answer, SendError> {
        let (call, bytes) = Call::new(self, endpoint, &request)?;
        drop(request);
        let span = call.span.clone();
        // Kilobytes that the caller's future would keep as long as it reads the answer.
        Box::pin(self.attempts(Arc::new(call), bytes)).instrument(span).await
    }

    async fn attempts(&self, call: Arc<Call>, bytes: Bytes) -> Result<Answer, SendError> {
        let mut retry = Retry::new(call.retry.clone());
        let start = Instant::now();
        loop {
            let attempt = retry.retries().saturating_add(1);
            let (outcome, decision) = match call.attempt(self, &bytes, attempt, start).await {
                Err(error) => {
                    let error = error.after(attempt);
                    let Some(failure) = error.failure().copied() else { return Err(call.gave_up(error, start)) };
                    call.log_error(&error, attempt);
                    (Err(error), retry.failed(&failure, fastrand::u32(..)))
                }
                Ok(mut answer) => {
                    let decision = match answer.begin(self.rules.preamble).await {
                        Verdict::Opened => {
                            answer.give_out(None);
                            return Ok(*answer);
                        }
                        Verdict::Failed(failure) => retry.failed(&failure, fastrand::u32(..)),
                        Verdict::Empty(empty) if call.request.streams => {
                            retry.stream_was_empty(empty, fastrand::u32(..))
                        }
                        Verdict::Empty(empty) => {
                            retry.answer_was_empty(empty, call.ends_with_assistant, fastrand::u32(..))
                        }
                    };
                    (Ok(answer), decision)
                }
            };
            match (decision, outcome) {
                (Decision::Again { delay, .. }, outcome) if self.has_time(start, delay) => {
                    tracing::info!(
                        attempt,
                        delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
                        "gen_ai call is sent again"
                    );
                    if let Ok(mut answer) = outcome {
                        answer.give_up();
                    }
                    sleep(delay).await;
                }
                (decision, Ok(mut answer)) => {
                    answer.give_out(Some(decision));
                    return Ok(*answer);
                }
                (Decision::Stop { why, recoverable, .. }, Err(error)) => {
                    return Err(call.gave_up(error.with_decision(why, recoverable), start));
                }
                (_, Err(error)) => return Err(call.gave_up(error.out_of_time(), start)),
            }
        }
    }

    /// Whether the deadline of all of it leaves room for a delay.
    fn has_time(&self, start: Instant, delay: core::time::Duration) -> bool {
        self.rules.deadlines.total.is_none_or(|total| start.elapsed().saturating_add(delay) < total)
    }
}

/// What HTTP/2 takes of an answer that nobody reads: seconds of any model's text.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;

/// The same of all answers on a connection: more than those that servers allow at once, which is 100 as a rule.
const CONNECTION_WINDOW_BYTES: u32 = 32 << 20;

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The HTTP client shows its proxies, whose URLs may have passwords, and its default headers.
        f.debug_struct("Client")
            .field("rules", &self.rules)
            .field("recorder", &self.recorder)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
