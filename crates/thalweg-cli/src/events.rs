//! `thalweg events`: the events of a stream as lines of JSON, as they arrive.
//!
//! A line is an event's serialized form behind its number in the stream: `{"seq":0,"type":"start",...}`.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use thalweg::Event;

use crate::args::Streams;
use crate::exit::{self, Exit};
use crate::input::{self, Sink};

/// Prints the events of every file; an error is one of the output.
pub(crate) fn run(streams: &Streams, out: &mut impl Write) -> io::Result<Exit> {
    let mut worst = Exit::Complete;
    for path in streams.files() {
        worst = worst.max(print_file(path, streams, out)?);
    }
    Ok(worst)
}

fn print_file(path: &Path, streams: &Streams, out: &mut impl Write) -> io::Result<Exit> {
    let file = path.to_string_lossy();
    let reader = match input::open(path) {
        Ok(reader) => reader,
        Err(error) => return Ok(exit::unreadable(&file, &error)),
    };
    let ended = input::decode(reader, streams, &mut Printing { seq: 0, out })?;
    let exit = ended.outcome.map_or(Exit::Failed, Exit::from);
    Ok(ended.error.map_or(exit, |error| exit::unreadable(&file, &error)))
}

struct Printing<'o, W> {
    seq: u64,
    out: &'o mut W,
}

#[derive(Serialize)]
struct EventLine<'a> {
    seq: u64,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

impl<W: Write> Sink for Printing<'_, W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, &EventLine { seq: self.seq, event })?;
        self.seq += 1;
        writeln!(self.out)
    }

    fn drained(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
