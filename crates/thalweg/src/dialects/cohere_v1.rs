use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::cohere_v1;

/// Cohere v1 chat: `api.cohere.com/v1/chat`, <https://docs.cohere.com/v1/reference/chat-stream>. Lines of JSON, or
/// server-sent events where those are asked for.
pub static COHERE_V1: Dialect = Dialect {
    name: Cow::Borrowed("cohere-v1"),
    protocol: Protocol::CohereV1,
    framing: Framing::Sse,
    claims: cohere_v1::claims,
    decoder: cohere_v1::decoder,
    oddities: Oddities::none(),
};
