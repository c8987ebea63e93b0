//! Every step on every input under every chunking, in turn, and the medians.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use thalweg_bench::steps;
use thalweg_bench::streams::{self, Stream};

use crate::{alloc, peers};

/// A line of the result.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) protocol: &'static str,
    pub(crate) input: &'static str,
    pub(crate) chunking: usize,
    pub(crate) step: &'static str,
    pub(crate) ns_per_frame: f64,
    pub(crate) mb_per_s: f64,
    pub(crate) allocs_per_frame: f64,
    /// The widest distance between two rounds, as a part of the median. Not in the JSON.
    #[serde(skip)]
    pub(crate) spread: f64,
}

/// What is measured: a step reads a stream and says how many bytes of content it saw, or frames where it sees none.
struct Step {
    name: &'static str,
    run: fn(&Stream, usize) -> usize,
    check: Check,
}

/// How it is checked that a step sees what it should.
enum Check {
    LineEnds,
    DataFrames,
    /// Collects the content of each block.
    Content(fn(&Stream, usize) -> Vec<String>),
}

/// A step that visits fragments of content, from the name of the function that does it.
macro_rules! content {
    ($name:ident, $visit:path) => {
        Step {
            name: stringify!($name),
            run: |stream, chunk_bytes| {
                let mut seen = 0;
                $visit(&stream.bytes, chunk_bytes, |_, text| seen += text.len());
                seen
            },
            check: Check::Content(|stream, chunk_bytes| {
                let mut seen = Vec::new();
                $visit(&stream.bytes, chunk_bytes, |block, text| steps::collect(&mut seen, block, text));
                seen
            }),
        }
    };
}

static STEPS: &[Step] = &[
    Step {
        name: "memchr",
        run: |stream, chunk_bytes| steps::memchr(&stream.bytes, chunk_bytes),
        check: Check::LineEnds,
    },
    Step {
        name: "framing",
        run: |stream, chunk_bytes| {
            let mut frames = 0;
            steps::framing(&stream.bytes, chunk_bytes, |data| {
                black_box(data);
                frames += 1;
            });
            frames
        },
        check: Check::DataFrames,
    },
    content!(decode, steps::decode),
    content!(decode_owned, steps::decode_owned),
    content!(fold, fold),
    content!(serde_typed, peers::serde_typed),
    content!(es_serde, peers::es_serde),
    content!(es_async_openai, peers::es_async_openai),
];

fn fold(bytes: &[u8], chunk_bytes: usize, visit: impl FnMut(usize, &str)) {
    steps::visit_response(&black_box(steps::fold(bytes, chunk_bytes)), visit);
}

/// Checks every step, then measures them in turn, `rounds` times.
pub(crate) fn run(rounds: usize) -> Result<Vec<Row>, String> {
    let inputs = [streams::chat(streams::TYPICAL, 1), streams::tools(streams::TYPICAL, 1)];
    let mut cases = Vec::new();
    for stream in &inputs {
        for chunk_bytes in CHUNKINGS {
            for step in STEPS {
                check(step, stream, chunk_bytes)?;
                cases.push(Case { stream, chunk_bytes, step, samples: Vec::new() });
            }
        }
    }
    // The first round warms up and is not counted.
    for round in 0..=rounds {
        for case in &mut cases {
            let sample = case.measure();
            if round > 0 {
                case.samples.push(sample);
            }
        }
    }
    Ok(cases.into_iter().map(Case::row).collect())
}

fn check(step: &Step, stream: &Stream, chunk_bytes: usize) -> Result<(), String> {
    let seen = (step.run)(stream, chunk_bytes);
    let wanted = match step.check {
        // Each frame is one line and an empty one.
        Check::LineEnds => 2 * stream.frames,
        Check::DataFrames => stream.frames,
        Check::Content(collect) => {
            if collect(stream, chunk_bytes) != stream.visible {
                return Err(format!("{} sees other content than {} has", step.name, stream.name));
            }
            stream.visible.iter().map(String::len).sum()
        }
    };
    if seen == wanted { Ok(()) } else { Err(format!("{} of {}: {seen}, not {wanted}", step.name, stream.name)) }
}

struct Case<'a> {
    stream: &'a Stream,
    chunk_bytes: usize,
    step: &'static Step,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    ns_per_frame: f64,
    allocs_per_frame: f64,
}

impl Case<'_> {
    fn measure(&self) -> Sample {
        let (before, start) = (alloc::count(), thread_time());
        for _ in 0..STREAMS_PER_SAMPLE {
            black_box((self.step.run)(black_box(self.stream), self.chunk_bytes));
        }
        let (time, after) = (thread_time() - start, alloc::count());
        let frames = (self.stream.frames * STREAMS_PER_SAMPLE) as f64;
        Sample { ns_per_frame: time.as_nanos() as f64 / frames, allocs_per_frame: (after - before) as f64 / frames }
    }

    fn row(mut self) -> Row {
        self.samples.sort_by(|a, b| a.ns_per_frame.total_cmp(&b.ns_per_frame));
        let (first, last) = (self.samples[0], self.samples[self.samples.len() - 1]);
        let median = self.samples[self.samples.len() / 2];
        let frame_bytes = self.stream.bytes.len() as f64 / self.stream.frames as f64;
        Row {
            protocol: "openai-chat",
            input: self.stream.name,
            chunking: self.chunk_bytes,
            step: self.step.name,
            ns_per_frame: median.ns_per_frame,
            mb_per_s: frame_bytes / median.ns_per_frame * 1000.0,
            allocs_per_frame: median.allocs_per_frame,
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

const CHUNKINGS: [usize; 2] = [16 * 1024, 1460];

/// Enough for milliseconds a sample where a frame takes tens of nanoseconds.
const STREAMS_PER_SAMPLE: usize = 16;
