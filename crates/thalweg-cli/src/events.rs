//! `thalweg events`: the events of a stream as lines of JSON, as they arrive.
//!
//! A line is an event's serialized form behind its number in the stream: `{"seq":0,"type":"start",...}`. With `--log` a
//! header comes first, and the lines of one file are a log that `thalweg::log::lines` reads.

use std::io::{self, Write};
use std::path::Path;

use thalweg::log::{Header, lines};
use thalweg::{Detail, Event, Protocol};

use crate::args::EventsArguments;
use crate::exit::{self, Exit};
use crate::input::{self, Sink};

/// Prints the events of every file; an error is one of the output.
pub(crate) fn run(arguments: &EventsArguments, out: &mut impl Write) -> io::Result<Exit> {
    let mut worst = Exit::Complete;
    for path in arguments.streams.files() {
        worst = worst.max(print_file(path, arguments, out)?);
    }
    Ok(worst)
}

fn print_file(path: &Path, arguments: &EventsArguments, out: &mut impl Write) -> io::Result<Exit> {
    let file = path.to_string_lossy();
    let source = match input::open(path) {
        Ok(source) => source,
        Err(error) => return Ok(exit::unreadable(&file, &error)),
    };
    let mut printing =
        Printing { lines: lines::Writer::headless(), is_log: arguments.log, detail: arguments.detail(), out };
    let ended = source.decode(&arguments.streams, &mut printing)?;
    let exit = ended.outcome.map_or(Exit::Failed, Exit::from);
    Ok(ended.error.map_or(exit, |error| exit::unreadable(&file, &error)))
}

struct Printing<'o, W> {
    lines: lines::Writer,
    is_log: bool,
    detail: Detail,
    out: &'o mut W,
}

impl<W: Write> Sink for Printing<'_, W> {
    fn detail(&self) -> Detail {
        self.detail
    }

    fn started(&mut self, dialect: Option<&str>, protocol: Protocol) -> io::Result<()> {
        if self.is_log {
            let mut header = Header::new(dialect, protocol);
            header.detail = self.detail;
            self.lines = lines::Writer::new(&header);
        }
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.lines.write(event);
        self.out.write_all(self.lines.as_bytes())?;
        self.lines.clear();
        Ok(())
    }

    fn drained(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
