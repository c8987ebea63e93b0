//! A response back into events: the reverse of folding.
//!
//! A model that cannot stream is called once and its whole answer served as a stream; a response that was stored is
//! replayed to whoever asks again; what cannot be decoded as a stream is fetched whole and handed on in the same
//! events. Folding the events gives the response again, exactly. Nothing here decides anything: blocks end as they
//! ended, and the verdict is the one that the response has.

mod content;
mod events;
mod order;
#[cfg(test)]
mod tests;

use core::num::NonZeroUsize;

pub use events::Events;

use crate::fold::Response;

/// Unfolds a [`Response`] into events whose fold is that response.
///
/// Say how large deltas are to be, then take [`events`](Self::events):
///
/// ```
/// use thalweg::{Close, Event, Fold, Normalizer, Response, Unfold, dialects};
///
/// // An answer that did not stream.
/// let body = br#"{"id":"chatcmpl-1","choices":[{"index":0,"message":{"content":"Fair winds, mate."},"finish_reason":"stop"}]}"#;
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// normalizer.feed(body);
/// normalizer.finish(Close::Clean);
/// let mut response = Response::default();
/// while let Some(event) = normalizer.poll() {
///     response.apply(&event);
/// }
///
/// let (mut pieces, mut again) = (Vec::new(), Response::default());
/// for event in Unfold::new(&response).events() {
///     if let Event::TextDelta { text, .. } = event {
///         pieces.push(text);
///     }
///     again.apply(&event);
/// }
/// assert_eq!(pieces, ["Fair ", "winds", ", mat", "e."]);
/// assert_eq!(again, response);
/// ```
///
/// # The events
///
/// ```text
/// Start  Meta*
/// (BlockStart  BlockData*  delta*  BlockData*  BlockEnd  Finish?)*     in the order in which the blocks began
/// Unknown*  Anomaly*  Usage?  Error*  End
/// ```
///
/// They are lent by the response and are one sequence of the [grammar](crate::EventOf). One block comes after the
/// other, and a choice's [`Finish`](crate::Event::Finish) right behind its last block (where it has none: where the
/// choice began). A block without text has no delta. Where text belongs to a block that no delta fits it is
/// [`Restated`](crate::Event::Restated).
///
/// The end is that of the response: one that was truncated, cancelled, refused or failed is so again, with the blocks
/// that were cut, its errors and its evidence. A response that has no outcome yet has no [`End`](crate::Event::End),
/// and its open blocks stay open.
///
/// # What does not come back
///
/// The law is on the fold. What a [`Response`] does not keep of a stream is not in the events either: how content was
/// cut into deltas and when they came, how the blocks of one stream took turns, that an id or a name came late,
/// values that later ones replaced (facts, token counts, statuses, restated text), where deviations were seen beyond
/// the first block of each, [`Extra`](crate::Event::Extra) fields and heartbeats.
///
/// # Responses that were changed
///
/// Whoever takes blocks out of a response before it is unfolded (reasoning that is not to be shown, a choice) need not
/// number the rest: blocks are numbered as they are given, and what refers to a block follows it, or goes where the
/// block is gone. Other contradictions that were put into a response stay in its events.
#[derive(Clone, Copy, Debug)]
#[must_use = "events() gives the events"]
pub struct Unfold<'r> {
    response: &'r Response,
    delta_chars: NonZeroUsize,
}

/// Default of [`Unfold::with_delta_chars`]: 5, about a token, as deltas of a served stream are.
pub const DELTA_CHARS: NonZeroUsize = NonZeroUsize::new(5).expect("5 is not 0");

impl<'r> Unfold<'r> {
    /// Deltas of at most [`DELTA_CHARS`] characters.
    pub const fn new(response: &'r Response) -> Self {
        Self { response, delta_chars: DELTA_CHARS }
    }

    /// Deltas of so many characters, and what is left over in the last of a block.
    ///
    /// This goes for text, reasoning, refusals, input of calls and the words of a sound; base64 data is given whole.
    /// A character is a `char`: no code point is ever cut, but what a reader takes for one letter may be.
    pub const fn with_delta_chars(mut self, chars: NonZeroUsize) -> Self {
        self.delta_chars = chars;
        self
    }

    /// One delta a block: for programs that fold the events anyway, which this spares the most.
    pub const fn with_whole_deltas(self) -> Self {
        self.with_delta_chars(NonZeroUsize::MAX)
    }

    /// The events, as often as they are asked for.
    ///
    /// Each is made when it is asked for; nothing of the content is copied. To keep or send one, use
    /// [`to_owned`](crate::EventOf::to_owned).
    ///
    /// ```
    /// use thalweg::{Assembled, Assembler, Response, Unfold};
    ///
    /// // As it was stored, with the feature `serde`. What reads a live stream reads it too.
    /// fn replay(stored: &Response) -> Vec<String> {
    ///     let mut assembler = Assembler::default();
    ///     let mut calls = Vec::new();
    ///     for event in Unfold::new(stored).with_whole_deltas().events() {
    ///         for item in assembler.apply(&event) {
    ///             if let Assembled::ToolCall(call) = item {
    ///                 calls.push(call.name.to_owned());
    ///             }
    ///         }
    ///     }
    ///     calls
    /// }
    /// assert!(replay(&Response::default()).is_empty());
    /// ```
    pub fn events(&self) -> Events<'r> {
        Events::new(self.response, self.delta_chars)
    }
}
