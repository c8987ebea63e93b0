#![cfg_attr(feature = "client", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "client"),
    doc = "HTTP for [`thalweg`]: with `client` requests to providers and their answers as events, with `replay` \
           recordings served back as a provider would."
)]
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
mod client;
#[cfg(any(feature = "client", feature = "replay"))]
mod media;
#[cfg(feature = "replay")]
pub mod replay;

#[cfg(feature = "client")]
pub use client::*;
// What stands in signatures here, in the versions that it has there.
pub use thalweg;
#[cfg(feature = "client")]
pub use {reqwest, serde_json, thalweg_stream};
