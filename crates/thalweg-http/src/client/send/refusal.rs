//! Responses that are no answer, and what they say about it.

use core::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Response, Url};
use thalweg::fold::ReportedError;
use thalweg::policy::Failure;
use thalweg::{Close, ErrorKind, Fold, Normalizer, Origin, Retry};
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use crate::client::check::Refused;
use crate::client::error::{SendError, SendErrorKind};
use crate::client::head::Head;
use crate::client::recorder::Recorder;
use crate::client::secret::Redactor;

/// Why a response is no answer.
pub(super) struct Refusal {
    kind: SendErrorKind,
    message: String,
}

/// Whether what came can be the answer: from where it was asked, with a status of success, of a type that can be one.
pub(super) fn of_head(asked: &Url, response: &Response, refused: Option<&Refused>) -> Option<Refusal> {
    let status = response.status();
    let refusal = |kind, message| Some(Refusal { kind, message });
    if response.url().origin() != asked.origin() {
        return refusal(SendErrorKind::Redirect, "the HTTP client followed a redirect to another origin".to_owned());
    }
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|to| asked.join(to.to_str().ok()?).ok());
        let to = to.and_then(|to| Some(to.host_str()?.to_owned())).unwrap_or_else(|| "nowhere".to_owned());
        return refusal(SendErrorKind::Redirect, format!("the provider sends the request to {to}"));
    }
    if !status.is_success() {
        return refusal(SendErrorKind::Status, status.canonical_reason().unwrap_or("no success").to_owned());
    }
    match refused? {
        Refused::Encoding(of) => {
            refusal(SendErrorKind::Encoding, format!("the answer's coding {of:?} is not understood"))
        }
        Refused::Type(of) => refusal(SendErrorKind::NotAStream, format!("the answer is {of}")),
    }
}

impl Refusal {
    /// The error that it is: reads as much of the body as says why.
    pub(super) async fn into_error(
        self,
        call: &Call,
        head: Head,
        response: Response,
        recorder: Option<&Recorder>,
        redactor: &Redactor,
        longest: Option<Duration>,
    ) -> SendError {
        let mut body = match self.kind {
            SendErrorKind::Redirect | SendErrorKind::Encoding => Vec::new(),
            _ => {
                if let Some(recorder) = recorder {
                    recorder.head(&head, call.endpoint.dialect().framing);
                }
                read_some(response, longest, recorder).await
            }
        };
        let is_status = self.kind == SendErrorKind::Status;
        let failure = match is_status {
            true => Failure::of_response(head.status, head.advice, &body, &call.endpoint.dialect().oddities),
            false => Failure::new(ErrorKind::NotAStream, Retry::No).with_advice(head.advice),
        };
        let error = is_status.then(|| reported(&body, call, redactor)).flatten();
        redactor.bytes(&mut body);
        body.truncate(ERROR_BODY_BYTES);
        let message = match &error {
            Some(error) => error.message.to_string(),
            None if body.is_empty() => redactor.text(&self.message),
            None => redactor.text(&format!("{}: {}", self.message, excerpt(&String::from_utf8_lossy(&body)))),
        };
        SendError::new(self.kind, message).with_failure(failure).with_head(head).with_body(body, error)
    }
}

/// The beginning of a body, as far as it comes in time, recorded where someone records.
async fn read_some(mut response: Response, longest: Option<Duration>, recorder: Option<&Recorder>) -> Vec<u8> {
    let until = Instant::now() + longest.unwrap_or(ERROR_BODY_TIME).min(ERROR_BODY_TIME);
    let mut body = Vec::new();
    let close = loop {
        // An error that breaks off says what it said until then.
        let chunk = match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break Close::Clean,
            Ok(Err(_)) => break Close::Broken,
            Err(_) => break Close::TimedOut,
        };
        let room = READ_BYTES - body.len();
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
    let mut error = folded.errors.into_iter().find(|error| error.origin == Origin::Provider)?;
    error.message = redactor.text(&error.message).into();
    for text in [&mut error.code, &mut error.raw].into_iter().flatten() {
        *text = redactor.text(text).into();
    }
    Some(error)
}

/// The first words of a text.
fn excerpt(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().take(EXCERPT_CHARACTERS).collect()
}

const ERROR_BODY_BYTES: usize = 64 * 1024;
/// What is read: more than is kept, so that a secret on the border is known and nothing of it is left.
const READ_BYTES: usize = ERROR_BODY_BYTES + 16 * 1024;
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);
const EXCERPT_CHARACTERS: usize = 200;
