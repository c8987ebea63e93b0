//! What was measured: from process to process, as a table, as JSON.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::readers::Reader;
use crate::traffic::Load;

/// What a client says of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// CPU time in the program.
    pub(crate) user_ms: usize,
    /// CPU time in the kernel.
    pub(crate) system_ms: usize,
    pub(crate) wall_ms: usize,
    /// The most memory that was in use, beyond what was before the first request.
    pub(crate) peak_kib: usize,
    /// Events, or chunks.
    pub(crate) items: usize,
    /// Files and tasks that were there afterwards and not before.
    pub(crate) left: usize,
}

/// What a server says of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Streams that were sent to their end.
    pub(crate) whole: usize,
    /// Connections that were open when the client had ended.
    pub(crate) open: usize,
    /// Streams in which the server had to wait for the client to make room.
    pub(crate) blocked: usize,
    /// The most that a frame left behind its time.
    pub(crate) late_ms: usize,
}

/// All runs of a pace.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) load: Load,
    pub(crate) runs: Vec<(Reader, Figures, Counts)>,
}

impl Figures {
    pub(crate) fn line(&self) -> String {
        let Self { user_ms, system_ms, wall_ms, peak_kib, items, left } = self;
        format!("{user_ms} {system_ms} {wall_ms} {peak_kib} {items} {left}")
    }

    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let [user_ms, system_ms, wall_ms, peak_kib, items, left] = numbers(line)?;
        Ok(Self { user_ms, system_ms, wall_ms, peak_kib, items, left })
    }

    const fn cpu_ms(&self) -> usize {
        self.user_ms + self.system_ms
    }
}

impl Counts {
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let [whole, open, blocked, late_ms] = numbers(line)?;
        Ok(Self { whole, open, blocked, late_ms })
    }
}

impl Runs {
    /// The median of what a reader's runs say, sorted one by one.
    fn median(&self, reader: Reader, of: impl Fn(&Figures, &Counts) -> usize) -> usize {
        let of_reader = self.runs.iter().filter(|(who, _, _)| *who == reader);
        let mut all: Vec<_> = of_reader.map(|(_, figures, counts)| of(figures, counts)).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    /// CPU time of a reader, in times the bare one's.
    fn ratio(&self, reader: Reader) -> f64 {
        let cpu = |reader| self.median(reader, |figures, _| figures.cpu_ms()) as f64;
        cpu(reader) / cpu(Reader::Bare)
    }

    /// What a stream holds at the worst moment.
    fn stream_kib(&self, reader: Reader) -> f64 {
        self.median(reader, |figures, _| figures.peak_kib) as f64 / self.load.streams as f64
    }

    /// Fails where a stream was not whole, something is left, or memory is not bounded.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (reader, figures, counts) in &self.runs {
            let who = format!("{}, pace {}", reader.word(), self.load.pace_word());
            if counts.whole != self.load.streams {
                return Err(format!("{who}: {} streams of {} were sent to their end", counts.whole, self.load.streams));
            }
            if figures.left > 0 || counts.open > 0 {
                return Err(format!(
                    "{who}: {} files and tasks and {} connections are left",
                    figures.left, counts.open
                ));
            }
        }
        let kib = self.stream_kib(Reader::Thalweg);
        if kib > HTTP_KIB_MAX + OURS_KIB_MAX {
            return Err(format!("a stream takes {kib:.1} KiB: more than it may"));
        }
        Ok(())
    }

    pub(crate) fn print(&self) {
        for reader in Reader::ALL {
            let median = |of: fn(&Figures, &Counts) -> usize| self.median(reader, of);
            println!(
                "{:<5} {:<8} {:>7} {:>7} {:>7} {:>7.2} {:>8} {:>10.1} {:>12.1} {:>9} {:>8} {:>8}",
                self.load.pace_word(),
                reader.word(),
                median(|figures, _| figures.cpu_ms()),
                median(|figures, _| figures.user_ms),
                median(|figures, _| figures.system_ms),
                self.ratio(reader),
                median(|figures, _| figures.wall_ms),
                median(|figures, _| figures.peak_kib) as f64 / 1024.0,
                self.stream_kib(reader),
                median(|figures, _| figures.items),
                median(|_, counts| counts.blocked),
                median(|_, counts| counts.late_ms),
            );
        }
    }

    fn json(&self) -> Vec<Value> {
        let row = |reader: Reader| {
            let median = |of: fn(&Figures, &Counts) -> usize| self.median(reader, of);
            let runs = self.runs.iter().filter(|(who, _, _)| *who == reader);
            json!({
                "pace": self.load.pace,
                "reader": reader.word(),
                "cpu_ms": median(|figures, _| figures.cpu_ms()),
                "user_ms": median(|figures, _| figures.user_ms),
                "system_ms": median(|figures, _| figures.system_ms),
                "times_bare": self.ratio(reader),
                "wall_ms": median(|figures, _| figures.wall_ms),
                "peak_kib": median(|figures, _| figures.peak_kib),
                "kib_per_stream": self.stream_kib(reader),
                "items": median(|figures, _| figures.items),
                "blocked_streams": median(|_, counts| counts.blocked),
                "late_ms": median(|_, counts| counts.late_ms),
                "cpu_ms_of_runs": runs.map(|(_, figures, _)| figures.cpu_ms()).collect::<Vec<_>>(),
            })
        };
        Reader::ALL.into_iter().map(row).collect()
    }
}

pub(crate) fn print_head(streams: usize, rounds: usize) {
    println!(
        "{streams} streams at once over HTTP/1.1, a connection each; every tenth consumer slow; median of {rounds}\n"
    );
    println!(
        "{:<5} {:<8} {:>7} {:>7} {:>7} {:>7} {:>8} {:>10} {:>12} {:>9} {:>8} {:>8}",
        "pace",
        "reader",
        "CPU, ms",
        "user",
        "system",
        "times",
        "wall, ms",
        "peak, MiB",
        "KiB a stream",
        "items",
        "blocked",
        "late, ms"
    );
}

/// A record: what was measured, and what it means nothing without.
pub(crate) fn print_json(all: &[Runs], rounds: usize, arguments: &[&str], load_before: &str) {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim())).unwrap_or("unknown")
    };
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let is_clean = output("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    let record = json!({
        "head": {
            "processor": format!("{}, model {}, {count} CPUs", field("model name"), field("model\t")),
            "compiler": output("rustc", &["--version"]),
            "commit": output("git", &["rev-parse", "HEAD"]) + if is_clean { "" } else { " with changes" },
            "command": format!("{COMMAND} -- {}", arguments.join(" ")),
            "load": load_before,
            "load_after": load_average(),
        },
        "streams": all.first().map(|runs| runs.load.streams),
        "rounds": rounds,
        "rows": all.iter().flat_map(Runs::json).collect::<Vec<_>>(),
    });
    println!("{record:#}");
}

/// Programs that want to run, as the system counts them.
pub(crate) fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

fn numbers<const N: usize>(line: &str) -> Result<[usize; N], String> {
    let numbers: Vec<usize> = line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    numbers.try_into().map_err(|_| format!("not what was to be said: {line:?}"))
}

/// What a program says, or that it could not.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map_or_else(|_| "unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().into())
}

/// What the HTTP client's buffer of a connection grows to: the more is waiting to be read, the more it reads ahead.
const HTTP_KIB_MAX: f64 = 512.0;

/// What else there is of a stream: task, call, decoder, answer so far.
const OURS_KIB_MAX: f64 = 64.0;

const COMMAND: &str = "cargo run --release -p thalweg-bench --features load --bin load";
