//! Replays a recording: the same chunks, the same events, with the times at which they came.
//!
//! `cargo run -p thalweg --example replay -- corpus/openai-chat/llama-server-text`
//!
//! The folder holds `body.sse` (the exact bytes) and `chunks.tsv` (when they arrived).

use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, fs};

use thalweg::{Close, Event, Normalizer, Recording, dialects};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or_else(|| invalid("usage: replay FOLDER"))?);
    let body = fs::read(folder.join("body.sse"))?;
    let chunks = fs::read_to_string(folder.join("chunks.tsv"))?;
    let mut recording =
        Recording::from_parts(body, &chunks).map_err(|error| invalid(&format!("chunks.tsv: {error}")))?;
    // Where the recording does not say how the stream closed, it was whole.
    recording.finish(None, Close::Clean);
    let mut output = io::stdout().lock();
    let mut written = Ok(());
    recording.replay(&mut Normalizer::new(&dialects::OPENAI_CHAT), |at_us, event| {
        if written.is_ok() {
            written = print(at_us, event, &mut output);
        }
    });
    written
}

fn print(at_us: u64, event: &Event<'_>, output: &mut impl Write) -> io::Result<()> {
    let at = format!("{}.{:03} ms", at_us / 1000, at_us % 1000);
    match event {
        Event::TextDelta { text, .. } => writeln!(output, "{at}  {text:?}"),
        Event::End { .. } => writeln!(output, "end  {event:?}"),
        _ => writeln!(output, "{at}  {event:?}"),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
