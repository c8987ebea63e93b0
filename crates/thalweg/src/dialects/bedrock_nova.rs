use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{bedrock_converse, bedrock_invoke};

/// Amazon Nova behind Bedrock's `InvokeModelWithResponseStream`,
/// <https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html>.
///
/// The events of `ConverseStream`, each under its name in an object, one in each message `chunk`.
pub static BEDROCK_NOVA: Dialect = invoked(
    "bedrock-nova",
    Protocol::BedrockConverse,
    bedrock_converse::claims_wrapped,
    |oddities| bedrock_invoke::around(bedrock_converse::decoder(oddities)),
    Oddities::none(),
);
