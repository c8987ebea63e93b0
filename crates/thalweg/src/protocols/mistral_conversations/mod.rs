//! Mistral Conversations.
