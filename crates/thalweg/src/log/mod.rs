//! The versioned log: canonical events with sequence numbers, to keep or to send.
//!
//! A log is a [`Header`], which says what determined the events, and then every event of one response, numbered from
//! 0. It has two forms that hold the same: [`binary`] is small and cheap to write, `lines` (with the feature `serde`)
//! is one JSON object a line, for people and their tools.
//!
//! The same bytes, read by the same version in the same way, give byte-equal logs. The log is not the truth: that is a
//! [`Recording`](crate::Recording), from which a better decoder derives better events. Keep a log where events must
//! stay what they were when someone acted on them.
//!
//! # Versions
//!
//! [`VERSION`] rises only when an old reader would misread a new log; a reader refuses a version above its own, and
//! reads all below it for ever. Everything else is added without it: an event, a word or a shape that this version does
//! not know reads as [`Event::Unknown`](crate::Event::Unknown) in its place, with [`Record::is_foreign`] set, and
//! fields that it does not know are left out.
//!
//! ```
//! use thalweg::log::{Header, binary};
//! use thalweg::{Close, Fold, Normalizer, Protocol, Response, dialects};
//!
//! let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
//! let mut log = binary::Writer::new(&Header::new(Some("openai-chat"), Protocol::OpenaiChat));
//! let mut live = Response::default();
//! normalizer.feed(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n");
//! normalizer.finish(Close::Clean);
//! while let Some(event) = normalizer.poll() {
//!     live.apply(&event);
//!     log.write(&event);
//! }
//!
//! let mut read = Response::default();
//! for record in binary::Reader::new(log.as_bytes())? {
//!     read.apply(&record?.event.as_lent());
//! }
//! assert_eq!(read, live);
//! # Ok::<(), thalweg::log::LogError>(())
//! ```

pub mod binary;
mod error;
mod header;
#[cfg(feature = "serde")]
pub mod lines;
#[cfg(test)]
mod tests;
mod wire;

pub use error::{LogError, LogFault, Position};
pub use header::Header;

use crate::event::OwnedEvent;

/// The version of the log that this library writes, and the highest it reads.
pub const VERSION: u64 = 1;

/// Default of a reader's bound on one record, in bytes: 256 MiB, four times the default of
/// [`Limits::frame_bytes`](crate::Limits::frame_bytes). Raise it where you raise that.
pub const RECORD_BYTES: usize = 256 << 20;

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its number: dense, from 0.
    pub seq: u64,
    /// The event.
    pub event: OwnedEvent,
    /// The log has an event here that this version does not know: `event` is an [`Unknown`](crate::Event::Unknown)
    /// that stands for it. Its `wire_type` and `json` are those of the record, not of a frame.
    pub is_foreign: bool,
}
