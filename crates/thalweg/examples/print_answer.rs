//! Prints an answer as it arrives, and why it ended.
//!
//! `cargo run -p thalweg --example print_answer < corpus/openai-chat/llama-server-text/body.sse`

use std::io::{self, Read, Write};

use thalweg::{Close, Event, Normalizer, dialects};

fn main() -> io::Result<()> {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut chunk = [0; 16 * 1024];
    loop {
        let close = match input.read(&mut chunk) {
            Ok(0) => Some(Close::Clean),
            Ok(len) => {
                normalizer.feed(&chunk[..len]);
                None
            }
            // What came before the break is still worth printing.
            Err(_) => Some(Close::Broken),
        };
        if let Some(close) = close {
            normalizer.finish(close);
        }
        while let Some(event) = normalizer.poll() {
            match event {
                Event::TextDelta { text, .. } => output.write_all(text.as_bytes())?,
                Event::End { outcome, .. } => writeln!(output, "\n-- {outcome}")?,
                _ => {}
            }
        }
        output.flush()?;
        if close.is_some() {
            return Ok(());
        }
    }
}
