//! What is measured, and how it is checked that each step sees what it should.

use std::hint::black_box;

use thalweg_bench::steps;
use thalweg_bench::streams::Stream;

use crate::peers::{event_stream, genai, rig, typed};

/// A step reads a stream and says how many bytes of content it saw, or frames where it sees none.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
    /// What is taken off: what the step does only because it cannot be given bytes.
    pub(crate) besides: Option<Run>,
    check: Check,
    pub(crate) pace: Pace,
    /// The protocols that it reads; none are all.
    protocols: &'static [&'static str],
}

type Run = fn(&Stream, usize) -> usize;

/// How a step is checked.
enum Check {
    LineEnds,
    DataFrames,
    /// Collects the content of each block.
    Content(fn(&Stream, usize) -> Vec<String>),
}

/// How long a stream can be before a step takes too long for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As long as one likes.
    Linear,
    /// Copies the rest of the chunk for each event, and reads a line again from its start for each chunk.
    EventStream,
    /// Reads all that it has for each chunk, and gives a tool call's whole input with each fragment.
    Genai,
}

impl Pace {
    /// Bytes that a stream may have in chunks of this size.
    pub(crate) const fn most_bytes(self, chunk_bytes: usize, is_long_input: bool) -> usize {
        match (self, chunk_bytes) {
            (Self::Linear, _) => usize::MAX,
            (_, 0..64) => 64 << 10,
            (_, 64..1024) => 256 << 10,
            (Self::EventStream, usize::MAX) => 1 << 20,
            // One megabyte of input.
            (Self::Genai, _) if is_long_input => 5 << 18,
            _ => usize::MAX,
        }
    }
}

/// A step that visits fragments of content, from the name of the function that does it.
macro_rules! content {
    ($name:ident, $visit:path, $pace:ident, $besides:expr, $protocols:expr) => {
        Step {
            name: stringify!($name),
            run: |stream, chunk_bytes| {
                let mut seen = 0;
                $visit(stream, chunk_bytes, |_, text| seen += text.len());
                seen
            },
            besides: $besides,
            check: Check::Content(|stream, chunk_bytes| {
                let mut seen = Vec::new();
                $visit(stream, chunk_bytes, |block, text| steps::collect(&mut seen, block, text));
                seen
            }),
            pace: Pace::$pace,
            protocols: $protocols,
        }
    };
}

pub(crate) static STEPS: &[Step] = &[
    Step {
        name: "memchr",
        run: steps::memchr,
        besides: None,
        check: Check::LineEnds,
        pace: Pace::Linear,
        protocols: &[],
    },
    Step {
        name: "framing",
        run: |stream, chunk_bytes| {
            let mut frames = 0;
            steps::framing(stream, chunk_bytes, |data| {
                black_box(data);
                frames += 1;
            });
            frames
        },
        besides: None,
        check: Check::DataFrames,
        pace: Pace::Linear,
        protocols: &[],
    },
    content!(decode, steps::decode, Linear, None, &[]),
    content!(decode_owned, steps::decode_owned, Linear, None, &[]),
    content!(fold, fold, Linear, None, &[]),
    content!(serde_typed, typed::serde_typed, Linear, None, &[]),
    content!(es_serde, event_stream::es_serde, EventStream, None, &[]),
    content!(es_async_openai, event_stream::es_async_openai, EventStream, None, &["openai-chat", "openai-responses"]),
    content!(genai, genai::genai, Genai, Some(genai::receive), &[]),
    content!(rig, rig::rig, EventStream, None, &[]),
];

fn fold(stream: &Stream, chunk_bytes: usize, visit: impl FnMut(usize, &str)) {
    steps::visit_response(&black_box(steps::fold(stream, chunk_bytes)), visit);
}

/// A peer that does not see a block, and why.
struct Blind {
    step: &'static str,
    protocol: &'static str,
    input: &'static str,
    block: usize,
    why: &'static str,
}

static BLIND: &[Blind] = &[Blind {
    step: "es_async_openai",
    protocol: "openai-chat",
    input: "reasoning",
    block: 0,
    why: "its type of a delta has no reasoning_content",
}];

impl Step {
    pub(crate) fn reads(&self, stream: &Stream) -> bool {
        self.protocols.is_empty() || self.protocols.contains(&stream.protocol())
    }

    /// Says what is seen that should not be, or not seen that should.
    pub(crate) fn check(&self, stream: &Stream, chunk_bytes: usize) -> Result<Option<String>, String> {
        let name = || format!("{} of {} {} in chunks of {chunk_bytes}", self.name, stream.protocol(), stream.name);
        let same =
            |blind: &&Blind| (blind.step, blind.protocol, blind.input) == (self.name, stream.protocol(), stream.name);
        let blind = BLIND.iter().find(same);
        let seen = (self.run)(stream, chunk_bytes);
        let wanted = match self.check {
            Check::LineEnds => stream.line_ends,
            Check::DataFrames => stream.frames,
            Check::Content(collect) => {
                let mut wanted = stream.visible.clone();
                if let Some(blind) = blind {
                    wanted.remove(blind.block);
                }
                let collected = collect(stream, chunk_bytes);
                if collected != wanted {
                    return Err(format!("{}: sees other content: {}", name(), difference(&collected, &wanted)));
                }
                wanted.iter().map(String::len).sum()
            }
        };
        if seen != wanted {
            return Err(format!("{}: {seen}, not {wanted}", name()));
        }
        Ok(blind.map(|blind| {
            format!(
                "{} of {} {} does not see block {}: {}",
                blind.step, blind.protocol, blind.input, blind.block, blind.why
            )
        }))
    }
}

/// Where the first block differs.
fn difference(seen: &[String], wanted: &[String]) -> String {
    let lens = |blocks: &[String]| blocks.iter().map(String::len).collect::<Vec<_>>();
    let block =
        seen.iter().zip(wanted).position(|(seen, wanted)| seen != wanted).unwrap_or(seen.len().min(wanted.len()));
    let at = seen
        .get(block)
        .zip(wanted.get(block))
        .and_then(|(seen, wanted)| seen.bytes().zip(wanted.bytes()).position(|(seen, wanted)| seen != wanted));
    format!("blocks of {:?} bytes, not {:?}; block {block} from byte {at:?}", lens(seen), lens(wanted))
}
