use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{bedrock_completion, bedrock_invoke};

/// Meta's Llama behind Bedrock's `InvokeModelWithResponseStream`,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html>.
pub static BEDROCK_LLAMA: Dialect = invoked(
    "bedrock-llama",
    Protocol::BedrockCompletion,
    bedrock_completion::claims_llama,
    |oddities| bedrock_invoke::around(bedrock_completion::decoder(oddities)),
    Oddities::none(),
);
