//! Streams an answer that did not stream: a whole JSON body in, the events of a stream out.
//!
//! `cargo run -p thalweg --example unfold < corpus/openai-responses/body-with-tools/body.json`
//!
//! An argument says how many characters a delta has. A `Response` that was stored (with the feature `serde`) goes the
//! same way from there.

use core::num::NonZeroUsize;
use std::env;
use std::io::{self, Read, Write};

use thalweg::unfold::DELTA_CHARS;
use thalweg::{Close, Fold, Normalizer, Response, Unfold, registry};

fn main() -> io::Result<()> {
    let chars = match env::args().nth(1) {
        Some(number) => number.parse().map_err(io::Error::other)?,
        None => DELTA_CHARS,
    };
    let mut body = Vec::new();
    io::stdin().lock().read_to_end(&mut body)?;
    stream(&whole(&body), chars, &mut io::stdout().lock())
}

/// The answer, of whichever provider.
fn whole(body: &[u8]) -> Response {
    let mut normalizer = Normalizer::detect(registry::ALL.iter().copied());
    normalizer.feed(body);
    normalizer.finish(Close::Clean);
    let mut response = Response::default();
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    response
}

/// As it would have come.
fn stream(response: &Response, chars: NonZeroUsize, output: &mut impl Write) -> io::Result<()> {
    for event in Unfold::new(response).with_delta_chars(chars).events() {
        writeln!(output, "{event:?}")?;
    }
    Ok(())
}
