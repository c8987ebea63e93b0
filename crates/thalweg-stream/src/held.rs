//! Events that are held back until there is something to show.

use std::collections::VecDeque;

use thalweg::policy::{Given, Preamble, PreambleRules};
use thalweg::{Event, Outcome, OwnedEvent};

use crate::Opening;

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
    /// Begins to hold events back, or goes on; false where it is too late for that.
    pub(crate) fn hold(&mut self, rules: PreambleRules) -> bool {
        let can_hold = !self.is_given && self.events.is_empty();
        if can_hold {
            self.preamble.get_or_insert_with(|| Preamble::new(rules));
        }
        can_hold
    }

    /// Holds the next event; false when there is something to show with it.
    pub(crate) fn push(&mut self, event: &Event<'_>) -> bool {
        let given = self.preamble.as_mut().map(|preamble| preamble.push(event));
        if given == Some(Given::Held) {
            if let Event::End { outcome, .. } = event {
                self.outcome = Some(*outcome);
            }
            return true;
        }
        self.release();
        self.events.push_back(event.to_owned());
        false
    }

    /// What a beginning has come to with which the response is over.
    pub(crate) fn ended(&self) -> Opening {
        self.outcome.map_or(Opening::Content, Opening::Ended)
    }

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

    #[inline]
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
