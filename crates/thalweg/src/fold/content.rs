//! What a response holds once it is over: its finished calls, and whether there is anything to see in it.

use super::{Block, BlockEnd, Choice, Response};
use crate::event::{BlockClose, BlockKind, Host, Id, InputForm, InputState, Reason};

/// A call that is over, lent by the response that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call<'r> {
    /// The choice it belongs to.
    pub choice: u32,
    /// The id to answer it under. A late one is here.
    pub id: Id<&'r str>,
    /// The tool's name, whole; "" when the wire never gave one.
    pub name: &'r str,
    /// What its input is.
    pub form: InputForm,
    /// Its input, as the wire gave it: raw text also where it is no JSON, and "" where it is [`InputState::Empty`].
    pub input: &'r str,
    /// Whether the input can be used; none where it is free text.
    pub state: Option<InputState>,
    /// How it ended. `Incomplete` also where its wire had ended it and then said that the model was stopped there.
    pub how: BlockClose,
    /// Who runs it; none: the client must.
    pub host: Option<Host>,
    /// The server it runs on, where it has a name.
    pub server: Option<&'r str>,
    /// All that is known of it: its signature, its place on the wire.
    pub block: &'r Block,
}

impl<'r> Call<'r> {
    pub(super) fn of(choice: &'r Choice, block: &'r Block) -> Option<Self> {
        let end = block.end?;
        let (id, name, form, host, server) = match &block.kind {
            BlockKind::ToolCall { id, name, form } => (id, name, *form, None, None),
            BlockKind::HostedCall { id, name, form, host, server } => (id, name, *form, Some(*host), server.as_deref()),
            _ => return None,
        };
        let id = match id {
            Id::Wire(id) => Id::Wire(&**id),
            Id::Minted(n) => Id::Minted(*n),
        };
        let state = end.input;
        let how = if choice.was_stopped_in(block) { BlockClose::Incomplete } else { end.how };
        Some(Self { choice: choice.index, id, name, form, input: &block.text, state, how, host, server, block })
    }

    /// Whether all of its input came and, where it is to be JSON, is one object. Nothing else may be run.
    ///
    /// An object that closed is whole however the stream ended; that no input came, or how free text goes on, is only
    /// known of a call that was not cut. Whether to run calls of an answer that is itself cut is for the caller: the
    /// [`outcome`](Response::outcome) tells.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let was_cut = !matches!(self.how, BlockClose::Complete | BlockClose::Implied);
        match self.state {
            Some(InputState::Valid) => true,
            Some(InputState::Empty) => !was_cut,
            Some(_) => false,
            None => self.form == InputForm::Text && !was_cut,
        }
    }

    /// The input as a JSON object: `{}` for a call without parameters, none where it is not whole or no JSON.
    /// [`input`](Self::input) still has the raw text then.
    #[must_use]
    pub fn object(&self) -> Option<&'r str> {
        match self.state {
            Some(InputState::Empty) if self.is_whole() => Some("{}"),
            Some(InputState::Valid) => Some(self.input),
            _ => None,
        }
    }
}

impl Choice {
    /// The calls that the client must run and that are over, in order of their blocks, whatever became of their input:
    /// ask [`Call::is_whole`]. After the end of the stream these are all calls.
    pub fn finished_calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.tool_calls().filter_map(|block| Call::of(self, block))
    }

    /// Whether the model was stopped in a call of which the wire said that it is complete: some wires end a block before
    /// they say why. That of the last block nothing came shows nothing then.
    fn was_stopped_in(&self, block: &Block) -> bool {
        let Some(BlockEnd { how: BlockClose::Complete, input }) = block.end else { return false };
        let reason = self.finish.as_ref().map(|finish| finish.reason);
        let is_stopped = matches!(
            reason,
            Some(Reason::Length | Reason::ContextWindow | Reason::ContentFilter | Reason::Error | Reason::Cancelled)
        );
        let is_last = self.blocks.last().is_some_and(|last| last.id == block.id);
        is_stopped && is_last && input != Some(InputState::Valid)
    }

    /// The last of [`finished_calls`](Self::finished_calls), for callers that can only take one.
    #[must_use]
    pub fn last_call(&self) -> Option<Call<'_>> {
        self.finished_calls().last()
    }

    /// Whether it has nothing to show: no text, refusal, media or call. Reasoning alone is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let refused = self.finish.as_ref().is_some_and(|finish| finish.reason == Reason::Refusal);
        !refused && !self.blocks.iter().any(is_shown)
    }
}

fn is_shown(block: &Block) -> bool {
    match block.kind {
        BlockKind::Text | BlockKind::Refusal => !block.text.is_empty(),
        BlockKind::Reasoning { .. } => false,
        // Blocks of other kinds begin with what they hold.
        _ => true,
    }
}

impl Response {
    /// The finished calls of all choices that the client must run, choice by choice, as
    /// [`Choice::finished_calls`].
    ///
    /// ```
    /// use thalweg::{Close, Fold, Normalizer, Response, dialects};
    ///
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    /// normalizer.feed(br#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"now","arguments":""}}]}}]}
    ///
    /// data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
    ///
    /// data: [DONE]
    ///
    /// "#);
    /// normalizer.finish(Close::Clean);
    /// let mut response = Response::default();
    /// while let Some(event) = normalizer.poll() {
    ///     response.apply(&event);
    /// }
    /// let call = response.last_call().expect("there is one");
    /// assert_eq!((call.name, call.input, call.object()), ("now", "", Some("{}")));
    /// assert_eq!(response.finished_calls().count(), 1);
    /// assert!(!response.is_empty());
    /// ```
    pub fn finished_calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.choices.iter().flat_map(Choice::finished_calls)
    }

    /// The last of [`finished_calls`](Self::finished_calls), for callers that can only take one.
    #[must_use]
    pub fn last_call(&self) -> Option<Call<'_>> {
        self.finished_calls().last()
    }

    /// Whether no choice has anything to show, as [`Choice::is_empty`]. Ask after the end, and after
    /// [`errors`](Self::errors): some providers report a rate limit as an answer without content, and sending the
    /// request again helps there, unless the [budget ran out](Self::ran_out).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.choices.iter().all(Choice::is_empty)
    }

    /// Whether it is [empty](Self::is_empty) because the output limit was reached before anything could be shown: all
    /// went into reasoning. Sending the same request again never helps.
    #[must_use]
    pub fn ran_out(&self) -> bool {
        let is_length = |choice: &Choice| choice.finish.as_ref().is_some_and(|finish| finish.reason == Reason::Length);
        self.is_empty() && self.choices.iter().any(is_length)
    }
}

#[cfg(test)]
mod tests;
