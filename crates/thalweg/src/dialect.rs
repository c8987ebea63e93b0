//! What makes a provider's stream readable: a decoder for its protocol, and the vendor's ways as data.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use crate::emitter::Emitter;
use crate::event::Protocol;
use crate::framing::Framing;

/// One frame's data, as a decoder gets it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The name the framing gives the frame (`event:` of an event stream).
    pub event: Option<&'a str>,
    /// The frame's data. Text: bytes that are not UTF-8 have become U+FFFD, and that has been said.
    pub data: &'a str,
    /// The frame came from a body of JSON values, not from an event stream.
    pub is_body: bool,
}

impl<'a> Frame<'a> {
    /// A frame of an event stream with nothing but data.
    #[must_use]
    pub const fn new(data: &'a str) -> Self {
        Self { event: None, data, is_body: false }
    }
}

/// Says what frames mean. One value decodes one response.
///
/// Infallible: what is wrong with a frame is said to the [`Emitter`], and nothing of a frame is said before the whole
/// frame is known to be valid.
pub trait Decode {
    /// Says what one frame means.
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter);

    /// The bytes have ended: says what was held back. Called once, before the verdict.
    fn finish(&mut self, out: &mut Emitter) {
        let _ = out;
    }

    /// Heap bytes in use.
    fn retained(&self) -> usize {
        0
    }
}

/// Whether a frame looks like a protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Claim {
    /// It does not.
    No,
    /// It may be.
    Maybe,
    /// No other protocol has frames like it.
    Yes,
}

/// The ways of a vendor that speaks another's protocol. Each field is a switch that decoders ask for by meaning, so
/// that shared code never asks for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddities {
    /// Names of the field that carries reasoning text, the preferred one first: where several carry the same text it
    /// is given once.
    pub reasoning_fields: Cow<'static, [Cow<'static, str>]>,
}

impl Oddities {
    /// A vendor that does what the protocol's documentation says.
    #[must_use]
    pub const fn none() -> Self {
        Self { reasoning_fields: Cow::Borrowed(&[]) }
    }
}

/// A protocol as one vendor speaks it. Plain data: take one of [`dialects`](crate::dialects), or clone one and change
/// it for a vendor of your own.
///
/// ```
/// let mut mine = thalweg::dialects::OPENAI_CHAT.clone();
/// mine.name = "my-vendor".into();
/// mine.oddities.reasoning_fields = vec!["thoughts".into()].into();
/// let normalizer = thalweg::Normalizer::new(&mine);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// Its name, which is also its folder in the corpus.
    pub name: Cow<'static, str>,
    /// The protocol that it is a dialect of.
    pub protocol: Protocol,
    /// How its bytes are cut into frames.
    pub framing: Framing,
    /// Whether a frame looks like this dialect's: for detection.
    pub claims: fn(&Frame<'_>) -> Claim,
    /// Makes a decoder for one response.
    pub decoder: fn(&Oddities) -> Box<dyn Decode + Send>,
    /// The vendor's ways.
    pub oddities: Oddities,
}
