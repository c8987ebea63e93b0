//! Holds frames that are told from earlier ones to the reading of them, for a number of seconds:
//! `cargo run --release -p thalweg-corpus --example memo -- SECONDS [SEED]`.
//!
//! Takes the streams of the corpus and generated ones, sends frames of theirs again with a byte changed, and compares the
//! events with and without the memo. Says how many frames were told without being read.

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use fastrand::Rng;
use thalweg_corpus::{Case, Setup, generate, laws, load_all};

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (Some(Ok(seconds)), Ok(seed)) = (args.next(), args.next().unwrap_or(Ok(0))) else {
        eprintln!("usage: memo SECONDS [SEED]");
        return ExitCode::from(2);
    };
    let (cases, mut rng) = (load_all(), Rng::with_seed(seed));
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut streams, mut repeats) = (0_u64, 0);
    while Instant::now() < until {
        match check(&cases, &mut rng) {
            Ok(told) => repeats += told,
            Err(violation) => {
                println!("seed {seed}, stream {streams}, {violation}");
                return ExitCode::FAILURE;
            }
        }
        streams += 1;
    }
    println!("{streams} streams in {seconds} s, seed {seed}: {repeats} frames told from earlier ones, no difference");
    ExitCode::SUCCESS
}

/// Checks one stream; gives the number of frames that were not read.
fn check(cases: &[Case], rng: &mut Rng) -> Result<u64, String> {
    let seed = rng.u64(..);
    if rng.bool() {
        let case = &cases[rng.usize(..cases.len())];
        return laws::check_memo(case.setup(), &case.body, seed).map_err(|violation| format!("{case}: {violation}"));
    }
    let protocol = generate::PROTOCOLS[rng.usize(..generate::PROTOCOLS.len())];
    let generated = generate::generate(protocol, seed);
    let setup = Setup::from(generated.dialect).with_close(generated.close);
    laws::check_memo(setup, &generated.bytes, seed).map_err(|violation| format!("{protocol}: {violation}"))
}
