//! What to do about a stream that fails, stalls or says nothing: decisions without a clock, a random number or IO.
//!
//! A driver, who has all three, tells these what happened and does what they say:
//!
//! - [`Failure`] is what kind of error it was, from a status, headers and a body, from an event, or from less;
//! - [`Retry`] decides about one request whether to send it again, and when;
//! - [`Attempt`] watches the events of one attempt and says how it ended: well, in a failure, or with nothing to show;
//! - [`Preamble`] holds back the first events of an attempt, as long as nobody can have seen anything of it;
//! - [`Deadlines`] says when to wake up, and which of a stream's deadlines has passed;
//! - [`RateLimits`] is what the headers say about what is left.
//!
//! One owner of retries: whoever uses [`Retry`] switches the ones of its HTTP client off.

mod attempt;
mod date;
mod deadlines;
mod failure;
mod headers;
mod preamble;
mod rate_limits;
mod retry;
mod rules;
#[cfg(test)]
mod tests;

pub use attempt::{Attempt, Emptiness, Empty, Ending};
pub use deadlines::{Deadline, DeadlineRules, Deadlines};
pub use failure::{Failure, NoResponse};
pub use headers::Advice;
pub use preamble::{Given, Preamble, PreambleRules};
pub use rate_limits::{RateLimit, RateLimits};
pub use retry::{Decision, Retry, Why};
pub use rules::{Jitter, RetryRules, Schedule, TooLong};
