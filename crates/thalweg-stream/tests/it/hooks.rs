//! Hooks: what they may do, what becomes of what they may not, and that no hook breaks the order of events.

use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use futures::{StreamExt, stream};
use thalweg::{Close, Event, EventOf, Fold, Outcome, OwnedEvent, Response, dialects};
use thalweg_corpus::laws::Grammar;
use thalweg_corpus::{Case, Chunking, load_all};
use thalweg_stream::{Edit, Ended, EventStream, FAILURES_KEPT, HOOKS_MAX, Hook, HookError, Hooks, Until};

use crate::bodies::{DONE, STOP, WORD, case, chunks};

fn through(case: &Case, hooks: Hooks) -> (Vec<OwnedEvent>, u64) {
    let body = stream::iter([Ok::<_, std::io::Error>(&case.body)]);
    let mut events = EventStream::new(body, case.setup().normalizer()).with_until(Until::Closed).with_hooks(hooks);
    let given = block_on(events.by_ref().collect());
    (given, events.hooks().failure_count())
}

fn check_grammar(case: &Case, events: &[OwnedEvent]) {
    let mut grammar = Grammar::default();
    for event in events {
        if let Err(violation) = grammar.see(&event.as_lent()) {
            panic!("{case}: {violation}");
        }
    }
    grammar.is_over().unwrap_or_else(|violation| panic!("{case}: {violation}"));
}

/// A hook that does everything that comes to mind, allowed or not, by chance.
fn chaos(seed: u64) -> impl Hook + Send {
    let mut random = seed | 1;
    let mut draw = move |n: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % n
    };
    let mut earlier: Vec<OwnedEvent> = Vec::new();
    move |edit: &mut Edit<'_>| -> Result<(), HookError> {
        earlier.push(edit.event().to_owned());
        for _ in 0..draw(3) {
            match draw(8) {
                0 => _ = edit.remove(),
                1 => _ = edit.add_text("more"),
                2 => _ = edit.set_text(""),
                3 => _ = edit.set_text("other"),
                4 => {
                    let other = &earlier[draw(earlier.len() as u64) as usize];
                    edit.change(|event| *event = other.clone());
                }
                5 => _ = edit.change(|event| *event = event.map(|_| "".into())),
                6 => _ = edit.change(|event| *event = event.map(|text| text.to_uppercase().into())),
                _ => return Err("chance".into()),
            }
        }
        Ok(())
    }
}

#[test]
fn no_hook_breaks_the_order_of_events() {
    let (mut failures, mut changes) = (0, 0);
    for (n, case) in load_all().into_iter().enumerate() {
        let plain = case.setup().with_close(Close::Clean).events(&case.body, &Chunking::Whole);
        for seed in 0..4 {
            let seed = (n as u64) << 8 | seed << 1;
            let hooks = Hooks::new().with("first", chaos(seed + 1)).with("second", chaos(seed * 31 + 7));
            let (given, failed) = through(&case, hooks);
            check_grammar(&case, &given);
            failures += failed;
            changes += u64::from(given != plain);
        }
    }
    assert!(failures > 1000 && changes > 1000, "{failures} failures, {changes} streams changed");
}

#[test]
fn hooks_that_look_and_do_nothing_change_nothing() {
    for case in load_all() {
        let hooks = Hooks::new().with("look", |edit: &mut Edit<'_>| {
            let _ = edit.event();
            Ok(())
        });
        let (given, failed) = through(&case, hooks);
        let plain = case.setup().with_close(Close::Clean).events(&case.body, &Chunking::Whole);
        assert!(given == plain && failed == 0, "{case}");
    }
}

fn append(suffix: &'static str) -> impl Hook + Send {
    move |edit: &mut Edit<'_>| -> Result<(), HookError> {
        if let Event::TextDelta { text, .. } = edit.event() {
            let longer = format!("{text}{suffix}");
            assert!(edit.set_text(&longer));
        }
        Ok(())
    }
}

/// The text of a response of two words through hooks, and its outcome.
fn text(hooks: Hooks) -> (String, Hooks) {
    let mut hooks = hooks;
    let mut response = Response::default();
    let body = [WORD, WORD, STOP, DONE].concat();
    case("text").setup().drive([body.as_bytes()], |event| hooks.apply(event, |event| response.apply(event)));
    assert_eq!(response.outcome, Some(Outcome::Complete));
    (response.choices[0].text(), hooks)
}

#[test]
fn hooks_run_in_order_and_each_sees_what_the_last_one_made() {
    assert_eq!(text(Hooks::new().with("a", append("a")).with("b", append("b"))).0, "word abword ab");
}

#[test]
fn a_name_runs_once() {
    let hooks = Hooks::new().with("a", append("a")).with("a", append("a"));
    let hooks = hooks.and(Hooks::new().with("a", append("a")).with("b", append("b")));
    assert!(hooks.has("b") && !hooks.has("c"));
    assert_eq!(text(hooks).0, "word abword ab");
}

#[test]
fn hooks_are_spent_behind_the_end() {
    let (first, hooks) = text(Hooks::new().with("a", append("a")));
    assert_eq!((first.as_str(), text(hooks).0.as_str()), ("word aword a", "word word "));
}

#[test]
fn too_many_hooks_are_not_added() {
    let hooks = (0..HOOKS_MAX + 1).fold(Hooks::new(), |hooks, n| hooks.with(n.to_string(), append("+")));
    assert!(hooks.has("63") && !hooks.has("64"));
    assert_eq!(text(hooks).0, format!("word {0}word {0}", "+".repeat(HOOKS_MAX)));
}

#[test]
fn a_failing_hook_is_undone_and_ends_the_row_for_that_event_alone() {
    let mut deltas = 0;
    let fails_once = move |edit: &mut Edit<'_>| -> Result<(), HookError> {
        if let Event::TextDelta { .. } = edit.event() {
            edit.set_text("gone");
            edit.add_text("gone too");
            deltas += 1;
            return if deltas == 1 { Err("no".into()) } else { Ok(()) };
        }
        Ok(())
    };
    let hooks = Hooks::new().with("a", append("a")).with("fails", fails_once).with("c", append("c"));
    let (text, hooks) = text(hooks);
    // What is added passes the hooks behind, as the event does.
    assert_eq!(text, "word agone toocgonec");
    assert_eq!(hooks.failures()[0].to_string(), "hook fails failed at event 2: no");
    assert_eq!(hooks.failure_count(), 1);
}

#[test]
fn what_is_refused_is_a_failure_and_the_event_stands() {
    let check = |what: &str, hook: fn(&mut Edit<'_>) -> bool| {
        let hooks = Hooks::new().with("bold", move |edit: &mut Edit<'_>| {
            hook(edit);
            Ok(())
        });
        let (text, hooks) = text(hooks);
        assert_eq!(text, "word word ", "{what}");
        assert_eq!(hooks.failure_count(), 1, "{what}: {:?}", hooks.failures());
        assert!(hooks.failures()[0].to_string().contains(what), "{:?}", hooks.failures());
    };
    check("to remove an event", |edit| matches!(edit.event(), Event::BlockEnd { .. }) && edit.remove());
    check("to remove an event", |edit| matches!(edit.event(), Event::End { .. }) && edit.remove());
    check("a text at an event", |edit| matches!(edit.event(), Event::Start { .. }) && edit.add_text("x"));
    check("a text for an event", |edit| matches!(edit.event(), Event::BlockEnd { .. }) && edit.set_text("x"));
    check("a change of what an event is", |edit| {
        matches!(edit.event(), Event::Finish { .. })
            && edit.change(|event| *event = EventOf::text_delta(thalweg::BlockId::from(0), "x".into()))
    });
    check("a change of what an event is", |edit| {
        matches!(edit.event(), Event::End { .. })
            && edit.change(|event| {
                let OwnedEvent::End { outcome, .. } = event else { return };
                *outcome = Outcome::Failed;
            })
    });
}

#[test]
fn a_hook_may_hold_text_back_until_the_block_ends() {
    let mut held = String::new();
    let hold = move |edit: &mut Edit<'_>| -> Result<(), HookError> {
        match edit.event() {
            Event::TextDelta { text, .. } => {
                held.push_str(text);
                assert!(edit.remove());
            }
            Event::BlockEnd { .. } => assert!(edit.add_text(&held)),
            _ => {}
        }
        Ok(())
    };
    let (given, failed) = through(&case("text"), Hooks::new().with("hold", hold));
    let deltas = given.iter().filter(|event| matches!(event, OwnedEvent::TextDelta { .. })).count();
    assert_eq!((deltas, failed), (1, 0));
    let mut response = Response::default();
    given.iter().for_each(|event| response.apply(&event.as_lent()));
    assert_eq!(response.choices[0].text(), case("text").setup().response(&case("text").body).choices[0].text());
}

#[test]
fn hooks_that_come_late_see_what_comes_late() {
    let case = case("parallel_tool_calls");
    let body = stream::iter([Ok::<_, ()>(&case.body)]);
    let mut events = EventStream::new(body, case.setup().normalizer());
    let mut given = Vec::new();
    while !matches!(given.last(), Some(OwnedEvent::BlockStart { .. })) {
        given.extend(block_on(events.next()));
    }
    let spaces = |edit: &mut Edit<'_>| -> Result<(), HookError> {
        if let Event::BlockEnd { .. } = edit.event() {
            edit.add_text(" ");
        }
        Ok(())
    };
    let mut events = events.with_hooks(Hooks::new().with("spaces", spaces));
    let rest: Vec<_> = block_on(events.by_ref().collect());
    let ended = rest.iter().filter(|event| matches!(event, OwnedEvent::BlockEnd { .. })).count() as u64;
    assert!(ended > 1, "{rest:?}");
    // Of the block that began before, nothing is known.
    assert_eq!(events.hooks().failure_count(), 1);
    given.extend(rest);
    check_grammar(&case, &given);
}

/// Notes how the response ended, and fails.
struct Note(Arc<Mutex<Vec<(Outcome, u64)>>>);

impl Hook for Note {
    fn event(&mut self, _: &mut Edit<'_>) -> Result<(), HookError> {
        Ok(())
    }

    fn ended(&mut self, ended: &Ended) -> Result<(), HookError> {
        self.0.lock().expect("nobody panicked").push((ended.outcome, ended.failures));
        Err("the disk is full".into())
    }
}

#[test]
fn the_end_is_told_once_to_each_and_a_failure_there_touches_nothing() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let hooks = Hooks::new().with("first", Note(notes.clone())).with("second", Note(notes.clone()));
    let mut events = thalweg_stream::events(chunks(&[WORD, STOP, DONE]), &dialects::OPENAI_CHAT).with_hooks(hooks);
    let given: Vec<_> = block_on(events.by_ref().collect());
    assert!(block_on(events.next()).is_none());
    assert_eq!(crate::bodies::outcome(&given), Outcome::Complete);
    assert_eq!(*notes.lock().expect("nobody panicked"), [(Outcome::Complete, 0), (Outcome::Complete, 0)]);
    assert_eq!(events.hooks().failure_count(), 2);
    assert_eq!(events.hooks().failures()[1].to_string(), "hook second failed at event 5: the disk is full");
}

#[test]
fn failures_are_counted_and_the_first_are_kept() {
    let case = case("text");
    let hooks = Hooks::new().with("never", |_: &mut Edit<'_>| -> Result<(), HookError> { Err("no".into()) });
    let body = stream::iter(core::iter::repeat_n(Ok::<_, ()>(WORD), 50));
    let mut events = EventStream::new(body, case.setup().normalizer()).with_hooks(hooks);
    let given = block_on(events.by_ref().count()) as u64;
    assert_eq!((events.hooks().failures().len(), events.hooks().failure_count()), (FAILURES_KEPT, given));
}

#[test]
fn a_reader_has_hooks_too() {
    let body = [WORD, STOP, DONE].concat();
    let reader = thalweg_stream::blocking::events(body.as_bytes(), &dialects::OPENAI_CHAT);
    let mut reader = reader.with_hooks(Hooks::new().with("a", append("a")));
    let mut response = Response::default();
    while let Some(event) = reader.next_event() {
        response.apply(&event);
    }
    assert_eq!(response.choices[0].text(), "word a");
    assert!(reader.hooks().failures().is_empty());
}
