use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{bedrock_completion, bedrock_invoke};

/// Text completions of any model behind Bedrock's `InvokeModelWithResponseStream`: Cohere's Command and Claude before
/// Messages, which have no name of their own here, and the formats of those that have.
pub static BEDROCK_COMPLETION: Dialect = invoked(
    "bedrock-completion",
    Protocol::BedrockCompletion,
    bedrock_completion::claims_any,
    |oddities| bedrock_invoke::around(bedrock_completion::decoder(oddities)),
    Oddities::none(),
);
