//! Why a frame is not JSON.

use core::fmt;

/// Why a frame cannot be read on, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The offset in the frame of the first byte that is wrong; of the end, where that is what is
    /// wrong.
    pub at: u32,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A byte that cannot stand where it stands, or the value is not of the kind that was asked
    /// for.
    Syntax,
    /// The input ended inside a value, or before one: more input could have made it whole.
    Eof,
    /// More containers inside each other than the reader was told to accept.
    Depth,
}

impl Error {
    /// `at` fits: a reader reads no more than [`u32::MAX`] bytes. For a longer number, `count` and
    /// `integer` ask only whether there is an error.
    #[cold]
    pub(super) const fn new(kind: ErrorKind, at: usize) -> Self {
        Self { kind, at: at as u32 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Syntax => "invalid JSON",
            ErrorKind::Eof => "JSON cut off",
            ErrorKind::Depth => "JSON nested too deeply",
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl core::error::Error for Error {}
