use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::bedrock_converse;

/// Amazon Bedrock's `ConverseStream`, whatever the model behind it.
pub static BEDROCK_CONVERSE: Dialect = Dialect {
    name: Cow::Borrowed("bedrock-converse"),
    protocol: Protocol::BedrockConverse,
    framing: Framing::AwsEventStream,
    claims: bedrock_converse::claims,
    decoder: bedrock_converse::decoder,
    oddities: Oddities::none(),
};
