//! What holds of the policies on every stream of the corpus.

use thalweg::policy::{Attempt, Emptiness, Empty, Ending, Failure, Given, Preamble, PreambleRules};
use thalweg::{Close, Fold, Origin, Outcome, OwnedEvent, Response};
use thalweg_corpus::{Chunking, load_all};

/// The events of every case, whole and cut in the middle, named.
fn streams(mut check: impl FnMut(&str, &[OwnedEvent])) {
    for case in load_all() {
        let (name, setup, body) = (case.to_string(), case.setup(), &case.body);
        check(&name, &setup.events(body, &Chunking::Whole));
        let cut = setup.with_close(Close::Broken).events(&body[..body.len() / 2], &Chunking::Whole);
        check(&format!("{name}, cut"), &cut);
    }
}

#[test]
fn an_attempt_is_empty_where_the_response_is() {
    let mut seen = [0; 4];
    streams(|name, events| {
        let (mut attempt, mut emptiness, mut response) =
            (Attempt::default(), Emptiness::default(), Response::default());
        for event in events {
            ((&mut attempt, &mut emptiness), &mut response).apply(&event.as_lent());
        }
        let expected = match (response.is_empty(), response.ran_out()) {
            // What goes on is not asked for again.
            _ if response.outcome == Some(Outcome::Suspended) => Ending::Fine,
            (true, true) => Ending::Empty(Empty::RanOut),
            (true, false) => Ending::Empty(Empty::Silent),
            (false, _) => Ending::Fine,
        };
        assert_eq!(emptiness.verdict().is_some(), response.is_empty(), "{name}");
        match attempt.ending() {
            Ending::Failed(failure) => {
                let last = events.last().map(|event| Failure::of_event(&event.as_lent()));
                let is_told =
                    response.errors.iter().any(|error| (error.kind, error.retry) == (failure.kind, failure.retry));
                assert!(is_told || last == Some(Some(failure)) || is_nothing(events), "{name}: {failure:?}");
                seen[0] += 1;
            }
            ending => {
                assert_eq!(ending, expected, "{name}");
                seen[1 + usize::from(response.is_empty()) + usize::from(response.ran_out())] += 1;
            }
        }
    });
    assert!(seen.iter().all(|count| *count > 0), "failed, fine, silent, ran out: {seen:?}");
}

/// What goes through a preamble is what went in, less the heartbeats before it opened; and what it lets through first
/// is content.
#[test]
fn a_preamble_changes_nothing() {
    let mut held_to_the_end = 0;
    streams(|name, events| {
        for holds_reasoning in [false, true] {
            let mut rules = PreambleRules::default();
            rules.holds_reasoning = holds_reasoning;
            let mut preamble = Preamble::new(rules);
            let mut out = Vec::new();
            for event in events {
                match preamble.push(&event.as_lent()) {
                    Given::Held => assert_eq!(out.len(), 0, "{name}"),
                    Given::Opened => {
                        out.extend(preamble.take());
                        out.push(event.clone());
                    }
                    _ => out.push(event.clone()),
                }
            }
            if preamble.is_holding() {
                held_to_the_end += 1;
                preamble.open();
                out.extend(preamble.take());
            }
            let beats = |events: &[OwnedEvent]| {
                events.iter().filter(|event| !matches!(event, OwnedEvent::Heartbeat)).cloned().collect::<Vec<_>>()
            };
            assert_eq!(beats(&out), beats(events), "{name}");
        }
    });
    assert!(held_to_the_end > 20, "{held_to_the_end} streams never gave anything to see");
}

/// A start, the error that there was no body, and the end.
fn is_nothing(events: &[OwnedEvent]) -> bool {
    matches!(
        events,
        [OwnedEvent::Start { .. }, OwnedEvent::Error { origin: Origin::Local, .. }, OwnedEvent::End { .. }]
    )
}
