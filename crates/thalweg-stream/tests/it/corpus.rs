//! Every case of the corpus gives the same events through a transport as through the core.

use futures::executor::block_on;
use futures::{StreamExt, stream};
use thalweg::{Close, OwnedEvent};
use thalweg_corpus::{Case, Chunking, Cuts, load_all};
use thalweg_stream::blocking::EventReader;
use thalweg_stream::{EventStream, Until};

use crate::bodies::case;

/// The chunks of a case, and an error where its recording ended with one.
fn chunks(case: &Case, chunking: &Chunking) -> Vec<Result<Vec<u8>, Close>> {
    let broken = (case.close != Close::Clean).then_some(Err(case.close));
    chunking.split(&case.body).map(|chunk| Ok(chunk.to_vec())).chain(broken).collect()
}

fn through_a_stream(case: &Case, chunking: &Chunking, until: Until) -> Vec<OwnedEvent> {
    let body = stream::iter(chunks(case, chunking));
    let events = EventStream::new(body, case.setup().normalizer()).with_until(until).with_close(|close| *close);
    block_on(events.collect())
}

#[test]
fn every_case_gives_the_events_of_the_core() {
    for case in load_all() {
        let expected = case.setup().events(&case.body, &Chunking::Whole);
        for chunking in [case.chunking(), Chunking::Bytes(1), Chunking::Random(7)] {
            assert!(through_a_stream(&case, &chunking, Until::Closed) == expected, "{case}, {chunking}");
        }
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for name in ["crlf", "cr-only", "bom", "parallel_tool_calls", "escaped-words", "html-page", "complete-json-body"] {
        let case = case(name);
        let expected = case.setup().events(&case.body, &Chunking::Whole);
        for cut in Cuts::Thorough.positions(case.body.len()) {
            let events = through_a_stream(&case, &Chunking::At(vec![cut]), Until::Closed);
            assert!(events == expected, "{case}, cut at {cut}");
        }
    }
}

#[test]
fn what_stopping_at_the_end_leaves_out_is_no_content() {
    for case in load_all() {
        let expected = case.setup().response(&case.body);
        for chunking in [case.chunking(), Chunking::Bytes(1)] {
            let body = stream::iter(chunks(&case, &chunking));
            let events = EventStream::new(body, case.setup().normalizer()).with_close(|close| *close);
            let (response, _) = block_on(thalweg_stream::collect_response(events));
            assert_eq!(response.choices, expected.choices, "{case}, {chunking}");
            assert_eq!(response.usage, expected.usage, "{case}, {chunking}");
            // An error behind the end belongs to a response that is over: whoever stops there does not see it.
            if response.errors.len() == expected.errors.len() {
                assert_eq!(response.outcome, expected.outcome, "{case}, {chunking}");
            } else {
                assert!(response.evidence.is_some_and(|evidence| evidence.terminal), "{case}, {chunking}");
            }
        }
    }
}

#[test]
fn a_reader_gives_the_events_of_the_core() {
    for case in load_all().into_iter().filter(|case| case.close == Close::Clean) {
        let expected = case.setup().events(&case.body, &Chunking::Whole);
        let reader = EventReader::new(&case.body[..], case.setup().normalizer()).with_until(Until::Closed);
        assert!(reader.collect::<Vec<_>>() == expected, "{case}");
    }
}
