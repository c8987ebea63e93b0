use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::openai_responses;

/// OpenAI Responses, and every server and bridge that speaks it.
pub static OPENAI_RESPONSES: Dialect = Dialect {
    name: Cow::Borrowed("openai-responses"),
    protocol: Protocol::OpenaiResponses,
    framing: Framing::Sse,
    claims: openai_responses::claims,
    decoder: openai_responses::decoder,
    oddities: Oddities::none(),
};
