//! Tables: what happened, and what is decided. Time is a number everywhere.

mod classes;
mod deadlines;
mod headers;
mod preamble;
mod retry;

use core::time::Duration;

use super::*;
use crate::event::{self, ErrorKind};

use event::Retry::{No, Unknown, Yes};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
