//! One attempt: the request goes out, the head of the response comes in and is checked.

use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderMap;
use thalweg::Normalizer;
use thalweg::policy::{Failure, NoResponse};
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::{Client, refusal};
use crate::client::answer::{Answer, Parts};
use crate::client::body::{Body, TransportError};
use crate::client::check::{self, Form};
use crate::client::error::{SendError, SendErrorKind};
use crate::client::head::Head;
use crate::client::secret::Redactor;
use crate::client::shown;
use crate::client::sign::Unsigned;
use crate::client::trace::Trace;

impl Call {
    /// Sends the request once. `start` is when the first attempt began. The answer is boxed: the future that waits for it
    /// would have room for several of them.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        client: &Client,
        bytes: &Bytes,
        attempt: u16,
        start: Instant,
    ) -> Result<Box<Answer>, SendError> {
        let signed = self.signed(bytes);
        let (headers, redactor) = within(start, client.rules.deadlines.total, signed).await?;
        let redactor = Arc::new(redactor);
        let sent = Instant::now();
        let recorder = self.recorder.as_ref().map(|recorder| {
            let how = format!("POST {}, dialect {}", self.url.path(), self.endpoint.dialect().name);
            recorder.begin(Arc::clone(&redactor), redactor.text(&how))
        });
        let mut rules = client.rules.deadlines;
        rules.total = rules.total.map(|total| total.saturating_sub(sent - start));
        let mut request = reqwest::Request::new(Method::POST, self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = Some(bytes.clone().into());
        let response = async { client.http.execute(request).await.map_err(|error| no_response(error, &redactor)) };
        let longest = rules.silence.into_iter().chain(rules.total).min();
        let response = within(sent, longest, response).await?;
        let status = response.status().as_u16();
        let trace = Trace::of(self.span.clone());
        trace.head(status, attempt);
        let form = check::check_headers(response.headers());
        let refusal = refusal::of_head(&self.url, &response, form.as_ref().err());
        let base = redactor.text(&self.endpoint.base());
        let mut head = Head::new(status, response.headers(), form.unwrap_or(Form::Unsaid), base, &redactor);
        head.attempt = attempt;
        if let Some(refusal) = refusal {
            trace.forget();
            let left = rules.total.map(|total| total.saturating_sub(sent.elapsed()));
            let longest = rules.silence.into_iter().chain(left).min();
            return Err(refusal.into_error(self, head, response, recorder.as_ref(), &redactor, longest).await);
        }
        if let Some(recorder) = &recorder {
            recorder.head(&head, self.endpoint.dialect().framing);
        }
        let body = Body::new(response, recorder, Arc::clone(&redactor));
        let normalizer = Normalizer::new(self.endpoint.dialect()).with_limits(client.rules.limits);
        Ok(Box::new(Answer::new(Parts {
            call: Arc::clone(self),
            redactor,
            head,
            body,
            normalizer,
            trace,
            sent,
            deadlines: rules,
            until: client.rules.until,
        })))
    }

    /// The headers with those of the signature, and a redactor that knows these too.
    async fn signed(&self, bytes: &Bytes) -> Result<(HeaderMap, Redactor), SendError> {
        let headers = self.endpoint.headers(&self.request);
        let mut headers = headers.map_err(|error| SendError::new(SendErrorKind::Request, error.to_string()))?;
        let mut redactor = self.redactor.clone();
        if let Some(signer) = self.endpoint.signer() {
            let unsigned = Unsigned { method: "POST", url: &self.url, headers: &headers, body: bytes };
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
}

fn no_response(error: reqwest::Error, redactor: &Redactor) -> SendError {
    let is_ours = error.is_builder();
    let error = TransportError::new(error, redactor);
    let (kind, failure) = match (error.is_timeout, is_ours) {
        (true, _) => (SendErrorKind::Timeout, Failure::of_no_response(NoResponse::Timeout)),
        (_, true) => return SendError::new(SendErrorKind::Request, error.message),
        _ => (SendErrorKind::Connection, Failure::of_no_response(NoResponse::Connection)),
    };
    SendError::new(kind, error.message).with_failure(failure)
}

/// What comes of a future in time. A time that no clock can name is no limit.
async fn within<T>(
    start: Instant,
    longest: Option<Duration>,
    future: impl Future<Output = Result<T, SendError>>,
) -> Result<T, SendError> {
    match longest.and_then(|longest| start.checked_add(longest)) {
        None => future.await,
        Some(until) => timeout_at(until, future).await.unwrap_or_else(|_| Err(too_late())),
    }
}

fn too_late() -> SendError {
    SendError::new(SendErrorKind::Timeout, "no answer came in time")
        .with_failure(Failure::of_no_response(NoResponse::Timeout))
}
