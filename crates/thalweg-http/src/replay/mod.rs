//! Recordings served back over HTTP as the provider sent them, chunk by chunk and at their times, and with faults where
//! they are asked for: so that any client can be tested against any behaviour that was ever recorded.
//!
//! A [`Library`] is loaded from a folder, a [`Replay`] says how it is served, and a [`Server`] serves it until it is shut
//! down or dropped. It never speaks HTTP/2 or TLS and never looks at what a request says.
//!
//! ```
//! use thalweg::{Close, Recording};
//! use thalweg_http::replay::{Fault, Library, Replay, Speed, Wire};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let mut recording = Recording::new();
//! recording.push(30_000, b"data: {\"choices\":[{\"delta\":{\"content\":\"Low\"}}]}\n\n");
//! recording.push(60_000, b"data: [DONE]\n\n");
//! recording.finish(Some(60_100), Close::Clean);
//!
//! let server = Replay::new(Library::of("tide", Wire::Sse, &recording)) // or Library::load("corpus")?
//!     .with_speed(Speed::Max)
//!     .with_fault("status:503,retry-after=1*1".parse::<Fault>()?)      // the first request only
//!     .bind("127.0.0.1:0")
//!     .await?;
//!
//! let url = format!("{}/tide/v1/chat/completions", server.url());
//! assert_eq!(reqwest::get(&url).await?.status(), 503);
//! assert_eq!(reqwest::get(&url).await?.bytes().await?, recording.bytes());
//! assert_eq!(server.counts().requests, 2);
//! server.shutdown(core::time::Duration::from_secs(1)).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Which recording answers
//! The one that the header or query parameter [`CASE`] names; else the one that the path begins with, whatever path of a
//! provider follows; else the only one there is. Where none is meant the answer is 404 and lists those there are, or the
//! twenty that are named most like it.
//!
//! # How it answers
//! With the recorded status (200 where nobody knows it), the media type of its framing, each recorded chunk as one chunk
//! of HTTP that is written when its time has come and the one before has left. A slow client slows its own answer and
//! nothing else.
//!
//! A recording of several connections answers one request with each, in turn; that another followed means that one broke
//! off. An answer that was recorded as broken, cancelled or not to its end is broken off in mid-body; after one that timed
//! out the connection stays silent until the client leaves.
//!
//! # Faults
//! Every answer has those of the server and those that its request asks for by the header or query parameter [`FAULT`].
//! [`FAULTS`] lists them. All of them are done, those of the server before those of the request: waits first; a drop, a
//! reset or a status without the recorded body takes the place of the answer; of what ends a body the first on the wire
//! holds, of several statuses the first, of several chunk lengths the last. `*K` counts for each recording and each text
//! of a fault, as long as the server lives.

mod answer;
mod body;
mod case;
mod error;
mod fault;
mod filler;
mod gzip;
mod library;
mod script;
mod select;
mod served;
mod server;
mod shared;
mod socket;
mod speed;
mod take;

pub use case::Case;
pub use error::LoadError;
pub use fault::{FAULTS, Fault, FaultError, FaultKind, FaultReason, GARBAGE_MAX, RetryAfter, STALL_MAX, StatusFault};
pub use library::{LIBRARY_BYTES, Library, Wire};
pub use select::{CASE, FAULT};
pub use served::{Ended, Served};
pub use server::{CONNECTIONS_MAX, Replay, Server};
pub use shared::Counts;
pub use speed::{Speed, SpeedError};
