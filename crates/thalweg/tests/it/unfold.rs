//! What is made of unfolded events: they are kept and read like those of a live stream. That they fold to the response
//! is a law, which is tested with the laws.

use thalweg::log::{self, Header, LogError, Record};
use thalweg::{Assembled, Assembler, Event, Fold, OwnedEvent, Protocol, Response, Unfold};
use thalweg_corpus::load_all;

fn responses(mut check: impl FnMut(&str, &Response)) {
    for case in load_all() {
        check(&case.to_string(), &case.setup().response(&case.body));
    }
}

#[test]
fn a_log_holds_them() {
    responses(|name, response| {
        let header = Header::new(Some("stored"), response.protocol.unwrap_or(Protocol::Unrecognized));
        let (mut binary, mut lines) = (log::binary::Writer::new(&header), log::lines::Writer::new(&header));
        let events: Vec<Event<'_>> = Unfold::new(response).events().collect();
        for event in &events {
            binary.write(event);
            lines.write(event);
        }
        let (binary, lines) = (binary.into_bytes(), lines.into_bytes());
        let is_what_was_written = |read: Result<Vec<Record>, LogError>| {
            let records = read.unwrap_or_else(|error| panic!("{name}: {error}"));
            let read: Vec<_> = records.iter().map(|record| record.event.as_lent()).collect();
            assert_eq!(read, events, "{name}");
            let mut again = Response::default();
            read.iter().for_each(|event| again.apply(event));
            assert_eq!(again, *response, "{name}");
        };
        is_what_was_written(log::binary::Reader::new(&binary).and_then(Iterator::collect));
        is_what_was_written(log::lines::Reader::new(&lines).and_then(Iterator::collect));
    });
}

/// What an assembler says of unfolded events at the end is what it says of the live ones.
#[test]
fn an_assembler_reads_them() {
    let said = |events: Vec<OwnedEvent>| {
        let mut assembler = Assembler::default();
        let mut said = Vec::new();
        for event in events {
            let items = assembler.apply(&event.as_lent());
            let at_the_end = items.filter(|item| {
                !matches!(
                    item,
                    Assembled::Text { .. }
                        | Assembled::Reasoning { .. }
                        | Assembled::Refusal { .. }
                        | Assembled::Restated { .. }
                )
            });
            said.extend(at_the_end.map(|item| format!("{item:?}")));
        }
        said
    };
    for case in load_all() {
        let live = case.setup().events(&case.body, &thalweg_corpus::Chunking::Whole);
        let mut response = Response::default();
        live.iter().for_each(|event| response.apply(&event.as_lent()));
        let unfolded = Unfold::new(&response).events().map(|event| event.to_owned()).collect();
        assert_eq!(said(unfolded), said(live), "{case}");
    }
}
