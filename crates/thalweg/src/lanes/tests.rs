use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::*;
use crate::dialect::{Claim, Decode, Frame, Oddities};
use crate::emitter::{Channel, Emitter, Failure};
use crate::event::{ErrorKind, MetaField, Protocol, Reason};
use crate::framing::Framing;

/// As much of the protocol as lanes need.
struct Responses;

impl Decode for Responses {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Emitter) {
        let Ok(json) = serde_json::from_str::<Value>(frame.data) else {
            return out.anomaly(AnomalyKind::InvalidJson, Action::Dropped, None);
        };
        match json["type"].as_str().unwrap_or_default() {
            "response.created" => out.meta(MetaField::Id, json["response"]["id"].as_str().unwrap_or_default().into()),
            "response.output_text.delta" => out.append(0, Channel::Text, json["delta"].as_str().unwrap_or("").into()),
            "response.completed" => {
                out.finish_reason(0, Reason::Stop, "completed".into());
                out.terminal();
            }
            "response.incomplete" => {
                out.finish_reason(0, Reason::Other, "steered".into());
                out.terminal();
            }
            "error" => out.error(Failure::new(ErrorKind::Other, "no".into())),
            other => out.unknown(other.into(), frame.data),
        }
    }
}

fn lanes() -> Lanes {
    Lanes::new(&Dialect {
        name: "test".into(),
        protocol: Protocol::OpenaiResponses,
        framing: Framing::Sse,
        claims: |_| Claim::No,
        decoder: |_| Box::new(Responses),
        oddities: Oddities::none(),
    })
}

/// The message `type` of a lane; `-` is the lane without a name.
fn message(lane: &str, kind: &str, field: &str) -> String {
    let lane = if lane == "-" { String::new() } else { format!(",\"stream_id\":\"{lane}\"") };
    format!("{{\"type\":\"{kind}\"{lane}{field}}}")
}

fn created(lane: &str, id: &str) -> String {
    message(lane, "response.created", &format!(",\"response\":{{\"status\":\"in_progress\",\"id\":\"{id}\"}}"))
}

fn delta(lane: &str, text: &str) -> String {
    message(lane, "response.output_text.delta", &format!(",\"delta\":\"{text}\""))
}

fn completed(lane: &str) -> String {
    message(lane, "response.completed", "")
}

/// An event in a few words: `response@lane what`.
fn told(given: &LaneEvent<'_>) -> Option<String> {
    let what = match given.event {
        Event::Start { .. } => "start".into(),
        Event::Meta { value, .. } => format!("id {value}"),
        Event::TextDelta { text, .. } => format!("text {text}"),
        Event::Error { message, .. } => format!("error {message}"),
        Event::Unknown { wire_type, .. } => format!("unknown {wire_type}"),
        Event::Anomaly { kind, .. } => kind.to_string(),
        Event::Heartbeat => "beat".into(),
        Event::End { outcome, evidence, .. } => {
            format!("end {outcome} {}", evidence.close.map_or("early", |close| close.as_str()))
        }
        _ => return None,
    };
    let number = given.response.map_or_else(|| "-".into(), |number| number.to_string());
    Some(format!("{number}@{} {what}", given.lane.unwrap_or("-")))
}

fn drain(lanes: &mut Lanes) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(given) = lanes.poll() {
        events.extend(told(&given));
    }
    events
}

/// The events of messages, polled for after each one; polled for only at the end they are the same.
#[track_caller]
fn check(lanes: fn() -> Lanes, messages: &[String], expected: &[&str]) {
    let (mut at_once, mut late) = (lanes(), lanes());
    let mut events = Vec::new();
    for message in messages {
        at_once.feed(message.as_bytes());
        while let Some(given) = at_once.poll() {
            if let Event::Unknown { json, .. } = given.event {
                assert_eq!(json, message, "what is not known is given whole");
            }
            events.extend(told(&given));
        }
        late.feed(message.as_bytes());
    }
    for lanes in [&mut at_once, &mut late] {
        lanes.finish(Close::Broken);
        lanes.feed(b"{}");
    }
    events.extend(drain(&mut at_once));
    assert_eq!(events, expected);
    assert_eq!(drain(&mut late), expected, "polled for at the end");
    assert_eq!((at_once.open(), late.open()), (0, 0));
}

#[test]
fn lanes_interleave() {
    let messages = [
        created("a", "r1"),
        created("b", "r2"),
        delta("b", "Flow"),
        delta("a", "Ebb"),
        completed("b"),
        delta("a", " and"),
        completed("a"),
    ];
    check(
        lanes,
        &messages,
        &[
            "0@a start",
            "0@a id r1",
            "1@b start",
            "1@b id r2",
            "1@b text Flow",
            "0@a text Ebb",
            "1@b end complete clean",
            "0@a text  and",
            "0@a end complete clean",
        ],
    );
}

#[test]
fn responses_of_one_lane_come_one_after_another() {
    let messages =
        [created("-", "r1"), delta("-", "one"), completed("-"), created("-", "r2"), delta("-", "two"), completed("-")];
    check(
        lanes,
        &messages,
        &[
            "0@- start",
            "0@- id r1",
            "0@- text one",
            "0@- end complete clean",
            "1@- start",
            "1@- id r2",
            "1@- text two",
            "1@- end complete clean",
        ],
    );
}

#[test]
fn a_steered_response_goes_on_as_the_next() {
    let messages = [
        created("a", "r1"),
        message("a", "response.steer.accepted", ",\"steer\":{}"),
        message("a", "response.incomplete", ",\"response\":{\"id\":\"r1\"}"),
        created("a", "r2"),
        completed("a"),
        message("a", "response.steer.failed", ""),
    ];
    check(
        lanes,
        &messages,
        &[
            "0@a start",
            "0@a id r1",
            "0@a unknown response.steer.accepted",
            "0@a end complete clean",
            "1@a start",
            "1@a id r2",
            "1@a end complete clean",
            "-@a unknown response.steer.failed",
        ],
    );
}

#[test]
fn another_response_ends_the_one_that_was_not_ended() {
    let messages = [created("a", "r1"), delta("a", "x"), created("a", "r1"), created("a", "r2"), completed("a")];
    check(
        lanes,
        &messages,
        &[
            "0@a start",
            "0@a id r1",
            "0@a text x",
            "0@a end truncated clean",
            "1@a start",
            "1@a id r2",
            "1@a end complete clean",
        ],
    );
}

#[test]
fn an_error_without_a_lane_is_the_one_responses() {
    let error = || message("-", "error", ",\"error\":{\"message\":\"no\"}");
    check(lanes, &[created("a", "r1"), error()], &["0@a start", "0@a id r1", "0@a error no", "0@a end failed broken"]);
    // Of two it is neither's.
    check(
        lanes,
        &[created("a", "r1"), created("b", "r2"), error()],
        &[
            "0@a start",
            "0@a id r1",
            "1@b start",
            "1@b id r2",
            "2@- start",
            "2@- error no",
            "2@- end failed clean",
            "0@a end truncated broken",
            "1@b end truncated broken",
        ],
    );
}

#[test]
fn a_request_that_is_refused_is_a_response_that_failed() {
    let refused = message("a", "error", ",\"status\":400,\"error\":{\"code\":\"previous_response_not_found\"}");
    check(
        lanes,
        &[refused, created("a", "r1"), completed("a")],
        &["0@a start", "0@a error no", "0@a end failed clean", "1@a start", "1@a id r1", "1@a end complete clean"],
    );
}

#[test]
fn what_belongs_to_no_response_is_shown_and_means_nothing() {
    let messages = [
        "{\"headers\":{}}".into(),
        "{\"type\":\"response.completed\"".into(),
        "not JSON".into(),
        "[1]".into(),
        " \n".into(),
        "".into(),
        created("a", "r1"),
        completed("a"),
        completed("a"),
        delta("a", "late"),
        "{\"type\":\"resp\\u006fnse.completed\",\"stream_id\":\"\\u0061\"}".into(),
    ];
    check(
        lanes,
        &messages,
        &[
            "-@- unknown ",
            "-@- invalid_json",
            "-@- invalid_json",
            "-@- unknown ",
            "0@a start",
            "0@a id r1",
            "0@a end complete clean",
            "-@a unknown response.completed",
            "-@a unknown response.output_text.delta",
            "-@a unknown response.completed",
        ],
    );
}

#[test]
fn a_message_that_cannot_be_read_is_its_lanes_as_far_as_that_is_known() {
    check(
        lanes,
        &[created("a", "r1"), "{\"stream_id\":\"a\",".into(), "{".into()],
        &["0@a start", "0@a id r1", "0@a invalid_json", "-@- invalid_json", "0@a end truncated broken"],
    );
    let mut lanes = lanes();
    lanes.feed(created("a", "r1").as_bytes());
    lanes.feed(b"{\"type\":\"response.output_text.delta\",\"stream_id\":\"a\",\"delta\":\"\xff\"}");
    assert_eq!(drain(&mut lanes), ["0@a start", "0@a id r1", "0@a invalid_utf8", "0@a text \u{fffd}"]);
}

#[test]
fn names_of_lanes_are_decoded_and_an_empty_one_is_none() {
    let escaped = "{\"type\":\"response.output_text.delta\",\"stream_id\":\"\\u0061\",\"delta\":\"x\"}";
    let empty = "{\"type\":\"response.created\",\"stream_id\":\"\",\"response\":{\"id\":\"r2\"}}";
    check(
        lanes,
        &[created("a", "r1"), escaped.into(), empty.into(), completed("-"), completed("a")],
        &[
            "0@a start",
            "0@a id r1",
            "0@a text x",
            "1@- start",
            "1@- id r2",
            "1@- end complete clean",
            "0@a end complete clean",
        ],
    );
}

#[test]
fn a_response_that_failed_makes_room() {
    let one = || lanes().with_open_max(1);
    let messages = [created("a", "r1"), message("a", "error", ""), created("b", "r2"), completed("b")];
    let events = [
        "0@a start",
        "0@a id r1",
        "0@a error no",
        "0@a end failed clean",
        "1@b start",
        "1@b id r2",
        "1@b end complete clean",
    ];
    check(one, &messages, &events);
}

#[test]
fn lanes_are_bounded() {
    let two = || lanes().with_open_max(2);
    let messages = [
        created("a", "r1"),
        created("b", "r2"),
        created("c", "r3"),
        completed("a"),
        // Its beginning is not here, so it is no answer.
        delta("c", "x"),
        completed("c"),
        created(&"n".repeat(NAME_BYTES_MAX + 1), "r4"),
        created(&"n".repeat(NAME_BYTES_MAX), "r5"),
    ];
    let long = "n".repeat(NAME_BYTES_MAX);
    check(
        two,
        &messages,
        &[
            "0@a start",
            "0@a id r1",
            "1@b start",
            "1@b id r2",
            "-@c limit_reached",
            "0@a end complete clean",
            "-@c unknown response.output_text.delta",
            "-@c unknown response.completed",
            "-@- limit_reached",
            &format!("2@{long} start"),
            &format!("2@{long} id r5"),
            "1@b end truncated broken",
            &format!("2@{long} end truncated broken"),
        ],
    );
}

#[test]
fn a_response_that_is_over_costs_nothing() {
    let mut lanes = lanes();
    for n in 0..1000 {
        for message in [created(&format!("lane{n}"), "r"), delta(&format!("lane{n}"), &"x".repeat(10_000))] {
            lanes.feed(message.as_bytes());
        }
        lanes.feed(completed(&format!("lane{n}")).as_bytes());
        drain(&mut lanes);
    }
    assert_eq!(lanes.open(), 0);
    lanes.feed(b"");
    assert!(lanes.retained_bytes() < 2 * KEPT_BYTES, "{}", lanes.retained_bytes());
}

#[test]
fn limits_are_each_responses_own() {
    let small = || lanes().with_limits(Limits { frame_bytes: 100, ..Limits::default() });
    let long = "x".repeat(100);
    check(
        small,
        &[created("a", "r1"), created("b", "r2"), delta("a", &long), delta("a", &long), completed("b")],
        &[
            "0@a start",
            "0@a id r1",
            "1@b start",
            "1@b id r2",
            "0@a limit_reached",
            "0@a end limit early",
            "-@a limit_reached",
            "1@b end complete clean",
        ],
    );
}

#[test]
fn signs_of_life_are_an_open_responses() {
    let beating = || lanes().with_heartbeats(true);
    check(
        beating,
        &[" ".into(), created("-", "r1"), " ".into(), completed("-")],
        &["0@- start", "0@- id r1", "0@- beat", "0@- end complete clean"],
    );
}
