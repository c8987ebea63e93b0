use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::cohere;

/// Cohere v2 chat: `api.cohere.com/v2/chat`, <https://docs.cohere.com/reference/chat-stream>.
pub static COHERE: Dialect = Dialect {
    name: Cow::Borrowed("cohere"),
    protocol: Protocol::Cohere,
    framing: Framing::Sse,
    claims: cohere::claims,
    decoder: cohere::decoder,
    oddities: Oddities::none(),
};
