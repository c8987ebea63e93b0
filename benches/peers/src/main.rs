//! Measures thalweg beside what others use, on the same bytes in one process.
//!
//! `cargo run --release -- ladder [--json] [--rounds N]`. The cases take turns, so that what the machine does
//! meanwhile meets all of them alike; figures are medians of thread CPU time. Read ratios, not nanoseconds.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::env;
use std::process::ExitCode;

use ladder::Row;

mod alloc;
mod ladder;
mod peers;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

fn main() -> ExitCode {
    match read_arguments().and_then(|options| Ok((ladder::run(options.rounds)?, options.is_json))) {
        Ok((rows, is_json)) => {
            if is_json {
                println!("{}", serde_json::to_string_pretty(&rows).expect("rows are plain data"));
            } else {
                print_table(&rows);
                print_ratios(&rows);
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("thalweg-peers: {message}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    is_json: bool,
    rounds: usize,
}

fn read_arguments() -> Result<Options, String> {
    let usage = || String::from("usage: thalweg-peers ladder [--json] [--rounds N]");
    let mut options = Options { is_json: false, rounds: 15 };
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() != Some("ladder") {
        return Err(usage());
    }
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => options.is_json = true,
            "--rounds" => {
                let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
                options.rounds = rounds.filter(|&rounds| rounds > 0).ok_or_else(usage)?;
            }
            _ => return Err(usage()),
        }
    }
    Ok(options)
}

fn print_table(rows: &[Row]) {
    println!("input    chunk  step               ns/frame       MB/s  allocs/frame  spread");
    for row in rows {
        println!(
            "{:<6} {:>7}  {:<15} {:>11.1} {:>10.0} {:>13.3} {:>6.0}%",
            row.input,
            row.chunking,
            row.step,
            row.ns_per_frame,
            row.mb_per_s,
            row.allocs_per_frame,
            row.spread * 100.0
        );
    }
}

/// How many times as long the usual stack of a Rust client takes.
fn print_ratios(rows: &[Row]) {
    println!("\ninput    chunk  es_async_openai / decode   / decode_owned   / fold   serde_typed / decode");
    for peer in rows.iter().filter(|row| row.step == "es_async_openai") {
        let of = |step| {
            let same = |row: &&Row| (row.input, row.chunking, row.step) == (peer.input, peer.chunking, step);
            rows.iter().find(same).map_or(f64::NAN, |row| row.ns_per_frame)
        };
        println!(
            "{:<6} {:>7}  {:>24.1} {:>16.1} {:>8.1} {:>22.1}",
            peer.input,
            peer.chunking,
            peer.ns_per_frame / of("decode"),
            peer.ns_per_frame / of("decode_owned"),
            peer.ns_per_frame / of("fold"),
            of("serde_typed") / of("decode")
        );
    }
}
