use super::invoked;
use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::protocols::{anthropic_messages, bedrock_invoke};

/// Claude behind Bedrock's `InvokeModelWithResponseStream`,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>.
///
/// The events of Messages without their names, one in each message `chunk`. The last event has Bedrock's counts beside
/// its own.
pub static BEDROCK_ANTHROPIC: Dialect = invoked(
    "bedrock-anthropic",
    Protocol::AnthropicMessages,
    |frame| bedrock_invoke::claims_of(anthropic_messages::claims, frame),
    |oddities| bedrock_invoke::around(anthropic_messages::decoder(oddities)),
    Oddities::none(),
);
