use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::gemini;

/// The Gemini API's `streamGenerateContent`, and every server that speaks it:
/// `generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent`.
pub static GEMINI: Dialect = speak("gemini", Oddities::none());

/// A dialect of Gemini's `generateContent`.
pub(super) const fn speak(name: &'static str, oddities: Oddities) -> Dialect {
    Dialect {
        name: Cow::Borrowed(name),
        protocol: Protocol::Gemini,
        framing: Framing::Sse,
        claims: gemini::claims,
        decoder: gemini::decoder,
        oddities,
    }
}
