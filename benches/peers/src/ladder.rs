//! Every step on every input under every chunking, in turn, and the medians.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use thalweg_bench::streams::{KINDS, Kind, LONG, Stream};

use crate::alloc;
use crate::steps::{STEPS, Step};

/// What to measure.
pub(crate) struct Options {
    pub(crate) rounds: usize,
    /// One typical response of each kind, and the shortest of the long inputs.
    pub(crate) is_quick: bool,
    pub(crate) protocol: Option<String>,
}

/// A line of the result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) protocol: String,
    pub(crate) input: String,
    /// Bytes, or `whole`.
    pub(crate) chunking: String,
    pub(crate) step: String,
    pub(crate) ns_per_frame: f64,
    pub(crate) mb_per_s: f64,
    pub(crate) allocs_per_frame: f64,
    /// Frames of the stream that was measured: fewer than the input has where the step is too slow for all of it.
    pub(crate) frames: usize,
    pub(crate) is_shortened: bool,
    /// The widest distance between two rounds, as a part of the median.
    pub(crate) spread: f64,
}

/// Checks every step, then measures them in turn; gives also what some step does not see.
pub(crate) fn run(options: &Options) -> Result<(Vec<Row>, Vec<String>), String> {
    let mut streams = Streams::default();
    let (mut cases, mut notes) = (Vec::new(), Vec::new());
    for input in inputs(options) {
        let stream = streams.get(input.kind, input.deltas);
        for &chunk_bytes in chunkings(options, input.is_long) {
            for step in STEPS.iter().filter(|step| step.reads(stream)) {
                let most = step.pace.most_bytes(chunk_bytes, input.is_long);
                let stream = if stream.bytes.len() > most + most / 16 {
                    streams.get(input.kind, input.kind.deltas(most))
                } else {
                    stream
                };
                if let Some(note) = step.check(stream, chunk_bytes)?
                    && !notes.contains(&note)
                {
                    notes.push(note);
                }
                let is_shortened = stream.bytes.len() < streams.get(input.kind, input.deltas).bytes.len();
                cases.push(Case::new(input.name.clone(), stream, chunk_bytes, step, is_shortened, options.rounds));
            }
        }
    }
    if cases.is_empty() {
        return Err("there is no such protocol".into());
    }
    for round in 0..options.rounds {
        for case in cases.iter_mut().filter(|case| round < case.rounds) {
            let sample = case.measure();
            case.samples.push(sample);
        }
    }
    Ok((cases.into_iter().map(Case::row).collect(), notes))
}

struct Input {
    name: String,
    kind: &'static Kind,
    deltas: usize,
    is_long: bool,
}

fn inputs(options: &Options) -> Vec<Input> {
    let mut inputs = Vec::new();
    let is_wanted = |kind: &&Kind| options.protocol.as_deref().is_none_or(|protocol| protocol == kind.protocol);
    for kind in KINDS.iter().filter(is_wanted) {
        inputs.push(Input { name: kind.name.into(), kind, deltas: kind.typical, is_long: false });
        let is_grown = !options.is_quick && matches!(kind.name, "text" | "tools");
        for megabytes in [1, 16].into_iter().filter(|_| is_grown) {
            let name = format!("{} {megabytes} MB", kind.name);
            inputs.push(Input { name, kind, deltas: kind.deltas(megabytes << 20), is_long: false });
        }
    }
    for kind in LONG.iter().filter(is_wanted) {
        for megabytes in [1, 2, 4, 8].into_iter().filter(|&megabytes| megabytes == 1 || !options.is_quick) {
            let name = format!("{} {megabytes} MB", kind.name);
            inputs.push(Input { name, kind, deltas: megabytes * kind.typical, is_long: true });
        }
    }
    inputs
}

/// Streams that were made, each once. They stay: peers know them by their address.
#[derive(Default)]
struct Streams(HashMap<(&'static str, &'static str, usize), &'static Stream>);

impl Streams {
    fn get(&mut self, kind: &'static Kind, deltas: usize) -> &'static Stream {
        let name = (kind.protocol, kind.name, deltas);
        self.0.entry(name).or_insert_with(|| Box::leak(Box::new((kind.make)(deltas, 1))))
    }
}

struct Case {
    input: String,
    stream: &'static Stream,
    chunk_bytes: usize,
    step: &'static Step,
    is_shortened: bool,
    /// Streams a sample.
    repeat: u32,
    rounds: usize,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    ns_per_frame: f64,
    allocs_per_frame: f64,
}

impl Case {
    /// Runs it once, to warm up and to see how long it takes.
    fn new(
        input: String,
        stream: &'static Stream,
        chunk_bytes: usize,
        step: &'static Step,
        is_shortened: bool,
        rounds: usize,
    ) -> Self {
        let start = thread_time();
        black_box((step.run)(black_box(stream), chunk_bytes));
        let once = (thread_time() - start).max(Duration::from_nanos(100));
        let repeat = (SAMPLE.as_nanos() / once.as_nanos()).clamp(1, 64) as u32;
        let affordable = CASE.as_nanos() / (once * repeat).as_nanos();
        let rounds = rounds.min((affordable as usize).max(3));
        Self { input, stream, chunk_bytes, step, is_shortened, repeat, rounds, samples: Vec::new() }
    }

    fn measure(&self) -> Sample {
        let (mut ns, mut allocs) = self.cost(self.step.run);
        if let Some(besides) = self.step.besides {
            let (besides_ns, besides_allocs) = self.cost(besides);
            (ns, allocs) = (ns - besides_ns, allocs - besides_allocs);
        }
        let frames = self.stream.frames as f64 * f64::from(self.repeat);
        Sample { ns_per_frame: ns / frames, allocs_per_frame: allocs / frames }
    }

    fn cost(&self, run: fn(&Stream, usize) -> usize) -> (f64, f64) {
        let (before, start) = (alloc::count(), thread_time());
        for _ in 0..self.repeat {
            black_box(run(black_box(self.stream), self.chunk_bytes));
        }
        let (time, after) = (thread_time() - start, alloc::count());
        (time.as_nanos() as f64, (after - before) as f64)
    }

    fn row(mut self) -> Row {
        self.samples.sort_by(|a, b| a.ns_per_frame.total_cmp(&b.ns_per_frame));
        let (first, last) = (self.samples[0], self.samples[self.samples.len() - 1]);
        let median = self.samples[self.samples.len() / 2];
        let frame_bytes = self.stream.bytes.len() as f64 / self.stream.frames as f64;
        Row {
            protocol: self.stream.protocol().into(),
            input: self.input,
            chunking: if self.chunk_bytes == usize::MAX { "whole".into() } else { self.chunk_bytes.to_string() },
            step: self.step.name.into(),
            ns_per_frame: median.ns_per_frame,
            mb_per_s: frame_bytes / median.ns_per_frame * 1000.0,
            allocs_per_frame: median.allocs_per_frame,
            frames: self.stream.frames,
            is_shortened: self.is_shortened,
            spread: (last.ns_per_frame - first.ns_per_frame) / median.ns_per_frame,
        }
    }
}

/// CPU time of this thread: what other programs do meanwhile does not count.
fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).expect("the clock counts from the start of the thread");
    let nanoseconds = u32::try_from(now.tv_nsec).expect("less than a second");
    Duration::new(seconds, nanoseconds)
}

const fn chunkings(options: &Options, is_long: bool) -> &'static [usize] {
    match (options.is_quick, is_long) {
        (true, true) => &[16 * 1024, 1460],
        (true, false) => &[16 * 1024, 1460, 64, 1],
        (false, _) => &[usize::MAX, 16 * 1024, 1460, 64, 1],
    }
}

/// What a sample should take at least: the clock and the cold caches at its beginning are nothing against it.
const SAMPLE: Duration = Duration::from_millis(2);

/// What the rounds of a case may take together; three there are always.
const CASE: Duration = Duration::from_millis(1_500);
