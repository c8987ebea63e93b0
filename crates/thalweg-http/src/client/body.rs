//! The body of a response on its way to the decoder: recorded, counted, and let go of at once when it is not wanted.

use core::error::Error;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;
use std::sync::Arc;

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
        // The client says of every body that fails that it could not decode it.
        let is_decode = error.is_decode() && !chain(&error, inner).any(<dyn Error>::is::<hyper::Error>);
        let said = chain(&error, Error::source).skip(usize::from(error.is_decode() && !is_decode));
        let message = said.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        Self { message: redactor.text(&message), is_timeout: error.is_timeout(), is_decode }
    }
}

type AnyError<'e> = &'e (dyn Error + 'static);

/// An error and those under it, as far as anyone reads: a chain of errors is finite, and a bound costs nothing.
fn chain<'e>(
    error: AnyError<'e>,
    under: fn(AnyError<'e>) -> Option<AnyError<'e>>,
) -> impl Iterator<Item = AnyError<'e>> {
    core::iter::successors(Some(error), move |error| under(*error)).take(CAUSES_MAX)
}

/// What caused an error, or what it wraps: decompressors wrap errors of the bytes, and say the same words.
fn inner(error: AnyError<'_>) -> Option<AnyError<'_>> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|wrapped| wrapped as AnyError<'_>).or_else(|| error.source())
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for TransportError {}

/// The body as the decoder pulls it.
pub(crate) struct Body {
    inner: Option<Inner>,
    recorder: Option<Recorder>,
    redactor: Arc<Redactor>,
}

type Inner = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

impl Body {
    pub(crate) fn new(response: reqwest::Response, recorder: Option<Recorder>, redactor: Arc<Redactor>) -> Self {
        Self { inner: Some(Box::pin(response.bytes_stream())), recorder, redactor }
    }

    /// The beginning of what came, where someone records.
    pub(crate) fn beginning(&self, most: usize) -> Vec<u8> {
        self.recorder.as_ref().map(|recorder| recorder.beginning(most)).unwrap_or_default()
    }

    /// Nothing more is wanted, and what came is still being read: the body goes, and with it the connection.
    pub(crate) fn let_go(&mut self) {
        self.inner = None;
    }

    /// Nothing more is wanted: the body goes, and with it the connection, unless the body happens to be at its end, so
    /// that the connection can be used again.
    pub(crate) fn end(&mut self, close: Close, cx: &mut Context<'_>) {
        if let Some(mut inner) = self.inner.take() {
            // Whether that is the end or not, and whatever else comes: it is not waited for.
            let _ = inner.as_mut().poll_next(cx);
        }
        if let Some(recorder) = &self.recorder {
            recorder.finish(close);
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(recorder) = &self.recorder {
            // Only the first word on it counts.
            recorder.finish(Close::Cancelled);
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        Poll::Ready(match ready!(inner.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => {
                if let Some(recorder) = &self.recorder {
                    recorder.push(&chunk);
                }
                Some(Ok(chunk))
            }
            // It is not asked again.
            Some(Err(error)) => {
                self.inner = None;
                Some(Err(TransportError::new(error, &self.redactor)))
            }
            None => {
                self.inner = None;
                None
            }
        })
    }
}

const CAUSES_MAX: usize = 16;
