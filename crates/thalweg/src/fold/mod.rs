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
/// A pair of folds is a fold, so that one pass over a stream feeds several.
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
