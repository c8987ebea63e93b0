//! The body of a response on its way to the decoder: recorded, counted, and let go of at once when it is not wanted.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_core::Stream;
use thalweg::Close;

use super::recorder::Recorder;
use super::secret::Redactor;

/// How a transport failed: what it says itself, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportError {
    /// What it says, with its causes.
    pub message: String,
    /// It took too long.
    pub is_timeout: bool,
    /// The bytes could not be decompressed.
    pub is_decode: bool,
}

impl TransportError {
    /// The HTTP client's errors name the URL, and their causes may: what is kept is text without secrets.
    pub(crate) fn new(error: reqwest::Error, redactor: &Redactor) -> Self {
        let error = error.without_url();
        let mut message = error.to_string();
        let mut source = core::error::Error::source(&error);
        // A chain of causes is finite; a bound costs nothing.
        for _ in 0..CAUSES_MAX {
            let Some(cause) = source else { break };
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { message: redactor.text(&message), is_timeout: error.is_timeout(), is_decode: error.is_decode() }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for TransportError {}

/// The body as the decoder pulls it. The other half is a [`Pipe`].
pub(crate) struct Body(Arc<Mutex<State>>);

/// The body as the answer holds it: it can be dropped before the decoder is.
pub(crate) struct Pipe(Arc<Mutex<State>>);

struct State {
    inner: Option<Inner>,
    received: u64,
    recorder: Option<Recorder>,
    redactor: Arc<Redactor>,
}

type Inner = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// Both halves of a body.
pub(crate) fn pipe(response: reqwest::Response, recorder: Option<Recorder>, redactor: Arc<Redactor>) -> (Body, Pipe) {
    let inner: Inner = Box::pin(response.bytes_stream());
    let state = Arc::new(Mutex::new(State { inner: Some(inner), received: 0, recorder, redactor }));
    (Body(Arc::clone(&state)), Pipe(state))
}

impl Pipe {
    /// Bytes received so far.
    pub(crate) fn received(&self) -> u64 {
        lock(&self.0).received
    }

    /// Nothing more is wanted: the body goes, and with it the connection, unless the body happens to be at its end, so
    /// that the connection can be used again.
    pub(crate) fn end(&self, close: Option<Close>, cx: &mut Context<'_>) {
        let mut state = lock(&self.0);
        if let Some(inner) = &mut state.inner {
            // Whether that is the end or not, and whatever else comes: it is not waited for.
            let _ = inner.as_mut().poll_next(cx);
        }
        state.inner = None;
        if let (Some(recorder), Some(close)) = (&state.recorder, close) {
            recorder.finish(close);
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.inner = None;
        if let Some(recorder) = &state.recorder {
            // Only the first word on it counts.
            recorder.finish(Close::Cancelled);
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = lock(&self.0);
        let Some(inner) = &mut state.inner else { return Poll::Ready(None) };
        let next = core::task::ready!(inner.as_mut().poll_next(cx));
        Poll::Ready(match next {
            Some(Ok(chunk)) => {
                state.received = state.received.saturating_add(chunk.len() as u64);
                if let Some(recorder) = &state.recorder {
                    recorder.push(&chunk);
                }
                Some(Ok(chunk))
            }
            Some(Err(error)) => {
                state.inner = None;
                Some(Err(TransportError::new(error, &state.redactor)))
            }
            None => {
                // It is not asked again.
                state.inner = None;
                None
            }
        })
    }
}

/// A panic elsewhere leaves nothing half done here.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

const CAUSES_MAX: usize = 16;
