//! From a request to its answer.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use tokio::time::Instant;

use super::body::Answer;
use super::fault::{FaultKind, RetryAfter, StatusFault};
use super::library::{Recorded, Wire};
use super::script::Script;
use super::select;
use super::served::{Ended, Watch};
use super::shared::Shared;
use super::socket::Gate;
use super::take::Take;

/// There is no answer: the connection is closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed without an answer")
    }
}

impl core::error::Error for NoAnswer {}

/// Answers a request.
pub(super) async fn answer(
    shared: Arc<Shared>,
    gate: Arc<Gate>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, NoAnswer> {
    let zero = Instant::now();
    let (parts, body) = request.into_parts();
    let watch = Watch::new(Arc::clone(&shared), parts.method.clone(), parts.uri.path().to_owned());
    let say = |status, reason: String, text: &dyn fmt::Display, mut watch: Watch| {
        watch.refused(reason);
        Ok(plain(status, text, &shared, &gate, watch))
    };
    if !drain(body).await? {
        let reason = format!("a request has at most {REQUEST_BYTES_MAX} bytes");
        return say(StatusCode::PAYLOAD_TOO_LARGE, reason.clone(), &format_args!("{reason}\n"), watch);
    }
    let at = match select::recording(&shared.library, &parts) {
        Ok(at) => at,
        Err(error) => return say(StatusCode::NOT_FOUND, error.reason(), &error, watch),
    };
    let own = match select::faults(&parts) {
        Ok(own) => own,
        Err(error) => {
            let reason = format!("{}: `{}`: {}", select::FAULT, error.fault.escape_debug(), error.reason);
            return say(StatusCode::BAD_REQUEST, reason, &format_args!("{}: {error}\n", select::FAULT), watch);
        }
    };
    let faults = match shared.faults(at, own) {
        Ok(faults) => faults,
        Err(error) => {
            let reason = format!("{}: {error}", select::FAULT);
            return say(StatusCode::BAD_REQUEST, reason.clone(), &format_args!("{reason}\n"), watch);
        }
    };
    let Some(recorded) = shared.recorded(at) else { return Err(NoAnswer) };
    Replaying { shared: &shared, gate, zero, at, recorded, faults }.answer(watch).await
}

/// A request that a recording answers.
struct Replaying<'s> {
    shared: &'s Shared,
    gate: Arc<Gate>,
    zero: Instant,
    at: usize,
    recorded: &'s Recorded,
    faults: Vec<FaultKind>,
}

impl Replaying<'_> {
    async fn answer(mut self, mut watch: Watch) -> Result<Response<Answer>, NoAnswer> {
        watch.meant(&self.recorded.name, &self.faults);
        let wait: Duration = self.faults.iter().filter_map(wait).fold(Duration::ZERO, Duration::saturating_add);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
            self.zero = Instant::now();
        }
        if self.faults.iter().any(|fault| matches!(fault, FaultKind::Drop)) {
            watch.end(Ended::Dropped);
            return Err(NoAnswer);
        }
        if self.faults.iter().any(|fault| matches!(fault, FaultKind::Reset { at: None })) {
            watch.end(Ended::Reset);
            self.gate.reset();
            return Err(NoAnswer);
        }
        let status = self.faults.iter().find_map(|fault| match fault {
            FaultKind::Status(status) => Some(status.clone()),
            _ => None,
        });
        Ok(match status {
            Some(status) if !status.keeps_body => self.refuse(&status, watch),
            status => self.replay(status.as_ref(), watch),
        })
    }

    /// The recording, perhaps with another status.
    fn replay(self, status: Option<&StatusFault>, mut watch: Watch) -> Response<Answer> {
        let turn = self.shared.turn(self.at, self.recorded.takes.len());
        watch.connection(turn);
        let take = self.recorded.takes.get(turn).cloned().unwrap_or_else(|| Take::of(Bytes::new()));
        let code = status.and_then(|status| StatusCode::from_u16(status.code).ok()).unwrap_or(self.recorded.status);
        let media = self.recorded.content_type.clone();
        let wire = self.recorded.wire;
        let mut response = self.response(code, media, take, wire, watch);
        if let Some(status) = status {
            advise(status, response.headers_mut());
        }
        response
    }

    /// An error of our own instead of the recording.
    fn refuse(self, status: &StatusFault, watch: Watch) -> Response<Answer> {
        let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = format!(
            "{{\"error\":{{\"message\":\"This fault was asked for.\",\"type\":\"replayed_fault\",\"code\":{}}}}}\n",
            code.as_u16()
        );
        let media = HeaderValue::from_static(Wire::Json.content_type());
        let mut response = self.response(code, media, Take::of(body), Wire::Json, watch);
        advise(status, response.headers_mut());
        response
    }

    fn response(
        self,
        status: StatusCode,
        media: HeaderValue,
        take: Take,
        wire: Wire,
        mut watch: Watch,
    ) -> Response<Answer> {
        watch.answered(status);
        let script = Script::new(take, wire, &self.faults);
        let is_compressed = script.is_compressed();
        let mut response = Response::new(Answer::new(script, self.zero, self.shared.speed, self.gate, watch));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, media);
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(name) = HeaderValue::from_str(&self.recorded.name) {
            headers.insert(HeaderName::from_static(select::CASE), name);
        }
        response
    }
}

/// Reads a request's body to its end and forgets it; false where it is too long. A connection that is closed with
/// something unread is reset, and what was sent last is lost.
async fn drain(mut body: Incoming) -> Result<bool, NoAnswer> {
    let mut len = 0_u64;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NoAnswer)?;
        len += frame.data_ref().map_or(0, |data| data.len() as u64);
        if len > REQUEST_BYTES_MAX {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Says something to the person who reads the answer.
fn plain(
    status: StatusCode,
    text: &dyn fmt::Display,
    shared: &Shared,
    gate: &Arc<Gate>,
    mut watch: Watch,
) -> Response<Answer> {
    watch.answered(status);
    let script = Script::new(Take::of(text.to_string()), Wire::Html, []);
    let mut response = Response::new(Answer::new(script, Instant::now(), shared.speed, Arc::clone(gate), watch));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// What the answer says about trying again.
fn advise(status: &StatusFault, headers: &mut HeaderMap) {
    match &status.retry_after {
        None => {}
        Some(RetryAfter::Text(value)) => {
            headers.insert(RETRY_AFTER, value.clone());
        }
        Some(RetryAfter::Millis(value)) => {
            headers.insert(HeaderName::from_static("retry-after-ms"), value.clone());
        }
        Some(RetryAfter::Date(seconds)) => {
            // A date can be written up to the year 9999.
            let soon = Duration::from_secs(u64::from(*seconds));
            let date = httpdate::fmt_http_date(SystemTime::now() + soon);
            if let Ok(date) = HeaderValue::from_str(&date) {
                headers.insert(RETRY_AFTER, date);
            }
        }
    }
    if let Some(value) = &status.should_retry {
        headers.insert(HeaderName::from_static("x-should-retry"), value.clone());
    }
}

fn wait(fault: &FaultKind) -> Option<Duration> {
    match fault {
        FaultKind::Wait { pause } => Some(*pause),
        _ => None,
    }
}

/// The longest request that is read: 64 MiB.
const REQUEST_BYTES_MAX: u64 = 64 << 20;
