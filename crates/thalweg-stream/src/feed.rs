//! From a body to a normalizer: pulls one chunk when everything before it has been given out, and says how it ended.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{Stream, TryStream};
use thalweg::policy::{Deadline, Deadlines};
use thalweg::{Close, Normalizer, Stage};

use crate::clock::Clock;
use crate::decoder::Decoder;
use crate::watch::Watch;
use crate::{Observer, Timer, Until};

/// A body and the decoder that reads it.
///
/// All state is here and none in a future, so that futures can be dropped at any point.
pub(crate) struct Feed<S: TryStream, O = ()> {
    pub(crate) body: S,
    pub(crate) decoder: Decoder<O>,
    pub(crate) until: Until,
    pub(crate) close_of: fn(&S::Error) -> Close,
    pub(crate) error: Option<S::Error>,
    /// Ends the response when it is ready.
    pub(crate) cancel: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    clock: Option<Clock>,
    /// Everything that was put in has been given out. Nothing more is put in before that, so that at most one chunk
    /// is in the normalizer beside its unfinished frame.
    pub(crate) is_drained: bool,
}

impl<S: TryStream> Feed<S> {
    pub(crate) fn new(body: S, normalizer: Normalizer, until: Until) -> Self {
        Self {
            body,
            decoder: Decoder::new(normalizer, ()),
            until,
            close_of: |_| Close::Broken,
            error: None,
            cancel: None,
            clock: None,
            is_drained: false,
        }
    }
}

impl<S: TryStream, O: Observer> Feed<S, O> {
    /// Another observer.
    pub(crate) fn with_observer<P: Observer>(self, observer: P) -> Feed<S, P> {
        let Self { body, decoder, until, close_of, error, cancel, clock, is_drained } = self;
        Feed { body, decoder: decoder.with_observer(observer), until, close_of, error, cancel, clock, is_drained }
    }

    pub(crate) fn with_deadlines(&mut self, deadlines: Deadlines, timer: Box<dyn Timer + Send>) {
        self.decoder.watch = Some(Watch::new(deadlines, timer.now_us()));
        self.clock = Some(Clock::new(timer));
    }

    /// Says how the body ended. It is not polled again.
    pub(crate) fn finish(&mut self, close: Close) {
        self.decoder.finish(close, self.now_us());
        self.is_drained = false;
    }

    fn now_us(&self) -> Option<u64> {
        self.clock.as_ref().map(Clock::now_us)
    }

    pub(crate) fn stage(&self) -> Stage {
        self.decoder.normalizer.stage()
    }

    /// The deadline that ended the response.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.decoder.watch.as_ref()?.passed
    }
}

impl<S, O> Feed<S, O>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
    O: Observer,
{
    /// What `take` gets out of the decoder, fed until there is something; none when the stream is over.
    pub(crate) fn poll_take<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&mut Decoder<O>) -> Option<T>,
    ) -> Poll<Option<T>> {
        for _ in 0..CHUNKS_A_POLL {
            let taken = take(&mut self.decoder);
            self.is_drained = taken.is_none();
            if taken.is_some() || self.stage() == Stage::Ended {
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
        let stage = self.stage();
        // A normalizer that is drained and has not ended is open: its body has not ended either.
        if !self.is_drained || stage == Stage::Ended {
            return Poll::Ready(());
        }
        if self.until.is_reached(stage) {
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
                let deadline = ready!(self.poll_passed(stage, cx));
                self.finish(deadline.close());
            }
            Poll::Ready(Some(Ok(chunk))) => self.feed(chunk.as_ref()),
            Poll::Ready(Some(Err(error))) => {
                self.finish((self.close_of)(&error));
                self.error = Some(error);
            }
            Poll::Ready(None) => self.finish(Close::Clean),
        }
        Poll::Ready(())
    }

    fn feed(&mut self, chunk: &[u8]) {
        let now_us = self.now_us();
        if chunk.is_empty() {
            // That is no arrival, and no sign of life.
            let stage = self.until.waits_at(self.stage());
            self.is_drained = !self.decoder.waits(stage, now_us);
            return;
        }
        self.decoder.feed(chunk, now_us);
        self.is_drained = false;
    }

    /// Waits for a deadline, while the body has nothing.
    fn poll_passed(&mut self, stage: Stage, cx: &Context<'_>) -> Poll<Deadline> {
        match (&mut self.clock, &mut self.decoder.watch) {
            (Some(clock), Some(watch)) => clock.poll_passed(watch, self.until.waits_at(stage), cx),
            _ => Poll::Pending,
        }
    }
}

/// Nothing that is pinned is in it but the body, and that is asked to be `Unpin` where it is polled.
impl<S: TryStream + Unpin, O> Unpin for Feed<S, O> {}

impl<S: TryStream, O> core::fmt::Debug for Feed<S, O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Feed")
            .field("normalizer", &self.decoder.normalizer)
            .field("until", &self.until)
            .field("has_error", &self.error.is_some())
            .field("watch", &self.decoder.watch)
            .finish_non_exhaustive()
    }
}

/// A body of which nothing is known but that it may be sent: for assertions.
pub(crate) type AnyBody = Pin<Box<dyn Stream<Item = Result<Vec<u8>, std::io::Error>> + Send>>;

pub(crate) const fn send_unpin<T: Send + Unpin>() {}

/// Chunks that one poll may take without giving anything: a body that is always ready must not keep its thread to
/// itself.
const CHUNKS_A_POLL: usize = 32;
