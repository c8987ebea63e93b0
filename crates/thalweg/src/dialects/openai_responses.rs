use super::responses;
use crate::dialect::{Dialect, Oddities};

/// OpenAI Responses, and every server and bridge that speaks it.
pub static OPENAI_RESPONSES: Dialect = responses("openai-responses", Oddities::none());
