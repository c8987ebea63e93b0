//! The rules of tool-call identity and of blocks, one by one. What a wire does is in the corpus.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::event::{BlockKind, Close, Id, Place, Reason, ReasoningForm};

fn emitter() -> Emitter {
    Emitter::new(Limits::default())
}

fn fragment<'a>(key: Option<i64>, id: &'a str, name: &'a str, input: &'a str) -> CallFragment<'a> {
    CallFragment {
        key: key.map(Key::index),
        id: Some(id.into()),
        name: Some(name.into()),
        input: Some(input.into()),
        ..CallFragment::default()
    }
}

/// The calls that fragments of one choice make, as `id name(input)`, and the anomalies on the way.
fn calls(fragments: &[(Option<i64>, &str, &str, &str)]) -> (Vec<String>, Vec<AnomalyKind>) {
    let mut out = emitter();
    for &(key, id, name, input) in fragments {
        out.call(0, fragment(key, id, name, input));
    }
    out.end(Some(Close::Clean));
    let (mut calls, mut anomalies) = (Vec::<(String, String, String)>::new(), Vec::new());
    for n in 0..out.len() {
        match out.get(n).expect("n is below len") {
            Event::BlockStart { kind: BlockKind::ToolCall { id, name, .. }, .. } => {
                let id = match id {
                    Id::Wire(id) => id.into(),
                    Id::Minted(n) => format!("#{n}"),
                };
                calls.push((id, name.into(), String::new()));
            }
            Event::ToolCallDelta { block, input } => calls[block.index()].2.push_str(input),
            Event::BlockData { block, part: crate::Part::CallId(id) } => calls[block.index()].0 = id.into(),
            Event::BlockData { block, part: crate::Part::Name(name) } => calls[block.index()].1 = name.into(),
            Event::Anomaly { kind, .. } => anomalies.push(kind),
            _ => {}
        }
    }
    (calls.into_iter().map(|(id, name, input)| format!("{id} {name}({input})")).collect(), anomalies)
}

#[track_caller]
fn check(fragments: &[(Option<i64>, &str, &str, &str)], expected: &[&str], anomalies: &[AnomalyKind]) {
    let (found, seen) = calls(fragments);
    assert_eq!(found, expected);
    assert_eq!(seen, anomalies);
}

const AT_0: Option<i64> = Some(0);
const AT_1: Option<i64> = Some(1);

#[test]
fn a_known_id_goes_to_its_call_wherever_it_says_it_is() {
    check(
        &[(AT_0, "a", "f", "{"), (AT_1, "b", "g", "{"), (AT_1, "a", "", "}"), (AT_1, "", "", "}")],
        &["a f({})", "b g({})"],
        &[],
    );
}

#[test]
fn a_known_id_at_another_index_with_name_and_input_is_another_call() {
    let split = [AnomalyKind::IdDuplicate];
    check(&[(AT_0, "a", "f", "{}"), (AT_1, "a", "f", "{\"x\":1}")], &["a f({})", "a f({\"x\":1})"], &split);
}

#[test]
fn another_id_at_a_known_index_is_another_call_if_named_or_if_the_input_is_complete() {
    let split = [AnomalyKind::IndexReused];
    check(&[(AT_0, "a", "f", "{"), (AT_0, "b", "g", "{}")], &["a f({)", "b g({})"], &split);
    let unnamed = [AnomalyKind::IndexReused, AnomalyKind::NameMissing];
    check(&[(AT_0, "a", "f", "{}"), (AT_0, "b", "", "{}")], &["a f({})", "b ({})"], &unnamed);
}

#[test]
fn another_id_inside_an_input_is_the_same_call() {
    let changed = [AnomalyKind::IdChanged];
    check(&[(AT_0, "a", "f", "{\"x\":"), (AT_0, "b", "", "1}")], &["a f({\"x\":1})"], &changed);
}

#[test]
fn a_name_again_behind_a_complete_input_begins_another_call() {
    let split = [AnomalyKind::IndexReused];
    check(&[(AT_0, "", "f", "{}"), (AT_0, "", "f", "{\"x\":1}")], &["#0 f({})", "#1 f({\"x\":1})"], &split);
}

#[test]
fn a_complete_input_sent_again_is_dropped() {
    let repeated = [AnomalyKind::InputRepeated];
    check(
        &[(AT_0, "a", "f", "{\"x\""), (AT_0, "", "", ":1}"), (AT_0, "", "", "{\"x\":1}")],
        &["a f({\"x\":1})"],
        &repeated,
    );
}

#[test]
fn without_id_and_index_a_name_begins_and_the_rest_continues() {
    check(&[(None, "", "f", "{"), (None, "", "", "}"), (None, "", "g", "{}")], &["#0 f({})", "#1 g({})"], &[]);
}

#[test]
fn without_id_and_index_the_same_name_inside_an_input_continues() {
    check(&[(None, "", "f", "{\"x\":"), (None, "", "f", "1}")], &["#0 f({\"x\":1})"], &[]);
}

#[test]
fn a_late_id_and_a_late_name_reach_their_call() {
    check(&[(AT_0, "", "f", ""), (AT_0, "a", "", "{}")], &["a f({})"], &[AnomalyKind::IdLate]);
    check(&[(AT_0, "a", "", "{"), (AT_0, "", "f", "}")], &["a f({})"], &[AnomalyKind::NameLate]);
}

#[test]
fn a_name_that_grows_and_a_name_in_pieces_are_one_name() {
    let joined = [AnomalyKind::NameInPieces];
    check(&[(AT_0, "a", "edit_", ""), (AT_0, "", "file", "{}")], &["a edit_file({})"], &joined);
    check(&[(AT_0, "a", "edit_", ""), (AT_0, "", "edit_file", "{}")], &["a edit_file({})"], &joined);
}

#[test]
fn any_index_costs_the_same() {
    let keys = [i64::MAX, i64::MIN, -1, i64::from(u32::MAX)];
    let fragments: Vec<_> = keys.iter().map(|&key| (Some(key), "", "f", "{}")).collect();
    check(&fragments, &["#0 f({})", "#1 f({})", "#2 f({})", "#3 f({})"], &[]);
    assert_ne!(Key::odd("1.5"), Key::odd("2.5"));
}

#[test]
fn choices_do_not_share_calls() {
    let mut out = emitter();
    out.call(0, fragment(AT_0, "a", "f", "{"));
    out.call(1, fragment(AT_0, "a", "f", "{"));
    let starts = (0..out.len()).filter(|&n| matches!(out.get(n), Some(Event::BlockStart { .. }))).count();
    assert_eq!(starts, 2);
}

/// Events as their serialized types would name them, without facts.
fn names(out: &Emitter) -> Vec<String> {
    let name = |event: Event<'_>| {
        let debug = format!("{event:?}");
        debug.split([' ', '{']).next().unwrap_or_default().into()
    };
    (0..out.len()).filter_map(|n| out.get(n)).map(name).collect()
}

#[test]
fn another_kind_of_content_ends_a_block_and_an_empty_fragment_does_not() {
    let mut out = emitter();
    out.append(0, Channel::Reasoning(ReasoningForm::Full), "a".into());
    out.append(0, Channel::Text, "".into());
    out.append(0, Channel::Reasoning(ReasoningForm::Full), "b".into());
    out.append(0, Channel::Text, "c".into());
    assert_eq!(names(&out), ["BlockStart", "ReasoningDelta", "ReasoningDelta", "BlockEnd", "BlockStart", "TextDelta"]);
}

#[test]
fn a_settled_choice_takes_no_content() {
    let mut out = emitter();
    out.append(0, Channel::Text, "a".into());
    out.finish_reason(0, Reason::Stop, "stop".into());
    out.terminal();
    out.append(0, Channel::Text, "b".into());
    out.call(0, fragment(AT_0, "a", "f", "{}"));
    out.finish_reason(0, Reason::Stop, "stop".into());
    assert_eq!(names(&out), ["BlockStart", "TextDelta", "BlockEnd", "Finish", "Anomaly", "Anomaly"]);
}

#[test]
fn a_delta_for_a_block_that_ended_is_dropped_and_said() {
    let mut out = emitter();
    let block = out.open(0, Place::nowhere(), BlockKind::Text).expect("no limit is near");
    out.end_block(block, crate::BlockClose::Complete);
    out.delta(block, "late".into());
    assert_eq!(names(&out), ["BlockStart", "BlockEnd", "Anomaly"]);
}

#[test]
fn the_strongest_reason_stands_with_the_last_word() {
    let mut out = emitter();
    out.finish_reason(0, Reason::Length, "length".into());
    out.finish_reason(0, Reason::Stop, "stop".into());
    out.end(Some(Close::Clean));
    let finish = (0..out.len()).filter_map(|n| out.get(n)).find_map(|event| match event {
        Event::Finish { reason, raw, .. } => Some((reason, raw)),
        _ => None,
    });
    assert_eq!(finish, Some((Reason::Length, Some("stop"))));
}

#[test]
fn strings_that_are_kept_are_held_to_their_limit() {
    let limits = Limits { identity_bytes: 8, ..Limits::default() };
    let mut out = Emitter::new(limits);
    out.meta(MetaField::Model, "12345678".into());
    assert!(!out.is_over_limit());
    out.meta(MetaField::Model, "87654321".into());
    assert!(!out.is_over_limit(), "a value that replaces another takes its room");
    out.meta(MetaField::Id, "1".into());
    assert!(out.is_over_limit());
}

#[test]
fn the_numbers_of_one_call_are_held_to_the_limit_of_blocks() {
    let mut out = emitter();
    out.call(0, fragment(AT_0, "a", "f", ""));
    let before = out.retained();
    for key in 0..100_000 {
        out.clear();
        out.call(0, fragment(Some(key), "a", "", "1"));
    }
    let per_number = 64;
    assert!(out.retained() - before < per_number * Limits::default().blocks as usize, "{}", out.retained());
}
