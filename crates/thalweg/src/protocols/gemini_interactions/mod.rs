//! Gemini Interactions.
