//! Turns the bytes of any LLM provider's stream into one canonical sequence of events.
//!
//! The core is pure: no IO, no clock, no threads, no randomness, `no_std` with `alloc`. Bytes go in as they arrive,
//! events come out, and a fold over the events is the response:
//!
//! ```
//! use thalweg::{Close, Event, Fold, Normalizer, Response, dialects};
//!
//! let chunks: [&[u8]; 2] = [
//!     b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good mor\"}}]}\n\ndata: {\"choices\":[{\"ind",
//!     b"ex\":0,\"delta\":{\"content\":\"ning\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
//! ];
//! let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
//! let mut response = Response::default();
//! for chunk in chunks {
//!     normalizer.feed(chunk); // never fails
//!     while let Some(event) = normalizer.poll() {
//!         if let Event::TextDelta { text, .. } = event {
//!             print!("{text}"); // as it arrives
//!         }
//!         response.apply(&event);
//!     }
//! }
//! normalizer.finish(Close::Clean); // how the bytes ended
//! while let Some(event) = normalizer.poll() {
//!     response.apply(&event);
//! }
//! assert_eq!(response.choices[0].text(), "Good morning");
//! assert_eq!(response.outcome, Some(thalweg::Outcome::Complete));
//! ```
//!
//! # The contract
//!
//! - [`Normalizer::feed`] takes bytes, [`Normalizer::poll`] gives events until there are none, [`Normalizer::finish`]
//!   says how the bytes ended; the last event is one [`Event::End`] with the verdict. After every call that puts
//!   something in, poll until `None`. Where another connection continues the response, say
//!   [`Normalizer::reconnect`].
//! - Any bytes give a well-formed sequence ([`EventOf`] has the grammar). Nothing fails and nothing panics: what is
//!   wrong is an [`Event::Error`] when the provider said so or the body is no stream, an [`Event::Anomaly`] when we
//!   saw it.
//! - The same bytes give the same events, however they are cut into chunks.
//! - [`Limits`] bounds everything that is kept.
//!
//! # Where things are
//!
//! [`event`](EventOf) is the model. [`Normalizer`] is the engine; [`framing`] cuts bytes into frames, [`json`] reads
//! them, a [`Decode`](dialect::Decode) says what they mean, an [`Emitter`](emitter::Emitter) makes events of it;
//! errors of every shape go through one reader.
//! [`dialects`] and [`registry`] list what can be read. [`fold`] makes state of events: [`Response`] is all of it,
//! [`Assembler`] what an agent wants as it comes, [`Timing`] and [`Metrics`] what an operator wants. [`Unfold`] makes
//! events of a response, for a model that cannot stream and for answers that were stored.
//! [`Lanes`] tells the responses of one WebSocket connection apart.
//! A [`Recording`] keeps the bytes with their times and replays them; a [`log`] keeps the events. [`policy`] decides what
//! to do about streams that fail, stall or say nothing, for transports that have a clock.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod dialect;
pub mod dialects;
pub mod emitter;
mod errors;
mod event;
pub mod fold;
pub mod framing;
pub mod json;
pub mod lanes;
pub mod limits;
pub mod log;
#[allow(dead_code, reason = "not every protocol has a memo; which are compiled in is a matter of features")]
mod memo;
mod normalizer;
pub mod policy;
mod protocols;
pub mod recording;
pub mod registry;
#[cfg(feature = "openai-chat")]
mod stages;
pub mod unfold;

pub use dialect::Dialect;
pub use event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, Close, Count, ErrorKind, Event, EventOf, Evidence, Host, Id,
    InputForm, InputState, LimitKind, MetaField, Origin, Outcome, OwnedEvent, Part, Place, Protocol, Reason,
    ReasoningForm, Resume, Retry, Scope, Usage, UsageOrigin, Wide,
};
pub use fold::{Assembled, Assembler, Fold, Metrics, Response, Timing};
pub use lanes::{LaneEvent, Lanes};
pub use limits::Limits;
pub use normalizer::{CharactersPerToken, CountTokens, Detail, FrameEvents, Normalizer, Stage};
pub use recording::Recording;
pub use unfold::Unfold;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
