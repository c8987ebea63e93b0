//! Turns the bytes of any LLM provider's stream into one canonical sequence of events.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod framing;
pub mod json;
