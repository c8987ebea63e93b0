use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream, TryStream};
use thalweg::policy::{Deadline, Deadlines};
use thalweg::{Close, Dialect, FrameEvents, Normalizer, OwnedEvent, Stage};

use crate::feed::{AnyBody, Feed, send_unpin};
use crate::{Timer, Until};

/// The frames of a body in a known dialect. Short for [`FrameStream::new`] with [`Normalizer::new`].
pub fn frames<S: TryStream>(body: S, dialect: &Dialect) -> FrameStream<S> {
    FrameStream::new(body, Normalizer::new(dialect))
}

/// One frame: its exact bytes and its events, to keep or to send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The frame's number: from 1, in order of arrival.
    pub number: u64,
    /// Its bytes, as they came: terminators, comments, sentinels and garbage included.
    pub bytes: Vec<u8>,
    /// Its events; none where it carries nothing.
    pub events: Vec<OwnedEvent>,
}

impl From<FrameEvents<'_>> for Frame {
    fn from(frame: FrameEvents<'_>) -> Self {
        let events = frame.events().map(|event| event.to_owned()).collect();
        Self { number: frame.number, bytes: frame.bytes.to_vec(), events }
    }
}

/// The frames of one response, from a stream of its chunks: for gateways that pass the bytes on.
///
/// Every frame comes once, also one without events. Concatenated, the bytes of all items are the bytes of the body. The
/// last item has none: its events are what the end of the stream brings, [`Event::End`](thalweg::Event::End) the last
/// of them. (Where one of [`Limits`](thalweg::Limits) is reached, that item is the last; the rest of the body is not
/// read and its bytes are missing.) A frame comes when it is whole: a client gets whole frames, never cut where the
/// upstream's packets were.
///
/// It ends as [`EventStream`](crate::EventStream) does, is as safe to cancel and keeps as little, with one difference:
/// by default the body is read to its end ([`Until::Closed`]), because what is promised here is its bytes. Whoever
/// waits for a server that never closes is then the client, as it would be without a gateway between.
///
/// There are no hooks here: bytes that are passed on exactly are not to be changed.
///
/// ```
/// use futures::StreamExt;
/// use thalweg::dialects;
///
/// # futures::executor::block_on(async {
/// let body = futures::stream::iter([Ok::<_, std::io::Error>("da"), Ok("ta: [DONE]\n\n: bye\n\n")]);
/// let mut frames = thalweg_stream::frames(body, &dialects::OPENAI_CHAT);
/// let mut passed_on = Vec::new();
/// while let Some(frame) = frames.next().await {
///     passed_on.extend(frame.bytes);
///     for event in frame.events {
///         println!("{event:?}");
///     }
/// }
/// assert_eq!(passed_on, b"data: [DONE]\n\n: bye\n\n");
/// # });
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct FrameStream<S: TryStream> {
    feed: Feed<S>,
}

impl<S: TryStream> FrameStream<S> {
    /// The frames of a body, read by a normalizer: one for a dialect, one that detects it, with limits of its own.
    pub fn new(body: S, normalizer: Normalizer) -> Self {
        Self { feed: Feed::new(body, normalizer, Until::Closed) }
    }

    /// How long the body is read. [`Until::Closed`] by default.
    pub fn with_until(mut self, until: Until) -> Self {
        self.feed.until = until;
        self
    }

    /// How a body that gives an error has ended. [`Close::Broken`] by default, whatever the error.
    pub fn with_close(mut self, close_of: fn(&S::Error) -> Close) -> Self {
        self.feed.close_of = close_of;
        self
    }

    /// Ends the response as [`cancel`](Self::cancel) does, as soon as a future is ready: the receiver of a channel, the
    /// `cancelled_owned()` of a token. It is asked whenever more of the body is waited for. What has arrived by then
    /// still comes.
    pub fn with_cancel(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.feed.cancel = Some(Box::pin(signal));
        self
    }

    /// Ends the response when one of its deadlines passes: as timed out, or, when the drain window behind its finish is
    /// over, as after a clean close. [`deadline`](Self::deadline) says which it was.
    ///
    /// `deadlines` has begun when the request was sent, by the clock of `timer`. They are looked at when more of the body
    /// is waited for, and that of the whole stream whenever a chunk comes: a stream that nobody polls is not ended. An example is at
    /// [`EventStream::with_deadlines`](crate::EventStream::with_deadlines).
    pub fn with_deadlines(mut self, deadlines: Deadlines, timer: impl Timer + Send + 'static) -> Self {
        self.feed.with_deadlines(deadlines, Box::new(timer));
        self
    }

    /// The caller wants no more, for example because the client has gone: the body is not asked again, and the outcome
    /// is `Cancelled`. Frames of what has arrived still come, and then the end.
    pub fn cancel(&mut self) {
        self.finish_now(Close::Cancelled);
    }

    /// Says how the body ended, as the caller sees it: the body is not asked again, the remaining frames come at once.
    /// Does nothing when that is known already.
    pub fn finish_now(&mut self, close: Close) {
        self.feed.finish(close);
    }

    /// How far the response is, as far as its frames have been taken.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.feed.stage()
    }

    /// The normalizer: the dialect it found, the memory it holds.
    #[must_use]
    pub fn normalizer(&self) -> &Normalizer {
        &self.feed.decoder.normalizer
    }

    /// The deadline that ended the response, if one did.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.feed.deadline()
    }

    /// The error that ended the body, if one did.
    #[must_use]
    pub fn error(&self) -> Option<&S::Error> {
        self.feed.error.as_ref()
    }

    /// The error that ended the body, if one did. The body is dropped.
    #[must_use]
    pub fn into_error(self) -> Option<S::Error> {
        self.feed.error
    }

    /// The body, where it stands.
    #[must_use]
    pub fn into_body(self) -> S {
        self.feed.body
    }
}

impl<S> FrameStream<S>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
{
    /// The next frame of what has arrived, lent, without waiting and without a copy; `None`: [`pull`](Self::pull), or
    /// it is over.
    pub fn next_arrived(&mut self) -> Option<FrameEvents<'_>> {
        let Feed { decoder, is_drained, .. } = &mut self.feed;
        let frame = decoder.poll_frame();
        *is_drained = frame.is_none();
        frame
    }

    /// Waits for the next chunk of the body, or for its end; the frames are then taken with
    /// [`next_arrived`](Self::next_arrived). Returns at once while there are frames to take, and when it is over.
    /// Dropping the future loses nothing. Deadlines belong here: see
    /// [`EventStream::pull`](crate::EventStream::pull).
    pub async fn pull(&mut self) {
        poll_fn(|cx| self.poll_pull(cx)).await;
    }

    /// [`pull`](Self::pull), for futures written by hand.
    pub fn poll_pull(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.feed.poll_pull(cx)
    }
}

impl<S> Stream for FrameStream<S>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
{
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        self.feed.poll_take(cx, |decoder| decoder.poll_frame().map(Frame::from))
    }
}

impl<S> FusedStream for FrameStream<S>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
{
    fn is_terminated(&self) -> bool {
        // The last event is in the last frame, which is given out whole.
        self.stage() == Stage::Ended
    }
}

impl<S: TryStream> fmt::Debug for FrameStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FrameStream").field(&self.feed).finish()
    }
}

const _: () = send_unpin::<FrameStream<AnyBody>>();
