//! What a frame costs in instructions, by protocol and step, and whether it has grown.
//!
//! `cargo run --release -p thalweg-bench --bin instructions [-- --check | --update]`. It runs itself under callgrind. A
//! frame's cost is the difference between two lengths of a stream, so that what a stream costs once does not count.
//! Counts depend on the compiler and on which vectors the processor has: a record is kept for each such pair, and only
//! the ratio of decoding to framing is judged, which moves less than either.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use core::hint::black_box;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};

use thalweg_bench::streams::{KINDS, Kind, Stream, chat, growing, messages};
use thalweg_bench::{callgrind, steps};

#[global_allocator]
static ALLOCATOR: callgrind::Copying = callgrind::Copying::new();

/// Instructions a frame by key of the machine, stream and step.
type Record = BTreeMap<String, Table>;
type Table = BTreeMap<String, BTreeMap<String, f64>>;

/// What to do with what was counted on a machine of this key; says whether all is well.
type Then = fn(&str, &Table) -> Result<bool, String>;

/// A step, and what it is called.
type Step = (&'static str, fn(&Stream));

static STEPS: [Step; 4] = [
    ("framing", |stream| {
        steps::framing(stream, CHUNK_BYTES, |data| {
            black_box(data);
        });
    }),
    ("decode", |stream| steps::decode(stream, CHUNK_BYTES, |_, text| _ = black_box(text))),
    ("decode_owned", |stream| steps::decode_owned(stream, CHUNK_BYTES, |_, text| _ = black_box(text))),
    ("fold", |stream| _ = black_box(steps::fold(stream, CHUNK_BYTES))),
];

/// What must cost the same however long it gets.
struct Flat {
    name: &'static str,
    unit: &'static str,
    make: fn(usize) -> Stream,
    chunk_bytes: usize,
    /// How many units the stream is.
    units: fn(&Stream) -> usize,
}

static FLAT: [Flat; 3] = [
    Flat {
        name: "openai-chat long input, 4 KiB deltas",
        unit: "frame",
        make: |bytes| chat::long_input(bytes, 1),
        chunk_bytes: CHUNK_BYTES,
        units: |stream| stream.frames,
    },
    Flat {
        name: "anthropic-messages long input, 4 KiB deltas",
        unit: "frame",
        make: |bytes| messages::long_input(bytes, 1),
        chunk_bytes: CHUNK_BYTES,
        units: |stream| stream.frames,
    },
    Flat {
        name: "openai-chat one line, 1 KiB chunks",
        unit: "KiB",
        make: growing::giant_line,
        chunk_bytes: 1024,
        units: |stream| stream.bytes.len() / 1024,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => count_all(None),
        ["--check"] => count_all(Some(check)),
        ["--update"] => count_all(Some(update)),
        [MEASURE_STEPS] => measure_steps(),
        [MEASURE_FLAT] => measure_flat(),
        _ => Err("usage: instructions [--check | --update]".into()),
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            eprintln!("instructions: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Counts everything, prints it, and does with it what is asked for.
fn count_all(then: Option<Then>) -> Result<ExitCode, String> {
    if !callgrind::is_installed() {
        println!("skipped: valgrind is not installed");
        return Ok(ExitCode::SUCCESS);
    }
    let key = key()?;
    let table = count_steps()?;
    println!("{key}\ninstructions a frame, in chunks of {CHUNK_BYTES} bytes\n");
    print_table(&table);
    let is_flat = count_flat()?;
    let is_good = then.map_or(Ok(true), |then| then(&key, &table))?;
    Ok(if is_good && is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn count_steps() -> Result<Table, String> {
    let counts = callgrind::counts(&[MEASURE_STEPS])?;
    if counts.len() != 2 * STEPS.len() * KINDS.len() {
        return Err(format!("callgrind gave {} counts", counts.len()));
    }
    let mut table = Table::new();
    for (kind, counts) in KINDS.iter().zip(counts.chunks(2 * STEPS.len())) {
        let [short, long] = lengths(kind);
        let frames = (long.frames - short.frames) as f64;
        let (short, long) = counts.split_at(STEPS.len());
        let differences = long.iter().zip(short).map(|(long, short)| (long.saturating_sub(*short)) as f64 / frames);
        let each = STEPS.iter().zip(differences).map(|(&(step, _), count)| (step.into(), round(count)));
        table.insert(format!("{} {}", kind.protocol, kind.name), each.collect());
    }
    Ok(table)
}

/// One typical response, and half of it.
fn lengths(kind: &Kind) -> [Stream; 2] {
    [kind.typical / 2, kind.typical].map(|deltas| (kind.make)(deltas, 1))
}

/// What runs under callgrind: every kind at both lengths, every step.
fn measure_steps() -> Result<ExitCode, String> {
    for kind in KINDS {
        for stream in lengths(kind) {
            for (_, run) in STEPS {
                callgrind::measured(|| run(black_box(&stream)));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn measure_flat() -> Result<ExitCode, String> {
    for flat in &FLAT {
        for bytes in SIZES {
            let stream = (flat.make)(bytes);
            let response = callgrind::measured(|| steps::fold(black_box(&stream), flat.chunk_bytes));
            let mut visible = Vec::new();
            steps::visit_response(&response, |block, text| steps::collect(&mut visible, block, text));
            if visible != stream.visible {
                return Err("the fold is not what was written".into());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Counts what must be flat and prints it; says whether it is.
fn count_flat() -> Result<bool, String> {
    let counts = callgrind::counts(&[MEASURE_FLAT])?;
    if counts.len() != FLAT.len() * SIZES.len() {
        return Err(format!("callgrind gave {} counts", counts.len()));
    }
    println!(
        "\n{:<44} {:<6} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "folding", "per", "1 MiB", "2 MiB", "4 MiB", "8 MiB", "widest"
    );
    let mut is_flat = true;
    for (flat, counts) in FLAT.iter().zip(counts.chunks(SIZES.len())) {
        let units = SIZES.map(|bytes| (flat.units)(&(flat.make)(bytes)) as f64);
        let each: Vec<_> = counts.iter().zip(units).map(|(&count, units)| count as f64 / units).collect();
        let (least, most) =
            each.iter().fold((f64::MAX, 0.0_f64), |(least, most), &each| (least.min(each), most.max(each)));
        let is_good = most / least <= FLATNESS;
        let shown: String = each.iter().map(|each| format!(" {each:>9.0}")).collect();
        let verdict = if is_good { "" } else { "  NOT FLAT" };
        println!("{:<44} {:<6}{shown} {:>7.3}{verdict}", flat.name, flat.unit, most / least);
        is_flat &= is_good;
    }
    Ok(is_flat)
}

fn print_table(table: &Table) {
    println!(
        "{:<28} {:>9} {:>9} {:>13} {:>9} {:>17}",
        "", "framing", "decode", "decode_owned", "fold", "decode / framing"
    );
    for (stream, counts) in table {
        let count = |step| counts.get(step).copied().unwrap_or(f64::NAN);
        println!(
            "{stream:<28} {:>9.0} {:>9.0} {:>13.0} {:>9.0} {:>17.2}",
            count("framing"),
            count("decode"),
            count("decode_owned"),
            count("fold"),
            ratio(counts)
        );
    }
}

fn ratio(counts: &BTreeMap<String, f64>) -> f64 {
    let count = |step| counts.get(step).copied().unwrap_or(f64::NAN);
    count("decode") / count("framing")
}

/// Compares with the record of machines like this one.
fn check(key: &str, table: &Table) -> Result<bool, String> {
    let record = read_record()?;
    let Some(before) = record.get(key) else {
        println!("\nnot compared: there is no record for this compiler and processor (--update makes one)");
        return Ok(true);
    };
    println!();
    let mut is_good = true;
    for (stream, counts) in table {
        let Some(before) = before.get(stream).map(ratio) else {
            println!("{stream}: not in the record");
            continue;
        };
        let grown = ratio(counts) / before;
        if grown > MAY_GROW {
            println!(
                "{stream}: decode / framing was {before:.2}, is {:.2}: GREW by {:.1}%",
                ratio(counts),
                grown * 100.0 - 100.0
            );
            is_good = false;
        } else if grown < 1.0 / MAY_GROW {
            println!("{stream}: decode / framing was {before:.2}, is {:.2}: --update keeps it so", ratio(counts));
        }
    }
    println!("{}", if is_good { "nothing grew" } else { "decoding has become dearer" });
    Ok(is_good)
}

/// Writes the record of machines like this one.
fn update(key: &str, table: &Table) -> Result<bool, String> {
    let mut record = read_record()?;
    record.insert(key.into(), table.clone());
    let path = record_path();
    let text = toml::to_string(&record).map_err(|error| error.to_string())?;
    fs::write(&path, format!("{RECORD_HEAD}\n{text}")).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("\nwritten: {}", path.display());
    Ok(true)
}

fn read_record() -> Result<Record, String> {
    let path = record_path();
    if !path.exists() {
        return Ok(Record::new());
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn record_path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "record", "instructions.toml"].iter().collect()
}

/// What counts depend on beside the code: the compiler, what it may use, and what `memchr` finds at run time.
fn key() -> Result<String, String> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = Command::new(&rustc).arg("--version").output().map_err(|error| format!("{rustc}: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let version = version.split(" (").next().unwrap_or_default().trim();
    Ok(format!("{version}, {} built for {BUILT_FOR}, memchr with {}", env::consts::ARCH, vectors()))
}

/// The vectors that `memchr` takes on this processor.
#[cfg(target_arch = "x86_64")]
fn vectors() -> &'static str {
    if std::is_x86_feature_detected!("avx2") { "avx2" } else { "sse2" }
}

#[cfg(not(target_arch = "x86_64"))]
fn vectors() -> &'static str {
    "what the target has"
}

/// One digit is more than repeats.
fn round(count: f64) -> f64 {
    (count * 10.0).round() / 10.0
}

const BUILT_FOR: &str = if cfg!(target_feature = "avx512f") {
    "avx512"
} else if cfg!(target_feature = "avx2") {
    "avx2"
} else if cfg!(target_feature = "sse4.2") {
    "sse4.2"
} else if cfg!(target_feature = "sse2") {
    "sse2"
} else {
    "its default"
};

const CHUNK_BYTES: usize = 16 * 1024;

const SIZES: [usize; 4] = [1 << 20, 2 << 20, 4 << 20, 8 << 20];

/// How much the ratio of decoding to framing may grow, times.
const MAY_GROW: f64 = 1.03;

/// How much dearer than the cheapest the dearest size may be, times.
const FLATNESS: f64 = 1.05;

/// The hidden arguments with which the program runs itself.
const MEASURE_STEPS: &str = "--measure-steps";
const MEASURE_FLAT: &str = "--measure-flat";

const RECORD_HEAD: &str = "# Instructions a frame, by compiler and processor, stream and step. Written by
# `cargo run --release -p thalweg-bench --bin instructions -- --update`; `-- --check` compares with it.
";
