//! The steps of an interaction: which one a frame is about, where it begins and ends.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::calls::start_call;
use super::wire::Item;
use crate::emitter::{At, Channel, Emitter, Fragment, List, Span};
use crate::event::{Action, AnomalyKind, BlockClose, BlockId, BlockKind, Host, LimitKind, Part, ReasoningForm};
use crate::json::Error;

/// What thoughts go to: the wire shows summaries of them.
pub(super) const THOUGHT: Channel = Channel::Reasoning(ReasoningForm::Summary);

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// The answer: parts of any kind.
    Output,
    /// A thought: summaries, and the seal.
    Thought,
    /// A call that the client must run.
    Call,
    /// A call that someone else runs.
    Hosted(Host),
    /// What a call gave.
    Result,
    /// The model has no place for it: it is given whole.
    Other,
}

impl Sort {
    /// By the wire's word for it. What a client runs is `function_call` alone.
    pub(super) fn of(word: &str) -> Self {
        match word {
            // Before there were steps, the parts of the answer stood alone.
            "model_output" | "text" | "image" | "audio" | "video" | "document" => Self::Output,
            "thought" => Self::Thought,
            "function_call" => Self::Call,
            "mcp_server_tool_call" => Self::Hosted(Host::Mcp),
            word if word.ends_with("_call") => Self::Hosted(Host::Provider),
            word if word.ends_with("_result") => Self::Result,
            _ => Self::Other,
        }
    }

    /// Whether the step has parts. Else it is one block.
    pub(super) const fn has_parts(self) -> bool {
        matches!(self, Self::Output | Self::Thought)
    }

    const fn fits(self, channel: Channel) -> bool {
        match self {
            Self::Output => matches!(channel, Channel::Text),
            Self::Thought => matches!(channel, Channel::Reasoning(_)),
            _ => false,
        }
    }
}

/// What the part at hand of a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Words,
    Sound,
    Whole,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) sort: Sort,
    pub(super) is_open: bool,
    /// The number of the part at hand.
    part: u64,
    pub(super) piece: Option<Piece>,
    /// The last text: what annotations belong to.
    pub(super) text: Option<At>,
    /// A result that is announced, and the id of its call: it begins when the wire says whether the call failed.
    pub(super) awaited: Option<Box<str>>,
}

impl Step {
    const fn new(sort: Sort, part: u64) -> Self {
        Self { sort, is_open: true, part, piece: None, text: None, awaited: None }
    }

    const fn list(&self) -> List {
        if matches!(self.sort, Sort::Thought) { List::Summary } else { List::Content }
    }

    /// Where the part at hand is, or the step where it has no parts.
    pub(super) const fn at(&self, number: u64) -> At {
        if self.sort.has_parts() { At::part(number, self.list(), self.part) } else { At::item(number) }
    }

    /// The next part begins: nothing but this ends the one at hand.
    pub(super) fn begin(&mut self, number: u64, kind: BlockKind<Span>, out: &mut Emitter) -> Option<BlockId> {
        let at = self.at(number);
        if out.has_begun(at) {
            if let Some(block) = out.block_at(at) {
                out.end_block(block, BlockClose::Implied);
            }
            self.part = self.part.saturating_add(1);
        }
        out.start_at(self.at(number), None, kind)
    }
}

/// All steps so far, by number.
#[derive(Debug, Default)]
pub(super) struct Steps {
    table: BTreeMap<u64, Step>,
    /// The number of the last frame.
    current: Option<u64>,
    /// The number behind the highest.
    next: u64,
}

impl Steps {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn retained(&self) -> usize {
        let awaited: usize = self.table.values().filter_map(|step| step.awaited.as_ref()).map(|id| id.len()).sum();
        // A map's node holds a few entries; twice the entries' size is a fair bound.
        2 * self.table.len() * size_of::<(u64, Step)>() + awaited
    }

    /// The number that a start gives; without one, the next.
    pub(super) fn start_number(&mut self, index: Option<u64>) -> u64 {
        self.number(Some(index.unwrap_or(self.next)))
    }

    /// The number of any other frame; without one, that of the last.
    #[inline]
    pub(super) fn number(&mut self, index: Option<u64>) -> u64 {
        let number = index.or(self.current).unwrap_or(self.next);
        self.current = Some(number);
        if number >= self.next && number >> 32 == 0 {
            self.next = number.saturating_add(1);
        }
        number
    }

    /// The step of a number. One that was not announced begins here, as what its delta belongs to; true where it does.
    #[inline]
    pub(super) fn known_or(&mut self, number: u64, sort: Sort, out: &mut Emitter) -> Option<(&mut Step, bool)> {
        let is_new = !self.table.contains_key(&number);
        if is_new {
            self.insert(number, Step::new(sort, 0), out)?;
        }
        Some((self.table.get_mut(&number)?, is_new))
    }

    fn insert(&mut self, number: u64, step: Step, out: &mut Emitter) -> Option<()> {
        if !self.table.contains_key(&number) && self.table.len() >= out.limits().blocks as usize {
            out.limit(LimitKind::Blocks);
            return None;
        }
        self.table.insert(number, step);
        Some(())
    }

    pub(super) fn get(&self, number: u64) -> Option<&Step> {
        self.table.get(&number)
    }

    /// A step begins. `json` is what its `item` was read from, `whole` the step itself.
    pub(super) fn start(
        &mut self,
        number: u64,
        (json, whole): (&str, &str),
        item: &Item,
        out: &mut Emitter,
    ) -> Result<(), Error> {
        let sort = Sort::of(item.word(json, &mut [0; 32]));
        if !self.begins(number, sort, out) {
            return Ok(());
        }
        let step = Step::new(sort, 0);
        let next = out.last_part_of(number, step.list()).map_or(0, |last| last.saturating_add(1));
        if self.insert(number, Step { part: next, ..step }, out).is_none() {
            return Ok(());
        }
        match sort {
            Sort::Output => self.start_output(number, (json, whole), item, out)?,
            Sort::Thought => self.start_thought(number, json, item, out)?,
            Sort::Call | Sort::Hosted(_) => start_call(number, json, item, out),
            Sort::Result => self.start_result(number, json, item, out),
            Sort::Other => {
                let before = out.block_at(At::item(number));
                let kind = BlockKind::other(out.text(item.wire_type(json)));
                let block = out.start_at(At::item(number), None, kind);
                if let Some(block) = block.filter(|block| before != Some(*block)) {
                    out.put(block, Part::Json, whole.into());
                }
            }
        }
        self.seal(number, json, item, out);
        Ok(())
    }

    /// Whether a step begins here: it does not where its start comes again, and what was at its number ends.
    fn begins(&mut self, number: u64, sort: Sort, out: &mut Emitter) -> bool {
        self.open_awaited(number, None, out);
        let Some(step) = self.table.get(&number) else { return true };
        if !sort.has_parts() && out.has_begun(At::item(number)) {
            // The emitter tells these apart by what they are.
            return true;
        }
        let block = out.first_block_of(number);
        let is_bare = matches!(step.piece, None | Some(Piece::Words)) && block.is_none_or(|block| out.is_blank(block));
        let is_again = step.is_open && step.sort == sort && is_bare;
        let action = match step.is_open {
            _ if is_again => Action::Dropped,
            true => Action::Closed,
            false => Action::Opened,
        };
        out.anomaly(AnomalyKind::StartRepeated, action, block);
        if !is_again {
            out.end_item(number, BlockClose::Implied);
        }
        !is_again
    }

    /// A step ends. One of which nothing came is an empty part.
    pub(super) fn stop(&mut self, number: u64, out: &mut Emitter) {
        self.open_awaited(number, None, out);
        let Some(step) = self.table.get_mut(&number).filter(|step| step.is_open) else {
            return out.anomaly(AnomalyKind::EndWithoutStart, Action::Dropped, out.first_block_of(number));
        };
        step.is_open = false;
        if step.sort == Sort::Output && !out.has_begun(step.at(number)) {
            out.start_at(step.at(number), None, BlockKind::Text);
        }
        out.end_item(number, BlockClose::Complete);
    }

    /// Text or a thought goes on. What it is decides where it goes: a part that cannot take it is told.
    #[inline]
    pub(super) fn append(&mut self, number: u64, channel: Channel, text: Fragment<'_>, out: &mut Emitter) {
        if text.is_empty() {
            return;
        }
        let sort = if channel == Channel::Text { Sort::Output } else { Sort::Thought };
        let Some((step, is_new)) = self.known_or(number, sort, out) else { return };
        if !is_new && step.is_open && step.sort.fits(channel) && !out.takes(step.at(number), channel) {
            step.begin(number, channel.kind(), out);
        }
        let at = step.at(number);
        out.delta_at(at, None, channel, text);
        step.piece = Some(Piece::Words);
        if channel == Channel::Text {
            step.text = Some(at);
        }
    }

    /// The block that what belongs to a whole step goes to.
    pub(super) fn block_of(&mut self, number: u64, out: &mut Emitter) -> Option<BlockId> {
        self.open_awaited(number, None, out);
        // A call that waits for its name has begun nonetheless.
        out.first_block_of(number).or_else(|| out.call_at(At::item(number)))
    }

    /// No more comes of any step: what was announced and never came begins nonetheless.
    pub(super) fn settle(&mut self, out: &mut Emitter) {
        let awaited: Vec<_> =
            self.table.iter().filter(|(_, step)| step.awaited.is_some()).map(|(number, _)| *number).collect();
        for number in awaited {
            self.open_awaited(number, None, out);
        }
    }

    pub(super) fn awaited_mut(&mut self, number: u64) -> Option<&mut Option<Box<str>>> {
        self.table.get_mut(&number).map(|step| &mut step.awaited)
    }
}

/// A string that outlives its frame.
pub(super) fn kept(text: Fragment<'_>) -> Box<str> {
    text.borrow(&mut String::new()).into()
}
