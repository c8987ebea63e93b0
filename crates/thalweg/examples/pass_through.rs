//! A gateway's loop: every byte goes on as it came, and the events are read beside it.
//!
//! `cargo run -p thalweg --example pass_through < corpus/openai-chat/llama-server-text/body.sse > copy.sse`

use std::io::{self, Read, Write};

use thalweg::{Close, Fold, Normalizer, Response, Stage, dialects};

fn main() -> io::Result<()> {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let mut response = Response::default();
    let (mut upstream, mut downstream) = (io::stdin().lock(), io::stdout().lock());
    let mut chunk = [0; 4096];
    while normalizer.stage() < Stage::Ended {
        match upstream.read(&mut chunk) {
            Ok(0) => normalizer.finish(Close::Clean),
            Ok(len) => normalizer.feed(&chunk[..len]),
            Err(_) => normalizer.finish(Close::Broken),
        }
        while let Some(frame) = normalizer.poll_frame() {
            // A filter would look at the events here and decide whether the frame goes on.
            for event in frame.events() {
                response.apply(&event);
            }
            downstream.write_all(frame.bytes)?;
        }
        downstream.flush()?;
    }
    let output = response.usage.and_then(|tokens| tokens.counts.output);
    writeln!(
        io::stderr(),
        "outcome: {}, output tokens: {}",
        response.outcome.map_or("none", thalweg::Outcome::as_str),
        output.map_or_else(|| "not sent".into(), |count| count.to_string())
    )
}
