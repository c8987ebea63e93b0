//! What the benchmarks measure, and on what.
//!
//! [`streams`] makes inputs that say what must come out of them, [`steps`] are the rungs from counting line ends to
//! folding a response. Both are used by `benches/ladder.rs`, by the programs `scaling` and `instructions`, which count with
//! [`callgrind`], and by the comparison with other projects in `peers/`, so that all of them measure the same things.
//! Nothing here reads a clock.

pub mod callgrind;
pub mod steps;
pub mod streams;
