#![cfg_attr(feature = "client", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "client"), doc = "HTTP for [`thalweg`].")]
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
mod client;

#[cfg(feature = "client")]
pub use client::*;
