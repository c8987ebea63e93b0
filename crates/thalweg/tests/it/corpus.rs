//! Every case of the corpus: first what a person states about it, then the snapshots of what comes out.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use thalweg::{Fold, OwnedEvent, Response};
use thalweg_corpus::{Case, Chunking, check_expectations, load_all};

/// Beyond this only the response is a snapshot: the corpus must stay small.
const EVENTS_BODY_BYTES_MAX: usize = 64 * 1024;

#[test]
fn every_case_means_what_is_stated_of_it() {
    let mut failures = Vec::new();
    for case in load_all() {
        let events = case.setup().events(&case.body, &Chunking::Whole);
        let response = fold(&events);
        if let Err(violation) = check_expectations(&case.expect, &response) {
            failures.push(format!("{case}: {violation}"));
            continue;
        }
        if case.setup().events(&case.body, &case.chunking()) != events {
            failures.push(format!("{case}: the recorded chunks give other events than the whole"));
        }
        // All snapshots are proposed in one run, not only those of the first case that changed.
        if catch_unwind(AssertUnwindSafe(|| assert_snapshots(&case, &events, &response))).is_err() {
            failures.push(format!("{case}: a snapshot changed"));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

fn fold(events: &[OwnedEvent]) -> Response {
    let mut response = Response::default();
    for event in events {
        response.apply(&event.as_lent());
    }
    response
}

/// `events.snap`, one event a line, and `response.snap`, both beside the body.
fn assert_snapshots(case: &Case, events: &[OwnedEvent], response: &Response) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(&case.dir);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let response = serde_json::to_string_pretty(response).expect("a response has string keys only");
        let response = without_absent(&response);
        if case.body.len() <= EVENTS_BODY_BYTES_MAX {
            let line = |event| serde_json::to_string(event).expect("an event has string keys only");
            let lines: Vec<_> = events.iter().map(line).collect();
            let both = catch_unwind(|| insta::assert_snapshot!("events", lines.join("\n")));
            insta::assert_snapshot!("response", response);
            assert!(both.is_ok(), "the events changed");
        } else {
            insta::assert_snapshot!("response", response);
        }
    });
}

/// Pretty JSON without the fields that hold nothing: what is there can be read, and a new field of the model changes
/// the snapshots that have it and no others.
fn without_absent(pretty: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in pretty.lines() {
        let entry = line.trim_end_matches(',');
        let is_absent = [": null", ": []", ": {}", ": \"\""].iter().any(|absent| entry.ends_with(absent));
        if !is_absent {
            kept.push(line);
        } else if let Some(last) = kept.last_mut().filter(|_| entry == line) {
            // It was the last of its object: the one before it is now.
            *last = last.trim_end_matches(',');
        }
    }
    kept.join("\n")
}

#[test]
fn absent_fields_are_left_out() {
    let check = |json: &str| without_absent(json).replace('\n', "");
    assert_eq!(check("{\n\"a\": null,\n\"b\": \"x: null\",\n\"c\": []\n}"), "{\"b\": \"x: null\"}");
    assert_eq!(check("{\n\"a\": [\n1\n],\n\"b\": {},\n\"c\": \"\"\n}"), "{\"a\": [1]}");
}
