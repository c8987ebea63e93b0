//! The events of one block, behind its start.

use alloc::boxed::Box;
use alloc::collections::btree_map;
use core::num::NonZeroUsize;
use core::slice;

use super::events::lend;
use crate::event::{BlockId, BlockKind, Event, Part};
use crate::fold::Block;

/// What a block holds, then its end.
#[derive(Clone, Debug)]
pub(super) struct Content<'r> {
    id: BlockId,
    block: &'r Block,
    delta_chars: NonZeroUsize,
    phase: Phase,
    /// How many events the phase has given.
    given: usize,
    /// What is left of each.
    text: &'r str,
    transcript: &'r str,
    previews: btree_map::Iter<'r, u32, Box<str>>,
    parts: slice::Iter<'r, Part<Box<str>>>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Progress,
    Text,
    Transcript,
    Previews,
    Base64,
    Parts,
    Set,
    End,
    Over,
}

impl<'r> Content<'r> {
    pub(super) fn new(id: BlockId, block: &'r Block, delta_chars: NonZeroUsize) -> Self {
        Self {
            id,
            block,
            delta_chars,
            phase: Phase::Progress,
            given: 0,
            text: &block.text,
            transcript: &block.transcript,
            previews: block.previews.iter(),
            parts: block.parts.iter(),
        }
    }

    /// Pieces of structured input come ahead of the input.
    fn progress(&mut self) -> Option<Event<'r>> {
        match self.parts.as_slice().first()? {
            Part::Progress(_) => self.part(),
            _ => None,
        }
    }

    fn delta(&mut self) -> Option<Event<'r>> {
        let block = self.id;
        match self.block.kind {
            BlockKind::Text => self.fragment().map(|text| Event::TextDelta { block, text }),
            BlockKind::Refusal => self.fragment().map(|text| Event::RefusalDelta { block, text }),
            BlockKind::Reasoning { .. } => self.fragment().map(|text| Event::ReasoningDelta { block, text }),
            BlockKind::ToolCall { .. } | BlockKind::HostedCall { .. } => {
                self.fragment().map(|input| Event::ToolCallDelta { block, input })
            }
            // No delta fits, but a restatement may have come.
            _ => take(&mut self.text, NonZeroUsize::MAX).map(|value| Event::Restated { block, value }),
        }
    }

    fn fragment(&mut self) -> Option<&'r str> {
        take(&mut self.text, self.delta_chars)
    }

    fn transcript(&mut self) -> Option<Event<'r>> {
        take(&mut self.transcript, self.delta_chars).map(|words| self.data(Part::Transcript(words)))
    }

    fn preview(&mut self) -> Option<Event<'r>> {
        let (index, base64) = self.previews.next()?;
        Some(self.data(Part::Preview { index: *index, base64 }))
    }

    fn base64(&self) -> Option<Event<'r>> {
        let is_due = self.given == 0 && !self.block.base64.is_empty();
        is_due.then(|| self.data(Part::Base64(self.block.base64.as_str())))
    }

    /// What is pushed keeps its order.
    fn part(&mut self) -> Option<Event<'r>> {
        let part = self.parts.next()?;
        Some(self.data(part.map(&mut lend)))
    }

    fn set(&self) -> Option<Event<'r>> {
        let Block { signature, encrypted, format, status, .. } = self.block;
        let parts = [
            signature.as_deref().map(Part::Signature),
            encrypted.as_deref().map(Part::Encrypted),
            format.as_deref().map(Part::Format),
            status.as_deref().map(Part::Status),
        ];
        parts.into_iter().flatten().nth(self.given).map(|part| self.data(part))
    }

    fn end(&self) -> Option<Event<'r>> {
        let end = self.block.end.filter(|_| self.given == 0)?;
        Some(Event::BlockEnd { block: self.id, how: end.how, input: end.input })
    }

    const fn data(&self, part: Part<&'r str>) -> Event<'r> {
        Event::BlockData { block: self.id, part }
    }
}

impl<'r> Iterator for Content<'r> {
    type Item = Event<'r>;

    fn next(&mut self) -> Option<Event<'r>> {
        loop {
            let (event, after) = match self.phase {
                Phase::Progress => (self.progress(), Phase::Text),
                Phase::Text => (self.delta(), Phase::Transcript),
                Phase::Transcript => (self.transcript(), Phase::Previews),
                Phase::Previews => (self.preview(), Phase::Base64),
                Phase::Base64 => (self.base64(), Phase::Parts),
                Phase::Parts => (self.part(), Phase::Set),
                Phase::Set => (self.set(), Phase::End),
                Phase::End => (self.end(), Phase::Over),
                Phase::Over => return None,
            };
            if event.is_some() {
                self.given += 1;
                return event;
            }
            (self.phase, self.given) = (after, 0);
        }
    }
}

/// Takes at most so many characters off the front; none where nothing is left.
fn take<'r>(rest: &mut &'r str, chars: NonZeroUsize) -> Option<&'r str> {
    if rest.is_empty() {
        return None;
    }
    // No text has more characters than bytes.
    let is_last = rest.len() <= chars.get();
    let cut = if is_last { None } else { rest.char_indices().nth(chars.get()) };
    let (first, left) = rest.split_at(cut.map_or(rest.len(), |(at, _)| at));
    *rest = left;
    Some(first)
}
