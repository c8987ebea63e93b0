//! What a stream does between polls: it waits, resumes, yields, and asks for no more than it needs.

use core::task::Poll;

use futures::executor::block_on;
use futures::stream::FusedStream;
use futures::{FutureExt, StreamExt, stream};
use thalweg::{Event, OwnedEvent, dialects};
use thalweg_stream::events;

use crate::bodies::{DONE, STOP, Script, Step, WORD, chunks, collect};

fn all(body: Script) -> Vec<OwnedEvent> {
    block_on(events(body, &dialects::OPENAI_CHAT).collect())
}

#[test]
fn a_body_that_is_never_ready_at_once_gives_the_same() {
    let parts = [WORD, "", WORD, STOP, "", DONE];
    let late = Script::new(parts.into_iter().flat_map(|part| [Step::Later, Step::Later, Step::Chunk(part)]));
    assert_eq!(all(late), all(chunks(&parts)));
}

#[test]
fn waiting_leaves_the_waker_with_the_body_and_asks_once() {
    let body = Script::new([Step::Chunk(WORD), Step::Never]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let given = core::iter::from_fn(|| events.next().now_or_never()).count();
    assert_eq!((given, polls.get()), (3, 2), "start, the block, its delta; then one poll that waits");
}

#[test]
fn the_next_chunk_is_pulled_when_the_last_is_drained() {
    let body = chunks(&["", WORD, STOP, DONE]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let mut pulled = Vec::new();
    while block_on(events.next()).is_some() {
        pulled.push(polls.get());
    }
    // Start, block and delta; nothing; the block's end, the finish and, without a further pull, the end.
    assert_eq!(pulled, [2, 2, 2, 4, 4, 4]);
}

#[test]
fn futures_that_are_dropped_lose_nothing() {
    let parts = [WORD, WORD, STOP, DONE];
    let body = Script::new(parts.into_iter().flat_map(|part| {
        let half = part.len() / 2;
        [Step::Later, Step::Chunk(&part[..half]), Step::Later, Step::Later, Step::Chunk(&part[half..])]
    }));
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let (mut given, mut dropped) = (Vec::new(), 0);
    // Each future is polled once and dropped, ready or not.
    while !events.is_terminated() {
        match events.next().now_or_never() {
            Some(event) => given.extend(event),
            None => dropped += 1,
        }
    }
    assert_eq!(dropped, 3 * parts.len());
    assert_eq!(given, all(chunks(&parts)));
}

#[test]
fn lent_futures_that_are_dropped_lose_nothing_either() {
    let body = Script::new([Step::Later, Step::Chunk(WORD), Step::Later, Step::Chunk(STOP), Step::Chunk(DONE)]);
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let mut given = Vec::new();
    while !events.is_terminated() {
        let lent = events.next_event().now_or_never();
        given.extend(lent.flatten().map(|event| event.to_owned()));
    }
    assert_eq!(given, all(chunks(&[WORD, STOP, DONE])));
}

#[test]
fn after_the_end_there_is_nothing() {
    let mut events = events(chunks(&[WORD]), &dialects::OPENAI_CHAT);
    let mut last = None;
    while let Some(event) = block_on(events.next()) {
        let is_end = matches!(event.as_lent(), Event::End { .. });
        assert_eq!(events.is_terminated(), is_end, "{event:?}");
        last = Some(is_end);
    }
    assert_eq!(last, Some(true));
    for _ in 0..3 {
        assert_eq!(block_on(events.next()), None);
        assert_eq!(block_on(events.next_event()), None);
        assert_eq!(events.next_arrived(), None);
        block_on(events.pull());
        assert!(events.is_terminated());
    }
}

#[test]
fn a_body_that_is_always_ready_lets_others_run() {
    let comments = stream::repeat_with(|| Ok::<_, ()>(": nothing yet\n\n"));
    let mut events = events(comments, &dialects::OPENAI_CHAT);
    assert!(matches!(events.next().now_or_never(), Some(Some(OwnedEvent::Start { .. }))));
    // It gives its turn back, asks for another, and does so each time.
    let (waker, wakes) = counting_waker();
    for turn in 1..10 {
        let mut cx = core::task::Context::from_waker(&waker);
        assert_eq!(events.poll_next_unpin(&mut cx), Poll::Pending);
        assert_eq!(wakes.load(core::sync::atomic::Ordering::Relaxed), turn);
    }
    // It keeps nothing of what it has read.
    assert!(events.normalizer().retained_bytes() < 16 * 1024);
}

#[test]
fn many_chunks_without_events_still_arrive() {
    let body = Script::new((0..1000).map(|_| Step::Chunk("")).chain([WORD, STOP, DONE].map(Step::Chunk)));
    let (response, error) = collect(body);
    assert_eq!((response.choices[0].text(), error), ("word ".into(), None));
}

#[test]
fn one_pull_is_one_chunk_and_none_before_all_is_taken() {
    let body = Script::new([Step::Later, Step::Chunk(""), Step::Chunk(WORD), Step::Chunk(STOP), Step::Chunk(DONE)]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    let mut seen = Vec::new();
    while !events.is_terminated() {
        let taken = core::iter::from_fn(|| events.next_arrived().map(|_| ())).count();
        seen.push((taken, polls.get()));
        // The second does nothing, and neither does one that is dropped.
        let is_pending = events.pull().now_or_never().is_none();
        assert_eq!(is_pending, polls.get() == 1);
        block_on(events.pull());
    }
    assert_eq!(seen, [(0, 0), (0, 2), (3, 3), (0, 4), (2, 5), (1, 5)]);
}

#[test]
fn a_pull_behind_a_next_waits_for_the_rest_to_be_taken() {
    let body = chunks(&[WORD, WORD]);
    let polls = body.polls();
    let mut events = events(body, &dialects::OPENAI_CHAT);
    assert!(matches!(block_on(events.next()), Some(OwnedEvent::Start { .. })));
    block_on(events.pull());
    assert_eq!(polls.get(), 1, "the block and its delta have not been taken");
}

#[test]
fn both_ways_of_taking_events_mix() {
    let parts = [WORD, WORD, STOP, DONE];
    let mut events = events(chunks(&parts), &dialects::OPENAI_CHAT);
    let mut given = Vec::new();
    while !events.is_terminated() {
        given.extend(block_on(events.next()));
        given.extend(block_on(events.next_event()).map(|event| event.to_owned()));
        given.extend(events.next_arrived().map(|event| event.to_owned()));
        block_on(events.pull());
    }
    assert_eq!(given, all(chunks(&parts)));
}

/// A waker that counts.
fn counting_waker() -> (core::task::Waker, std::sync::Arc<core::sync::atomic::AtomicUsize>) {
    struct Count(std::sync::Arc<core::sync::atomic::AtomicUsize>);
    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    }
    let wakes = std::sync::Arc::<core::sync::atomic::AtomicUsize>::default();
    (std::sync::Arc::new(Count(wakes.clone())).into(), wakes)
}
