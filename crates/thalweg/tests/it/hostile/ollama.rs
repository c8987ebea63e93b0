//! Ollama's own API. What the inputs are, and how they are decoded, is said in the parent module.

use thalweg::{
    AnomalyKind, Close, ErrorKind, LimitKind, Limits, Normalizer, Origin, Outcome, Reason, Response, dialects,
};
use thalweg_corpus::Chunking;

use super::{anomalies, answer, check_as, feed, finished, fold, told};

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as("ollama", body.as_ref(), Close::Clean)
}

fn normalizer() -> Normalizer {
    Normalizer::new(&dialects::OLLAMA)
}

/// A line with fields of a message, and further ones.
fn line(message: &str, more: &str) -> String {
    format!("{{\"model\":\"m\",\"message\":{{{message}}},{more}}}\n")
}

fn part(message: &str) -> String {
    line(message, "\"done\":false")
}

fn text(content: &str) -> String {
    part(&format!("\"role\":\"assistant\",\"content\":{content:?}"))
}

fn end(reason: &str) -> String {
    line("\"content\":\"\"", &format!("\"done\":true,\"done_reason\":{reason:?}"))
}

/// A line with calls.
fn calls(list: &str) -> String {
    part(&format!("\"content\":\"\",\"tool_calls\":[{list}]"))
}

fn call(id: &str, index: &str, arguments: &str) -> String {
    format!("{{\"id\":{id:?},\"function\":{{\"index\":{index},\"name\":\"f\",\"arguments\":{arguments}}}}}")
}

fn counts(response: &Response) -> Option<[Option<u64>; 2]> {
    let usage = response.usage.as_ref()?;
    Some([usage.counts.input, usage.counts.output].map(|count| count.map(thalweg::Count::get)))
}

#[test]
fn a_byte_order_mark_line_ends_and_blank_lines_are_nothing() {
    let body = text("a") + "\n\r\n  \n" + &text("b") + &end("stop");
    for body in [format!("\u{feff}{body}"), body.replace('\n', "\r\n"), body.trim_end().into()] {
        assert_eq!(answer(&check(&body)), "ab", "{body:?}");
    }
}

#[test]
fn an_invalid_byte_costs_one_character() {
    let body = text("a") + &text("b~") + &text("c") + &end("stop");
    let body: Vec<u8> = body.into_bytes().into_iter().map(|byte| if byte == b'~' { 0xff } else { byte }).collect();
    let response = check(body);
    assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab\u{fffd}c", Some(Outcome::Complete)));
    assert_eq!(anomalies(&response), [AnomalyKind::InvalidUtf8]);
}

#[test]
fn characters_and_blanks_survive_every_cut() {
    let body = text("  é水🌊") + &part("\"content\":\"\\ud83c\\udf0a\\u00e9 \"") + &end("stop");
    assert_eq!(answer(&check(body)), "  é水🌊🌊é ");
}

#[test]
fn a_body_that_is_no_stream_is_an_error() {
    let bodies: [(&[u8], Origin); 5] = [
        (b"<!DOCTYPE html>\n<html><body>502</body></html>", Origin::Local),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x03\n\n\x04", Origin::Local),
        (b"upstream connect error", Origin::Local),
        (b"", Origin::Local),
        (b"{\n  \"error\": \"model \\\"x\\\" not found\"\n}\n", Origin::Provider),
    ];
    for (body, origin) in bodies {
        let response = check(body);
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{body:?}");
        assert_eq!(response.errors[0].origin, origin, "{body:?}");
        assert!(response.choices.is_empty());
    }
}

#[test]
fn a_line_of_four_mebibytes_and_eighty_thousand_lines_in_a_chunk_are_read() {
    let content = "wave ".repeat((4 << 20) / 5);
    let body = text(&content) + &end("stop");
    let response = fold(normalizer(), body.as_bytes().chunks(1024), Close::Clean);
    assert!(answer(&response) == content);
    let body: String = (0..80_000).map(|n| text(["a", "b"][n % 2])).collect();
    let response = fold(normalizer(), [(body + &end("stop")).as_bytes()], Close::Clean);
    assert!(answer(&response) == "ab".repeat(40_000));
}

#[test]
fn a_line_over_the_limit_ends_the_stream() {
    let mut limits = Limits::default();
    limits.frame_bytes = 1024;
    let long = text(&"x".repeat(2000));
    for body in [text("a") + &long + &text("b") + &end("stop"), text("a") + &long[..1500]] {
        for chunking in [Chunking::Whole, Chunking::Bytes(1), Chunking::Bytes(700)] {
            let response = fold(normalizer().with_limits(limits), chunking.split(body.as_bytes()), Close::Clean);
            assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Limit), "a"));
            assert_eq!(response.evidence.and_then(|evidence| evidence.limit), Some(LimitKind::FrameBytes));
        }
    }
}

#[test]
fn every_entry_is_a_call_whatever_its_number() {
    for index in ["0", "null", "-1", "1.5", "\"0\"", "4294967295", "65536", "18446744073709551616"] {
        let (one, two) = (call("a", index, "{\"x\":1}"), call("b", index, "{\"x\":2}"));
        let wanted = [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"x\":2}", "valid")];
        let both = format!("{one},{two}");
        let last = line(&format!("\"content\":\"\",\"tool_calls\":[{both}]"), "\"done\":true,\"done_reason\":\"stop\"");
        for body in [calls(&one) + &calls(&two) + &end("stop"), calls(&both) + &end("stop"), last] {
            let response = check(&body);
            assert_eq!(told(&response), wanted, "{body}");
            assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("stop"))), "{body}");
            assert_eq!(anomalies(&response), [], "{body}");
        }
    }
}

#[test]
fn text_around_calls_keeps_its_place() {
    let call = |id| calls(&call(id, "0", "{}"));
    let response = check(text("a") + &call("x") + &text("b") + &call("y") + &text("c") + &end("stop"));
    let names: Vec<_> = response.choices[0].blocks.iter().map(|block| block.name().unwrap_or(&block.text)).collect();
    assert_eq!((names, answer(&response).as_str()), (vec!["a", "f", "b", "f", "c"], "abc"));
}

#[test]
fn an_input_stays_as_it_was_sent_whatever_it_is() {
    for (input, given, state) in [
        ("null", "", "empty"),
        ("[]", "[]", "not_object"),
        ("\"str\"", "str", "invalid"),
        ("\"{\\\"x\\\":1}\"", "{\"x\":1}", "valid"),
        ("{ }", "{ }", "valid"),
        ("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "valid"),
        ("{\"n\":1e999,\"m\":9223372036854775808}", "{\"n\":1e999,\"m\":9223372036854775808}", "valid"),
        ("{\"s\":\"\\ud83d\\u0000\"}", "{\"s\":\"\\ud83d\\u0000\"}", "valid"),
    ] {
        let response = check(calls(&call("a", "0", input)) + &end("stop"));
        assert_eq!(told(&response), [(Some("a"), "f", given, state)], "{input}");
    }
    let missing = check(calls("{\"function\":{\"name\":\"f\"}}") + &end("stop"));
    assert_eq!(told(&missing), [(None, "f", "", "empty")], "a call without parameters, and no id is made up");
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let response = check(text("a") + &calls(&call("a", "0", &deep)) + &end("stop"));
    assert_eq!((response.choices[0].text().as_str(), told(&response).len()), ("a", 0), "too deep for a frame");
    assert!(!anomalies(&response).is_empty());
}

#[test]
fn a_large_input_is_one_slice() {
    let input = format!("{{\"s\":\"{}\"}}", "tide".repeat(250_000));
    let body = calls(&call("a", "0", &input)) + &end("stop");
    let response = fold(normalizer(), body.as_bytes().chunks(4096), Close::Clean);
    assert!(told(&response) == [(Some("a"), "f", &*input, "valid")]);
}

#[test]
fn everything_in_one_line_is_used() {
    let call = call("a", "0", "{}");
    let all = format!("\"thinking\":\"r\",\"content\":\"a\",\"tool_calls\":[{call}]");
    let response = check(line(&all, "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":3,\"eval_count\":2"));
    assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("a", "r"));
    assert_eq!((told(&response).len(), counts(&response)), (1, Some([Some(3), Some(2)])));
    let tag = check(part("\"content\":\"a <thi\"") + &end("stop"));
    assert_eq!(answer(&tag), "a <thi", "half a tag at the end is text, and nobody needs a role");
}

#[test]
fn equal_deltas_are_not_taken_for_a_loop() {
    assert_eq!(answer(&check(text(" ha").repeat(150) + &end("stop"))), " ha".repeat(150));
}

#[test]
fn a_reason_is_kept_by_its_word() {
    for (raw, reason, outcome) in [
        ("stop", Reason::Stop, Outcome::Complete),
        ("length", Reason::Length, Outcome::Incomplete),
        ("because", Reason::Other, Outcome::Complete),
        ("", Reason::Stop, Outcome::Complete),
    ] {
        let response = check(text("a") + &end(raw));
        assert_eq!((finished(&response), response.outcome), (Some((reason, Some(raw))), Some(outcome)), "{raw}");
    }
}

#[test]
fn counts_are_of_any_size_and_what_is_no_count_is_absent() {
    for (fields, wanted) in [
        ("\"prompt_eval_count\":5000000000,\"eval_count\":7", Some([Some(5_000_000_000), Some(7)])),
        ("\"prompt_eval_count\":null,\"eval_count\":7", Some([None, Some(7)])),
        ("\"prompt_eval_count\":-1,\"eval_count\":\"many\"", None),
        ("\"x\":1", None),
    ] {
        let body = text("a") + &line("\"content\":\"\"", &format!("\"done\":true,\"done_reason\":\"stop\",{fields}"));
        assert_eq!(counts(&check(body)), wanted, "{fields}");
    }
}

#[test]
fn an_error_fails_the_answer_wherever_it_comes() {
    let error = "{\"error\":\"an error was encountered\"}\n";
    for (body, said) in [
        (error.into(), None),
        (text("a") + error, Some("a")),
        (text("a") + error + &text("b") + &end("stop"), Some("ab")),
    ] {
        let response = check(&body);
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{body}");
        assert_eq!(response.errors[0].kind, ErrorKind::Server, "{body}");
        assert_eq!(response.choices.first().map(thalweg::fold::Choice::text).as_deref(), said, "{body}");
    }
}

#[test]
fn the_verdict_follows_from_what_was_seen_and_how_the_bytes_ended() {
    for close in [Close::Clean, Close::Broken] {
        let body = text("a") + &end("stop");
        assert_eq!(check_as("ollama", body.as_bytes(), close).outcome, Some(Outcome::Complete), "{close}");
        for cut in [text("a"), text("a") + "[DONE]\n"] {
            let response = check_as("ollama", cut.as_bytes(), close);
            assert_eq!((response.outcome, finished(&response)), (Some(Outcome::Truncated), None), "{close}");
        }
    }
}

#[test]
fn one_broken_line_costs_one_line() {
    for (broken, kind) in [
        ("{\"model\":\"m\",\"message\":{\"content\":\"x", AnomalyKind::InvalidJson),
        ("{\"model\":}", AnomalyKind::InvalidJson),
        ("{'model':'m'}", AnomalyKind::InvalidJson),
        ("null", AnomalyKind::BadFrame),
        ("7", AnomalyKind::BadFrame),
    ] {
        let response = check(text("a") + broken + "\n" + &text("b") + &end("stop"));
        assert_eq!(response.choices[0].text(), "ab", "{broken}");
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![kind]), "{broken}");
    }
}

#[test]
fn what_is_unknown_is_kept_and_no_fault() {
    let body =
        text("a") + "{\"status\":\"loading\"}\n" + &part("\"content\":\"b\",\"x\":{\"content\":\"no\"}") + &end("stop");
    let response = check(body);
    assert_eq!((answer(&response).as_str(), response.unknown.len()), ("ab", 1));
}

#[test]
fn the_end_comes_once_and_content_behind_it_is_said() {
    let twice = check(text("a") + &end("stop") + &end("stop"));
    assert_eq!((answer(&twice).as_str(), finished(&twice)), ("a", Some((Reason::Stop, Some("stop")))));
    let behind = check(text("a") + &end("stop") + &text("b"));
    assert_eq!((behind.choices[0].text().as_str(), behind.outcome), ("a", Some(Outcome::Complete)));
    assert_eq!(anomalies(&behind), [AnomalyKind::ContentAfterFinish]);
}

#[test]
fn the_last_of_two_fields_of_one_name_stands() {
    assert_eq!(answer(&check(part("\"content\":\"a\",\"content\":\"b\"") + &end("stop"))), "b");
}

#[test]
fn the_same_bytes_give_the_same_events() {
    let body = text("a") + &calls(&call("", "0", "{}")) + &calls(&call("b", "0", "{}")) + &end("stop");
    let events = || {
        let mut normalizer = normalizer();
        normalizer.feed(body.as_bytes());
        normalizer.finish(Close::Clean);
        let mut events = Vec::new();
        while let Some(event) = normalizer.poll() {
            events.push(event.to_owned());
        }
        events
    };
    let first = events();
    assert!(first.len() > 8, "{first:?}");
    assert!((0..3).all(|_| events() == first));
    let mut slow = (normalizer(), Response::default());
    body.bytes().for_each(|byte| slow.0.feed(&[byte]));
    slow.0.finish(Close::Clean);
    feed(&mut slow.0, b"", &mut slow.1);
    assert_eq!(slow.1, check(&body), "a consumer that comes late");
}
