//! Frames: their bytes are the body, their events are the events.

use futures::executor::block_on;
use futures::stream::FusedStream;
use futures::{FutureExt, StreamExt, stream};
use thalweg::{Close, Outcome, OwnedEvent, dialects};
use thalweg_corpus::{Chunking, load_all};
use thalweg_stream::{Frame, FrameStream, Until, frames};

use crate::bodies::{DONE, STOP, Script, Step, WORD, chunks, outcome};

#[test]
fn frames_concatenate_to_the_body_and_their_events_are_the_events() {
    for case in load_all().into_iter().filter(|case| case.close == Close::Clean) {
        let expected = case.setup().events(&case.body, &Chunking::Whole);
        for chunking in [case.chunking(), Chunking::Bytes(1), Chunking::Random(3)] {
            let body = stream::iter(chunking.split(&case.body).map(Ok::<_, ()>).collect::<Vec<_>>());
            let frames: Vec<Frame> = block_on(FrameStream::new(body, case.setup().normalizer()).collect());
            let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.bytes.clone()).collect();
            assert!(bytes == case.body, "{case}, {chunking}");
            let events: Vec<OwnedEvent> = frames.into_iter().flat_map(|frame| frame.events).collect();
            assert!(events == expected, "{case}, {chunking}");
        }
    }
}

#[test]
fn what_is_behind_the_end_is_passed_on() {
    let frames: Vec<_> = block_on(frames(chunks(&[WORD, STOP, DONE, ": bye\n\n"]), &dialects::OPENAI_CHAT).collect());
    let bytes: Vec<_> = frames.iter().map(|frame| String::from_utf8_lossy(&frame.bytes)).collect();
    assert_eq!(bytes, [WORD, STOP, DONE, ": bye\n\n", ""]);
}

#[test]
fn a_gateway_that_wants_it_stops_at_the_end() {
    let body = Script::new([WORD, STOP, DONE].map(Step::Chunk).into_iter().chain([Step::Never]));
    let frames = frames(body, &dialects::OPENAI_CHAT).with_until(Until::Settled);
    let frames: Vec<_> = frames.collect().now_or_never().expect("it waits for nothing");
    assert_eq!(outcome(&frames[3].events), Outcome::Complete);
}

#[test]
fn an_error_gives_the_tail_as_it_came_and_the_end() {
    let body = Script::new([Step::Chunk(WORD), Step::Later, Step::Chunk("data: {\"cho"), Step::Fail("reset")]);
    let mut frames = frames(body, &dialects::OPENAI_CHAT).with_close(|_| Close::TimedOut);
    let given: Vec<_> = block_on(frames.by_ref().collect());
    assert_eq!(given.iter().map(|frame| frame.bytes.len()).collect::<Vec<_>>(), [WORD.len(), 11, 0]);
    assert_eq!(outcome(&given[2].events), Outcome::Truncated);
    assert_eq!(frames.error(), Some(&"reset"));
    assert!(frames.is_terminated() && block_on(frames.next()).is_none());
}

#[test]
fn a_client_that_goes_away_cancels() {
    let mut frames = frames(Script::new([Step::Chunk(WORD), Step::Never]), &dialects::OPENAI_CHAT);
    assert!(block_on(frames.next()).is_some_and(|frame| frame.bytes == WORD.as_bytes()));
    assert_eq!(frames.next().now_or_never(), None);
    frames.cancel();
    let last = block_on(frames.next()).expect("the end is a frame");
    assert_eq!((last.bytes.len(), outcome(&last.events)), (0, Outcome::Cancelled));
    assert_eq!(block_on(frames.next()), None);
}

#[test]
fn lent_frames_are_the_same_frames() {
    let body =
        || Script::new([Step::Chunk("data: "), Step::Later, Step::Chunk("[DO"), Step::Chunk("NE]\n\n: bye\n\n")]);
    let expected: Vec<_> = block_on(frames(body(), &dialects::OPENAI_CHAT).collect());
    let mut frames = frames(body(), &dialects::OPENAI_CHAT);
    let mut given = Vec::new();
    while !frames.is_terminated() {
        while let Some(frame) = frames.next_arrived() {
            given.push(Frame::from(frame));
        }
        block_on(frames.pull());
    }
    given.extend(frames.next_arrived().map(Frame::from));
    assert_eq!(given, expected);
}
