//! The events of a whole response: facts, content, and what is said of it.

use core::iter::FusedIterator;
use core::num::NonZeroUsize;

use super::content::Content;
use super::order::{Order, Turn};
use crate::event::{BlockKind, Event, MetaField, Resume};
use crate::fold::{Finish, ReportedError, Response};

/// The events of a response, in order. See [`Unfold::events`](super::Unfold::events).
///
/// It keeps its place, a few words for each choice and, where blocks were taken out of the response, their new
/// numbers.
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy"]
pub struct Events<'r> {
    response: &'r Response,
    delta_chars: NonZeroUsize,
    phase: Phase,
    /// How many events the phase has given.
    given: usize,
    /// The anomaly that is being said, and how often it was.
    anomaly: (usize, u64),
    order: Order<'r>,
    /// Of the block that has begun.
    content: Option<Content<'r>>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Start,
    Metas,
    Blocks,
    Unknown,
    Anomalies,
    Usage,
    Errors,
    End,
    Over,
}

impl<'r> Events<'r> {
    pub(super) fn new(response: &'r Response, delta_chars: NonZeroUsize) -> Self {
        let order = Order::new(&response.choices);
        Self { response, delta_chars, phase: Phase::Start, given: 0, anomaly: (0, 0), order, content: None }
    }

    fn blocks(&mut self) -> Option<Event<'r>> {
        if let Some(event) = self.content.as_mut().and_then(Content::next) {
            return Some(event);
        }
        self.content = None;
        let (id, choice, block) = match self.order.next()? {
            Turn::Finish { choice, finish } => return Some(finish_event(choice, finish)),
            Turn::Block { id, choice, block } => (id, choice, block),
        };
        self.content = Some(Content::new(id, block, self.delta_chars));
        let place = block.place.map(&mut lend);
        let mut kind = block.kind.map(&mut lend);
        if let BlockKind::ToolResult { call, .. } = &mut kind {
            *call = call.and_then(|call| self.order.number_of(call));
        }
        Some(Event::BlockStart { block: id, choice, place, kind })
    }

    /// Each as often as it was counted.
    fn anomaly(&mut self) -> Option<Event<'r>> {
        let (at, said) = &mut self.anomaly;
        loop {
            let known = self.response.anomalies.get(*at)?;
            if *said < known.count {
                *said += 1;
                let block = known.block.and_then(|block| self.order.number_of(block));
                return Some(Event::Anomaly { kind: known.kind, action: known.action, block });
            }
            (*at, *said) = (*at + 1, 0);
        }
    }

    /// For what is said once.
    fn once(&self, event: impl FnOnce(&'r Response) -> Option<Event<'r>>) -> Option<Event<'r>> {
        if self.given == 0 { event(self.response) } else { None }
    }
}

impl<'r> Iterator for Events<'r> {
    type Item = Event<'r>;

    fn next(&mut self) -> Option<Event<'r>> {
        let response = self.response;
        loop {
            let (event, after) = match self.phase {
                Phase::Start => (self.once(start), Phase::Metas),
                Phase::Metas => (metas(response).nth(self.given), Phase::Blocks),
                Phase::Blocks => (self.blocks(), Phase::Unknown),
                Phase::Unknown => (response.unknown.get(self.given).map(unknown), Phase::Anomalies),
                Phase::Anomalies => (self.anomaly(), Phase::Usage),
                Phase::Usage => (self.once(usage), Phase::Errors),
                Phase::Errors => (response.errors.get(self.given).map(error), Phase::End),
                Phase::End => (self.once(end), Phase::Over),
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

impl FusedIterator for Events<'_> {}

fn start(response: &Response) -> Option<Event<'_>> {
    response.protocol.map(|protocol| Event::Start { protocol })
}

fn metas(response: &Response) -> impl Iterator<Item = Event<'_>> {
    let id = response.id.iter().map(|id| (MetaField::Id, id));
    let model = response.model.iter().map(|model| (MetaField::Model, model));
    let others = response.metas.iter().map(|(field, value)| (*field, value));
    id.chain(model).chain(others).map(|(field, value)| Event::Meta { field, value })
}

fn finish_event(choice: u32, finish: &Finish) -> Event<'_> {
    Event::Finish { choice, reason: finish.reason, raw: finish.raw.as_deref(), detail: finish.detail.as_deref() }
}

fn unknown((wire_type, json): &(impl AsRef<str>, impl AsRef<str>)) -> Event<'_> {
    Event::Unknown { wire_type: wire_type.as_ref(), json: json.as_ref() }
}

fn usage(response: &Response) -> Option<Event<'_>> {
    response.usage.map(|tokens| Event::Usage { counts: tokens.counts, origin: tokens.origin })
}

fn error(error: &ReportedError) -> Event<'_> {
    Event::Error {
        kind: error.kind,
        retry: error.retry,
        fatal: error.fatal,
        status: error.status,
        code: error.code.as_deref(),
        message: &error.message,
        origin: error.origin,
        raw: error.raw.as_deref(),
    }
}

fn end(response: &Response) -> Option<Event<'_>> {
    let (outcome, evidence) = response.outcome.zip(response.evidence)?;
    let resume = response.resume.as_ref().map(|it| Resume { response_id: &*it.response_id, after: it.after });
    Some(Event::End { outcome, evidence, resume })
}

pub(super) fn lend<'r>(text: &'r alloc::boxed::Box<str>) -> &'r str {
    text
}
