//! What is held back until there is something to show.

use futures::executor::block_on;
use futures::stream::FusedStream;
use futures::{FutureExt, StreamExt, stream};
use thalweg::policy::PreambleRules;
use thalweg::{ErrorKind, EventOf, Outcome, OwnedEvent, Stage, dialects};
use thalweg_corpus::{Chunking, load_all};
use thalweg_stream::{EventStream, Hooks, Opening, Until, events};

use crate::bodies::{DONE, STOP, Script, Step, WORD, chunks, outcome};

const META: &str =
    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const ERROR: &str = "data: {\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\",\"code\":503}}\n\n";

fn rules() -> PreambleRules {
    PreambleRules::default()
}

#[test]
fn every_stream_gives_the_same_events_with_an_opening_before_it() {
    let mut openings = [0; 3];
    for case in load_all() {
        let plain = case.setup().with_close(thalweg::Close::Clean).events(&case.body, &Chunking::Whole);
        for chunking in [Chunking::Whole, Chunking::Random(5)] {
            let chunks: Vec<_> = chunking.split(&case.body).map(|chunk| Ok::<_, ()>(chunk.to_vec())).collect();
            let mut events =
                EventStream::new(stream::iter(chunks), case.setup().normalizer()).with_until(Until::Closed);
            let opening = block_on(events.opening(rules()));
            match &opening {
                Opening::Content => openings[0] += 1,
                Opening::Failed(error) => {
                    openings[1] += 1;
                    assert!(plain.contains(error), "{case}");
                }
                Opening::Ended(ended) => {
                    openings[2] += 1;
                    assert_eq!(*ended, outcome(&plain), "{case}");
                }
                other => panic!("{other:?}"),
            }
            assert!(!events.is_terminated(), "{case}: there are events to take");
            let given: Vec<_> = block_on(events.by_ref().collect());
            // A heartbeat while everything is held says nothing to a reader who is not there.
            let beats = |events: &[OwnedEvent]| {
                events.iter().filter(|event| !matches!(event, EventOf::Heartbeat { .. })).cloned().collect::<Vec<_>>()
            };
            assert!(beats(&given) == beats(&plain), "{case}, {chunking}");
            assert!(events.is_terminated());
        }
    }
    assert!(openings.iter().all(|count| *count > 5), "{openings:?}");
}

#[test]
fn an_error_before_any_content_is_said_as_soon_as_it_comes() {
    let body = Script::new([Step::Chunk(META), Step::Chunk(ERROR), Step::Never]);
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let opening = events.opening(rules()).now_or_never().expect("it waits for no end");
    assert!(matches!(opening, Opening::Failed(EventOf::Error { kind: ErrorKind::Overloaded, .. })), "{opening:?}");
    // It goes on where it was; what was held is not lost.
    assert!(events.opening(rules()).now_or_never().is_none());
    let mut arrived = Vec::new();
    while let Some(event) = events.next_arrived() {
        arrived.push(event.to_owned());
    }
    assert!(matches!(arrived[..], [EventOf::Start { .. }, .., EventOf::Error { .. }]), "{arrived:?}");
}

#[test]
fn content_opens_and_what_was_held_comes_first() {
    let body = Script::new([Step::Chunk(META), Step::Later, Step::Chunk(WORD), Step::Never]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    assert!(events.next_arrived().is_none(), "nothing has come, and nothing was given out");
    assert_eq!(events.opening(rules()).now_or_never(), None, "a role is no content");
    assert_eq!(events.opening(rules()).now_or_never(), Some(Opening::Content));
    assert_eq!(events.opening(rules()).now_or_never(), Some(Opening::Content), "it is open");
    let asked = polls.get();
    assert!(events.pull().now_or_never().is_some() && polls.get() == asked, "there is something to take");
    let first = events.next().now_or_never().flatten();
    assert!(matches!(first, Some(EventOf::Start { .. })), "{first:?}");
    let arrived: Vec<_> = core::iter::from_fn(|| events.next().now_or_never().flatten()).collect();
    assert!(matches!(arrived.last(), Some(EventOf::TextDelta { .. })), "{arrived:?}");
    assert_eq!(events.opening(rules()).now_or_never(), Some(Opening::Content), "it is too late to hold anything");
}

#[test]
fn a_response_with_nothing_to_show_is_said_to_be_over_again_and_again() {
    let mut events = events(chunks(&[META, STOP, DONE]), &dialects::OPENAI_CHAT);
    for _ in 0..2 {
        assert_eq!(block_on(events.opening(rules())), Opening::Ended(Outcome::Complete));
    }
    assert_eq!((events.stage(), events.is_terminated()), (Stage::Ended, false));
    let given: Vec<_> = block_on(events.by_ref().collect());
    assert_eq!(outcome(&given), Outcome::Complete);
    assert!(events.is_terminated());
}

#[test]
fn hooks_see_what_is_held_once() {
    let seen = std::sync::Arc::new(core::sync::atomic::AtomicUsize::new(0));
    let count = seen.clone();
    let hooks = Hooks::new().with("count", move |_: &mut thalweg_stream::Edit<'_>| {
        count.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    let mut events = events(chunks(&[META, WORD, STOP, DONE]), &dialects::OPENAI_CHAT).with_hooks(hooks);
    assert_eq!(block_on(events.opening(rules())), Opening::Content);
    let given = block_on(events.count());
    assert_eq!(seen.load(core::sync::atomic::Ordering::Relaxed), given);
}

#[test]
fn a_future_that_is_ready_cancels() {
    let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    let body = Script::new([Step::Chunk(META), Step::Chunk(WORD), Step::Never]);
    let mut events = events(body, &dialects::OPENAI_CHAT).with_cancel(async { _ = stopped.await });
    while !matches!(events.next().now_or_never().flatten(), Some(EventOf::TextDelta { .. })) {}
    assert!(events.next().now_or_never().is_none(), "nobody has cancelled");
    stop.send(()).expect("the stream is there");
    let rest: Vec<_> = events.by_ref().collect::<Vec<_>>().now_or_never().expect("it waits for nothing");
    assert_eq!(outcome(&rest), Outcome::Cancelled);
    assert!(matches!(rest[..], [EventOf::BlockEnd { .. }, EventOf::End { .. }]), "{rest:?}");
}
