//! Prints an answer as it arrives from a file or from standard input, and how it ended. Nothing but `std`.
//!
//! `cargo run -p thalweg-stream --example std_reader -- corpus/openai-chat/llama-server-text/body.sse`

use std::fs::File;
use std::io::{self, Read, Write};

use thalweg::{Event, Normalizer, registry};
use thalweg_stream::blocking::EventReader;

fn main() -> io::Result<()> {
    let body: Box<dyn Read> = match std::env::args_os().nth(1) {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin().lock()),
    };
    let mut output = io::stdout().lock();
    let mut events = EventReader::new(body, Normalizer::detect(registry::ALL.iter().copied()));
    while let Some(event) = events.next_event() {
        match event {
            Event::TextDelta { text, .. } => {
                output.write_all(text.as_bytes())?;
                output.flush()?;
            }
            Event::Error { message, .. } => writeln!(output, "\n-- {message}")?,
            Event::End { outcome, .. } => writeln!(output, "\n-- {outcome}")?,
            _ => {}
        }
    }
    // Not only the outcome, also why the bytes ended, where that was a fault of the reader.
    events.into_error().map_or(Ok(()), Err)
}
