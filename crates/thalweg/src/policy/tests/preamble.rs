use alloc::vec::Vec;

use super::*;
use crate::event::{
    Action, AnomalyKind, BlockClose, BlockId, BlockKind, Close, Event, Evidence, Id, InputForm, MetaField, Origin,
    Outcome, OwnedEvent, Part, Place, Protocol, Reason, ReasoningForm, Usage, UsageOrigin,
};
use crate::fold::Fold;

const START: Event<'static> = Event::Start { protocol: Protocol::OpenaiChat };
const META: Event<'static> = Event::Meta { field: MetaField::Id, value: "resp_1" };

fn block(number: u32, kind: BlockKind<&'static str>) -> Event<'static> {
    Event::BlockStart { block: BlockId::from(number), choice: 0, place: Place::nowhere(), kind }
}

fn text(text: &str) -> Event<'_> {
    Event::TextDelta { block: BlockId::from(0), text }
}

fn thought(text: &str) -> Event<'_> {
    Event::ReasoningDelta { block: BlockId::from(0), text }
}

fn finish(reason: Reason) -> Event<'static> {
    Event::Finish { choice: 0, reason, raw: None, detail: None }
}

fn error() -> Event<'static> {
    Event::Error {
        kind: ErrorKind::Overloaded,
        retry: Yes,
        fatal: true,
        status: None,
        code: None,
        message: "busy",
        origin: Origin::Provider,
        raw: None,
    }
}

fn end(outcome: Outcome, close: Close) -> Event<'static> {
    let evidence = Evidence {
        frames: 0,
        terminal: false,
        sentinel: false,
        choices: 0,
        finished: 0,
        close: Some(close),
        limit: None,
    };
    Event::End { outcome, evidence, resume: None }
}

fn reasoning() -> Event<'static> {
    block(0, BlockKind::reasoning(ReasoningForm::Full))
}

fn call() -> Event<'static> {
    block(0, BlockKind::tool_call(Id::Minted(0), "f", InputForm::Json))
}

/// What a reader gets of the events, through a preamble that nobody opens.
fn given(preamble: &mut Preamble, events: &[Event<'_>]) -> Vec<OwnedEvent> {
    let mut out = Vec::new();
    for event in events {
        match preamble.push(event) {
            Given::Held => {}
            Given::Opened => {
                out.extend(preamble.take());
                out.push(event.to_owned());
            }
            Given::Passed => out.push(event.to_owned()),
        }
    }
    out
}

fn owned(events: &[Event<'_>]) -> Vec<OwnedEvent> {
    events.iter().map(Event::to_owned).collect()
}

#[test]
fn what_nobody_can_see_is_held() {
    let usage = Event::Usage { counts: Usage::default(), origin: UsageOrigin::Partial };
    let anomaly = Event::Anomaly { kind: AnomalyKind::BadFrame, action: Action::Dropped, block: None };
    let extra = Event::Extra { scope: event::Scope::Response, name: "x", json: "1" };
    let over = Event::BlockEnd { block: BlockId::from(0), how: BlockClose::Implied, input: None };
    let events = [
        START,
        META,
        usage,
        anomaly,
        extra,
        block(0, BlockKind::Text),
        over,
        error(),
        finish(Reason::Stop),
        end(Outcome::Failed, Close::Clean),
    ];
    let mut preamble = Preamble::default();
    assert_eq!(given(&mut preamble, &events), []);
    assert!(preamble.is_holding() && preamble.take().next().is_none(), "not before it opens");
    preamble.open();
    assert!(!preamble.is_holding());
    assert_eq!(preamble.take().collect::<Vec<_>>(), owned(&events), "all of it, in order");
    assert_eq!(preamble.take().count(), 0, "once");
}

#[test]
fn content_opens() {
    let data = Event::BlockData { block: BlockId::from(0), part: Part::Signature("s") };
    let refusal = Event::RefusalDelta { block: BlockId::from(0), text: "no" };
    let restated = Event::Restated { block: BlockId::from(0), value: "all" };
    let unknown = Event::Unknown { wire_type: "x", json: "{}" };
    for content in [text("a"), thought("a"), refusal, call(), data, restated, unknown] {
        let mut preamble = Preamble::default();
        let events = [START, META, content, META];
        assert_eq!(given(&mut preamble, &events), owned(&events), "{content:?}");
        assert!(!preamble.is_holding());
        assert!(!preamble.again(), "the reader has seen something");
    }
}

#[test]
fn heartbeats_are_left_out_while_it_holds() {
    let mut preamble = Preamble::default();
    let events = [START, Event::Heartbeat, Event::Heartbeat, text("a"), Event::Heartbeat];
    assert_eq!(given(&mut preamble, &events), owned(&[START, text("a"), Event::Heartbeat]));
}

/// However many attempts were dropped, the reader sees one start, and nothing of them.
#[test]
fn a_hidden_retry_gives_one_start() {
    let mut preamble = Preamble::default();
    let failed = [START, META, block(0, BlockKind::Text), error(), end(Outcome::Failed, Close::Clean)];
    for _ in 0..3 {
        assert_eq!(given(&mut preamble, &failed), []);
        assert!(preamble.again());
    }
    let good = [START, block(0, BlockKind::Text), text("a"), end(Outcome::Complete, Close::Clean)];
    assert_eq!(given(&mut preamble, &good), owned(&good));
}

#[test]
fn reasoning_is_held_where_asked_for() {
    let rules = PreambleRules { holds_reasoning: true, ..PreambleRules::default() };
    let signature = Event::BlockData { block: BlockId::from(0), part: Part::Signature("s") };
    let restated = Event::Restated { block: BlockId::from(0), value: "hm" };
    let mut preamble = Preamble::new(rules);
    let events = [START, reasoning(), thought("hm"), signature, restated, finish(Reason::Stop)];
    assert_eq!(given(&mut preamble, &events), []);
    assert!(preamble.again());
    let events = [START, reasoning(), thought("hm"), block(1, BlockKind::Text), text("a")];
    assert_eq!(given(&mut preamble, &events), owned(&events));
    let mut of_text = Preamble::new(rules);
    let events = [START, block(0, BlockKind::Text), restated];
    assert_eq!(given(&mut of_text, &events), owned(&events));
}

#[test]
fn what_it_holds_is_bounded() {
    let rules = PreambleRules { events_max: 3, ..PreambleRules::default() };
    let mut preamble = Preamble::new(rules);
    assert_eq!(given(&mut preamble, &[START, META, META]), []);
    assert_eq!(given(&mut preamble, &[META]), owned(&[START, META, META, META]));
    assert!(!preamble.is_holding());
    let rules = PreambleRules { bytes_max: 12, ..PreambleRules::default() };
    let mut preamble = Preamble::new(rules);
    assert_eq!(given(&mut preamble, &[START, META, META]), []);
    assert!(preamble.again());
    assert_eq!(given(&mut preamble, &[START, META, META]), [], "what was dropped does not count");
    assert_eq!(given(&mut preamble, &[META]), owned(&[START, META, META, META]));
}

fn ending(events: &[Event<'_>]) -> Ending {
    let mut attempt = Attempt::default();
    events.iter().for_each(|event| attempt.apply(event));
    attempt.ending()
}

#[test]
fn how_an_attempt_ends() {
    let complete = end(Outcome::Complete, Close::Clean);
    let silent = Ending::Empty(Empty::Silent);
    let ran_out = Ending::Empty(Empty::RanOut);
    let words = block(0, BlockKind::Text);
    let restated = Event::Restated { block: BlockId::from(0), value: "all" };
    for (events, expected) in [
        (&[START, complete][..], silent),
        (&[START, finish(Reason::Stop), complete], silent),
        (&[START, words, finish(Reason::Stop), complete], silent),
        (&[START, reasoning(), thought("hm"), finish(Reason::Stop), complete], silent),
        (&[START, reasoning(), restated, finish(Reason::Stop), complete], silent),
        (&[START, finish(Reason::Length), complete], ran_out),
        (&[START, reasoning(), thought("hm"), finish(Reason::Length), complete], ran_out),
        (&[START, words, text("a"), finish(Reason::Length), complete], Ending::Fine),
        (&[START, words, restated, complete], Ending::Fine),
        (&[START, call(), finish(Reason::ToolCalls), complete], Ending::Fine),
        (&[START, finish(Reason::Refusal), complete], Ending::Fine),
        // The provider has taken it on: to ask again is to have it done twice.
        (&[START, end(Outcome::Suspended, Close::Clean)], Ending::Fine),
        (&[START, finish(Reason::Pause), end(Outcome::Suspended, Close::Clean)], Ending::Fine),
    ] {
        assert_eq!(ending(events), expected, "{events:?}");
    }
}

#[test]
fn how_an_attempt_fails() {
    let failed = |kind, retry| Ending::Failed(Failure::new(kind, retry));
    use ErrorKind::{Cancelled, Other, Overloaded, Timeout};
    for (last, expected) in [
        (error(), failed(Overloaded, Yes)),
        (end(Outcome::Truncated, Close::Clean), failed(Other, Yes)),
        (end(Outcome::Truncated, Close::Broken), failed(Other, Yes)),
        (end(Outcome::Truncated, Close::TimedOut), failed(Timeout, Yes)),
        (end(Outcome::Cancelled, Close::Cancelled), failed(Cancelled, No)),
        (end(Outcome::Limit, Close::Clean), failed(Other, No)),
    ] {
        assert_eq!(ending(&[START, last]), expected, "{last:?}");
        assert_eq!(ending(&[START, error(), last]), failed(Overloaded, Yes), "the first stands");
    }
}

#[cfg(feature = "openai-chat")]
#[test]
fn a_body_of_nothing_is_an_empty_answer() {
    let ending = |body: &[u8], close| {
        let mut normalizer = crate::normalizer::Normalizer::new(&crate::dialects::OPENAI_CHAT);
        normalizer.feed(body);
        normalizer.finish(close);
        let mut attempt = Attempt::default();
        while let Some(event) = normalizer.poll() {
            attempt.apply(&event);
        }
        attempt.ending()
    };
    assert_eq!(ending(b"", Close::Clean), Ending::Empty(Empty::Silent));
    assert_eq!(ending(b"", Close::Broken), Ending::Failed(Failure::of_no_response(NoResponse::Connection)));
    assert_eq!(ending(b"", Close::TimedOut), Ending::Failed(Failure::of_no_response(NoResponse::Timeout)));
    assert_eq!(ending(b"", Close::Cancelled), Ending::Failed(Failure::new(ErrorKind::Cancelled, No)));
    let page = Ending::Failed(Failure::new(ErrorKind::NotAStream, Unknown));
    assert_eq!(ending(b"<!DOCTYPE html><html></html>", Close::Clean), page);
}
