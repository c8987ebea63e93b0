//! The ways in which a response ends.

use futures::executor::block_on;
use futures::{FutureExt, StreamExt};
use thalweg::{Close, Outcome, OwnedEvent, Stage, dialects};
use thalweg_stream::{Until, events};

use crate::bodies::{DONE, STOP, Script, Step, USAGE, WORD, chunks, collect, outcome};

fn close(events: &[OwnedEvent]) -> Option<Close> {
    match events.last() {
        Some(OwnedEvent::End { evidence, .. }) => evidence.close,
        last => panic!("the last event is {last:?}"),
    }
}

#[test]
fn an_error_ends_the_response_and_is_kept() {
    let (response, error) = collect(Script::new([Step::Chunk(WORD), Step::Chunk(WORD), Step::Fail("reset")]));
    assert_eq!(response.choices[0].text(), "word word ");
    assert_eq!((response.outcome, error), (Some(Outcome::Truncated), Some("reset")));
    assert_eq!(response.evidence.and_then(|evidence| evidence.close), Some(Close::Broken));
}

#[test]
fn an_error_before_any_byte_is_a_response_too() {
    let (response, error) = collect(Script::new([Step::Fail("refused")]));
    assert_eq!((response.outcome, error), (Some(Outcome::Truncated), Some("refused")));
}

#[test]
fn an_error_is_there_as_soon_as_it_has_come() {
    let mut events = events(Script::new([Step::Chunk(WORD), Step::Fail("reset")]), &dialects::OPENAI_CHAT);
    let mut seen = Vec::new();
    while block_on(events.next()).is_some() {
        seen.push(events.error().copied());
    }
    // Start, block, delta; the block's end and the end come of the error.
    assert_eq!(seen, [None, None, None, Some("reset"), Some("reset")]);
    assert_eq!(events.into_error(), Some("reset"));
}

#[test]
fn the_caller_says_what_an_error_means() {
    let body = || Script::new([Step::Chunk(WORD), Step::Chunk(STOP), Step::Fail("idle")]);
    let check = |close_of: fn(&&'static str) -> Close| -> Vec<_> {
        block_on(events(body(), &dialects::OPENAI_CHAT).with_close(close_of).collect())
    };
    let timed_out = check(|error| if *error == "idle" { Close::TimedOut } else { Close::Broken });
    assert_eq!((close(&timed_out), outcome(&timed_out)), (Some(Close::TimedOut), Outcome::Truncated));
    let clean = check(|_| Close::Clean);
    assert_eq!((close(&clean), outcome(&clean)), (Some(Close::Clean), Outcome::Complete));
}

#[test]
fn a_body_that_stays_open_behind_its_end_hangs_nobody() {
    let body = Script::new([WORD, STOP, USAGE, DONE].map(Step::Chunk).into_iter().chain([Step::Never]));
    let polls = body.polls();
    let given = events(body, &dialects::OPENAI_CHAT).collect::<Vec<_>>().now_or_never().expect("it waits for nothing");
    assert_eq!((close(&given), outcome(&given)), (Some(Close::Clean), Outcome::Complete));
    assert_eq!(polls.get(), 4, "a settled response asks for no more");
}

#[test]
fn a_caller_who_wants_it_waits_for_the_body_to_end() {
    let body = Script::new([WORD, STOP, DONE].map(Step::Chunk).into_iter().chain([Step::Later, Step::Fail("late")]));
    let mut events = events(body, &dialects::OPENAI_CHAT).with_until(Until::Closed);
    let given: Vec<_> = block_on(events.by_ref().collect());
    assert_eq!((close(&given), outcome(&given)), (Some(Close::Broken), Outcome::Complete));
    assert_eq!(events.into_error(), Some("late"));
}

#[test]
fn what_came_with_the_end_is_read_and_what_would_come_is_not() {
    let behind = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more\"}}]}\n\n";
    let check = |body: Script| collect(body).0;
    let together = check(Script::new([Step::Chunk(concat_static(&[WORD, STOP, DONE, behind])), Step::Never]));
    let apart = check(chunks(&[WORD, STOP, DONE, behind]));
    assert_eq!((together.anomalies.len(), apart.anomalies.len()), (1, 0));
    for response in [together, apart] {
        assert_eq!((response.choices[0].text(), response.outcome), ("word ".into(), Some(Outcome::Complete)));
    }
}

#[test]
fn a_drain_window_is_the_callers() {
    let body = Script::new([WORD, STOP, USAGE].map(Step::Chunk).into_iter().chain([Step::Never]));
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let mut given = Vec::new();
    let mut stages = Vec::new();
    while events.stage() != Stage::Ended {
        while let Some(event) = events.next_arrived() {
            given.push(event.to_owned());
        }
        stages.push(events.stage());
        if events.pull().now_or_never().is_none() {
            events.finish_now(Close::Clean);
        }
    }
    assert_eq!(stages, [Stage::Open, Stage::Open, Stage::Finished, Stage::Finished, Stage::Ended]);
    assert_eq!(outcome(&given), Outcome::Complete);
    assert!(given.iter().any(|event| matches!(event, OwnedEvent::Usage { .. })));
}

#[test]
fn cancelling_gives_what_has_arrived_and_the_end() {
    let two_words = concat_static(&[WORD, WORD]);
    let body = Script::new([Step::Chunk(two_words), Step::Never]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    for _ in 0..3 {
        assert!(block_on(events.next()).is_some());
    }
    events.cancel();
    events.finish_now(Close::Clean);
    let rest: Vec<_> = block_on(events.by_ref().collect());
    assert!(matches!(rest[0], OwnedEvent::TextDelta { .. }), "{rest:?}");
    assert!(matches!(rest[1], OwnedEvent::BlockEnd { .. }), "{rest:?}");
    assert_eq!((close(&rest), outcome(&rest)), (Some(Close::Cancelled), Outcome::Cancelled), "the first call counts");
    assert_eq!((rest.len(), polls.get()), (3, 1));
}

#[test]
fn cancelling_while_waiting_ends_at_once() {
    let mut events = events(Script::new([Step::Never]), &dialects::OPENAI_CHAT);
    assert_eq!(events.next().now_or_never(), None);
    events.cancel();
    let rest: Vec<_> = events.collect().now_or_never().expect("it waits for nothing");
    assert_eq!(outcome(&rest), Outcome::Cancelled);
}

#[test]
fn dropping_the_stream_drops_the_body() {
    let body = Script::new([Step::Chunk(WORD), Step::Never]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    assert!(block_on(events.next()).is_some());
    assert_eq!(std::rc::Rc::strong_count(&polls), 2);
    drop(events);
    assert_eq!(std::rc::Rc::strong_count(&polls), 1);
}

#[test]
fn the_body_can_be_had_back() {
    let mut events = events(chunks(&[WORD, STOP, DONE, ": bye\n\n"]), &dialects::OPENAI_CHAT);
    while block_on(events.next_event()).is_some() {}
    assert_eq!(block_on(events.into_body().collect::<Vec<_>>()), [Ok(": bye\n\n")]);
}

#[test]
fn a_limit_ends_the_response_and_the_pulling() {
    let mut limits = thalweg::Limits::default();
    limits.frame_bytes = 16;
    let normalizer = thalweg::Normalizer::new(&dialects::OPENAI_CHAT).with_limits(limits);
    let body = Script::new([Step::Chunk(WORD), Step::Never]);
    let events = thalweg_stream::EventStream::new(body, normalizer);
    let given: Vec<_> = events.collect().now_or_never().expect("it waits for nothing");
    assert_eq!((close(&given), outcome(&given)), (None, Outcome::Limit));
}

/// Debug output holds sizes: bodies are what people said.
#[test]
fn what_is_shown_of_a_stream_holds_no_content() {
    let mut events = events(chunks(&[WORD, WORD]), &dialects::OPENAI_CHAT);
    assert!(block_on(events.next()).is_some());
    let shown = format!("{events:?}");
    assert!(shown.starts_with("EventStream") && !shown.contains("word"), "{shown}");
}

fn concat_static(parts: &[&str]) -> &'static str {
    parts.concat().leak()
}
