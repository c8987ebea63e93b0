//! What the wire says again, and under which number: it is never given twice, and takes nothing away.

use thalweg::{AnomalyKind, BlockKind, Outcome, Part, Reason, Response};

use super::super::{anomalies, answer, told};
use super::{added, begun, blocks, call_item, check, completed, created, done, frame, input, message, response, text};

fn message_item(id: &str, texts: &[&str]) -> String {
    let parts: Vec<_> = texts.iter().map(|text| format!("{{\"type\":\"output_text\",\"text\":{text:?}}}")).collect();
    format!("{{{id}\"type\":\"message\",\"content\":[{}]}}", parts.join(","))
}

fn snapshot(items: &[String]) -> String {
    response("completed", &format!("\"status\":\"completed\",\"output\":[{}]", items.join(",")))
}

/// A frame about the part of item 0.
fn part(kind: &str, number: u64, fields: &str) -> String {
    frame(&format!("response.{kind}"), &format!("\"output_index\":0,\"content_index\":{number},{fields}"))
}

fn texts(response: &Response) -> Vec<&str> {
    blocks(response).iter().map(|block| &*block.text).collect()
}

#[test]
fn one_number_for_all_items_gives_no_call_twice() {
    let item = message_item("\"id\":\"m\",", &["Hi"]);
    let call = call_item("a", "f", r#""{}""#);
    let body = begun("Hi")
        + &done(0, &item)
        + &added(0, &call_item("a", "f", "\"\""))
        + &input(0, "a", r#""{}""#)
        + &done(0, &call)
        + &snapshot(&[item, call]);
    let response = check(body);
    assert_eq!((told(&response), answer(&response)), (vec![(Some("a"), "f", "{}", "valid")], "Hi".into()));
    assert_eq!(anomalies(&response), []);
}

#[test]
fn items_without_ids_are_told_apart_by_their_numbers_where_some_are_new() {
    let [a, b] = ["A", "B"].map(|text| message_item("", &[text]));
    let body = created() + &done(1, &b) + &snapshot(&[a, b]);
    assert_eq!(texts(&check(body)), ["B", "A"]);
}

#[test]
fn an_item_that_is_done_twice_is_given_once() {
    let items = [
        r#"{"id":"i","type":"image_generation_call","status":"completed","result":"iVBO"}"#,
        r#"{"id":"i","type":"mcp_call","server_label":"s","name":"n","arguments":"{}","output":"x"}"#,
        r#"{"id":"i","type":"something_new","value":1}"#,
    ];
    for item in items {
        let once = check(created() + &done(0, item) + &completed());
        let twice = check(created() + &done(0, item) + &done(0, item) + &completed());
        assert_eq!(blocks(&twice), blocks(&once), "{item}");
        assert_eq!(anomalies(&twice), [AnomalyKind::EndWithoutStart]);
    }
}

#[test]
fn parts_of_a_whole_item_are_found_by_number_or_by_order() {
    let item = added(0, r#"{"id":"m","type":"message","content":[]}"#);
    let streamed = |number: u64, text: &str| {
        part("content_part.added", number, r#""part":{"type":"output_text","text":""}"#)
            + &part("output_text.delta", number, &format!("\"delta\":{text:?}"))
    };
    let whole = done(0, &message_item("\"id\":\"m\",", &["A", "B"])) + &completed();
    let check_parts = |parts: &[(u64, &str)], expected: &[&str]| {
        let frames: String = parts.iter().map(|(number, text)| streamed(*number, text)).collect();
        let response = check(created() + &item + &frames + &whole);
        assert_eq!((&*texts(&response), &*anomalies(&response)), (expected, &[][..]), "{parts:?}");
    };
    check_parts(&[(0, "A"), (1, "B")], &["A", "B"]);
    check_parts(&[(1, "A"), (2, "B")], &["A", "B"]);
    check_parts(&[(1, "B")], &["B", "A"]);
    check_parts(&[(7, "A")], &["A", "B"]);
}

#[test]
fn parts_that_nobody_announced_are_two_where_the_first_is_whole() {
    let item = added(0, r#"{"id":"m","type":"message","content":[]}"#);
    let of = |number: u64, text: &str| {
        part("output_text.delta", number, &format!("\"delta\":{text:?}"))
            + &part("output_text.done", number, &format!("\"text\":{text:?}"))
    };
    let whole = done(0, &message_item("\"id\":\"m\",", &["A", "B"]));
    let response = check(created() + &item + &of(0, "A") + &of(1, "B") + &whole + &completed());
    assert_eq!(texts(&response), ["A", "B"]);
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaWithoutStart]);
    let refusal = part("refusal.delta", 1, r#""delta":"No.""#);
    let first = part("output_text.delta", 0, r#""delta":"A""#);
    let response = check(created() + &item + &first + &refusal + &part("output_text.done", 0, r#""text":"A""#));
    assert_eq!(texts(&response), ["A", "No."]);
}

#[test]
fn a_refusal_that_comes_whole_is_no_text() {
    let body = created() + &message(0) + &part("refusal.done", 0, r#""refusal":"No.""#) + &completed();
    let response = check(body);
    assert_eq!((response.choices[0].refusal(), response.choices[0].text()), ("No.".into(), String::new()));
    assert_eq!(anomalies(&response), [AnomalyKind::KindMismatch]);
}

#[test]
fn an_empty_whole_leaves_what_was_announced() {
    let begin = added(0, r#"{"id":"m","type":"message","content":[]}"#)
        + &part("content_part.added", 0, r#""part":{"type":"output_text","text":"Hello world"}"#);
    let empty = part("output_text.done", 0, r#""text":"""#);
    let response = check(created() + &begin + &text("Hello") + &empty + &completed());
    assert_eq!(response.choices[0].text(), "Hello world");
}

#[test]
fn a_part_of_an_unknown_type_is_kept_whole() {
    let json = r#"{"type":"fancy","text":"x","more":1}"#;
    let item = format!("{{\"id\":\"m\",\"type\":\"message\",\"content\":[{json}]}}");
    let response = check(created() + &done(0, &item) + &completed());
    assert_eq!(blocks(&response)[0].parts, [Part::Json(json.into())]);
}

#[test]
fn a_call_id_that_comes_late_is_the_one_to_answer_under() {
    let begin = added(0, r#"{"id":"fc_a","type":"function_call","name":"f","arguments":""}"#);
    let body = created() + &begin + &done(0, &call_item("a", "f", "\"{}\"")) + &completed();
    assert_eq!(told(&check(body)), [(Some("a"), "f", "{}", "valid")]);
    let other = added(0, &call_item("a", "f", "\"\"")) + &done(0, &call_item("b", "f", "\"{}\""));
    let response = check(created() + &other + &completed());
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::IdChanged]);
}

#[test]
fn a_whole_input_is_held_until_the_name_comes() {
    let begin = added(0, r#"{"id":"fc_a","type":"function_call","call_id":"a","arguments":""}"#);
    let whole = frame("response.function_call_arguments.done", r#""output_index":0,"arguments":"{\"x\":1}""#);
    let body = created() + &begin + &whole;
    let item = done(0, &call_item("a", "f", r#""{\"x\":1}""#));
    assert_eq!(told(&check(body.clone() + &item + &completed())), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(told(&check(body + &completed())), [(Some("a"), "", "{\"x\":1}", "valid")]);
}

#[test]
fn the_name_of_a_hosted_call_may_come_late() {
    let piece = frame("response.mcp_call_arguments.delta", r#""item_id":"i","output_index":0,"delta":"{}""#);
    let item = r#"{"id":"i","type":"mcp_call","server_label":"s","name":"n","arguments":"{}"}"#;
    let response = check(created() + &piece + &done(0, item) + &completed());
    assert_eq!(response.choices[0].hosted_calls().next().and_then(|call| call.name()), Some("n"));
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaWithoutStart, AnomalyKind::NameLate]);
}

#[test]
fn a_shell_call_runs_where_the_type_of_its_environment_says() {
    let item = |environment: &str| {
        let call = r#""id":"sh","type":"shell_call","call_id":"c","action":{"commands":["ls"]}"#;
        created() + &done(0, &format!("{{{call},\"environment\":{environment}}}")) + &completed()
    };
    for local in ["null", r#"{"type":"local","container_id":null,"skills":[{"name":"container-tools"}]}"#] {
        assert_eq!(told(&check(item(local))).len(), 1, "{local}");
    }
    for elsewhere in [r#"{"type":"container_auto"}"#, r#"{"type":"container_reference","container_id":"x"}"#] {
        assert_eq!(told(&check(item(elsewhere))), [], "{elsewhere}");
    }
}

#[test]
fn what_should_be_text_and_is_not_is_never_silent() {
    for frames in [
        part("output_text.delta", 0, r#""delta":{"text":"x"}"#),
        part("function_call_arguments.delta", 0, r#""delta":{"x":1}"#),
        part("function_call_arguments.done", 0, r#""arguments":{"x":1}"#),
    ] {
        let response = check(created() + &frames + &completed());
        assert_eq!(anomalies(&response), [AnomalyKind::BadFrame], "{frames}");
    }
}

#[test]
fn the_end_needs_no_response() {
    let response = check(begun("Hi") + &frame("response.completed", ""));
    assert_eq!((response.choices[0].text(), response.outcome), ("Hi".into(), Some(Outcome::Complete)));
    assert_eq!(response.choices[0].finish.as_ref().map(|finish| finish.reason), Some(Reason::Stop));
}

#[test]
fn both_forms_of_a_computers_action_give_the_longer_one() {
    let item = r#"{"id":"c","type":"computer_call","call_id":"c","action":{"type":"click"},
        "actions":[{"type":"click"},{"type":"wait"}]}"#;
    let response = check(created() + &done(0, &item.replace('\n', "")) + &completed());
    assert!(matches!(blocks(&response)[0].kind, BlockKind::ToolCall { .. }));
    assert_eq!(blocks(&response)[0].text, r#"{"actions":[{"type":"click"},{"type":"wait"}]}"#);
}

/// Nothing is timed here: each of the two took minutes when every item was looked for among all others.
#[test]
fn a_snapshot_of_many_items_ends_at_a_limit() {
    let items: String = (0..4000).map(|number| added(number, r#"{"type":"x"}"#)).collect();
    let parts: String = (0..4000)
        .map(|number| part("content_part.added", 1_000_000 + number, r#""part":{"type":"output_text","text":""}"#))
        .collect();
    let many = vec!["{}"; 300_000].join(",");
    let last = format!("{{\"type\":\"message\",\"content\":[{many}]}}");
    for body in [items + &snapshot(&[many]), parts + &done(0, &last)] {
        assert_eq!(check(created() + &body).outcome, Some(Outcome::Limit));
    }
}
