use core::fmt;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic;
use std::time::Instant;

use super::{Mutator, check_any_bytes, check_framings, check_json};
use crate::Violation;

/// What is run on an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// [`any_bytes`](super::any_bytes)
    AnyBytes,
    /// [`framings`](super::framings)
    Framings,
    /// [`json`](super::json)
    Json,
}

/// An input that breaks a law, or panics.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What was run.
    pub target: Target,
    /// The input, made small.
    pub input: Vec<u8>,
    /// What it breaks.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} b\"{}\"\n{}", self.target, self.input.escape_ascii(), self.message)
    }
}

impl core::error::Error for Finding {}

/// How many inputs were run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runs {
    /// Streams.
    pub streams: u64,
    /// JSON texts.
    pub jsons: u64,
}

/// Runs all targets on mutated corpus bodies for a number of seconds. The same seed makes the same inputs.
///
/// # Errors
/// The first input that breaks a law or panics, made small.
pub fn seeded(seconds: u64, seed: u64) -> Result<Runs, Finding> {
    let until = Instant::now() + Duration::from_secs(seconds);
    run_while(seed, |_| Instant::now() < until)
}

/// As [`seeded`], for a number of streams: the same work wherever it runs.
///
/// # Errors
/// The first input that breaks a law or panics, made small.
pub fn counted(streams: u64, seed: u64) -> Result<Runs, Finding> {
    run_while(seed, |runs| runs.streams < streams)
}

fn run_while(seed: u64, mut go_on: impl FnMut(&Runs) -> bool) -> Result<Runs, Finding> {
    let mut mutator = Mutator::new(seed);
    let mut runs = Runs::default();
    while go_on(&runs) {
        let stream = mutator.stream();
        try_input(Target::AnyBytes, &stream)?;
        try_input(Target::Framings, &stream)?;
        runs.streams += 1;
        for _ in 0..JSONS_A_STREAM {
            try_input(Target::Json, &mutator.json())?;
            runs.jsons += 1;
        }
    }
    Ok(runs)
}

fn try_input(target: Target, input: &[u8]) -> Result<(), Finding> {
    let Err(message) = run(target, input) else { return Ok(()) };
    // The same law must be broken by what is left.
    let law = law_of(&message);
    let input = shrink(input, |input| run(target, input).is_err_and(|message| law_of(&message) == law));
    let message = run(target, &input).err().unwrap_or(message);
    Err(Finding { target, input, message })
}

fn law_of(message: &str) -> String {
    message.split(':').next().unwrap_or_default().into()
}

fn run(target: Target, input: &[u8]) -> Result<(), String> {
    let check: fn(&[u8]) -> Result<(), Violation> = match target {
        Target::AnyBytes => check_any_bytes,
        Target::Framings => check_framings,
        Target::Json => check_json,
    };
    match panic::catch_unwind(AssertUnwindSafe(|| check(input))) {
        Ok(checked) => checked.map_err(|violation| violation.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            Err(format!("panic: {text}"))
        }
    }
}

/// Leaves out what is not needed for `fails` to stay true: pieces of half the input, then smaller and smaller ones.
fn shrink(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut tries = 0;
    let mut size = input.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < input.len() && tries < TRIES_MAX {
            let end = (at + size).min(input.len());
            let less = [&input[..at], &input[end..]].concat();
            tries += 1;
            if fails(&less) { input = less } else { at = end }
        }
        size /= 2;
    }
    input
}

const JSONS_A_STREAM: usize = 8;
const TRIES_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_leaves_what_is_needed() {
        let small = shrink(b"a long text with an x and a y in it", |text| text.contains(&b'x') && text.contains(&b'y'));
        assert_eq!(small, b"xy");
    }

    #[test]
    fn mutated_bodies_break_nothing() {
        let mut mutator = Mutator::new(1);
        for _ in 0..500 {
            let found = try_input(Target::AnyBytes, &mutator.stream());
            let found = found.and_then(|()| try_input(Target::Json, &mutator.json()));
            found.unwrap_or_else(|finding| panic!("{finding}"));
        }
    }
}
