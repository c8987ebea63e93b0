//! AWS event streams to and from text: `cargo run -p thalweg-corpus --example eventstream -- encode < text > body`, and
//! `decode < body > text`. The form of the text is described in `corpus/README.md`.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use thalweg_corpus::eventstream::{from_text, to_text};

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("encode") => encode(),
        Some("decode") => decode(),
        _ => {
            eprintln!("usage: eventstream encode|decode, from the standard input to the standard output");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn encode() -> io::Result<()> {
    let text = io::read_to_string(io::stdin())?;
    let bytes = from_text(&text).map_err(io::Error::other)?;
    io::stdout().write_all(&bytes)
}

fn decode() -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    io::stdout().write_all(to_text(&bytes).as_bytes())
}
