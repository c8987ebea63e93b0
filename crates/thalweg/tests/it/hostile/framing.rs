//! Server-sent events and bodies.

use thalweg::{
    AnomalyKind, Close, ErrorKind, LimitKind, Limits, Normalizer, Origin, Outcome, Protocol, Response, Retry, registry,
};
use thalweg_corpus::Chunking;

use super::{anomalies, answer, check, check_closed, delta, end, feed, finish, fold, normalizer, text, told};

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_field() {
    let body = format!("\u{feff}{}{}", text("a"), end("stop"));
    assert_eq!(answer(&check(&body)), "a");
    let middle = format!("{}\u{feff}{}{}", text("a"), text("lost"), end("stop"));
    assert_eq!(check(&middle).choices[0].text(), "a", "behind the first byte it is a part of a field's name");
}

#[test]
fn an_invalid_byte_costs_one_character() {
    let body = text("a") + &text("b~") + &text("c") + &end("stop");
    let body: Vec<u8> = body.into_bytes().into_iter().map(|byte| if byte == b'~' { 0xff } else { byte }).collect();
    let response = check(&body);
    assert_eq!(response.choices[0].text(), "ab\u{fffd}c");
    assert_eq!(anomalies(&response), [AnomalyKind::InvalidUtf8]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
}

#[test]
fn crlf_is_one_line_end_however_it_is_cut() {
    let body =
        format!("event: x\ndata: {{\"choices\":\ndata: [{{\"delta\":{{\"content\":\"a\"}}}}]}}\n\n{}", end("stop"));
    assert_eq!(answer(&check(body.replace('\n', "\r\n"))), "a");
}

#[test]
fn every_line_end_ends_a_line() {
    let frame = "data: {\"choices\":{1}data: [{\"delta\":{2}data: {\"content\":\"a\"}}]}{3}{4}";
    for [one, two, three, four] in
        [["\n", "\r", "\r\n", "\n"], ["\r", "\r\n", "\r", "\r"], ["\r\n", "\n", "\r", "\r\n"]]
    {
        let frame = frame.replace("{1}", one).replace("{2}", two).replace("{3}", three).replace("{4}", four);
        assert_eq!(answer(&check(frame.clone() + &end("stop"))), "a", "{frame:?}");
    }
    for line_end in ["\n", "\r", "\r\n"] {
        let body = (text("a") + &end("stop")).replace('\n', line_end);
        assert_eq!(answer(&check(body)), "a", "{line_end:?}");
    }
}

#[test]
fn the_space_behind_the_colon_is_optional_and_others_are_kept() {
    let body = (text("  a  ") + &end("stop")).replace("data: ", "data:");
    assert_eq!(answer(&check(&body)), "  a  ");
    assert_eq!(answer(&check(body.replace("data:", "data:   "))), "  a  ");
}

#[test]
fn two_data_lines_are_one_frame() {
    let body = text("a").replace(":[", ":[\ndata: ") + &end("stop");
    assert_eq!(answer(&check(body)), "a");
}

#[test]
fn the_last_frame_needs_no_blank_line() {
    for cut in 1..=2 {
        let done = text("a") + &end("stop");
        let response = check(&done[..done.len() - cut]);
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert_eq!(anomalies(&response), [AnomalyKind::UnterminatedFrame]);
        assert!(response.evidence.is_some_and(|evidence| evidence.sentinel));
        let json = text("a") + &finish("stop");
        let response = check(&json[..json.len() - cut]);
        assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Complete), "a"));
        assert_eq!(anomalies(&response), [AnomalyKind::UnterminatedFrame]);
    }
}

#[test]
fn half_a_last_frame_says_nothing() {
    let whole = text("a") + &finish("stop");
    let response = check(&whole[..whole.len() - 4]);
    assert_eq!(response.outcome, Some(Outcome::Truncated));
    assert_eq!(response.choices[0].finish, None);
    assert_eq!(anomalies(&response), [AnomalyKind::UnterminatedFrame]);
}

#[test]
fn the_end_mark_may_be_written_loosely_and_twice() {
    for done in ["data: [DONE] \n\n", "data:[DONE]\n\n", "data:   [DONE]\t\n\n", "data: [DONE]\n\ndata: [DONE]\n\n"] {
        let response = check(text("a") + &finish("stop") + done);
        assert_eq!(answer(&response), "a", "{done:?}");
        assert!(response.evidence.is_some_and(|evidence| evidence.sentinel && evidence.terminal), "{done:?}");
    }
}

#[test]
fn an_end_mark_inside_a_frame_is_none() {
    let response = check(text("a") + "data: [DONE]\ndata: {}\n\n" + &text("b") + &finish("stop"));
    assert_eq!(response.choices[0].text(), "ab");
    assert_eq!(anomalies(&response), [AnomalyKind::InvalidJson]);
    assert!(response.evidence.is_some_and(|evidence| !evidence.sentinel));
    assert_eq!(
        answer(&check(text("[DONE]") + &text("\n\ndata: [DONE]\n\n") + &end("stop"))),
        "[DONE]\n\ndata: [DONE]\n\n"
    );
}

#[test]
fn content_behind_the_end_mark_is_dropped() {
    let late = delta("\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]");
    let response = check(text("a") + &end("stop") + &text("b") + &late);
    assert_eq!((response.choices[0].text().as_str(), told(&response)), ("a", vec![]));
    assert_eq!(anomalies(&response), [AnomalyKind::ContentAfterFinish]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
}

#[test]
fn what_is_no_data_changes_nothing() {
    let noise = [
        ":",
        ":\n",
        ": data: [DONE]\n",
        "id: 1\0 2\n",
        "id\n",
        "retry: abc\n",
        "retry: 99999999999999999999999\n",
        "no colon\n",
        "unknown: field\n",
        "event: ping\n\n",
        "event\n",
        "data\n\n",
        "data:\n\n",
        "data: \n\n",
        "data: {\"type\": \"ping\"}\n\n",
        "data: { \"type\":\"ping\" }\n\n",
        "event: ping\ndata: {}\n\n",
    ];
    for noise in noise {
        let noise = if noise.ends_with('\n') { noise.into() } else { format!("{noise}\n") };
        let body = [&noise, &*text("a"), &noise, &text("b"), &noise, &end("stop"), &noise].concat();
        assert_eq!(answer(&check(&body)), "ab", "{noise:?}");
    }
    assert_eq!(answer(&check("\n".repeat(10_000) + &text("a") + &"\r\n".repeat(10_000) + &end("stop"))), "a");
}

#[test]
fn an_id_with_nul_is_no_id() {
    let mut normalizer = normalizer();
    normalizer.feed(b"id: 1\0\ndata: {}\n\nid: 2\ndata: {}\n\nid\ndata: {}\n\nretry: abc\nretry: 12\ndata: {}\n\n");
    let mut seen = Vec::new();
    while let Some(frame) = normalizer.poll_frame() {
        seen.push((frame.id.map(String::from), frame.retry_ms));
    }
    assert_eq!(seen, [(None, None), (Some("2".into()), None), (Some(String::new()), None), (None, Some(12))]);
}

#[test]
fn a_json_error_body_is_the_providers_error() {
    let body = "{\n  \"error\": {\n    \"message\": \"Slow down.\",\n    \"code\": 429,\n    \"type\": \"x\"\n  }\n}\n";
    for body in [
        body.to_owned(),
        body.replace('\n', "\r\n"),
        format!("\n\n{body}"),
        format!("data: {}\n\n", body.replace('\n', "")),
    ] {
        let response = check(&body);
        assert_eq!(response.outcome, Some(Outcome::Failed), "{body:?}");
        let [error] = &response.errors[..] else { panic!("one error of {body:?}: {:?}", response.errors) };
        assert_eq!((error.kind, error.retry, error.origin), (ErrorKind::RateLimit, Retry::Yes, Origin::Provider));
        assert_eq!((&*error.message, error.status), ("Slow down.", Some(429)));
    }
}

#[test]
fn a_pretty_printed_error_between_frames_is_read() {
    let error = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"Overloaded.\"\n  }\n}\n\n";
    let response = check(text("a") + error);
    assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Failed), "a"));
    assert_eq!((response.errors.len(), response.errors[0].kind), (1, ErrorKind::Overloaded));
    assert_eq!(anomalies(&response), [AnomalyKind::BareJson]);
}

#[test]
fn a_body_that_is_no_stream_is_a_local_error() {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 10, 10, 4];
    let bodies: [&[u8]; 7] = [
        b"<!DOCTYPE html>\n<html><body>502\n\ndata: {\"choices\":[]}\n\n</body></html>",
        b"\n <html>",
        &gzip,
        b"\x28\xb5\x2f\xfd\x04\x00",
        b"\x00\x01\x02",
        b"upstream connect error or disconnect/reset before headers",
        b"",
    ];
    for body in bodies {
        let response = check(body);
        assert_eq!(response.outcome, Some(Outcome::Failed), "{body:?}");
        assert_eq!(response.errors.len(), 1, "{:?}", response.errors);
        assert_eq!((response.errors[0].kind, response.errors[0].origin), (ErrorKind::NotAStream, Origin::Local));
        assert!(response.choices.is_empty());
    }
    assert_eq!(check_closed(b"", Close::Broken).outcome, Some(Outcome::Truncated), "a connection that broke at once");
}

#[test]
fn frames_of_another_protocol_are_unknown_and_no_answer() {
    let body = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n\
        data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\n";
    let response = check(body);
    assert_eq!((response.unknown.len(), response.choices.len()), (2, 0));
    assert_eq!(response.outcome, Some(Outcome::Truncated));
    let chat = registry::ALL.iter().copied().filter(|dialect| dialect.protocol == Protocol::OpenaiChat);
    let detected = fold(Normalizer::detect(chat), [body.as_bytes()], Close::Clean);
    assert_eq!(detected.outcome, Some(Outcome::Failed));
    assert_eq!((detected.errors.len(), detected.errors[0].origin), (1, Origin::Local));
}

#[test]
fn four_mebibytes_in_one_line_are_one_delta() {
    let content = "wave ".repeat((4 << 20) / 5);
    let body = text(&content) + &end("stop");
    let response = fold(normalizer(), body.as_bytes().chunks(1024), Close::Clean);
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert!(response.choices[0].text() == content);
}

#[test]
fn eighty_thousand_events_in_one_chunk_all_come_out() {
    let body: String = (0..80_000).map(|n| text(["a", "b"][n % 2])).collect();
    let response = fold(normalizer(), [(body + &end("stop")).as_bytes()], Close::Clean);
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert!(response.choices[0].text() == "ab".repeat(40_000));
    assert_eq!(response.evidence.map(|evidence| evidence.frames), Some(80_002));
}

#[test]
fn a_line_over_the_limit_ends_the_stream() {
    let mut limits = Limits::default();
    limits.frame_bytes = 1024;
    let long = text(&"x".repeat(2000));
    for body in
        [text("a") + &long + &text("b") + &end("stop"), text("a") + &long[..1500], text("a") + ":" + &"x".repeat(3000)]
    {
        for chunking in [Chunking::Whole, Chunking::Bytes(1), Chunking::Bytes(700)] {
            let normalizer = normalizer().with_limits(limits);
            let response = fold(normalizer, chunking.split(body.as_bytes()), Close::Clean);
            assert_eq!(response.outcome, Some(Outcome::Limit), "{chunking}");
            assert_eq!(response.choices[0].text(), "a", "{chunking}");
            assert_eq!(anomalies(&response), [AnomalyKind::LimitReached], "{chunking}");
            assert_eq!(response.evidence.and_then(|evidence| evidence.limit), Some(LimitKind::FrameBytes));
        }
    }
}

#[test]
fn bytes_without_a_line_end_do_not_fill_the_memory() {
    let mut limits = Limits::default();
    limits.frame_bytes = 1 << 20;
    let mut normalizer = normalizer().with_limits(limits);
    let mut response = Response::default();
    for _ in 0..64 {
        feed(&mut normalizer, &[b'x'; 64 << 10], &mut response);
        assert!(normalizer.retained_bytes() < 4 << 20, "{}", normalizer.retained_bytes());
    }
    assert_eq!(response.outcome, Some(Outcome::Limit));
}

#[test]
fn characters_survive_every_cut() {
    let body = text("é水🌊") + &delta("\"content\":\"\\ud83c\\udf0a\\u00e9\"") + &end("stop");
    assert_eq!(answer(&check(body)), "é水🌊🌊é");
}
