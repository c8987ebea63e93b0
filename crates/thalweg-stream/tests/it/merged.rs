//! Deltas that are merged: the same text, the same events otherwise, and nothing waits for it.

use futures::executor::block_on;
use futures::stream::FusedStream;
use futures::{FutureExt, StreamExt, stream};
use thalweg::{Close, OwnedEvent, dialects};
use thalweg_corpus::{Case, Chunking, load_all};
use thalweg_stream::blocking::EventReader;
use thalweg_stream::{EventStream, Until, events};

use crate::bodies::{DONE, STOP, Script, Step, WORD, case, chunks};

/// What merging must keep: deltas of one kind and block that follow each other are one.
fn joined(events: impl IntoIterator<Item = OwnedEvent>) -> Vec<OwnedEvent> {
    let mut joined: Vec<OwnedEvent> = Vec::new();
    for event in events {
        let more = match (joined.last_mut(), &event) {
            (Some(OwnedEvent::TextDelta { block, text, .. }), OwnedEvent::TextDelta { block: b, text: t, .. })
            | (
                Some(OwnedEvent::ReasoningDelta { block, text, .. }),
                OwnedEvent::ReasoningDelta { block: b, text: t, .. },
            )
            | (
                Some(OwnedEvent::RefusalDelta { block, text, .. }),
                OwnedEvent::RefusalDelta { block: b, text: t, .. },
            )
            | (
                Some(OwnedEvent::ToolCallDelta { block, input: text, .. }),
                OwnedEvent::ToolCallDelta { block: b, input: t, .. },
            ) if block == b => Some((text, t)),
            _ => None,
        };
        match more {
            Some((text, t)) => *text = format!("{text}{t}").into(),
            None => joined.push(event),
        }
    }
    joined
}

fn merged(case: &Case, chunking: &Chunking, bytes: usize) -> Vec<OwnedEvent> {
    let chunks: Vec<_> = chunking.split(&case.body).map(|chunk| Ok::<_, ()>(chunk.to_vec())).collect();
    let events = EventStream::new(stream::iter(chunks), case.setup().normalizer());
    block_on(events.with_until(Until::Closed).with_merged_deltas(bytes).collect())
}

#[test]
fn the_text_is_equal_and_so_is_every_other_event() {
    let (mut before, mut after) = (0, 0);
    for case in load_all() {
        let setup = case.setup().with_close(Close::Clean);
        let plain = setup.events(&case.body, &Chunking::Whole);
        let expected = joined(plain.clone());
        for (chunking, bytes) in [(Chunking::Whole, 1 << 20), (Chunking::Random(3), 64), (Chunking::Bytes(1), 64)] {
            let given = merged(&case, &chunking, bytes);
            assert!(given.len() <= plain.len(), "{case}, {chunking}");
            assert!(joined(given) == expected, "{case}, {chunking}");
        }
        assert!(merged(&case, &Chunking::Whole, 1 << 20) == expected, "{case}: everything that can be is merged");
        before += plain.len();
        after += expected.len();
    }
    assert!(after * 10 < before * 9, "{before} events, {after} merged");
}

#[test]
fn a_reader_merges_too() {
    let case = case("llama-server-think-two-tools");
    let reader = EventReader::new(&case.body[..], case.setup().normalizer());
    let given: Vec<_> = reader.with_until(Until::Closed).with_merged_deltas(1 << 20).collect();
    let plain = case.setup().events(&case.body, &Chunking::Whole);
    assert!(given.len() < plain.len());
    assert!(joined(given) == joined(plain));
}

fn texts(events: &[OwnedEvent]) -> Vec<&str> {
    let mut texts = Vec::new();
    for event in events {
        if let OwnedEvent::TextDelta { text, .. } = event {
            texts.push(&**text);
        }
    }
    texts
}

#[test]
fn no_text_is_longer_than_allowed_but_one_that_came_so() {
    let words = WORD.repeat(5);
    let check = |bytes: usize| -> Vec<usize> {
        let body = stream::iter([Ok::<_, ()>(&words)]);
        let given: Vec<_> = block_on(events(body, &dialects::OPENAI_CHAT).with_merged_deltas(bytes).collect());
        texts(&given).iter().map(|text| text.len()).collect()
    };
    assert_eq!(check(0), [5; 5]);
    assert_eq!(check(4), [5; 5]);
    assert_eq!(check(9), [5; 5]);
    assert_eq!(check(10), [10, 10, 5]);
    assert_eq!(check(14), [10, 10, 5]);
    assert_eq!(check(100), [25]);
}

#[test]
fn what_has_come_goes_out_before_another_chunk_is_asked_for() {
    let body = Script::new([Step::Chunk(WORD), Step::Never]);
    let mut events = events(body, &dialects::OPENAI_CHAT).with_merged_deltas(1024);
    let arrived: Vec<_> = core::iter::from_fn(|| events.next().now_or_never().flatten()).collect();
    assert_eq!(texts(&arrived), ["word "]);
}

#[test]
fn both_ways_of_taking_events_give_each_once() {
    let parts = [WORD, WORD, STOP, DONE];
    let mut events = events(chunks(&parts), &dialects::OPENAI_CHAT).with_merged_deltas(1024);
    let mut given = Vec::new();
    while !events.is_terminated() {
        given.extend(block_on(events.next()));
        given.extend(events.next_arrived().map(|event| event.to_owned()));
        block_on(events.pull());
    }
    assert_eq!(texts(&given), ["word ", "word "]);
    assert!(matches!(given.last(), Some(OwnedEvent::End { .. })));
}

#[test]
fn who_stops_merging_in_the_middle_loses_nothing() {
    let body = stream::iter([Ok::<_, ()>([WORD, WORD, STOP, DONE].concat())]);
    let mut merging = events(body, &dialects::OPENAI_CHAT).with_merged_deltas(1024);
    let mut given = Vec::new();
    while texts(&given).is_empty() {
        given.extend(block_on(merging.next()));
    }
    given.extend(block_on(merging.with_merged_deltas(0).collect::<Vec<_>>()));
    let plain: Vec<_> = block_on(events(chunks(&[WORD, WORD, STOP, DONE]), &dialects::OPENAI_CHAT).collect());
    assert_eq!(given, joined(plain));
}
