//! OpenAI Responses: what broke readers of other protocols, said in its events, and what only it can say.

use thalweg::fold::Block;
use thalweg::{
    AnomalyKind, BlockClose, BlockKind, Close, Count, ErrorKind, Event, Normalizer, Outcome, Reason, ReasoningForm,
    Response, Retry, Stage, registry,
};

use super::{DONE, anomalies, answer, check_as, feed, finished, told};

mod calls;
mod ends;
mod hosts;
mod said_again;

fn check(body: impl AsRef<[u8]>) -> Response {
    check_closed(body.as_ref(), Close::Clean)
}

fn check_closed(body: &[u8], close: Close) -> Response {
    check_as(NAME, body, close)
}

fn normalizer() -> Normalizer {
    Normalizer::new(registry::find(NAME).expect("it is registered"))
}

/// A frame of a type, with its other fields. Numbers are optional on this wire, so that frames can be put together.
fn frame(kind: &str, fields: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{}{fields}}}\n\n", if fields.is_empty() { "" } else { "," })
}

fn response(kind: &str, fields: &str) -> String {
    frame(&format!("response.{kind}"), &format!("\"response\":{{\"id\":\"r1\",\"object\":\"response\",{fields}}}"))
}

fn created() -> String {
    response("created", r#""status":"in_progress","output":[]"#)
}

fn completed() -> String {
    response("completed", r#""status":"completed","output":[]"#)
}

fn added(index: impl core::fmt::Display, item: &str) -> String {
    frame("response.output_item.added", &format!("\"output_index\":{index},\"item\":{item}"))
}

fn done(index: impl core::fmt::Display, item: &str) -> String {
    frame("response.output_item.done", &format!("\"output_index\":{index},\"item\":{item}"))
}

fn message(index: u32) -> String {
    added(index, r#"{"id":"m","type":"message","role":"assistant","content":[]}"#)
        + &frame(
            "response.content_part.added",
            &format!(
                "\"item_id\":\"m\",\"output_index\":{index},\"content_index\":0,\
                 \"part\":{{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}}"
            ),
        )
}

fn text_of(index: u32, text: &str) -> String {
    frame(
        "response.output_text.delta",
        &format!("\"item_id\":\"m\",\"output_index\":{index},\"content_index\":0,\"delta\":{text:?}"),
    )
}

fn text(text: &str) -> String {
    text_of(0, text)
}

/// The beginning of an answer of text.
fn begun(words: &str) -> String {
    created() + &message(0) + &text(words)
}

fn call_item(id: &str, name: &str, arguments: &str) -> String {
    format!(
        "{{\"id\":\"fc_{id}\",\"type\":\"function_call\",\"call_id\":\"{id}\",\"name\":\"{name}\",\
         \"arguments\":{arguments}}}"
    )
}

/// A piece of a call's input, a string as the wire writes it.
fn input(index: impl core::fmt::Display, id: &str, fragment: &str) -> String {
    frame(
        "response.function_call_arguments.delta",
        &format!("\"item_id\":\"fc_{id}\",\"output_index\":{index},\"delta\":{fragment}"),
    )
}

/// A call in an answer of its own, its input (a string as the wire writes it) in one delta.
fn one_call(json: &str) -> String {
    created()
        + &added(0, &call_item("a", "f", "\"\""))
        + &input(0, "a", json)
        + &done(0, &call_item("a", "f", json))
        + &completed()
}

fn blocks(response: &Response) -> &[Block] {
    response.choices.first().map_or(&[], |choice| &choice.blocks)
}

#[test]
fn a_refusal_is_its_own_content_and_its_own_reason() {
    let part = |kind: &str, fields: &str| {
        frame(
            &format!("response.{kind}"),
            &format!("\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,{fields}"),
        )
    };
    let item = added(0, r#"{"id":"m","type":"message","role":"assistant","content":[]}"#);
    let body = [
        created(),
        item,
        part("content_part.added", r#""part":{"type":"refusal","refusal":""}"#),
        part("refusal.delta", r#""delta":"I can't""#),
        part("refusal.delta", r#""delta":" help.""#),
        part("refusal.done", r#""refusal":"I can't help.""#),
        done(0, r#"{"id":"m","type":"message","content":[{"type":"refusal","refusal":"I can't help."}]}"#),
        completed(),
    ];
    let response = check(body.concat());
    assert_eq!((response.choices[0].refusal(), answer(&response)), ("I can't help.".into(), String::new()));
    assert_eq!(finished(&response), Some((Reason::Refusal, Some("completed"))));
}

#[test]
fn encrypted_reasoning_is_that_of_the_items_end() {
    for (begin, end) in [
        (r#"{"id":"rs","type":"reasoning","summary":[]}"#, "whole"),
        (r#"{"id":"rs","type":"reasoning","summary":[],"encrypted_content":""}"#, "whole"),
        (r#"{"id":"rs","type":"reasoning","summary":[],"encrypted_content":"who"}"#, "whole"),
    ] {
        let item = |data: &str| {
            format!("{{\"id\":\"rs\",\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"{data}\"}}")
        };
        let last = response("completed", &format!("\"status\":\"completed\",\"output\":[{}]", item("other")));
        let response = check(created() + &added(0, begin) + &done(0, &item(end)) + &last);
        let [block] = blocks(&response) else { panic!("one block: {response:#?}") };
        assert_eq!((block.text.as_str(), block.encrypted.as_deref()), ("", Some("whole")), "{begin}");
        assert_eq!(block.kind, BlockKind::reasoning(ReasoningForm::Encrypted), "{begin}");
        assert_eq!(response.outcome, Some(Outcome::Complete), "{begin}");
    }
}

#[test]
fn half_a_tag_at_the_end_is_text() {
    for tail in ["<", "<think", "</think", "<tool_call>"] {
        let body = begun("Low ") + &text(&tail[..1]) + &text(&tail[1..]) + &completed();
        assert_eq!(answer(&check(body)), format!("Low {tail}"));
    }
}

#[test]
fn a_message_needs_no_role_and_no_content() {
    let body = created()
        + &added(0, r#"{"id":"m","type":"message"}"#)
        + &frame("response.content_part.added", r#""output_index":0,"content_index":0,"part":{"type":"output_text"}"#)
        + &text("a")
        + &completed();
    assert_eq!(answer(&check(body)), "a");
}

#[test]
fn a_whole_text_that_repeats_its_deltas_is_nothing_and_another_is_said() {
    let whole = |text: &str| {
        frame("response.output_text.done", &format!("\"output_index\":0,\"content_index\":0,\"text\":{text:?}"))
            + &done(
                0,
                &format!(
                    "{{\"id\":\"m\",\"type\":\"message\",\"content\":[{{\"type\":\"output_text\",\"text\":{text:?}}}]}}"
                ),
            )
    };
    for (deltas, whole_text, found) in [
        (&["Low", " tide"][..], "Low tide", &[][..]),
        (&[], "Low tide", &[]),
        (&["Low"], "Low tide", &[]),
        (&["High tide"], "Low tide", &[AnomalyKind::RestatementDiffers]),
        (&["Low tide", "s"], "Low tide", &[AnomalyKind::RestatementDiffers]),
    ] {
        let deltas: String = deltas.iter().map(|delta| text(delta)).collect();
        let response = check(created() + &message(0) + &deltas + &whole(whole_text) + &completed());
        assert_eq!(response.choices[0].text(), "Low tide", "{deltas}");
        assert_eq!(anomalies(&response), found, "{deltas}");
        assert_eq!(response.outcome, Some(Outcome::Complete));
    }
}

#[test]
fn an_id_that_changes_on_every_event_changes_nothing() {
    let body = begun("a") + &text("b").replace("\"m\"", "\"n\"") + &text("c").replace("\"m\"", "\"\"") + &completed();
    let response = check(body);
    assert_eq!((response.choices[0].text().as_str(), blocks(&response).len()), ("abc", 1));
    assert_eq!(blocks(&response)[0].place.id.as_deref(), Some("m"), "the first is the item's");
}

#[test]
fn unknown_events_items_and_parts_change_nothing() {
    let item = r#"{"id":"x","type":"tide_table","rows":[1, 2]}"#;
    let part = r#""output_index":0,"content_index":1,"part":{"type":"tide","low":true}"#;
    for odd in [
        frame("response.tide.rising", "\"rows\":[1]"),
        frame("tide", ""),
        frame("response.tide_call.in_progress", "\"output_index\":0,\"item_id\":\"m\""),
        added(7, item) + &done(7, item),
        frame("response.content_part.added", part) + &frame("response.content_part.done", part),
        frame("response.output_text.delta", "\"output_index\":0,\"content_index\":0,\"delta\":\"\",\"tide\":{}"),
        frame("keepalive", "\"sequence_number\":466"),
        frame("response.keep_alive", ""),
    ] {
        let response = check(begun("a") + &odd + &text("b") + &completed());
        assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab", Some(Outcome::Complete)), "{odd}");
        assert!(response.errors.is_empty(), "{odd}: {:?}", response.errors);
    }
    let response = check(created() + &added(0, item) + &done(0, item) + &completed());
    let [block] = blocks(&response) else { panic!("one block: {response:#?}") };
    assert_eq!(block.kind, BlockKind::other("tide_table".into()));
    assert!(format!("{:?}", block.parts).contains("[1, 2]"), "its JSON is there as sent");
}

#[test]
fn a_citation_comes_once_however_often_it_is_said() {
    let cited = r#"{"type":"url_citation","url":"https://example.com/t","title":"T","start_index":0,"end_index":1}"#;
    let said = frame(
        "response.output_text.annotation.added",
        &format!("\"output_index\":0,\"content_index\":0,\"annotation_index\":0,\"annotation\":{cited}"),
    );
    let part = format!("{{\"type\":\"output_text\",\"text\":\"a\",\"annotations\":[{cited}]}}");
    let part_done =
        frame("response.content_part.done", &format!("\"output_index\":0,\"content_index\":0,\"part\":{part}"));
    let item = format!("{{\"id\":\"m\",\"type\":\"message\",\"content\":[{part}]}}");
    let last = response("completed", &format!("\"status\":\"completed\",\"output\":[{item}]"));
    for body in [
        begun("a") + &said + &part_done + &done(0, &item) + &last,
        begun("a") + &part_done + &done(0, &item) + &last,
        begun("a") + &done(0, &item) + &last,
        begun("a") + &said + &last,
    ] {
        let response = check(body.clone());
        assert_eq!((answer(&response).as_str(), blocks(&response)[0].parts.len()), ("a", 1), "{body}");
    }
}

#[test]
fn equal_deltas_are_not_taken_for_a_loop() {
    let body = begun("") + &text(" ha").repeat(150) + &completed();
    assert_eq!(answer(&check(body)), " ha".repeat(150));
}

#[test]
fn any_place_is_a_place_and_costs_nothing() {
    for index in ["2147483648", "4294967295", "18446744073709551615", "1e400", "-1", "1.5", "\"0\"", "null", "[0]"] {
        let body = created()
            + &added(0, &call_item("a", "f", "\"\""))
            + &done(0, &call_item("a", "f", r#""{\"x\":1}""#))
            + &added(index, &call_item("b", "g", "\"\""))
            + &input(index, "b", r#""{\"x\":""#)
            + &input(index, "b", r#""2}""#)
            + &done(index, &call_item("b", "g", r#""{\"x\":2}""#))
            + &completed();
        let mut normalizer = normalizer();
        let mut response = Response::default();
        feed(&mut normalizer, body.as_bytes(), &mut response);
        assert!(normalizer.retained_bytes() < 64 << 10, "index {index}: {}", normalizer.retained_bytes());
        let calls = [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "g", "{\"x\":2}", "valid")];
        assert_eq!(told(&check(body)), calls, "index {index}");
    }
}

#[test]
fn the_last_of_two_types_stands() {
    let twice = text("b").replace("data: {", "data: {\"type\":\"response.tide\",");
    assert_eq!(answer(&check(begun("a") + &twice + &completed())), "ab");
}

#[test]
fn signs_of_life_behind_the_end_do_not_open_the_stream_again() {
    let mut normalizer = normalizer();
    normalizer.feed((begun("a") + &completed()).as_bytes());
    while normalizer.poll().is_some() {}
    assert_eq!(normalizer.stage(), Stage::Settled);
    for _ in 0..1000 {
        normalizer.feed(frame("keepalive", "").as_bytes());
        normalizer.feed(b": keep-alive\n\n");
        assert!(normalizer.poll().is_none(), "a sign of life is no event");
        assert_eq!(normalizer.stage(), Stage::Settled);
    }
    assert!(normalizer.retained_bytes() < 64 << 10);
}

#[test]
fn frames_of_another_protocol_are_no_answer() {
    let chat = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\
                \"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    for body in [chat.to_owned(), chat.to_owned() + DONE, created() + chat] {
        let response = check(&body);
        assert_ne!(response.outcome, Some(Outcome::Complete), "{body}");
        assert_eq!(blocks(&response), [], "{body}");
    }
    assert_eq!(answer(&check(begun("a") + &completed())), "a");
}

const NAME: &str = "openai-responses";
