//! One attempt: the request goes out, the head of the response comes in and is checked.

use core::time::Duration;
use std::sync::Arc;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response, Url};
use thalweg::fold::ReportedError;
use thalweg::policy::{Failure, NoResponse};
use thalweg::{Close, ErrorKind, Fold, Normalizer, Retry};
use tokio::time::{Instant, timeout_at};

use super::Client;
use super::call::{Call, micros};
use crate::client::answer::{Answer, Opening};
use crate::client::body::{TransportError, pipe};
use crate::client::check::{self, Refused};
use crate::client::error::{SendError, SendErrorKind};
use crate::client::head::Head;
use crate::client::recorder::Recorder;
use crate::client::secret::Redactor;
use crate::client::shown;
use crate::client::sign::Unsigned;

impl Call {
    /// Sends the request once. `start` is when the first attempt began.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        client: &Client,
        attempt: u16,
        start: Instant,
    ) -> Result<Answer, SendError> {
        let signed = self.signed();
        let (headers, redactor) = match client.rules.deadlines.total {
            None => signed.await?,
            Some(total) => timeout_at(start + total, signed).await.map_err(|_| too_late())??,
        };
        let redactor = Arc::new(redactor);
        let sent = Instant::now();
        if let Some(recorder) = &self.recorder {
            let how = format!("POST {}, dialect {}", self.url.path(), self.endpoint.dialect().name);
            recorder.begin(Arc::clone(&redactor), redactor.text(&how));
        }
        let mut rules = client.rules.deadlines;
        rules.total = rules.total.map(|total| total.saturating_sub(sent - start));
        let mut request = reqwest::Request::new(Method::POST, self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = Some(self.bytes.clone().into());
        let response = async { client.http.execute(request).await.map_err(|error| no_response(error, &redactor)) };
        let response = match rules.silence.into_iter().chain(rules.total).min() {
            None => response.await?,
            Some(span) => timeout_at(sent + span, response).await.map_err(|_| too_late())??,
        };
        let head = self.head(response.headers(), response.status().as_u16(), attempt, &redactor);
        let trace = crate::client::trace::Trace::of(self.span.clone());
        trace.head(response.status().as_u16(), attempt);
        let head = match check_head(&self.url, &response, head) {
            Ok(head) => head,
            Err((kind, head, message)) => {
                trace.forget();
                return Err(self.refused(kind, head, message, response, &redactor, sent, rules.silence).await);
            }
        };
        if let Some(recorder) = &self.recorder {
            recorder.head(&head, self.endpoint.dialect().framing);
        }
        let (body, pipe) = pipe(response, self.recorder.clone(), Arc::clone(&redactor));
        let normalizer = Normalizer::new(self.endpoint.dialect()).with_limits(client.rules.limits);
        Ok(Answer::new(Opening {
            call: Arc::clone(self),
            redactor,
            head,
            body,
            pipe,
            normalizer,
            trace,
            sent,
            deadlines: rules,
            preamble: client.rules.preamble,
            until: client.rules.until,
        }))
    }

    /// The headers with those of the signature, and a redactor that knows these too.
    async fn signed(&self) -> Result<(HeaderMap, Redactor), SendError> {
        let headers = self.endpoint.headers(&self.request);
        let mut headers = headers.map_err(|error| SendError::new(SendErrorKind::Request, error.to_string()))?;
        let mut redactor = self.redactor.clone();
        if let Some(signer) = self.endpoint.signer() {
            let unsigned = Unsigned { method: "POST", url: &self.url, headers: &headers, body: &self.bytes };
            let added = signer.sign(unsigned).await;
            let added =
                added.map_err(|error| SendError::new(SendErrorKind::Signature, redactor.text(&error.to_string())))?;
            for (name, mut value) in added.iter().map(|(name, value)| (name.clone(), value.clone())) {
                value.set_sensitive(true);
                if let (true, Ok(text)) = (shown::is_secret_header(&name), value.to_str()) {
                    redactor.add_header(text);
                }
                headers.insert(name, value);
            }
        }
        Ok((headers, redactor))
    }

    fn head(
        &self,
        headers: &HeaderMap,
        status: u16,
        attempt: u16,
        redactor: &Redactor,
    ) -> Result<Head, (Head, Refused)> {
        let base = redactor.text(&self.endpoint.base());
        let make = |form| {
            let mut head = Head::new(status, headers, form, base, redactor);
            head.attempt = attempt;
            head
        };
        match check::check_headers(headers) {
            Ok(form) => Ok(make(form)),
            Err(refused) => Err((make(check::Form::Unsaid), refused)),
        }
    }

    /// The error that a response is: reads as much of its body as says why.
    #[allow(clippy::too_many_arguments, reason = "what is known of a response that is refused")]
    async fn refused(
        &self,
        kind: SendErrorKind,
        head: Head,
        message: String,
        response: Response,
        redactor: &Redactor,
        sent: Instant,
        silence: Option<Duration>,
    ) -> SendError {
        let body = match kind {
            SendErrorKind::Redirect | SendErrorKind::Encoding => Vec::new(),
            _ => {
                if let Some(recorder) = &self.recorder {
                    recorder.head(&head, self.endpoint.dialect().framing);
                }
                read_some(response, silence, self.recorder.as_ref()).await
            }
        };
        tracing::debug!(bytes = body.len(), after_us = micros(sent.elapsed()), "gen_ai call was refused");
        let failure = match kind {
            SendErrorKind::Status => {
                Failure::of_response(head.status, head.advice, &body, &self.endpoint.dialect().oddities)
            }
            _ => Failure::new(ErrorKind::NotAStream, Retry::No).with_advice(head.advice),
        };
        let error = (kind == SendErrorKind::Status).then(|| reported(&body, self, redactor)).flatten();
        let mut shown = body;
        redactor.bytes(&mut shown);
        let message = match &error {
            Some(error) => error.message.to_string(),
            None if shown.is_empty() => message,
            None => format!("{message}: {}", excerpt(&redactor.text(&String::from_utf8_lossy(&shown)))),
        };
        SendError::new(kind, message).with_failure(failure).with_head(head).with_body(shown, error)
    }
}

type Checked = Result<Head, (SendErrorKind, Head, String)>;

/// Whether what came can be the answer: from where it was asked, with a status of success, of a type that can be one.
fn check_head(asked: &Url, response: &Response, head: Result<Head, (Head, Refused)>) -> Checked {
    let status = response.status();
    let (head, refused) = match head {
        Ok(head) => (head, None),
        Err((head, refused)) => (head, Some(refused)),
    };
    if response.url().origin() != asked.origin() {
        return Err((
            SendErrorKind::Redirect,
            head,
            "the HTTP client followed a redirect to another origin".to_owned(),
        ));
    }
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| asked.join(to.to_str().ok()?).ok());
        let to = to.and_then(|to| Some(to.host_str()?.to_owned())).unwrap_or_else(|| "nowhere".to_owned());
        return Err((SendErrorKind::Redirect, head, format!("the provider sends the request to {to}")));
    }
    if !status.is_success() {
        let reason = status.canonical_reason().unwrap_or("no success").to_owned();
        return Err((SendErrorKind::Status, head, reason));
    }
    match refused {
        None => Ok(head),
        Some(Refused::Encoding(of)) => {
            Err((SendErrorKind::Encoding, head, format!("the answer's coding {of:?} is not understood")))
        }
        Some(Refused::Type(of)) => Err((SendErrorKind::NotAStream, head, format!("the answer is {of}"))),
    }
}

fn no_response(error: reqwest::Error, redactor: &Redactor) -> SendError {
    let is_ours =
        error.is_builder() || error.is_request() && !error.is_connect() && !error.is_timeout() && error.is_redirect();
    let error = TransportError::new(error, redactor);
    let (kind, failure) = match (error.is_timeout, is_ours) {
        (true, _) => (SendErrorKind::Timeout, Failure::of_no_response(NoResponse::Timeout)),
        (_, true) => return SendError::new(SendErrorKind::Request, error.message),
        _ => (SendErrorKind::Connection, Failure::of_no_response(NoResponse::Connection)),
    };
    SendError::new(kind, error.message).with_failure(failure)
}

fn too_late() -> SendError {
    SendError::new(SendErrorKind::Timeout, "no answer came in time")
        .with_failure(Failure::of_no_response(NoResponse::Timeout))
}

/// The beginning of a body, as far as it comes in time, recorded where someone records.
async fn read_some(mut response: Response, silence: Option<Duration>, recorder: Option<&Recorder>) -> Vec<u8> {
    let until = Instant::now() + silence.unwrap_or(ERROR_BODY_TIME).min(ERROR_BODY_TIME);
    let mut body = Vec::new();
    let close = loop {
        // An error that breaks off says what it said until then.
        let chunk = match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break Close::Clean,
            Ok(Err(_)) => break Close::Broken,
            Err(_) => break Close::TimedOut,
        };
        let room = ERROR_BODY_BYTES - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            break Close::Cancelled;
        }
        if let Some(recorder) = recorder {
            recorder.push(&chunk);
        }
        body.extend_from_slice(&chunk);
    };
    if let Some(recorder) = recorder {
        recorder.finish(close);
    }
    body
}

/// The error that a body reports, as the core reads it, without secrets.
fn reported(body: &[u8], call: &Call, redactor: &Redactor) -> Option<ReportedError> {
    let mut normalizer = Normalizer::new(call.endpoint.dialect());
    let mut folded = thalweg::Response::default();
    normalizer.feed(body);
    normalizer.finish(Close::Clean);
    while let Some(event) = normalizer.poll() {
        folded.apply(&event);
    }
    let mut error = folded.errors.into_iter().find(|error| error.origin == thalweg::Origin::Provider)?;
    let scrub = |text: &str| Box::<str>::from(redactor.text(text));
    error.message = scrub(&error.message);
    error.code = error.code.as_deref().map(scrub);
    error.raw = error.raw.as_deref().map(scrub);
    Some(error)
}

/// The first words of a text.
fn excerpt(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(EXCERPT_CHARACTERS).collect()
}

const ERROR_BODY_BYTES: usize = 64 * 1024;
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);
const EXCERPT_CHARACTERS: usize = 200;
