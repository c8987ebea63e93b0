//! The laws, one function each. They take any bytes; what does not hold comes back as a [`Violation`].
//!
//! | law | function | says |
//! |---|---|---|
//! | 1 | [`check_chunking`] | the same bytes give the same events under every split |
//! | 2 | [`check_totality`] | no panic; events and steps are linear in the bytes |
//! | 3 | [`check_grammar`], [`Grammar`] | the sequence is well formed |
//! | 4 | [`check_conservation`] | what the wire says comes out, no more and no less |
//! | 5 | [`check_isolation`] | interleaved calls fold to the same calls |
//! | 6 | [`check_prefix`], [`check_cut_short`] | a prefix gives a prefix; without evidence it is truncated |
//! | 7 | [`check_neutrality`] | line ends, comments, pings and unknown things change nothing |
//! | 8 | [`check_replay`] | recordings and logs give the live fold; the same bytes give the same log |
//! | 9 | [`check_bounds`] | memory stays within limits and a constant |
//! | 10 | [`check_usage`] | a repeated usage snapshot changes nothing; the last stands |
//! | 12 | [`check_frames`] | the frames' bytes are the input |
//! | 13 | [`check_reconnect`] | two connections, and what the second repeats, fold as one |
//! | 15 | [`check_unfold`] | a response unfolds into events that fold to it |
//! | 16 | [`check_memo`] | frames that repeat an earlier one give what reading them gives |

mod anthropic_messages;
mod bounds;
mod chunking;
mod compare;
mod conservation;
mod deltas;
mod frames;
mod grammar;
mod isolation;
mod memo;
mod neutrality;
mod openai_chat;
mod openai_responses;
mod prefix;
mod reconnect;
mod replay;
mod spoken;
#[cfg(test)]
mod tests;
mod totality;
mod unfold;
mod usage;

pub use bounds::check_bounds;
pub use chunking::check_chunking;
pub use conservation::{Coverage, check_conservation};
pub use frames::check_frames;
pub use grammar::{Grammar, check_grammar};
pub use isolation::{Strands, check_isolation};
pub use memo::check_memo;
pub use neutrality::check_neutrality;
pub use prefix::{check_cut_short, check_prefix};
pub use reconnect::check_reconnect;
pub use replay::check_replay;
pub use totality::check_totality;
pub use unfold::check_unfold;
pub use usage::check_usage;

use crate::{Cuts, Setup, Violation};

/// Every law that needs nothing but the bytes.
///
/// # Errors
/// The first that does not hold.
pub fn check_all<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], cuts: Cuts) -> Result<(), Violation> {
    let setup = setup.into();
    check_totality(setup, bytes)?;
    check_grammar(setup, bytes)?;
    check_frames(setup, bytes)?;
    check_chunking(setup, bytes, cuts)?;
    check_prefix(setup, bytes, cuts)?;
    check_replay(setup, bytes, 2)?;
    check_bounds(setup, bytes)?;
    check_memo(setup, bytes, 4)?;
    check_conservation(setup, bytes)?;
    check_neutrality(setup, bytes, 1)?;
    check_reconnect(setup, bytes, cuts)?;
    check_unfold(setup, bytes, 3)?;
    check_usage(setup, bytes)
}
