//! Replays a recording: the same chunks, the same events, with the times at which they came.
//!
//! `cargo run -p thalweg --example replay -- corpus/openai-chat/llama-server-text`
//!
//! The folder holds `body.sse` (the exact bytes) and `chunks.tsv` (arrival in microseconds, end offset).

use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, fs};

use thalweg::{Close, Event, Normalizer, dialects};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or_else(|| invalid("usage: replay FOLDER"))?);
    let body = fs::read(folder.join("body.sse"))?;
    let chunks = fs::read_to_string(folder.join("chunks.tsv"))?;
    let mut output = io::stdout().lock();
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let mut start = 0;
    for line in chunks.lines().skip(1) {
        let (at, end) = parse(line).ok_or_else(|| invalid("chunks.tsv: a line is `at_us<TAB>end`"))?;
        normalizer.feed(body.get(start..end).ok_or_else(|| invalid("chunks.tsv does not fit body.sse"))?);
        start = end;
        print(&mut normalizer, at, &mut output)?;
    }
    normalizer.finish(Close::Clean);
    print(&mut normalizer, u64::MAX, &mut output)
}

fn parse(line: &str) -> Option<(u64, usize)> {
    let (at, end) = line.split_once('\t')?;
    Some((at.parse().ok()?, end.parse().ok()?))
}

fn print(normalizer: &mut Normalizer, at_us: u64, output: &mut impl Write) -> io::Result<()> {
    let at = if at_us == u64::MAX { "end".into() } else { format!("{}.{:03} ms", at_us / 1000, at_us % 1000) };
    while let Some(event) = normalizer.poll() {
        match event {
            Event::TextDelta { text, .. } => writeln!(output, "{at}  {text:?}")?,
            other => writeln!(output, "{at}  {other:?}")?,
        }
    }
    Ok(())
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
