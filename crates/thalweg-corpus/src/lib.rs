//! Recorded streams, chunkers, generators and the laws that `thalweg` is held to: for its tests, its benches, its
//! fuzzing, and for other projects' tests.
//!
//! - [`Case`] is one folder of `corpus/`: the bytes, and what a person says they mean
//!   ([`check_expectations`]).
//! - [`Setup`] decodes bytes in one of the ways the laws compare, [`Chunking`] cuts them up.
//! - [`laws`] has one function a law. Each takes bytes and gives back the [`Violation`], if there is one.
//! - [`unread_paths`] lists what of a body's JSON no decoder reads, [`Paths`] that of many bodies.
//! - [`eventstream`] writes and reads the binary messages of AWS, also as lines of text.
//! - [`fuzz`] has the bodies of the fuzz targets, and runs them without a fuzzer.
//!
//! ```
//! use thalweg::dialects;
//! use thalweg_corpus::{Cuts, laws};
//!
//! let body = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n";
//! laws::check_chunking(&dialects::OPENAI_CHAT, body, Cuts::Thorough)?;
//! laws::check_prefix(&dialects::OPENAI_CHAT, body, Cuts::Thorough)?;
//! # Ok::<(), thalweg_corpus::Violation>(())
//! ```

#![forbid(unsafe_code)]

mod case;
mod chunking;
pub mod eventstream;
mod expect;
pub mod fuzz;
pub mod generate;
pub mod laws;
mod setup;
mod unread;
mod violation;
mod wire;

pub use case::{Case, LoadError, Source, SourceKind, load_all, root, try_load_all};
pub use chunking::{Chunking, Chunks, Cuts, ParseChunkingError};
pub use expect::{Expect, ExpectedCall, ExpectedChoice, ExpectedFinish, ExpectedUsage, check_expectations};
pub use setup::{Setup, small_limits};
pub use unread::{Paths, unread_paths};
pub use violation::Violation;
