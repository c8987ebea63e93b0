//! Bedrock `ConverseStream`.
