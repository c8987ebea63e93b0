//! The beginning of a stream that nobody has seen yet: it can still become a status.

use thalweg::{Outcome, OwnedEvent};

/// What the beginning of a stream has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// There is something to show: answer, and give out the events. What was held comes first.
    Content,
    /// The provider failed before there was anything to show. This is the error, [`Event::Error`](thalweg::Event::Error); it is also among the
    /// held events.
    Failed(OwnedEvent),
    /// The response is over without anything to show.
    Ended(Outcome),
}
