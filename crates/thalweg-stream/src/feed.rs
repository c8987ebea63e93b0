//! From a body to a normalizer: pulls one chunk when everything before it has been given out, and says how it ended.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{Stream, TryStream};
use thalweg::{Close, Normalizer, Stage};

use crate::Until;
use crate::clock::Clock;

/// A body and the normalizer that reads it.
///
/// All state is here and none in a future, so that futures can be dropped at any point.
pub(crate) struct Feed<S: TryStream> {
    pub(crate) body: S,
    pub(crate) normalizer: Normalizer,
    pub(crate) until: Until,
    pub(crate) close_of: fn(&S::Error) -> Close,
    pub(crate) error: Option<S::Error>,
    /// Ends the response when it is ready.
    pub(crate) cancel: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    pub(crate) clock: Option<Clock>,
    /// Everything that was put in has been given out. Nothing more is put in before that, so that at most one chunk
    /// is in the normalizer beside its unfinished frame.
    pub(crate) is_drained: bool,
}

impl<S: TryStream> Feed<S> {
    pub(crate) fn new(body: S, normalizer: Normalizer, until: Until) -> Self {
        Self {
            body,
            normalizer,
            until,
            close_of: |_| Close::Broken,
            error: None,
            cancel: None,
            clock: None,
            is_drained: false,
        }
    }

    /// Says how the body ended. It is not polled again.
    pub(crate) fn finish(&mut self, close: Close) {
        self.normalizer.finish(close);
        self.is_drained = false;
    }
}

impl<S> Feed<S>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
{
    /// What `take` gets out of the normalizer, fed until there is something; none when the stream is over.
    pub(crate) fn poll_take<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&mut Normalizer, &mut Option<Clock>) -> Option<T>,
    ) -> Poll<Option<T>> {
        for _ in 0..CHUNKS_A_POLL {
            let taken = take(&mut self.normalizer, &mut self.clock);
            self.is_drained = taken.is_none();
            if taken.is_some() || self.normalizer.stage() == Stage::Ended {
                return Poll::Ready(taken);
            }
            ready!(self.poll_pull(cx));
        }
        // The body has chunks and they give nothing: others get a turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Puts in the next chunk, or the end. Does nothing while there is something to give out, and behind the end.
    pub(crate) fn poll_pull(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A normalizer that is drained and has not ended is open: its body has not ended either.
        if !self.is_drained || self.normalizer.stage() == Stage::Ended {
            return Poll::Ready(());
        }
        if self.until.is_reached(&self.normalizer) {
            self.finish(Close::Clean);
            return Poll::Ready(());
        }
        if let Some(cancel) = &mut self.cancel
            && cancel.as_mut().poll(cx).is_ready()
        {
            self.cancel = None;
            self.finish(Close::Cancelled);
            return Poll::Ready(());
        }
        match Pin::new(&mut self.body).try_poll_next(cx) {
            Poll::Pending => {
                let Some(clock) = &mut self.clock else { return Poll::Pending };
                let deadline = ready!(clock.poll_passed(self.normalizer.stage(), cx));
                self.finish(deadline.close());
            }
            Poll::Ready(Some(Ok(chunk))) => {
                self.normalizer.feed(chunk.as_ref());
                self.is_drained = false;
                if let Some(deadline) = self.clock.as_mut().and_then(Clock::bytes) {
                    self.finish(deadline.close());
                }
            }
            Poll::Ready(Some(Err(error))) => {
                self.finish((self.close_of)(&error));
                self.error = Some(error);
            }
            Poll::Ready(None) => self.finish(Close::Clean),
        }
        Poll::Ready(())
    }
}

/// Nothing that is pinned is in it but the body, and that is asked to be `Unpin` where it is polled.
impl<S: TryStream + Unpin> Unpin for Feed<S> {}

impl<S: TryStream> core::fmt::Debug for Feed<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Feed")
            .field("normalizer", &self.normalizer)
            .field("until", &self.until)
            .field("has_error", &self.error.is_some())
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// A body of which nothing is known but that it may be sent: for assertions.
pub(crate) type AnyBody = Pin<Box<dyn Stream<Item = Result<Vec<u8>, std::io::Error>> + Send>>;

pub(crate) const fn send_unpin<T: Send + Unpin>() {}

/// Chunks that one poll may take without giving anything: a body that is always ready must not keep its thread to
/// itself.
const CHUNKS_A_POLL: usize = 32;
