//! How the program ends: the exit status, and what it says on standard error.

use core::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use thalweg::Outcome;

use crate::escape::Line;

/// The exit status, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Every response is complete.
    Complete = 0,
    /// A response is incomplete or suspended.
    Incomplete = 1,
    /// The command line is wrong. Most often clap says so, before anything is read.
    Usage = 2,
    /// A response is truncated or was cancelled.
    Truncated = 3,
    /// A response failed.
    Failed = 4,
    /// A limit was reached.
    Limit = 5,
    /// A file could not be read, the output not be written, or the address not be had.
    Unreadable = 6,
}

/// The table of statuses for `--help`.
pub(crate) const HELP: &str = "\
Exit status (the worst of several files):
  0  every response is complete
  1  a response is incomplete, or suspended
  2  the command line is wrong
  3  a response is truncated, or was cancelled
  4  a response failed, or a file is no stream
  5  a limit was reached
  6  a file could not be read, or the output not be written";

/// The same of `thalweg replay`, which has no responses.
pub(crate) const REPLAY_HELP: &str = "\
Exit status:
  0  it was interrupted (Ctrl-C, SIGTERM), or the one request of --once is answered
  2  the command line is wrong
  6  the recordings could not be read, the output not be written, or the address not be had";

/// The same of `thalweg record`, which has one response.
pub(crate) const RECORD_HELP: &str = "\
Exit status:
  0  the response is complete, and recorded, as those below but 2 and 6
  1  the response is incomplete, or suspended
  2  the command line is wrong
  3  the response is truncated, or was interrupted (Ctrl-C, SIGTERM): what came is recorded
  4  the response failed, or is an error
  5  a limit was reached
  6  there is no response, the request could not be read, or the recording not be written";

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Complete,
            Outcome::Incomplete | Outcome::Suspended => Self::Incomplete,
            Outcome::Truncated | Outcome::Cancelled => Self::Truncated,
            Outcome::Limit => Self::Limit,
            // An outcome that this program does not know is not one that it may call good.
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Says that a file could not be read, or not to its end, or that something else could not be had.
pub(crate) fn unreadable(file: &str, error: &impl Display) -> Exit {
    complain(file, error);
    Exit::Unreadable
}

/// The end when the output cannot be written: a reader that has seen enough is no error.
pub(crate) fn unwritten(error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Complete;
    }
    complain("standard output", error);
    Exit::Unreadable
}

/// Says on standard error what is wrong with what.
pub(crate) fn complain(what: &str, error: &impl Display) {
    let reason = error.to_string();
    let reason = reason.split(" (os error").next().unwrap_or(&reason);
    // There is nobody left to tell that standard error is closed.
    let _ = writeln!(io::stderr(), "thalweg: {}: {}", Line(what), Line(reason));
}
