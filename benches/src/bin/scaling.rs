//! Proves that the work is linear in the input, by counting instructions: no timing, so a busy machine does not matter.
//!
//! `cargo run --release -p thalweg-bench --bin scaling`. Each case runs this program again under callgrind, once a
//! size. Twice the input must cost twice the instructions. `--large` takes larger tool inputs (minutes).

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use core::hint::black_box;
use core::ops::RangeInclusive;
use std::env;
use std::process::ExitCode;

use thalweg_bench::streams::{Stream, TYPICAL, chat, growing};
use thalweg_bench::{callgrind, steps};

#[global_allocator]
static ALLOCATOR: callgrind::Copying = callgrind::Copying::new();

/// One way for an input to grow.
struct Case {
    name: &'static str,
    unit: &'static str,
    make: fn(usize) -> Stream,
    chunk_bytes: usize,
    sizes: &'static [usize],
    /// Taken instead of `sizes` where `--large` is given.
    large: &'static [usize],
}

static CASES: &[Case] = &[
    Case {
        name: "one data line in 1 KiB chunks",
        unit: "bytes",
        make: growing::giant_line,
        chunk_bytes: 1024,
        sizes: &[2 << 20, 4 << 20],
        large: &[2 << 20, 4 << 20, 8 << 20],
    },
    Case {
        name: "small events in one chunk",
        unit: "events",
        make: growing::small_events,
        chunk_bytes: usize::MAX,
        sizes: &[40_000, 80_000],
        large: &[40_000, 80_000, 160_000],
    },
    Case {
        name: "tool input in 4-byte deltas",
        unit: "bytes",
        make: |bytes| growing::tool_input(bytes, 4),
        chunk_bytes: 16 * 1024,
        sizes: &[1_250_000, 2_500_000, 5_000_000],
        large: &[5_000_000, 10_000_000],
    },
    Case {
        name: "a stream in 1-byte chunks",
        unit: "bytes",
        make: |bytes| chat::text(bytes / CHAT_FRAME_BYTES, 1),
        chunk_bytes: 1,
        sizes: &[512 << 10, 1 << 20],
        large: &[512 << 10, 1 << 20, 2 << 20],
    },
    Case {
        name: "deltas in 1460-byte chunks",
        unit: "deltas",
        make: |deltas| chat::text(deltas, 1),
        chunk_bytes: 1460,
        sizes: &[TYPICAL, 2 * TYPICAL, 4 * TYPICAL],
        large: &[TYPICAL, 2 * TYPICAL, 4 * TYPICAL],
    },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => compare_all(false),
        ["--large"] => compare_all(true),
        [MEASURE, case, size] => measure(case, size),
        _ => Err("usage: scaling [--large]".into()),
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            eprintln!("scaling: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Measures every case at every size and prints what doubling costs.
fn compare_all(is_large: bool) -> Result<ExitCode, String> {
    if !callgrind::is_installed() {
        println!("skipped: valgrind is not installed");
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_linear = true;
    println!("{:<30} {:>10} {:<7} {:>15} {:>9} {:>6}", "case", "size", "", "instructions", "per unit", "ratio");
    for (number, case) in CASES.iter().enumerate() {
        let mut before: Option<u64> = None;
        for &size in if is_large { case.large } else { case.sizes } {
            let count: u64 = callgrind::counts(&[MEASURE, &number.to_string(), &size.to_string()])?.iter().sum();
            let ratio = before.map(|before| count as f64 / before as f64);
            let is_good = ratio.is_none_or(|ratio| LINEAR.contains(&ratio));
            let shown = ratio.map_or(String::new(), |ratio| format!("{ratio:.3}"));
            let verdict = if is_good { "" } else { "  NOT LINEAR" };
            let each = count as f64 / size as f64;
            println!("{:<30} {size:>10} {:<7} {count:>15} {each:>9.1} {shown:>6}{verdict}", case.name, case.unit);
            is_linear &= is_good;
            before = Some(count);
        }
    }
    Ok(if is_linear { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What runs under callgrind.
fn measure(case: &str, size: &str) -> Result<ExitCode, String> {
    let case = case.parse().ok().and_then(|number: usize| CASES.get(number)).ok_or("no such case")?;
    let size = size.parse().map_err(|_| "no such size")?;
    let stream = (case.make)(size);
    let response = callgrind::measured(|| steps::fold(black_box(&stream), case.chunk_bytes));
    let mut visible = Vec::new();
    steps::visit_response(&response, |block, text| steps::collect(&mut visible, block, text));
    if visible == stream.visible { Ok(ExitCode::SUCCESS) } else { Err("the fold is not what was written".into()) }
}

/// The hidden argument with which the program runs itself.
const MEASURE: &str = "--measure";

/// What twice the input may cost, times.
const LINEAR: RangeInclusive<f64> = 1.8..=2.2;

/// Bytes of a frame of [`chat::text`].
const CHAT_FRAME_BYTES: usize = 331;
