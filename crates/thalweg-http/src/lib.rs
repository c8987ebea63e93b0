//! HTTP for [`thalweg`]: requests to providers and their answers as events, and recordings served back as a provider
//! would.
#![forbid(unsafe_code)]

#[cfg(feature = "replay")]
pub mod replay;
