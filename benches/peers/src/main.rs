//! Measures thalweg beside what others use, on the same bytes in one process.
//!
//! `cargo run --release -- ladder`, and `memory`, `record`, `picture`: see [`USAGE`]. The cases take turns, so that what
//! the machine does meanwhile meets all of them alike; figures are medians of thread CPU time. Read ratios, not
//! nanoseconds.

#![expect(clippy::print_stdout, reason = "a program that prints tables")]

use std::env;
use std::process::ExitCode;

use ladder::Options;

mod alloc;
mod ladder;
mod loopback;
mod memory;
mod peers;
mod picture;
mod record;
mod steps;
mod table;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("thalweg-peers: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), String> {
    match *arguments {
        ["ladder", ref options @ ..] => {
            let (options, is_json) = read_options(options)?;
            let (rows, notes) = ladder::run(&options)?;
            if is_json {
                println!("{}", serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?);
            } else {
                table::print(&rows, &notes);
            }
            Ok(())
        }
        ["memory"] => {
            memory::print(&memory::run());
            Ok(())
        }
        ["record", file, ref options @ ..] if !file.starts_with("--") => {
            let (options, is_json) = read_options(options)?;
            if is_json { Err(USAGE.into()) } else { record::write(file, &options, arguments) }
        }
        ["picture", file, from] => picture::write(file, from),
        _ => Err(USAGE.into()),
    }
}

fn read_options(arguments: &[&str]) -> Result<(Options, bool), String> {
    let (mut rounds, mut is_json) = (None, false);
    let mut options = Options { rounds: 0, is_quick: false, protocol: None };
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        match argument {
            "--json" => is_json = true,
            "--quick" => options.is_quick = true,
            "--protocol" => options.protocol = Some(arguments.next().copied().ok_or(USAGE)?.into()),
            "--rounds" => {
                let count = arguments.next().and_then(|rounds| rounds.parse().ok());
                rounds = Some(count.filter(|&rounds| rounds > 0).ok_or(USAGE)?);
            }
            _ => return Err(USAGE.into()),
        }
    }
    options.rounds = rounds.unwrap_or(if options.is_quick { 3 } else { 15 });
    Ok((options, is_json))
}

const USAGE: &str = "usage: thalweg-peers COMMAND
  ladder [OPTIONS] [--json]   every step on every input under every chunking
  memory                      what streams keep that wait in mid-frame
  record FILE [OPTIONS]       both, with the machine and the commit, as JSON in benches/record/FILE
  picture FILE.svg FROM.json  a chart of a record
options: --rounds N (15), --protocol NAME, --quick (typical streams, 3 rounds)";
