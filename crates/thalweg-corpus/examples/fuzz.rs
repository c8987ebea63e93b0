//! Fuzzes for a number of seconds without a fuzzer: `cargo run -p thalweg-corpus --example fuzz -- SECONDS [SEED]`.

use std::process::ExitCode;

use thalweg_corpus::fuzz;

#[expect(clippy::print_stdout, reason = "it is a program")]
fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (Some(Ok(seconds)), seed) = (args.next(), args.next()) else {
        eprintln!("usage: fuzz SECONDS [SEED]");
        return ExitCode::from(2);
    };
    let Ok(seed) = seed.unwrap_or(Ok(0)) else {
        eprintln!("the seed must be a number");
        return ExitCode::from(2);
    };
    // A panic is a finding: it is printed as one.
    std::panic::set_hook(Box::new(|_| {}));
    match fuzz::seeded(seconds, seed) {
        Ok(runs) => {
            println!(
                "{} streams and {} JSON texts in {seconds} s, seed {seed}: no violation",
                runs.streams, runs.jsons
            );
            ExitCode::SUCCESS
        }
        Err(finding) => {
            println!("seed {seed}: {finding}");
            ExitCode::FAILURE
        }
    }
}
