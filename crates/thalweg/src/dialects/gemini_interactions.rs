use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::gemini_interactions;

/// Gemini Interactions: `generativelanguage.googleapis.com/v1beta/interactions`, of models and of agents,
/// <https://ai.google.dev/api/interactions>.
pub static GEMINI_INTERACTIONS: Dialect = Dialect {
    name: Cow::Borrowed("gemini-interactions"),
    protocol: Protocol::GeminiInteractions,
    framing: Framing::Sse,
    claims: gemini_interactions::claims,
    decoder: gemini_interactions::decoder,
    oddities: Oddities::none(),
};
