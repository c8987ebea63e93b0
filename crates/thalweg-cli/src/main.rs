//! The command line of thalweg: captured provider streams in, responses or events out.
//!
//! - `thalweg fold` folds each file into its response: a summary to read, or with `--json` one object a line.
//! - `thalweg events` prints the events of a stream as they arrive, one JSON object a line.
//! - `thalweg dialects` lists what can be read.
//! - `thalweg replay` serves recordings over HTTP as the provider did, with faults where they are asked for.
//! - `thalweg record` sends a request and keeps the answer as it came, for the others to read.
//!
//! # Exit status
//!
//! | status | meaning |
//! |---|---|
//! | 0 | every response is complete |
//! | 1 | a response is incomplete, or suspended |
//! | 2 | the command line is wrong |
//! | 3 | a response is truncated, or was cancelled |
//! | 4 | a response failed, or a file is no stream |
//! | 5 | a limit was reached |
//! | 6 | a file could not be read, the output not be written, or the address not be had |
//!
//! The worst (the highest) of several files wins, and a file that cannot be read does not stop the others. When
//! whoever reads the output goes away, the program ends quietly with 0. `replay` ends with 0 when it is interrupted.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::exit::Exit;

mod args;
mod escape;
mod events;
mod exit;
mod fold;
mod input;
mod interrupt;
mod record;
mod replay;
mod summary;
mod view;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let exit = run(&arguments.command, &mut out).unwrap_or_else(|error| exit::unwritten(&error));
    // What could not be written is not tried again while the writer is dropped.
    let _ = out.into_parts();
    exit.into()
}

/// Runs a command to its end; an error is one of writing its output.
fn run(command: &Command, out: &mut impl Write) -> io::Result<Exit> {
    let exit = match command {
        Command::Fold(arguments) => fold::run(arguments, out)?,
        Command::Events(arguments) => events::run(arguments, out)?,
        Command::Dialects => args::list_dialects(out)?,
        Command::Replay(arguments) => replay::run(arguments, out)?,
        Command::Record(arguments) => record::run(arguments, out)?,
    };
    out.flush()?;
    Ok(exit)
}
