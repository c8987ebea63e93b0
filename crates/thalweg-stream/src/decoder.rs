//! A normalizer, with what stands right behind it: who watches its events, and what is held of them.

#[cfg(feature = "async")]
use thalweg::FrameEvents;
use thalweg::policy::PreambleRules;
use thalweg::{Close, Event, Normalizer, Stage};

use crate::held::Held;
use crate::watch::Watch;
use crate::{Observer, Opening};

/// The events of one response as they are decoded, whoever feeds the normalizer. Merging and hooks come behind it.
#[derive(Debug)]
pub(crate) struct Decoder<O = ()> {
    pub(crate) normalizer: Normalizer,
    pub(crate) watch: Option<Watch>,
    pub(crate) observer: O,
    /// What is held back until something is given out; nearly always nothing.
    held: Option<Box<Held>>,
    /// Something was given out: there is nothing to hold back any more.
    is_given: bool,
}

impl<O: Observer> Decoder<O> {
    pub(crate) fn new(normalizer: Normalizer, observer: O) -> Self {
        Self { normalizer, watch: None, observer, held: None, is_given: false }
    }

    /// Another observer.
    pub(crate) fn with_observer<P: Observer>(self, observer: P) -> Decoder<P> {
        Decoder { normalizer: self.normalizer, watch: self.watch, observer, held: self.held, is_given: self.is_given }
    }

    /// A chunk came, at a time of the caller's clock. A deadline that has passed all the same ends the response behind it.
    pub(crate) fn feed(&mut self, chunk: &[u8], now_us: Option<u64>) {
        let passed = self.watch.as_mut().zip(now_us).and_then(|(watch, now_us)| watch.bytes(now_us));
        self.observer.chunk(chunk, self.watch.as_ref().map(|watch| watch.at_us));
        self.normalizer.feed(chunk);
        if let Some(deadline) = passed {
            self.finish(deadline.close(), now_us);
        }
    }

    /// The body has nothing. Whether a deadline has passed, which ends the response.
    pub(crate) fn waits(&mut self, stage: Stage, now_us: Option<u64>) -> bool {
        let passed = self.watch.as_mut().zip(now_us).and_then(|(watch, now_us)| watch.waits(stage, now_us));
        if let Some(deadline) = passed {
            self.finish(deadline.close(), now_us);
        }
        passed.is_some()
    }

    /// Says how the body ended, and when.
    pub(crate) fn finish(&mut self, close: Close, now_us: Option<u64>) {
        if let (Some(watch), Some(now_us)) = (&mut self.watch, now_us) {
            watch.at_us = now_us;
        }
        self.normalizer.finish(close);
    }

    /// Goes to the next event: of what was held, then of what has arrived.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        if let Some(held) = &mut self.held {
            if held.advance() {
                self.is_given = true;
                return true;
            }
            self.held = None;
        }
        let is_there = self.decode();
        self.is_given |= is_there;
        is_there
    }

    /// The event that [`advance`](Self::advance) went to.
    #[inline]
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        self.held.as_ref().and_then(|held| held.event()).or_else(|| self.normalizer.event())
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

    /// Begins to hold events back, or goes on; false where it is too late for that.
    pub(crate) fn hold(&mut self, rules: PreambleRules) -> bool {
        let can_hold = !self.is_given && self.held.as_ref().is_none_or(|held| held.is_holding());
        if can_hold {
            self.held.get_or_insert_with(|| Box::new(Held::new(rules)));
        }
        can_hold
    }

    /// Whether there are held events to give out.
    pub(crate) fn has_held(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.has_more())
    }

    /// What the beginning has come to where the response ended in it.
    pub(crate) fn ended(&self) -> Opening {
        self.held.as_ref().and_then(|held| held.outcome()).map_or(Opening::Content, Opening::Ended)
    }

    /// Holds back what has arrived; what the beginning has come to with it, or none where more must arrive.
    pub(crate) fn open(&mut self) -> Option<Opening> {
        while self.decode() {
            let event = self.normalizer.event()?;
            if !self.held.as_mut().is_some_and(|held| held.push(&event)) {
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
