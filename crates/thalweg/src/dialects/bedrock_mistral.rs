use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{bedrock_completion, bedrock_invoke};

/// Mistral's text completions behind Bedrock's `InvokeModelWithResponseStream`,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html>.
pub static BEDROCK_MISTRAL: Dialect = invoked(
    "bedrock-mistral",
    Protocol::BedrockCompletion,
    bedrock_completion::claims_mistral,
    |oddities| bedrock_invoke::around(bedrock_completion::decoder(oddities)),
    Oddities::none(),
);
