use super::messages;
use crate::dialect::{Dialect, Oddities};

/// Anthropic Messages, and every server that speaks it without contradicting it.
pub static ANTHROPIC_MESSAGES: Dialect = messages("anthropic-messages", Oddities::none());
