//! A normalizer, with what stands right behind it: who watches its events, and what is held of them.

#[cfg(feature = "async")]
use thalweg::FrameEvents;
use thalweg::{Event, Normalizer};

use crate::held::Held;
use crate::watch::Watch;
use crate::{Observer, Opening};

/// The events of one response as they are decoded, whoever feeds the normalizer. Merging and hooks come behind it.
#[derive(Debug)]
pub(crate) struct Decoder<O = ()> {
    pub(crate) normalizer: Normalizer,
    pub(crate) watch: Option<Watch>,
    pub(crate) observer: O,
    pub(crate) held: Held,
}

impl<O: Observer> Decoder<O> {
    pub(crate) fn new(normalizer: Normalizer, observer: O) -> Self {
        Self { normalizer, watch: None, observer, held: Held::default() }
    }

    /// Another observer.
    pub(crate) fn with_observer<P: Observer>(self, observer: P) -> Decoder<P> {
        Decoder { normalizer: self.normalizer, watch: self.watch, observer, held: self.held }
    }

    /// A chunk came. It was one for the deadlines before.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        self.observer.chunk(chunk, self.watch.as_ref().map(|watch| watch.at_us));
        self.normalizer.feed(chunk);
    }

    /// Goes to the next event: of what was held, then of what has arrived.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        self.held.advance() || self.decode()
    }

    /// The event that [`advance`](Self::advance) went to.
    #[inline]
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        self.held.event().or_else(|| self.normalizer.event())
    }

    /// Goes to the next event behind those that are held.
    #[inline]
    pub(crate) fn decode(&mut self) -> bool {
        if !self.normalizer.advance() {
            return false;
        }
        if let Some(event) = self.normalizer.event() {
            see(&mut self.watch, &mut self.observer, &event);
        }
        true
    }

    /// Holds back what has arrived; what the beginning has come to with it, or none where more must arrive.
    pub(crate) fn open(&mut self) -> Option<Opening> {
        while self.decode() {
            let event = self.normalizer.event()?;
            if !self.held.push(&event) {
                return Some(Opening::Content);
            }
            if let Event::Error { fatal: true, .. } = event {
                return Some(Opening::Failed(event.to_owned()));
            }
        }
        None
    }

    /// The next frame, of whose events nothing is held.
    #[cfg(feature = "async")]
    pub(crate) fn poll_frame(&mut self) -> Option<FrameEvents<'_>> {
        let Self { normalizer, watch, observer, .. } = self;
        let frame = normalizer.poll_frame()?;
        frame.events().for_each(|event| see(watch, observer, &event));
        Some(frame)
    }
}

#[inline]
fn see<O: Observer>(watch: &mut Option<Watch>, observer: &mut O, event: &Event<'_>) {
    if let Some(watch) = watch {
        watch.event(event);
    }
    observer.event(event, watch.as_ref().map(|watch| watch.at_us));
}
