//! Events that are held back until there is something to show.

use std::collections::VecDeque;

use thalweg::policy::{Given, Preamble, PreambleRules};
use thalweg::{Event, Outcome, OwnedEvent};

/// Events that were held back, and given out ahead of what comes.
#[derive(Debug)]
pub(crate) struct Held {
    preamble: Option<Preamble>,
    events: VecDeque<OwnedEvent>,
    current: Option<OwnedEvent>,
    /// It ended while everything was held.
    outcome: Option<Outcome>,
}

impl Held {
    pub(crate) fn new(rules: PreambleRules) -> Self {
        Self { preamble: Some(Preamble::new(rules)), events: VecDeque::new(), current: None, outcome: None }
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

    /// Whether nothing has come yet that there is to show.
    pub(crate) const fn is_holding(&self) -> bool {
        self.preamble.is_some()
    }

    /// How the response ended, if it did while everything was held.
    pub(crate) const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Goes to the next of the held events; false when all were given out.
    pub(crate) fn advance(&mut self) -> bool {
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
