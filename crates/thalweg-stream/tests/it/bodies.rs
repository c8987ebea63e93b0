//! Bodies that behave in the ways the tests are about.

use core::cell::Cell;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::VecDeque;
use std::rc::Rc;

use futures::Stream;
use futures::executor::block_on;
use thalweg::{Event, Outcome, OwnedEvent, Response};
use thalweg_corpus::{Case, root};

pub(crate) const WORD: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
pub(crate) const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub(crate) const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// What a body answers to one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Chunk(&'static str),
    Fail(&'static str),
    /// Pending, with the waker called at once.
    Later,
    /// Pending for good.
    Never,
}

/// A body by script. Behind its last step it ends; asked again after that, or after an error, it panics.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    is_over: bool,
    polls: Rc<Cell<usize>>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), is_over: false, polls: Rc::default() }
    }

    /// How often it has been asked, also when it is out of sight.
    pub(crate) fn polls(&self) -> Rc<Cell<usize>> {
        self.polls.clone()
    }
}

impl Stream for Script {
    type Item = Result<&'static str, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        assert!(!self.is_over, "a body was asked again after its end");
        self.polls.set(self.polls.get() + 1);
        match self.steps.front() {
            Some(Step::Never) => return Poll::Pending,
            Some(Step::Later) => cx.waker().wake_by_ref(),
            _ => {}
        }
        match self.steps.pop_front() {
            Some(Step::Chunk(chunk)) => Poll::Ready(Some(Ok(chunk))),
            Some(Step::Fail(error)) => {
                self.is_over = true;
                Poll::Ready(Some(Err(error)))
            }
            Some(Step::Later | Step::Never) => Poll::Pending,
            None => {
                self.is_over = true;
                Poll::Ready(None)
            }
        }
    }
}

/// A body of chunks that come one after the other.
pub(crate) fn chunks(chunks: &[&'static str]) -> Script {
    Script::new(chunks.iter().map(|chunk| Step::Chunk(chunk)))
}

pub(crate) fn case(name: &str) -> Case {
    Case::load(root().join("openai-chat").join(name)).expect("the corpus has it")
}

pub(crate) fn collect(body: Script) -> (Response, Option<&'static str>) {
    block_on(thalweg_stream::collect_response(thalweg_stream::events(body, &thalweg::dialects::OPENAI_CHAT)))
}

pub(crate) fn outcome(events: &[OwnedEvent]) -> Outcome {
    match events.last().map(OwnedEvent::as_lent) {
        Some(Event::End { outcome, .. }) => outcome,
        last => panic!("the last event is {last:?}"),
    }
}
