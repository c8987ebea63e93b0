//! The bodies of the fuzz targets, and a way to run them without a fuzzer.
//!
//! A target is a line: `fuzz_target!(|data: &[u8]| thalweg_corpus::fuzz::any_bytes(data));`. The seeds are the corpus;
//! [`seeded`] mutates it for a number of seconds and gives back the first [`Finding`], made small.

mod bytes;
mod framings;
mod json;
mod mutate;
mod seeded;

pub use bytes::{any_bytes, check_any_bytes};
pub use framings::{check_framings, framings};
pub use json::{check_json, json};
pub use mutate::Mutator;
pub use seeded::{Finding, Runs, Target, counted, seeded};
