use thalweg::{Event, OwnedEvent};

use crate::Violation;

/// Events that are expected in this order. Comparing as they come allocates nothing, so that long streams can be
/// decoded thousands of times.
pub(super) struct Expected<'e> {
    events: &'e [Event<'e>],
    seen: usize,
    differing: Option<(String, String)>,
}

impl<'e> Expected<'e> {
    pub(super) const fn new(events: &'e [Event<'e>]) -> Self {
        Self { events, seen: 0, differing: None }
    }

    pub(super) fn see(&mut self, event: &Event<'_>) {
        let expected = self.events.get(self.seen);
        self.seen += 1;
        if self.differing.is_none() && expected != Some(event) {
            let expected = expected.map_or_else(|| "nothing more".into(), |expected| format!("{expected:?}"));
            self.differing = Some((format!("event {}: {expected}", self.seen - 1), format!("{event:?}")));
        }
    }

    /// What was seen is expected; more may be.
    pub(super) fn prefix_of_them(self, law: &'static str, message: impl FnOnce() -> String) -> Result<(), Violation> {
        match self.differing {
            None => Ok(()),
            differing => Err(Violation { differing, ..Violation::new(law, message()) }),
        }
    }

    /// What was seen is all that is expected.
    pub(super) fn all_of_them(mut self, law: &'static str, message: impl FnOnce() -> String) -> Result<(), Violation> {
        if let (None, Some(missing)) = (&self.differing, self.events.get(self.seen)) {
            self.differing = Some((format!("event {}: {missing:?}", self.seen), "nothing more".into()));
        }
        self.prefix_of_them(law, message)
    }
}

pub(super) fn lend(events: &[OwnedEvent]) -> Vec<Event<'_>> {
    events.iter().map(OwnedEvent::as_lent).collect()
}
