//! The response that a stream of events amounts to.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Fold;
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, ErrorKind, Event, Evidence, Id, InputState, MetaField, Origin,
    Outcome, Part, Place, Protocol, Reason, Resume, Retry, Usage, UsageOrigin,
};

/// A whole response, as far as its events have come. Start from `Response::default()` and
/// [`apply`](Fold::apply) each event; it is linear in the size of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Response {
    /// The wire format it came in.
    pub protocol: Option<Protocol>,
    /// The provider's id for it.
    pub id: Option<Box<str>>,
    /// The model that answered.
    pub model: Option<Box<str>>,
    /// The other facts, the last value of each.
    pub metas: Vec<(MetaField, Box<str>)>,
    /// Its choices, in order of appearance.
    pub choices: Vec<Choice>,
    /// The last token counts, and who counted.
    pub usage: Option<Tokens>,
    /// Errors, in order.
    pub errors: Vec<ReportedError>,
    /// Deviations, counted by kind and action, in order of first appearance.
    pub anomalies: Vec<AnomalyCount>,
    /// Frames the model has no place for: their names and JSON.
    pub unknown: Vec<(Box<str>, Box<str>)>,
    /// The verdict; none before the end.
    pub outcome: Option<Outcome>,
    /// What the verdict rests on.
    pub evidence: Option<Evidence>,
    /// What to ask for to get the rest, where the response broke off and its provider keeps it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub resume: Option<Resume<Box<str>>>,
    #[cfg_attr(feature = "serde", serde(skip))]
    index: Index,
}

/// Which choice a block is in, and where: block numbers are dense. Derived from the blocks, so it is no part of what a
/// response is: any two are equal, and a response that was read back makes its own anew.
#[derive(Clone, Debug, Default)]
struct Index(Vec<(usize, usize)>);

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Index {}

/// Token counts and who counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Tokens {
    /// The counts.
    pub counts: Usage,
    /// Who counted.
    pub origin: UsageOrigin,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Choice {
    /// Its number on the wire.
    pub index: u32,
    /// Its content, in order.
    pub blocks: Vec<Block>,
    /// Why it ended.
    pub finish: Option<Finish>,
}

/// Why a choice ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Finish {
    /// Normalized.
    pub reason: Reason,
    /// In the provider's words.
    pub raw: Option<Box<str>>,
    /// What the provider adds.
    pub detail: Option<Box<str>>,
}

/// One leaf of content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Block {
    /// Its number in the stream.
    pub id: BlockId,
    /// Where the wire put it.
    pub place: Place<Box<str>>,
    /// What it is. A late id or name is here.
    pub kind: BlockKind<Box<str>>,
    /// Its text; for a call its input.
    pub text: String,
    /// Base64 data, concatenated.
    pub base64: String,
    /// The words of a sound, concatenated.
    pub transcript: String,
    /// The provider's seal on it.
    pub signature: Option<Box<str>>,
    /// Content that only the provider can read.
    pub encrypted: Option<Box<str>>,
    /// The format of either: who can read it.
    pub format: Option<Box<str>>,
    /// The provider's own status of it.
    pub status: Option<Box<str>>,
    /// Pictures that were not final, by number: base64 data.
    pub previews: BTreeMap<u32, Box<str>>,
    /// The parts that are pushed, in order: citations, log probabilities, progress, other JSON.
    pub parts: Vec<Part<Box<str>>>,
    /// How it ended; none while it is open.
    pub end: Option<BlockEnd>,
}

/// How a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BlockEnd {
    /// How.
    pub how: BlockClose,
    /// Whether a call's input can be used.
    pub input: Option<InputState>,
}

/// An error of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReportedError {
    /// Normalized kind.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Whether the response is lost.
    pub fatal: bool,
    /// The HTTP status it names.
    pub status: Option<u16>,
    /// The provider's code or type.
    pub code: Option<Box<str>>,
    /// The message.
    pub message: Box<str>,
    /// Who says so.
    pub origin: Origin,
    /// The provider's own error, verbatim JSON.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub raw: Option<Box<str>>,
}

/// How often an anomaly was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AnomalyCount {
    /// What was seen.
    pub kind: AnomalyKind,
    /// What was done.
    pub action: Action,
    /// The block it first concerned.
    pub block: Option<BlockId>,
    /// How often.
    pub count: u64,
}

impl Response {
    /// The choice of a number.
    #[must_use]
    pub fn choice(&self, index: u32) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.index == index)
    }

    fn choice_mut(&mut self, index: u32) -> usize {
        self.choices.iter().position(|choice| choice.index == index).unwrap_or_else(|| {
            self.choices.push(Choice { index, ..Choice::default() });
            self.choices.len() - 1
        })
    }

    /// Which choice a block is in, and where in it, for folds that keep a response; none for one that was read back
    /// and has not gone on.
    pub(super) fn place_of(&self, block: BlockId) -> Option<(usize, usize)> {
        self.index.0.get(block.index()).copied()
    }

    fn block_mut(&mut self, block: BlockId) -> Option<&mut Block> {
        if self.index.0.is_empty() {
            self.index_blocks();
        }
        let &(choice, place) = self.index.0.get(block.index())?;
        self.choices.get_mut(choice)?.blocks.get_mut(place)
    }

    /// For a response that was read back and goes on.
    fn index_blocks(&mut self) {
        let mut places: Vec<_> = self
            .choices
            .iter()
            .enumerate()
            .flat_map(|(choice, state)| state.blocks.iter().enumerate().map(move |(n, block)| (block.id, (choice, n))))
            .collect();
        places.sort_unstable();
        self.index.0 = places.into_iter().map(|(_, place)| place).collect();
    }

    fn start_block(&mut self, block: BlockId, choice: u32, place: &Place<&str>, kind: &BlockKind<&str>) {
        if self.index.0.is_empty() {
            self.index_blocks();
        }
        let choice = self.choice_mut(choice);
        let blocks = &mut self.choices[choice].blocks;
        self.index.0.push((choice, blocks.len()));
        let own = |text: &&str| Box::from(*text);
        blocks.push(Block {
            id: block,
            place: place.map(&mut { own }),
            kind: kind.map(&mut { own }),
            text: String::new(),
            base64: String::new(),
            transcript: String::new(),
            signature: None,
            encrypted: None,
            format: None,
            status: None,
            previews: BTreeMap::new(),
            parts: Vec::new(),
            end: None,
        });
    }

    fn append(&mut self, block: BlockId, text: &str) {
        if let Some(block) = self.block_mut(block) {
            block.text.push_str(text);
        }
    }

    fn set_meta(&mut self, field: MetaField, value: &str) {
        let value = Box::from(value);
        match field {
            MetaField::Id => self.id = Some(value),
            MetaField::Model => self.model = Some(value),
            _ => match self.metas.iter_mut().find(|(known, _)| *known == field) {
                Some((_, known)) => *known = value,
                None => self.metas.push((field, value)),
            },
        }
    }

    fn count(&mut self, kind: AnomalyKind, action: Action, block: Option<BlockId>) {
        match self.anomalies.iter_mut().find(|known| (known.kind, known.action) == (kind, action)) {
            Some(known) => known.count += 1,
            None => self.anomalies.push(AnomalyCount { kind, action, block, count: 1 }),
        }
    }
}

impl Choice {
    /// The answer: its text blocks, concatenated.
    #[must_use]
    pub fn text(&self) -> String {
        self.concat(|kind| matches!(kind, BlockKind::Text))
    }

    /// The reasoning: its reasoning blocks, concatenated.
    #[must_use]
    pub fn reasoning(&self) -> String {
        self.concat(|kind| matches!(kind, BlockKind::Reasoning { .. }))
    }

    /// The refusal: its refusal blocks, concatenated.
    #[must_use]
    pub fn refusal(&self) -> String {
        self.concat(|kind| matches!(kind, BlockKind::Refusal))
    }

    /// The calls that the client must run, in order of appearance, also those that are still open;
    /// [`finished_calls`](Self::finished_calls) has those that are over.
    pub fn tool_calls(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| matches!(block.kind, BlockKind::ToolCall { .. }))
    }

    /// The calls that someone else runs, in order of appearance: never hand them to the client's tools.
    pub fn hosted_calls(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| matches!(block.kind, BlockKind::HostedCall { .. }))
    }

    /// As [`text`](Self::text), copied only where there are several blocks.
    pub(super) fn words(&self) -> Cow<'_, str> {
        let mut texts = self.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Text));
        match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(&only.text),
            _ => Cow::Owned(self.text()),
        }
    }

    fn concat(&self, want: impl Fn(&BlockKind<Box<str>>) -> bool) -> String {
        self.blocks.iter().filter(|block| want(&block.kind)).map(|block| block.text.as_str()).collect()
    }
}

impl Block {
    /// The name of a call; none for other blocks.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            BlockKind::ToolCall { name, .. } | BlockKind::HostedCall { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The id that the wire gave a call.
    #[must_use]
    pub fn wire_id(&self) -> Option<&str> {
        match &self.kind {
            BlockKind::ToolCall { id: Id::Wire(id), .. } | BlockKind::HostedCall { id: Id::Wire(id), .. } => Some(id),
            _ => None,
        }
    }

    fn merge(&mut self, part: &Part<&str>) {
        match part {
            Part::Base64(data) => self.base64.push_str(data),
            Part::Transcript(words) => self.transcript.push_str(words),
            Part::CallId(late) => {
                if let BlockKind::ToolCall { id, .. } | BlockKind::HostedCall { id, .. } = &mut self.kind {
                    *id = Id::Wire(Box::from(*late));
                }
            }
            Part::Name(whole) => {
                if let BlockKind::ToolCall { name, .. } | BlockKind::HostedCall { name, .. } = &mut self.kind {
                    *name = Box::from(*whole);
                }
            }
            Part::Signature(seal) => self.signature = Some(Box::from(*seal)),
            Part::Encrypted(data) => self.encrypted = Some(Box::from(*data)),
            Part::Format(format) => self.format = Some(Box::from(*format)),
            Part::Status(status) => self.status = Some(Box::from(*status)),
            Part::Preview { index, base64 } => drop(self.previews.insert(*index, Box::from(*base64))),
            pushed => self.parts.push(pushed.map(&mut |text: &&str| Box::from(*text))),
        }
    }
}

impl Fold for Response {
    fn apply(&mut self, event: &Event<'_>) {
        let own = |text: &str| Box::from(text);
        match *event {
            Event::TextDelta { block, text }
            | Event::ReasoningDelta { block, text }
            | Event::RefusalDelta { block, text }
            | Event::ToolCallDelta { block, input: text } => self.append(block, text),
            Event::Start { protocol } => self.protocol = Some(protocol),
            Event::Meta { field, value } => self.set_meta(field, value),
            Event::BlockStart { block, choice, ref place, ref kind } => self.start_block(block, choice, place, kind),
            Event::BlockData { block, ref part } => {
                if let Some(block) = self.block_mut(block) {
                    block.merge(part);
                }
            }
            Event::Restated { block, value } => {
                if let Some(block) = self.block_mut(block) {
                    block.text = String::from(value);
                }
            }
            Event::BlockEnd { block, how, input } => {
                if let Some(block) = self.block_mut(block) {
                    block.end = Some(BlockEnd { how, input });
                }
            }
            Event::Usage { counts, origin } => self.usage = Some(Tokens { counts, origin }),
            Event::Finish { choice, reason, raw, detail } => {
                let choice = self.choice_mut(choice);
                self.choices[choice].finish = Some(Finish { reason, raw: raw.map(own), detail: detail.map(own) });
            }
            Event::Error { kind, retry, fatal, status, code, message, origin, raw } => {
                let (code, message, raw) = (code.map(own), own(message), raw.map(own));
                self.errors.push(ReportedError { kind, retry, fatal, status, code, message, origin, raw });
            }
            Event::Anomaly { kind, action, block } => self.count(kind, action, block),
            Event::Unknown { wire_type, json } => self.unknown.push((own(wire_type), own(json))),
            // Fields without a place have none here either; heartbeats are no state.
            Event::Extra { .. } | Event::Heartbeat => {}
            Event::End { outcome, evidence, resume } => {
                self.outcome = Some(outcome);
                self.evidence = Some(evidence);
                self.resume = resume.map(|it| Resume { response_id: own(it.response_id), after: it.after });
            }
        }
    }
}
