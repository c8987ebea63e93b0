//! Cohere v1 chat, which Bedrock still speaks.
