use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::mistral_conversations;

/// Mistral Conversations: `api.mistral.ai/v1/conversations`, of models and of agents,
/// <https://docs.mistral.ai/api/endpoint/beta/conversations>.
pub static MISTRAL_CONVERSATIONS: Dialect = Dialect {
    name: Cow::Borrowed("mistral-conversations"),
    protocol: Protocol::MistralConversations,
    framing: Framing::Sse,
    claims: mistral_conversations::claims,
    decoder: mistral_conversations::decoder,
    oddities: Oddities::none(),
};
