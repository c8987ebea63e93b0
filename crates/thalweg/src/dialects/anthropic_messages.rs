use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::anthropic_messages;

/// Anthropic Messages, and every server that speaks it without contradicting it.
pub static ANTHROPIC_MESSAGES: Dialect = Dialect {
    name: Cow::Borrowed("anthropic-messages"),
    protocol: Protocol::AnthropicMessages,
    framing: Framing::Sse,
    claims: anthropic_messages::claims,
    decoder: anthropic_messages::decoder,
    oddities: Oddities::none(),
};
