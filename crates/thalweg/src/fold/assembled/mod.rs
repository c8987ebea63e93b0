//! Events into what a program that talks to a model wants: words as they come with what they add up to, and when the
//! stream is over each finished call, the full text and why it ended, each exactly once.
//!
//! ```text
//! Text, Reasoning, Refusal, Restated, Error ...         as the events come
//! (ToolCall | HostedCall)*  TextEnd  Finish             at the end, choice by choice
//! End                                                   once, last
//! ```
//!
//! What is given at the end does not depend on finish reasons: without one, or with two, it comes once all the same.

mod joined;
mod snapshot;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use snapshot::Snapshot;

use super::{Block, Call, Choice, Fold, ReportedError, Response, Tokens};
use crate::event::{BlockId, BlockKind, Event, Evidence, Outcome, Reason};
use joined::Joined;

/// Folds events into a [`Response`] and says on the way what a program that talks to a model wants to know.
///
/// Give every event to [`apply`](Self::apply) and take the items it returns. The last one is [`Assembled::End`];
/// events after it change nothing. If the stream is abandoned earlier, [`into_response`](Self::into_response) has what
/// came, without an outcome.
///
/// # Memory
///
/// It keeps what a [`Response`] keeps, which is all content of the stream, and where a choice has several blocks of
/// text (or of reasoning, or of refusal) one more copy of these. [`Limits`](crate::Limits) bounds the number of blocks
/// and choices and the input of each call, but neither the length of the text nor the number of errors: whoever reads
/// from servers without trust bounds the bytes that are fed. Work is linear in the stream.
///
/// ```
/// use thalweg::fold::{Assembled, Assembler};
/// use thalweg::{Close, Normalizer, dialects};
///
/// let body = br#"data: {"choices":[{"index":0,"delta":{"content":"Let me "}}]}
///
/// data: {"choices":[{"index":0,"delta":{"content":"look."}}]}
///
/// data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"look","arguments":"{\"at\":1}"}}]}}]}
///
/// data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
///
/// data: [DONE]
///
/// "#;
/// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
/// let mut assembler = Assembler::default();
/// let mut seen = Vec::new();
/// normalizer.feed(body);
/// normalizer.finish(Close::Clean);
/// while let Some(event) = normalizer.poll() {
///     for item in assembler.apply(&event) {
///         match item {
///             Assembled::Text { delta, so_far, .. } => seen.push(format!("{delta:?} of {so_far:?}")),
///             Assembled::ToolCall(call) => seen.push(format!("{}({})", call.name, call.input)),
///             Assembled::TextEnd { text, .. } => seen.push(format!("text: {text}")),
///             Assembled::Finish { reason, .. } => seen.push(format!("finish: {reason:?}")),
///             Assembled::End { outcome, .. } => seen.push(format!("end: {outcome}")),
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(
///     seen,
///     [
///         r#""Let me " of "Let me ""#,
///         r#""look." of "Let me look.""#,
///         r#"look({"at":1})"#,
///         "text: Let me look.",
///         "finish: Some(ToolCalls)",
///         "end: complete",
///     ]
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    response: Response,
    /// Beside `response.choices`.
    joined: Vec<[Joined; Words::ALL.len()]>,
}

/// One thing that an [`Assembler`] says.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Assembled<'a> {
    /// More of a choice's text.
    #[non_exhaustive]
    Text {
        /// The choice.
        choice: u32,
        /// What came.
        delta: &'a str,
        /// The text of the choice so far, with the delta.
        so_far: Snapshot<'a>,
    },
    /// More of a choice's reasoning.
    #[non_exhaustive]
    Reasoning {
        /// The choice.
        choice: u32,
        /// What came.
        delta: &'a str,
        /// The reasoning of the choice so far, with the delta.
        so_far: Snapshot<'a>,
    },
    /// More of a choice's refusal.
    #[non_exhaustive]
    Refusal {
        /// The choice.
        choice: u32,
        /// What came.
        delta: &'a str,
        /// The refusal of the choice so far, with the delta.
        so_far: Snapshot<'a>,
    },
    /// The provider replaced the words of a block: what was passed on of it no longer holds, `so_far` does.
    #[non_exhaustive]
    Restated {
        /// The choice.
        choice: u32,
        /// The block, with its new words. Its kind says whether they are text, reasoning or refusal.
        block: &'a Block,
        /// What the choice's words of this kind are now.
        so_far: Snapshot<'a>,
    },
    /// The stream reports an error; content that came before it and comes after it stands.
    Error(&'a ReportedError),
    /// At the end: a call that the client must run, in order of the choice's blocks. Ask [`Call::is_whole`] first: input
    /// that is no JSON is here too, raw.
    ToolCall(Call<'a>),
    /// At the end: a call that someone else ran ([`Call::host`]). Never hand it to the client's tools.
    HostedCall(Call<'a>),
    /// At the end, once a choice, behind its calls: its full text, "" when it has none.
    #[non_exhaustive]
    TextEnd {
        /// The choice.
        choice: u32,
        /// Its full text.
        text: &'a str,
    },
    /// At the end, once a choice, behind its text: why it ended.
    #[non_exhaustive]
    Finish {
        /// The choice.
        choice: u32,
        /// Normalized; none when the wire gave none. The outcome in [`End`](Self::End) says what that means.
        reason: Option<Reason>,
        /// In the provider's words.
        raw: Option<&'a str>,
        /// What the provider adds.
        detail: Option<&'a str>,
    },
    /// Once, last.
    #[non_exhaustive]
    End {
        /// The verdict.
        outcome: Outcome,
        /// What it rests on; none only if the events were made by hand.
        evidence: Option<Evidence>,
        /// The last token counts, and who counted.
        usage: Option<Tokens>,
        /// The model that answered.
        model: Option<&'a str>,
        /// All errors of the stream, beside what content there is.
        errors: &'a [ReportedError],
    },
}

impl Assembler {
    /// Takes one event in and gives what it amounts to: mostly nothing or one item, at the end all that is left.
    ///
    /// The event is taken in whether or not the items are looked at.
    pub fn apply(&mut self, event: &Event<'_>) -> Items<'_> {
        if self.response.outcome.is_some() {
            return Items(State::Over);
        }
        self.response.apply(event);
        // A choice begins with a block, or with its finish.
        self.joined.resize_with(self.response.choices.len(), Default::default);
        let one = match *event {
            Event::BlockStart { block, .. } => {
                self.start(block);
                None
            }
            Event::TextDelta { block, text }
            | Event::ReasoningDelta { block, text }
            | Event::RefusalDelta { block, text }
            | Event::ToolCallDelta { block, input: text } => self.delta(block, text.len()),
            Event::Restated { block, .. } => self.restated(block),
            Event::Error { .. } => self.response.errors.last().map(Assembled::Error),
            Event::End { .. } => {
                self.join_texts();
                return Items(State::Choice(self, 0, Step::Block(0)));
            }
            _ => None,
        };
        Items(one.map_or(State::Over, State::One))
    }

    /// What has come so far; after the end, everything: also media, citations, approvals and deviations, which are no
    /// items.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The stream as one response, with its errors beside its content.
    #[must_use]
    pub fn into_response(self) -> Response {
        self.response
    }

    fn start(&mut self, block: BlockId) {
        let Some((choice, place)) = self.response.place_of(block) else { return };
        let blocks = &self.response.choices[choice].blocks;
        if let Some(words) = Words::of(&blocks[place]) {
            self.joined[choice][words as usize].start(blocks, place);
        }
    }

    fn delta(&mut self, block: BlockId, len: usize) -> Option<Assembled<'_>> {
        let (choice, place) = self.response.place_of(block)?;
        let Choice { index, blocks, .. } = &self.response.choices[choice];
        let words = Words::of(&blocks[place])?;
        let joined = &mut self.joined[choice][words as usize];
        // From what was kept, not from the event, so that an item lends from the assembler alone.
        let delta = &blocks[place].text[blocks[place].text.len() - len..];
        joined.append(place, delta);
        let (choice, so_far) = (*index, joined.snapshot(blocks, words));
        Some(match words {
            Words::Text => Assembled::Text { choice, delta, so_far },
            Words::Reasoning => Assembled::Reasoning { choice, delta, so_far },
            Words::Refusal => Assembled::Refusal { choice, delta, so_far },
        })
    }

    fn restated(&mut self, block: BlockId) -> Option<Assembled<'_>> {
        let (choice, place) = self.response.place_of(block)?;
        let Choice { index, blocks, .. } = &self.response.choices[choice];
        let words = Words::of(&blocks[place])?;
        let joined = &mut self.joined[choice][words as usize];
        joined.replace(place, &blocks[place].text);
        Some(Assembled::Restated { choice: *index, block: &blocks[place], so_far: joined.snapshot(blocks, words) })
    }

    fn join_texts(&mut self) {
        for (choice, joined) in self.response.choices.iter().zip(&mut self.joined) {
            joined[Words::Text as usize].join(&choice.blocks, Words::Text);
        }
    }
}

impl Fold for Assembler {
    /// For passes where only the [`response`](Self::response) is wanted: the items are not looked at.
    fn apply(&mut self, event: &Event<'_>) {
        let _ = Self::apply(self, event);
    }
}

/// What one event amounts to. See [`Assembler::apply`].
#[derive(Clone, Debug)]
#[must_use = "what is not taken here is not given again"]
pub struct Items<'a>(State<'a>);

#[derive(Clone, Debug)]
enum State<'a> {
    One(Assembled<'a>),
    /// The end of a choice.
    Choice(&'a Assembler, usize, Step),
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Block(usize),
    Text,
    Finish,
}

impl<'a> Iterator for Items<'a> {
    type Item = Assembled<'a>;

    fn next(&mut self) -> Option<Assembled<'a>> {
        loop {
            let (assembler, at, step) = match core::mem::replace(&mut self.0, State::Over) {
                State::Over => return None,
                State::One(item) => return Some(item),
                State::Choice(assembler, at, step) => (assembler, at, step),
            };
            let Some(choice) = assembler.response.choices.get(at) else { return end(&assembler.response) };
            let (item, next) = match step {
                Step::Block(place) => match choice.blocks.get(place) {
                    Some(block) => (call(choice, block), (at, Step::Block(place + 1))),
                    None => (None, (at, Step::Text)),
                },
                Step::Text => {
                    let text = assembler.joined[at][Words::Text as usize].as_str(&choice.blocks);
                    (Some(Assembled::TextEnd { choice: choice.index, text }), (at, Step::Finish))
                }
                Step::Finish => (Some(finish(choice)), (at + 1, Step::Block(0))),
            };
            self.0 = State::Choice(assembler, next.0, next.1);
            if item.is_some() {
                return item;
            }
        }
    }
}

impl core::iter::FusedIterator for Items<'_> {}

fn call<'r>(choice: &'r Choice, block: &'r Block) -> Option<Assembled<'r>> {
    let call = Call::of(choice, block)?;
    Some(if call.host.is_some() { Assembled::HostedCall(call) } else { Assembled::ToolCall(call) })
}

fn finish(choice: &Choice) -> Assembled<'_> {
    let finish = choice.finish.as_ref();
    Assembled::Finish {
        choice: choice.index,
        reason: finish.map(|finish| finish.reason),
        raw: finish.and_then(|finish| finish.raw.as_deref()),
        detail: finish.and_then(|finish| finish.detail.as_deref()),
    }
}

fn end(response: &Response) -> Option<Assembled<'_>> {
    let Response { evidence, usage, ref model, ref errors, .. } = *response;
    Some(Assembled::End { outcome: response.outcome?, evidence, usage, model: model.as_deref(), errors })
}

/// The kinds of content that are words for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Text,
    Reasoning,
    Refusal,
}

impl Words {
    const ALL: [Self; 3] = [Self::Text, Self::Reasoning, Self::Refusal];

    fn of(block: &Block) -> Option<Self> {
        match block.kind {
            BlockKind::Text => Some(Self::Text),
            BlockKind::Reasoning { .. } => Some(Self::Reasoning),
            BlockKind::Refusal => Some(Self::Refusal),
            _ => None,
        }
    }
}
