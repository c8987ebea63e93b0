//! Events into state. A fold only updates: whatever needs judgement was decided when the event was made.

mod assembled;
mod content;
mod cost;
mod metrics;
mod response;
mod structured;
mod timing;

pub use assembled::{Assembled, Assembler, Items, Snapshot};
pub use content::Call;
pub use cost::{Amount, Cost, PriceTable, Priced, Prices, Unpriced};
pub use metrics::{Metrics, Tally};
pub use response::{AnomalyCount, Block, BlockEnd, Choice, Finish, ReportedError, Response, Tokens};
pub use structured::StructuredError;
pub use timing::{Gaps, Generated, Timing, TimingAt};

use crate::event::Event;

/// State that events update.
///
/// A pair of folds is a fold, so that one pass over a stream feeds several:
///
/// ```
/// use thalweg::fold::{Priced, Tally};
/// use thalweg::{Close, Fold, Normalizer, Response, dialects};
///
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n");
/// normalizer.finish(Close::Clean);
/// let mut folds = (Response::default(), (Priced::default(), Tally::default()));
/// while let Some(event) = normalizer.poll() {
///     folds.apply(&event);
/// }
/// let (response, (_, tally)) = folds;
/// assert_eq!((response.choices[0].text().as_str(), tally.streams()), ("Hi", 1));
/// ```
///
/// Folds that want more than the event have a method of their own beside it: [`Timing::at`] takes the host's time,
/// [`Assembler::apply`] gives something back.
pub trait Fold {
    /// Takes one event in.
    fn apply(&mut self, event: &Event<'_>);
}

impl<A: Fold, B: Fold> Fold for (A, B) {
    fn apply(&mut self, event: &Event<'_>) {
        self.0.apply(event);
        self.1.apply(event);
    }
}

impl<F: Fold + ?Sized> Fold for &mut F {
    fn apply(&mut self, event: &Event<'_>) {
        (**self).apply(event);
    }
}
