//! Calls that somebody must allow are announced, once, with their names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use thalweg::{BlockKind, Event};
use thalweg_corpus::{Chunking, Setup, load_all};
use thalweg_stream::{Announcement, Approvals, Asker, Hooks};

/// What is announced with each event of a body: block, name, and whether it is needed.
fn announced(body: &str, needs: &str) -> Vec<(usize, String, bool)> {
    let mut approvals = Approvals::new(|name: &str| name == needs);
    let mut announced = Vec::new();
    Setup::from(&thalweg::dialects::OPENAI_CHAT).drive([body.as_bytes()], |event| {
        announced.extend(approvals.see(event).map(|call| (call.block.index(), call.name.to_owned(), call.is_needed)));
    });
    announced
}

#[test]
fn in_every_stream_what_is_announced_is_what_needs_it_in_the_end() {
    let (mut calls, mut asked) = (0, 0);
    for case in load_all() {
        let mut approvals = Approvals::new(|name: &str| name.len().is_multiple_of(2));
        let mut announced = BTreeMap::new();
        case.setup().drive([&case.body[..]], |event| {
            if let Some(call) = approvals.see(event) {
                let before = announced.insert(call.block.index(), call.is_needed);
                assert!(before.unwrap_or_default() != call.is_needed, "{case}: {call:?} says nothing new");
            }
        });
        let needed: Vec<_> =
            announced.into_iter().filter(|(_, is_needed)| *is_needed).map(|(block, _)| block).collect();
        let mut expected = Vec::new();
        for event in case.setup().events(&case.body, &Chunking::Whole) {
            if let Event::BlockStart { block, kind, .. } = event.as_lent() {
                match kind {
                    BlockKind::ToolCall { name, .. } => {
                        calls += 1;
                        let name = last_name(&case, block).unwrap_or_else(|| name.to_owned());
                        expected.extend((name.len().is_multiple_of(2)).then_some(block.index()));
                    }
                    BlockKind::Approval { .. } => {
                        asked += 1;
                        expected.push(block.index());
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(needed, expected, "{case}");
    }
    assert!(calls > 100 && asked > 0, "{calls} calls, {asked} asked for by the provider");
}

fn last_name(case: &thalweg_corpus::Case, wanted: thalweg::BlockId) -> Option<String> {
    let mut last = None;
    case.setup().drive([&case.body[..]], |event| {
        if let Event::BlockData { block, part: thalweg::Part::Name(name), .. } = event
            && *block == wanted
        {
            last = Some((*name).to_owned());
        }
    });
    last
}

#[test]
fn a_call_is_announced_at_its_start_and_its_pieces_say_no_more() {
    let body = r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"pay","arguments":"{\"sum\""}},{"index":1,"id":"call_2","function":{"name":"look","arguments":"{}"}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"pay","arguments":":1}"}}]}}]}

"#;
    assert_eq!(announced(body, "pay"), [(0, "pay".to_owned(), true)]);
    assert_eq!(announced(body, "look"), [(1, "look".to_owned(), true)]);
    assert_eq!(announced(body, "else"), []);
}

#[test]
fn a_name_in_pieces_is_announced_when_it_is_whole_or_taken_back() {
    let body = String::from_utf8(crate::bodies::case("name-in-pieces").body).expect("it is text");
    assert_eq!(announced(&body, "get_tide"), [(0, "get_tide".to_owned(), true)]);
    assert_eq!(announced(&body, "get_"), [(0, "get_".to_owned(), true), (0, "get_tide".to_owned(), false)]);
}

#[test]
fn a_hook_announces_what_the_tracker_says() {
    let case = load_all().into_iter().find(|case| {
        case.setup()
            .events(&case.body, &Chunking::Whole)
            .iter()
            .any(|event| matches!(event.as_lent(), Event::BlockStart { kind: BlockKind::Approval { .. }, .. }))
    });
    let case = case.expect("the corpus has a request for approval");
    let announced = Arc::new(Mutex::new(Vec::new()));
    let sink = announced.clone();
    let announce = move |call: &Announcement<'_>| {
        let id = call.id.map(str::to_owned);
        sink.lock().expect("nobody panicked").push((call.asker, id, call.name.to_owned()));
    };
    let mut hooks = Hooks::new().with("approvals", Approvals::new(|_: &str| false).hook(announce));
    let (mut given, mut expected) = (0, Vec::new());
    case.setup().drive([&case.body[..]], |event| {
        if let Event::BlockStart { kind: BlockKind::Approval { id: thalweg::Id::Wire(id), name, .. }, .. } = event {
            expected.push((Asker::Provider, Some((*id).to_owned()), (*name).to_owned()));
        }
        hooks.apply(event, |same| {
            assert_eq!(same, event);
            given += 1;
        });
    });
    assert!(given > 0 && !expected.is_empty());
    assert_eq!(*announced.lock().expect("nobody panicked"), expected);
}
