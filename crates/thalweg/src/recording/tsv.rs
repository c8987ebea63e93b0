//! The times of a recording as a table beside its bytes.
//!
//! A header, then one row an arrival, columns separated by tabs: the time in microseconds, the offset in the bytes
//! where it ends (exclusive), and what it is. The third column is there only where a row needs it:
//!
//! | `what` | the row says |
//! |---|---|
//! | (empty) | a chunk arrived; `end` is above the last one |
//! | `connection` | another connection continues from here; `end` is the last one |
//! | `truncated` | something arrived that was not recorded; `at_us` is empty |
//! | `close:WORD` | the stream closed: clean, broken, timed_out or cancelled. The last row; `at_us` is empty where the time is not known |

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::{Closing, Mark, Recording};
use crate::event::Close;

impl Recording {
    /// The times of the chunks, the borders and the close, to be stored beside the [bytes](Self::bytes).
    ///
    /// A header `at_us`, `end`, then one row a chunk: its arrival in microseconds, a tab, the offset where it ends.
    /// Where there is more to say than that, a third column `what` says it.
    #[must_use]
    pub fn to_tsv(&self) -> String {
        let is_plain = self.close.is_none() && !self.is_truncated && !self.marks.iter().any(|mark| mark.is_border);
        let mut tsv = String::from(if is_plain { PLAIN } else { FULL }) + "\n";
        let end = self.bytes.len();
        for mark in &self.marks {
            let what = match mark.is_border {
                true => "\tconnection",
                false if is_plain => "",
                false => "\t",
            };
            // Writing to a string does not fail.
            let _ = writeln!(tsv, "{}\t{}{what}", mark.at_us, mark.end);
        }
        if self.is_truncated {
            let _ = writeln!(tsv, "\t{end}\ttruncated");
        }
        if let Some(Closing { at_us, close }) = self.close {
            let at_us = at_us.map(|at_us| alloc::format!("{at_us}")).unwrap_or_default();
            let _ = writeln!(tsv, "{at_us}\t{end}\tclose:{close}");
        }
        tsv
    }

    /// A recording from its bytes and what [`to_tsv`](Self::to_tsv) gave for them. Both are held whatever their size.
    ///
    /// # Errors
    /// The first line that is no such row, or that does not fit the others or the bytes.
    pub fn from_parts(bytes: impl Into<Vec<u8>>, tsv: &str) -> Result<Self, RecordingError> {
        let mut recording = Self { bytes: bytes.into(), ..Self::new() };
        let mut lines = tsv.lines();
        let is_plain = match lines.next() {
            Some(PLAIN) => true,
            Some(FULL) => false,
            _ => return Err(RecordingError { line: 1, fault: RecordingFault::Header }),
        };
        let (mut line, mut end) = (1, 0);
        for text in lines {
            line += 1;
            let row = Row::parse(text, is_plain).and_then(|row| recording.take(&row, end).map(|()| row.end));
            end = row.map_err(|fault| RecordingError { line, fault })?;
        }
        let bytes = recording.bytes.len();
        if end != bytes {
            return Err(RecordingError { line, fault: RecordingFault::Length { end, bytes } });
        }
        Ok(recording)
    }

    /// Takes a row; the one before it ended at `last`.
    fn take(&mut self, row: &Row<'_>, last: usize) -> Result<(), RecordingFault> {
        let is_chunk = row.what.is_empty();
        if self.close.is_some() || (self.is_truncated && !row.what.starts_with(CLOSE)) {
            return Err(RecordingFault::Order);
        }
        if row.at_us.is_some_and(|at_us| at_us < self.last_us()) {
            return Err(RecordingFault::Time);
        }
        if if is_chunk { row.end <= last } else { row.end != last } {
            return Err(RecordingFault::End);
        }
        match row.what {
            "" | "connection" => {
                let at_us = row.at_us.ok_or(RecordingFault::Time)?;
                self.marks.push(Mark { at_us, end: row.end, is_border: !is_chunk });
            }
            "truncated" => self.is_truncated = true,
            what => {
                let word = what.strip_prefix(CLOSE).ok_or(RecordingFault::What)?;
                let close = Close::ALL.iter().find(|close| close.as_str() == word).ok_or(RecordingFault::What)?;
                self.close = Some(Closing { at_us: row.at_us, close: *close });
            }
        }
        Ok(())
    }
}

struct Row<'t> {
    at_us: Option<u64>,
    end: usize,
    what: &'t str,
}

impl<'t> Row<'t> {
    fn parse(text: &'t str, is_plain: bool) -> Result<Self, RecordingFault> {
        let (at_us, rest) = text.split_once('\t').ok_or(RecordingFault::Columns)?;
        let (end, what) = match rest.split_once('\t') {
            None if is_plain => (rest, ""),
            Some(columns) if !is_plain => columns,
            _ => return Err(RecordingFault::Columns),
        };
        let at_us = match at_us {
            "" => None,
            at_us => Some(at_us.parse().map_err(|_| RecordingFault::Time)?),
        };
        Ok(Self { at_us, end: end.parse().map_err(|_| RecordingFault::End)?, what })
    }
}

/// The table beside a recording's bytes cannot be read: which line, and what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordingError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: RecordingFault,
}

/// What is wrong with a line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingFault {
    /// The header is not `at_us`, `end` and perhaps `what`.
    Header,
    /// The row has not as many columns as the header.
    Columns,
    /// The time is no number, is missing, or falls.
    Time,
    /// The end is no number, or not above the last one where bytes arrived, or not the last one where none did.
    End,
    /// The third column has a word that does not exist.
    What,
    /// A row behind the one that says that nothing more was recorded.
    Order,
    /// The last end is not the number of bytes.
    #[non_exhaustive]
    Length {
        /// The last end.
        end: usize,
        /// How many bytes there are.
        bytes: usize,
    },
}

impl fmt::Display for RecordingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the header must be `at_us`, `end` and perhaps `what`, separated by tabs",
            Self::Columns => "a row needs as many columns as the header",
            Self::Time => "at_us must be a number, and times must not fall",
            Self::End => "end must be a number, must rise where a chunk arrived, and stay where none did",
            Self::What => "what must be empty, connection, truncated or close:WORD",
            Self::Order => "nothing may follow the close, and only the close what was truncated",
            Self::Length { end, bytes } => return write!(f, "the last end is {end}, the body has {bytes} bytes"),
        })
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl core::error::Error for RecordingError {}

const PLAIN: &str = "at_us\tend";
const FULL: &str = "at_us\tend\twhat";
const CLOSE: &str = "close:";
