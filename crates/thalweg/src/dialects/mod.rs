//! Vendors: a protocol and the ways in which it is spoken, as data. One small file each.
//!
//! A dialect named like its protocol reads the union of all oddities that do not conflict. A vendor's own file says
//! what the same bytes mean differently there, and, for who operates it, what else is known of it.

#[cfg(feature = "openai-chat")]
mod openai_chat;

#[cfg(feature = "openai-chat")]
pub use openai_chat::OPENAI_CHAT;

#[cfg(feature = "openai-chat")]
use crate::dialect::{Dialect, Oddities};

/// A dialect of OpenAI Chat Completions.
#[cfg(feature = "openai-chat")]
const fn chat(name: &'static str, oddities: Oddities) -> Dialect {
    use crate::event::Protocol;
    use crate::framing::Framing;
    use crate::protocols::openai_chat;

    Dialect {
        name: alloc::borrow::Cow::Borrowed(name),
        protocol: Protocol::OpenaiChat,
        framing: Framing::Sse,
        claims: openai_chat::claims,
        decoder: openai_chat::decoder,
        oddities,
    }
}
