//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor has a file of its
//! own only where the same bytes mean something else there.

#[cfg(feature = "openai-chat")]
mod openai_chat;

#[cfg(feature = "openai-chat")]
pub use openai_chat::OPENAI_CHAT;
