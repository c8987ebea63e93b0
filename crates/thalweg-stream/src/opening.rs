//! The beginning of a stream that nobody has seen yet: it can still become a status.

use core::future::poll_fn;
use std::collections::VecDeque;

use futures_core::TryStream;
use thalweg::policy::{Given, Preamble, PreambleRules};
use thalweg::{Event, Outcome, OwnedEvent};

use crate::EventStream;

/// What the beginning of a stream has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// There is something to show: answer, and give out the events. What was held comes first.
    Content,
    /// The provider failed before there was anything to show. This is the error, [`Event::Error`]; it is also among the
    /// held events.
    Failed(OwnedEvent),
    /// The response is over without anything to show.
    Ended(Outcome),
}

/// Events that were held back, and given out ahead of what comes.
#[derive(Debug, Default)]
pub(crate) struct Held {
    preamble: Option<Preamble>,
    events: VecDeque<OwnedEvent>,
    current: Option<OwnedEvent>,
    /// It ended while everything was held.
    outcome: Option<Outcome>,
    /// Something was given out: there is nothing to hold back any more.
    is_given: bool,
}

impl Held {
    /// Goes to the next of the held events; false when all were given out.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        if self.is_given && self.current.is_none() {
            return false;
        }
        self.is_given = true;
        self.release();
        self.current = self.events.pop_front();
        self.current.is_some()
    }

    pub(crate) fn event(&self) -> Option<Event<'_>> {
        self.current.as_ref().map(OwnedEvent::as_lent)
    }

    /// Whether there are events to give out.
    pub(crate) fn has_more(&self) -> bool {
        !self.events.is_empty() || self.preamble.is_some()
    }

    /// Holds nothing back any more.
    fn release(&mut self) {
        if let Some(mut preamble) = self.preamble.take() {
            preamble.open();
            self.events.extend(preamble.take());
        }
    }
}

impl<S> EventStream<S>
where
    S: TryStream + Unpin,
    S::Ok: AsRef<[u8]>,
{
    /// Waits until there is something to show, and holds back what comes before: whoever answers only then can make a
    /// status of an error, and nobody has seen anything of an attempt that is dropped for another one.
    ///
    /// Call it before the first event is taken; later it is [`Opening::Content`] at once. Nothing is lost: whatever it
    /// says, the held events are the first ones that are taken then. To wait on behind an error, for the end, call it
    /// again. Dropping the future loses nothing.
    ///
    /// ```
    /// use thalweg::policy::PreambleRules;
    /// use thalweg::{EventOf, dialects};
    /// use thalweg_stream::Opening;
    ///
    /// # futures::executor::block_on(async {
    /// let body = futures::stream::iter([Ok::<_, std::io::Error>(
    ///     "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\",\"code\":503}}\n\n",
    /// )]);
    /// let mut events = thalweg_stream::events(body, &dialects::OPENAI_CHAT);
    /// let status = match events.opening(PreambleRules::default()).await {
    ///     Opening::Failed(EventOf::Error { status, .. }) => status.unwrap_or(502),
    ///     _ => 200,
    /// };
    /// assert_eq!(status, 503);
    /// # });
    /// ```
    pub async fn opening(&mut self, rules: PreambleRules) -> Opening {
        if self.held.is_given || !self.held.events.is_empty() {
            return Opening::Content;
        }
        self.held.preamble.get_or_insert_with(|| Preamble::new(rules));
        while poll_fn(|cx| self.poll_tapped(cx)).await {
            let Some(event) = self.taps.event(&self.feed.normalizer) else { break };
            let given = self.held.preamble.as_mut().map(|preamble| preamble.push(&event));
            if given == Some(Given::Held) {
                match event {
                    Event::Error { fatal: true, .. } => return Opening::Failed(event.to_owned()),
                    Event::End { outcome, .. } => {
                        self.held.outcome = Some(outcome);
                        break;
                    }
                    _ => continue,
                }
            }
            self.held.release();
            self.held.events.push_back(event.to_owned());
            break;
        }
        self.held.outcome.map_or(Opening::Content, Opening::Ended)
    }
}
