//! What makes a log unreadable, and where.

use core::fmt;

/// A log cannot be read, or not beyond a place. What came before it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogError {
    /// Where.
    pub position: Position,
    /// What is wrong there.
    pub fault: LogFault,
}

/// a position in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two forms")]
pub enum Position {
    /// An offset in a binary log: where the record begins.
    Byte(usize),
    /// A line of JSON Lines, from 1.
    Line(usize),
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFault {
    /// The bytes do not begin as a log does.
    NotALog,
    /// A version that this library is too old for.
    #[non_exhaustive]
    Version {
        /// The version it is.
        version: u64,
    },
    /// The bytes end inside a record.
    Cut,
    /// A record is longer than the reader's bound.
    TooLong,
    /// A record holds what no writer writes: not UTF-8, a number out of range, not a JSON object with `seq` and `type`.
    Damaged,
    /// The records are not in order, or some are missing.
    #[non_exhaustive]
    Sequence {
        /// The number that would be next.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Position::Byte(at) => write!(f, "byte {at}: {}", self.fault),
            Position::Line(line) => write!(f, "line {line}: {}", self.fault),
        }
    }
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALog => f.write_str("this is no log of events"),
            Self::Version { version } => {
                write!(f, "the log has version {version}, {} is the highest that can be read", super::VERSION)
            }
            Self::Cut => f.write_str("the log ends inside a record"),
            Self::TooLong => f.write_str("the record is too long"),
            Self::Damaged => f.write_str("the record is damaged"),
            Self::Sequence { expected, found } => write!(f, "expected record {expected}, found {found}"),
        }
    }
}

impl core::error::Error for LogError {}
