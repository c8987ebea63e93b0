//! What stands between a decoder and whoever takes its events: deltas that are merged, and hooks.

use std::collections::VecDeque;

use thalweg::{BlockId, Event, OwnedEvent};

use crate::Observer;
use crate::decoder::Decoder;
use crate::hooks::{Family, Hooks, Ran, delta};

/// Merges the deltas of a decoder and shows its events to hooks. Without either it costs a comparison or two an event.
#[derive(Debug, Default)]
pub(crate) struct Taps {
    pub(crate) hooks: Hooks,
    /// The most bytes that several deltas are merged up to; 0: they are not.
    pub(crate) merged_bytes: usize,
    at: At,
    /// The text of a delta that may be of several. Never longer than `merged_bytes`.
    text: String,
    /// The decoder stands at an event that has not been looked at: it ended a merged delta.
    is_ahead: bool,
    /// What hooks made of an event, as far as it has not been given out.
    queue: VecDeque<OwnedEvent>,
}

/// Where the event that was given out last is.
#[derive(Debug, Default)]
enum At {
    #[default]
    Nothing,
    Decoder,
    Merged(BlockId, Family),
    Given(OwnedEvent),
}

impl Taps {
    /// Goes to the next event of what has arrived.
    #[inline]
    pub(crate) fn advance<O: Observer>(&mut self, decoder: &mut Decoder<O>) -> bool {
        if self.merged_bytes == 0 && self.hooks.is_empty() && !self.is_ahead {
            let is_there = decoder.advance();
            self.at = if is_there { At::Decoder } else { At::Nothing };
            return is_there;
        }
        self.advance_tapped(decoder)
    }

    /// The event that [`advance`](Self::advance) went to.
    #[inline]
    pub(crate) fn event<'a, O: Observer>(&'a self, decoder: &'a Decoder<O>) -> Option<Event<'a>> {
        lent(&self.at, &self.text, decoder)
    }

    fn advance_tapped<O: Observer>(&mut self, decoder: &mut Decoder<O>) -> bool {
        loop {
            if let Some(event) = self.queue.pop_front() {
                self.at = At::Given(event);
                return true;
            }
            self.at = self.take(decoder);
            let Some(event) = lent(&self.at, &self.text, decoder) else { return false };
            if self.hooks.run(&event, &mut self.queue) == Ran::Same {
                return true;
            }
        }
    }

    /// Takes the next event out of the decoder, with the deltas that follow it there and are more of the same.
    fn take<O: Observer>(&mut self, decoder: &mut Decoder<O>) -> At {
        if !core::mem::take(&mut self.is_ahead) && !decoder.advance() {
            return At::Nothing;
        }
        let Some((block, family, text)) = decoder.event().as_ref().and_then(delta) else { return At::Decoder };
        if text.len() >= self.merged_bytes {
            return At::Decoder;
        }
        self.text.clear();
        self.text.push_str(text);
        while decoder.advance() {
            match decoder.event().as_ref().and_then(delta) {
                Some((next_block, next_family, text))
                    if (next_block, next_family) == (block, family)
                        && text.len() <= self.merged_bytes - self.text.len() =>
                {
                    self.text.push_str(text);
                }
                _ => {
                    self.is_ahead = true;
                    break;
                }
            }
        }
        At::Merged(block, family)
    }
}

fn lent<'a, O: Observer>(at: &'a At, text: &'a str, decoder: &'a Decoder<O>) -> Option<Event<'a>> {
    match at {
        At::Nothing => None,
        At::Decoder => decoder.event(),
        At::Merged(block, family) => family.delta(*block, text),
        At::Given(event) => Some(event.as_lent()),
    }
}
