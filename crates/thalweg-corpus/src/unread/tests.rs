use thalweg::dialect::{Decode, Frame};
use thalweg::emitter::Emitter;
use thalweg::{Detail, Protocol, dialects};

use super::members::{data, members, of_documents};
use super::{Paths, unread_paths};
use crate::Setup;
use crate::eventstream::Message;

fn setup() -> Setup<'static> {
    Setup::from(&dialects::OPENAI_CHAT)
}

#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let unread = unread_paths(setup(), body.as_bytes());
    assert!(unread.iter().eq(expected), "{unread:?}");
}

/// What is left of some frames when each member, in the order of the paths, is taken out.
#[track_caller]
fn check_rests(frames: &[&str], expected: &[(&str, &str)]) {
    let (mut documents, mut body) = (Vec::new(), String::new());
    for frame in frames {
        documents.extend(data(body.len(), frame.as_bytes()));
        body.push_str(frame);
    }
    let mut rests = Vec::new();
    for (path, member) in of_documents(&documents, true) {
        let keeps = |at: &usize| !member.places.iter().any(|place| place.contains(at));
        let rest: Vec<u8> = (0..body.len()).filter(keeps).map(|at| body.as_bytes()[at]).collect();
        rests.push((path, String::from_utf8(rest).expect("a member is text")));
    }
    let rests: Vec<_> = rests.iter().map(|(path, rest)| (&**path, &**rest)).collect();
    assert_eq!(rests, expected);
}

#[test]
fn a_member_goes_with_one_comma() {
    let body = r#" {"a" :1 , "b":[2,{"c":3}]}"#;
    let rests = [("a", r#" {"b":[2,{"c":3}]}"#), ("b", r#" {"a" :1}"#), ("b[].c", r#" {"a" :1 , "b":[2,{}]}"#)];
    check_rests(&[body], &rests);
}

#[test]
fn a_member_that_an_object_has_twice_goes_twice() {
    check_rests(&[r#"{"a":1,"b":2,"a":3,"a":4}"#], &[("a", r#"{"b":2}"#), ("b", r#"{"a":1,"a":3,"a":4}"#)]);
    check_rests(&[r#"{"a":1,"\u0061":2}"#], &[("a", "{}")]);
}

#[test]
fn binary_messages_are_looked_into() {
    let messages = [
        Message::event("messageStart", r#"{"role":"assistant","p":"ab"}"#),
        Message::event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"Ebb"},"p":"ab"}"#),
        Message::event("messageStop", r#"{"stopReason":"end_turn","mood":"calm"}"#),
    ];
    let body = messages.map(|message| message.encode()).concat();
    let unread = ["contentBlockDelta: p", "messageStart: p", "messageStart: role", "messageStop: mood"];
    let damaged = [&body[..], b"\0\0"].concat();
    for body in [&body, &damaged] {
        assert!(unread_paths(&dialects::BEDROCK_CONVERSE, body).iter().eq(unread));
    }
    let frame = r#"{"generation":"Ebb","stop_reason":"stop","mood":"calm"}"#;
    let body = Message::chunk(frame).encode();
    assert!(unread_paths(&dialects::BEDROCK_LLAMA, &body).iter().eq(["mood"]), "what is wrapped");
}

#[test]
fn a_member_goes_from_every_frame() {
    let events = ["data: {\"a\":1}\n\n", ": x\n\n", "data:{\"a\":2,\"b\":3}\r\n\r\n", "data: [DONE]\n\n"];
    let rests = [
        ("a", "data: {}\n\n: x\n\ndata:{\"b\":3}\r\n\r\ndata: [DONE]\n\n"),
        ("b", "data: {\"a\":1}\n\n: x\n\ndata:{\"a\":2}\r\n\r\ndata: [DONE]\n\n"),
    ];
    check_rests(&events, &rests);
    check_rests(&["\u{feff}{\"a\":1}\n", "{\"a\":2}"], &[("a", "\u{feff}{}\n{}")]);
}

#[test]
fn data_on_several_lines_is_one_document() {
    let rests = [("a", "data: {\ndata:\ndata:\"b\":2}\n\n"), ("b", "data: {\"a\":\ndata: 1\ndata:}\n\n")];
    check_rests(&["data: {\"a\":\ndata: 1,\ndata: \"b\":2}\n\n"], &rests);
}

#[test]
fn paths_say_the_frames_type_and_quote_what_could_be_mistaken() {
    check_rests(&[r#"[{"a.b":{"":1}}]"#], &[("[].\"a.b\"", "[{}]"), ("[].\"a.b\".\"\"", r#"[{"a.b":{}}]"#)]);
    check_rests(&[r#"{"a":1,"type":"error"}"#], &[("error: a", r#"{"type":"error"}"#), ("error: type", r#"{"a":1}"#)]);
    check_rests(&[r#"{"a":1,"type":{}}"#], &[("a", r#"{"type":{}}"#), ("type", r#"{"a":1}"#)]);
}

#[test]
fn damaged_and_unknown_frames_have_no_members() {
    let body = "data: {\"a\":1\n\ndata: {\"object\":\"test\",\"b\":1}\n\ndata: \"c\"\n\n";
    assert!(members(&setup(), body.as_bytes(), None).is_empty());
}

#[test]
fn the_topmost_that_is_unread_is_listed() {
    let body =
        r#"{"choices":[{"message":{"content":"Hi","mood":{"is":"calm"}},"finish_reason":"stop","x":{"y":[{"z":1}]}}]}"#;
    check(body, &["choices[].message.mood", "choices[].x"]);
}

#[test]
fn a_default_is_read_and_of_two_equal_fields_the_one_that_counts() {
    let choice = r#"{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}"#;
    let usage = r#"{"prompt_tokens":3,"prompt_cache_hit_tokens":2,"prompt_tokens_details":{"cached_tokens":2}}"#;
    check(&format!(r#"{{"choices":[{choice}],"usage":{usage}}}"#), &["usage.prompt_cache_hit_tokens"]);
}

#[test]
fn what_one_body_reads_is_read() {
    let body = |refusal: &str| {
        format!(r#"{{"choices":[{{"message":{{"content":"Hi","refusal":{refusal}}},"finish_reason":"stop"}}]}}"#)
    };
    check(&body("null"), &["choices[].message.refusal"]);
    check(&body("\"No\""), &[]);
    let mut paths = Paths::default();
    for refusal in ["\"No\"", "null"] {
        paths.see(setup(), body(refusal).as_bytes());
    }
    assert!(paths.unread().is_empty());
}

/// Of a protocol whose frames have types, and reads nothing.
struct Blind;

impl Decode for Blind {
    fn frame(&mut self, _: Frame<'_>, _: &mut Emitter) {}
}

#[test]
fn frames_of_different_types_have_different_members() {
    let mut dialect = dialects::OPENAI_CHAT.clone();
    dialect.protocol = Protocol::AnthropicMessages;
    dialect.decoder = |_| Box::new(Blind);
    let body = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"a\"}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    let unread = unread_paths(&dialect, body.as_bytes());
    assert!(unread.iter().eq(["message_start: message", "message_start: type", "message_stop: type"]), "{unread:?}");
}

#[test]
fn extras_are_read_where_they_are_asked_for() {
    let body = b"data: {\"choices\":[],\"obfuscation\":\"xx\",\"served_by\":\"x\"}\n\n";
    let unread = |setup| unread_paths(setup, body).into_iter().collect::<Vec<_>>();
    assert_eq!(unread(setup()), ["obfuscation", "served_by"]);
    let mut full = setup();
    full.detail = Detail::Full;
    assert_eq!(unread(full), ["obfuscation"]);
}
