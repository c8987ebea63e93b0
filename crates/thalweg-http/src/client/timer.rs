//! The time of an attempt, as tokio has it.

use core::time::Duration;

use thalweg_stream::{Sleep, Timer};
use tokio::time::{Instant, sleep_until};

use super::send::micros;

/// Counts from when the request was sent.
pub(crate) struct Since(pub(crate) Instant);

impl Timer for Since {
    fn now_us(&self) -> u64 {
        micros(self.0.elapsed())
    }

    /// The runtime counts in milliseconds: an early wake finds nothing passed, and waits again.
    fn sleep_until(&self, at_us: u64) -> Sleep {
        Box::pin(sleep_until(self.0 + Duration::from_micros(at_us.min(FAR_US))))
    }
}

/// A clock that is asked for a time further away than this overflows on some systems.
const FAR_US: u64 = 86_400_000_000 * 365;
