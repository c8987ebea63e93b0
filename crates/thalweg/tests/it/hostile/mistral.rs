//! Mistral's chat completions, where they differ from other chunks. What the inputs are, and how they are decoded, is said
//! in the parent module.

use thalweg::{Close, Outcome, Reason, Response};

use super::{anomalies, answer, check_as, delta, end, finished, text, told};

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as("mistral", body.as_ref(), Close::Clean)
}

/// A frame of content in parts.
fn parts(list: &str) -> String {
    delta(&format!("\"content\":[{list}]"))
}

fn call(fields: &str, name: &str, arguments: &str) -> String {
    delta(&format!("\"tool_calls\":[{{{fields}\"function\":{{\"name\":{name:?},\"arguments\":{arguments}}}}}]"))
}

#[test]
fn the_word_null_is_no_id() {
    let named = call("\"index\":0,\"id\":\"a\",", "f", "\"{\\\"x\\\":\"");
    let more = call("\"index\":0,\"id\":\"null\",", "", "\"1}\"");
    let response = check(named + &more + &end("tool_calls"));
    assert_eq!((told(&response), answer(&response).as_str()), (vec![(Some("a"), "f", "{\"x\":1}", "valid")], ""));
    let anonymous = check(call("\"id\":\"null\",", "f", "\"{}\"") + &end("tool_calls"));
    assert_eq!((told(&anonymous), answer(&anonymous).as_str()), (vec![(None, "f", "{}", "valid")], ""));
}

#[test]
fn calls_without_an_index_are_each_their_own() {
    let two = call("\"id\":\"a\",", "f", "\"{\\\"x\\\":1}\"") + &call("\"id\":\"b\",", "f", "{\"x\": 2}");
    let response = check(two + &end("tool_calls"));
    let wanted = [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"x\": 2}", "valid")];
    assert_eq!((told(&response), answer(&response).as_str()), (wanted.to_vec(), ""));
    let one = "\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}";
    let list = format!("\"tool_calls\":[{{{one}}},{{{}}}]", one.replace("\"a\"", "\"b\""));
    let last =
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{list}}},\"finish_reason\":\"tool_calls\"}}]}}\n\n");
    let response = check(last + "data: [DONE]\n\n");
    assert_eq!((told(&response).len(), finished(&response)), (2, Some((Reason::ToolCalls, Some("tool_calls")))));
}

#[test]
fn content_changes_between_text_and_parts_and_stays_in_order() {
    let thought = parts("{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"r\"}]}");
    let both = parts(
        "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"s\"}]},{\"type\":\"text\",\"text\":\"a\"}",
    );
    let response =
        check(thought + &both + &text("b") + &parts("{\"type\":\"text\",\"text\":\"c <thi\"}") + &end("stop"));
    assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("abc <thi", "rs"));
    assert_eq!(response.choices[0].blocks.len(), 2);
    let odd = check(parts("null,7,{\"type\":\"text\"},{\"type\":\"text\",\"text\":null}") + &text("a") + &end("stop"));
    assert_eq!((odd.choices[0].text().as_str(), odd.outcome), ("a", Some(Outcome::Complete)));
    assert_eq!(anomalies(&odd), [thalweg::AnomalyKind::BadFrame]);
}

#[test]
fn a_reference_cites_the_text_before_it_and_breaks_nothing() {
    let reference = "{\"type\":\"reference\",\"reference_ids\":[0]}";
    let response = check(text("a") + &parts(reference) + &text("b") + &parts(reference) + &end("stop"));
    assert_eq!((answer(&response).as_str(), response.choices[0].blocks.len()), ("ab", 1));
    assert_eq!(response.choices[0].blocks[0].parts.len(), 2);
}

#[test]
fn a_full_context_is_a_length() {
    let response = check(text("a") + &end("model_length"));
    assert_eq!(finished(&response), Some((Reason::Length, Some("model_length"))));
    assert_eq!(response.outcome, Some(Outcome::Incomplete));
}

#[test]
fn padding_is_nothing() {
    let padded = (text("a") + &text("b")).replace("]}\n", "],\"p\":\"abcdefghij\"}\n");
    assert_eq!(answer(&check(padded + &end("stop"))), "ab");
}
