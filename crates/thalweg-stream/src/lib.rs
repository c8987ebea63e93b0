#![cfg_attr(feature = "async", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "async"), doc = "Events from a `std::io::Read`: see [`blocking`].")]
#![forbid(unsafe_code)]

pub mod blocking;
#[cfg(feature = "async")]
mod events;
#[cfg(feature = "async")]
mod feed;
#[cfg(feature = "async")]
mod frames;
mod until;

#[cfg(feature = "async")]
pub use events::{EventStream, collect_response, events};
#[cfg(feature = "async")]
pub use frames::{Frame, FrameStream, frames};
pub use until::Until;
