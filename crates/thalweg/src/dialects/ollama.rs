use alloc::borrow::Cow;

use crate::dialect::{Dialect, Oddities};
use crate::event::Protocol;
use crate::framing::Framing;
use crate::protocols::ollama;

/// Ollama's own API, at port 11434 and in its cloud, and the servers and proxies that speak it: `/api/chat` and
/// `/api/generate`, <https://docs.ollama.com/api>.
pub static OLLAMA: Dialect = Dialect {
    name: Cow::Borrowed("ollama"),
    protocol: Protocol::Ollama,
    framing: Framing::Lines,
    claims: ollama::claims,
    decoder: ollama::decoder,
    oddities: Oddities::none(),
};
