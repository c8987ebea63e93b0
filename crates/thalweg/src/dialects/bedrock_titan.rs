use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{bedrock_completion, bedrock_invoke};

/// Amazon's Titan Text behind Bedrock's `InvokeModelWithResponseStream`,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html>.
pub static BEDROCK_TITAN: Dialect = invoked(
    "bedrock-titan",
    Protocol::BedrockCompletion,
    bedrock_completion::claims_titan,
    |oddities| bedrock_invoke::around(bedrock_completion::decoder(oddities)),
    Oddities::none(),
);
