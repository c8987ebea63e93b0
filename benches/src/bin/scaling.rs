//! Proves that the work is linear in the input, by counting instructions: no timing, so a busy machine does not matter.
//!
//! `cargo run --release -p thalweg-bench --bin scaling`. Each case runs this program again under callgrind, once a
//! size; callgrind collects inside of [`measured`] only, so that making the input costs nothing and there is no base
//! to subtract. Twice the input must cost twice the instructions. `--large` takes larger tool inputs (minutes).

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use core::ops::RangeInclusive;
use std::alloc::System;
use std::env;
use std::io;
use std::process::{Command, ExitCode};

use thalweg::Response;
use thalweg_bench::steps;
use thalweg_bench::streams::{self, Stream, TYPICAL};

#[global_allocator]
static ALLOCATOR: Copying = Copying;

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
        make: streams::giant_line,
        chunk_bytes: 1024,
        sizes: &[2 << 20, 4 << 20],
        large: &[2 << 20, 4 << 20, 8 << 20],
    },
    Case {
        name: "small events in one chunk",
        unit: "events",
        make: streams::small_events,
        chunk_bytes: usize::MAX,
        sizes: &[40_000, 80_000],
        large: &[40_000, 80_000, 160_000],
    },
    Case {
        name: "tool input in 4-byte deltas",
        unit: "bytes",
        make: |bytes| streams::tool_input(bytes, 4),
        chunk_bytes: 16 * 1024,
        sizes: &[1_250_000, 2_500_000, 5_000_000],
        large: &[5_000_000, 10_000_000],
    },
    Case {
        name: "a stream in 1-byte chunks",
        unit: "bytes",
        make: |bytes| streams::chat(bytes / CHAT_FRAME_BYTES, 1),
        chunk_bytes: 1,
        sizes: &[512 << 10, 1 << 20],
        large: &[512 << 10, 1 << 20, 2 << 20],
    },
    Case {
        name: "deltas in 1460-byte chunks",
        unit: "deltas",
        make: |deltas| streams::chat(deltas, 1),
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
    if !has_valgrind() {
        println!("skipped: valgrind is not installed");
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_linear = true;
    println!("{:<30} {:>10} {:<7} {:>15} {:>9} {:>6}", "case", "size", "", "instructions", "per unit", "ratio");
    for (number, case) in CASES.iter().enumerate() {
        let mut before = None;
        for &size in if is_large { case.large } else { case.sizes } {
            let count = count_instructions(number, size)?;
            let ratio = before.map(|before: u64| count as f64 / before as f64);
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

fn has_valgrind() -> bool {
    let found = Command::new("valgrind").arg("--version").output();
    !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Runs one case under callgrind and reads the total that it prints.
fn count_instructions(case: usize, size: usize) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let output = Command::new("valgrind")
        .env("GLIBC_TUNABLES", NO_REP_MOVS)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*scaling*measured*")
        .arg(program)
        .args([MEASURE, &case.to_string(), &size.to_string()])
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the measured run failed:\n{log}"));
    }
    let total = log.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    total.filter(|&total| total > 0).ok_or_else(|| format!("callgrind counted nothing:\n{log}"))
}

/// What runs under callgrind.
fn measure(case: &str, size: &str) -> Result<ExitCode, String> {
    let case = case.parse().ok().and_then(|number: usize| CASES.get(number)).ok_or("no such case")?;
    let size = size.parse().map_err(|_| "no such size")?;
    let stream = (case.make)(size);
    let response = measured(black_box(&stream.bytes), case.chunk_bytes);
    let mut visible = Vec::new();
    steps::visit_response(&response, |block, text| steps::collect(&mut visible, block, text));
    if visible == stream.visible { Ok(ExitCode::SUCCESS) } else { Err("the fold is not what was written".into()) }
}

/// Callgrind finds it by this name.
#[inline(never)]
fn measured(bytes: &[u8], chunk_bytes: usize) -> Response {
    steps::fold(bytes, chunk_bytes)
}

/// The system's allocator, but every reallocation copies: [`GlobalAlloc`]'s own way.
///
/// Whether a block can grow where it is depends on the allocator and on what was freed before. Here it never can, so
/// the counts repeat, and a buffer that is given back and grown again and again shows.
struct Copying;

#[expect(unsafe_code, reason = "the trait is unsafe; both methods pass their arguments on")]
// SAFETY: both methods pass their arguments on to `System` unchanged and return what it gives.
unsafe impl GlobalAlloc for Copying {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

/// The hidden argument with which the program runs itself.
const MEASURE: &str = "--measure";

/// Makes glibc copy with vectors at every size. Its choice depends on the size, and callgrind counts `rep movsb` as one
/// instruction a byte: a copy of 2 MiB would seem dearer than one of 4 MiB. Other libraries do not read it.
const NO_REP_MOVS: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";

/// What twice the input may cost, times.
const LINEAR: RangeInclusive<f64> = 1.8..=2.2;

/// Bytes of a frame of [`streams::chat`].
const CHAT_FRAME_BYTES: usize = 331;
