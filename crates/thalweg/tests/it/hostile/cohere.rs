//! Cohere v2. What the inputs are, and how they are decoded, is said in the parent module.

use thalweg::{AnomalyKind, Close, Normalizer, Outcome, Reason, Response, dialects};

use super::{anomalies, answer, check_as, feed, finished, told};

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as("cohere", body.as_ref(), Close::Clean)
}

fn normalizer() -> Normalizer {
    Normalizer::new(&dialects::COHERE)
}

fn event(kind: &str, fields: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{fields}}}\n\n")
}

fn numbered(kind: &str, index: impl core::fmt::Display, message: &str) -> String {
    event(kind, &format!(",\"index\":{index},\"delta\":{{\"message\":{{{message}}}}}"))
}

fn start() -> String {
    event("message-start", ",\"id\":\"c-1\",\"delta\":{\"message\":{\"role\":\"assistant\"}}")
}

fn open(index: impl core::fmt::Display) -> String {
    numbered("content-start", index, "\"content\":{\"type\":\"text\",\"text\":\"\"}")
}

fn delta(index: impl core::fmt::Display, text: &str) -> String {
    numbered("content-delta", index, &format!("\"content\":{{\"text\":{text:?}}}"))
}

fn close(index: impl core::fmt::Display) -> String {
    event("content-end", &format!(",\"index\":{index}"))
}

fn text(index: u32, text: &str) -> String {
    open(index) + &delta(index, text) + &close(index)
}

fn open_call(index: impl core::fmt::Display, id: &str, arguments: &str) -> String {
    let function = format!("{{\"name\":\"f\",\"arguments\":{arguments}}}");
    numbered("tool-call-start", index, &format!("\"tool_calls\":{{\"id\":{id:?},\"function\":{function}}}"))
}

fn input(index: impl core::fmt::Display, fragment: &str) -> String {
    numbered("tool-call-delta", index, &format!("\"tool_calls\":{{\"function\":{{\"arguments\":{fragment:?}}}}}"))
}

fn close_call(index: impl core::fmt::Display) -> String {
    event("tool-call-end", &format!(",\"index\":{index}"))
}

fn call(index: u32, id: &str, arguments: &str) -> String {
    open_call(index, id, "\"\"") + &input(index, arguments) + &close_call(index)
}

fn end(reason: &str) -> String {
    event("message-end", &format!(",\"delta\":{{\"finish_reason\":{reason:?}}}"))
}

#[test]
fn pieces_of_open_calls_never_mix() {
    let body = [
        start(),
        open_call(0, "a", "\"\""),
        open_call(1, "b", "\"\""),
        input(0, "{\"x\":"),
        input(1, "{\"x\":"),
        input(0, "1}"),
        input(1, "2}"),
        close_call(0),
        close_call(1),
    ];
    let response = check(body.concat() + &end("TOOL_CALL"));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"x\":2}", "valid")]);
    assert_eq!(answer(&response), "");
}

#[test]
fn calls_one_after_the_other_have_their_own_inputs_whatever_their_numbers() {
    for numbers in [[0, 0, 0], [0, 1, 2], [7, 3, 7]] {
        let calls: String = numbers
            .iter()
            .zip(["a", "b", "c"])
            .map(|(index, id)| call(*index, id, &format!("{{\"i\":{id:?}}}")))
            .collect();
        let response = check(start() + &calls + &end("TOOL_CALL"));
        let ids: Vec<_> = told(&response).iter().map(|call| (call.0.unwrap_or_default(), call.2, call.3)).collect();
        let wanted =
            [("a", "{\"i\":\"a\"}", "valid"), ("b", "{\"i\":\"b\"}", "valid"), ("c", "{\"i\":\"c\"}", "valid")];
        assert_eq!(ids, wanted, "{numbers:?}");
        assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("TOOL_CALL"))));
    }
}

#[test]
fn any_index_is_a_key_and_costs_nothing() {
    for (index, other) in [("4294967295", "-1"), ("4294967296", "0"), ("1.5", "1"), ("18446744073709551616", "0")] {
        let calls = [open_call(index, "a", "\"\""), open_call(other, "b", "\"\"")].concat();
        let inputs = [input(index, "{\"x\":1}"), input(other, "{\"x\":2}"), close_call(index), close_call(other)];
        let body = start() + &calls + &inputs.concat() + &end("TOOL_CALL");
        let mut normalizer = normalizer();
        feed(&mut normalizer, body.as_bytes(), &mut Response::default());
        assert!(normalizer.retained_bytes() < 64 << 10, "index {index}: {}", normalizer.retained_bytes());
        let response = check(&body);
        let inputs: Vec<_> = told(&response).iter().map(|call| call.2).collect();
        assert_eq!(inputs, ["{\"x\":1}", "{\"x\":2}"], "index {index}");
    }
}

#[test]
fn a_number_of_content_is_no_number_of_a_call() {
    let body = start() + &open(0) + &delta(0, "a") + &open_call(0, "x", "\"\"") + &delta(0, "b") + &input(0, "{}");
    let response = check(body + &close(0) + &close_call(0) + &end("TOOL_CALL"));
    assert_eq!((answer(&response).as_str(), told(&response)), ("ab", vec![(Some("x"), "f", "{}", "valid")]));
}

#[test]
fn an_input_stays_as_it_was_sent_whatever_it_is() {
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    for (sent, state) in [
        ("null", "not_object"),
        ("[]", "not_object"),
        ("\"str\"", "not_object"),
        ("{}   ", "valid"),
        ("{\"a\":1,\"a\":2}", "valid"),
        ("{\"n\":1e999}", "valid"),
        ("{\"a\": Dave}", "invalid"),
        ("{}{}", "concatenated"),
        ("{\"x\":", "cut"),
        ("12", "not_object"),
        (deep.as_str(), "invalid"),
    ] {
        let (first, rest) = sent.split_at(1);
        let body = start() + &open_call(0, "a", "\"\"") + &input(0, first) + &input(0, rest) + &close_call(0);
        let response = check(body + &end("TOOL_CALL"));
        let what = &sent[..sent.len().min(40)];
        assert!(told(&response) == [(Some("a"), "f", sent, state)], "{what}: {:.200?}", told(&response));
    }
}

#[test]
fn a_call_without_parameters_is_a_call() {
    for (body, given, state) in [
        (open_call(0, "a", "\"\""), "", "empty"),
        (open_call(0, "a", "null"), "", "empty"),
        (open_call(0, "a", "\"{}\""), "{}", "valid"),
        (open_call(0, "a", "{}"), "{}", "valid"),
        (open_call(0, "a", "{\"x\": 1}"), "{\"x\": 1}", "valid"),
        (open_call(0, "a", "\"\"") + &input(0, ""), "", "empty"),
    ] {
        for close in [close_call(0), String::new()] {
            let response = check(start() + &body + &close + &end("TOOL_CALL"));
            assert_eq!(told(&response), [(Some("a"), "f", given, state)], "{body}");
        }
    }
}

#[test]
fn a_cut_inside_an_input_is_told_and_nothing_is_put_in_its_place() {
    let body = start() + &open_call(0, "a", "\"\"") + &input(0, "{\"x\":");
    for close in [Close::Clean, Close::Broken] {
        let response = check_as("cohere", body.as_bytes(), close);
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")], "{close}");
        assert_eq!(response.outcome, Some(Outcome::Truncated), "{close}");
    }
}

#[test]
fn a_megabyte_of_input_in_four_byte_deltas_is_one_input() {
    let (mut normalizer, mut response) = (normalizer(), Response::default());
    feed(&mut normalizer, (start() + &open_call(0, "a", "\"\"") + &input(0, "{\"s\":\"")).as_bytes(), &mut response);
    let many = input(0, "tide").repeat(1000);
    for _ in 0..250 {
        feed(&mut normalizer, many.as_bytes(), &mut response);
        assert!(normalizer.retained_bytes() < 256 << 10, "{}", normalizer.retained_bytes());
    }
    feed(&mut normalizer, (input(0, "\"}") + &close_call(0) + &end("TOOL_CALL")).as_bytes(), &mut response);
    normalizer.finish(Close::Clean);
    feed(&mut normalizer, b"", &mut response);
    let [(_, _, given, "valid")] = told(&response)[..] else { panic!("one call that is valid") };
    assert!(given == format!("{{\"s\":\"{}\"}}", "tide".repeat(250_000)));
}

#[test]
fn plan_thoughts_and_text_are_each_their_own() {
    let plan = |text: &str| event("tool-plan-delta", &format!(",\"delta\":{{\"message\":{{\"tool_plan\":{text:?}}}}}"));
    let thought = numbered("content-start", 0, "\"content\":{\"type\":\"thinking\",\"thinking\":\"\"}")
        + &numbered("content-delta", 0, "\"content\":{\"thinking\":\"r\"}")
        + &close(0);
    let response = check(start() + &plan("p") + &thought + &text(1, "a <thi") + &end("COMPLETE"));
    assert_eq!((answer(&response).as_str(), response.choices[0].blocks.len()), ("a <thi", 3));
    assert_eq!(response.choices[0].reasoning(), "pr");
    let both = numbered("content-delta", 0, "\"content\":{\"thinking\":\"r\",\"text\":\"a\"}");
    let response = check(start() + &both + &end("COMPLETE"));
    let said = (response.choices[0].text(), response.choices[0].reasoning());
    assert_eq!(said, ("a".into(), "r".into()), "both in one delta are both there");
}

#[test]
fn equal_deltas_are_not_taken_for_a_loop() {
    let body = start() + &open(0) + &delta(0, " ha").repeat(150) + &close(0) + &end("COMPLETE");
    assert_eq!(answer(&check(body)), " ha".repeat(150));
}

#[test]
fn a_reason_is_kept_by_its_word() {
    for (raw, reason, outcome) in [
        ("COMPLETE", Reason::Stop, Outcome::Complete),
        ("STOP_SEQUENCE", Reason::StopSequence, Outcome::Complete),
        ("MAX_TOKENS", Reason::Length, Outcome::Incomplete),
        ("BECAUSE", Reason::Other, Outcome::Complete),
    ] {
        let response = check(start() + &text(0, "a") + &end(raw));
        assert_eq!((finished(&response), response.outcome), (Some((reason, Some(raw))), Some(outcome)), "{raw}");
        assert_eq!(response.choices[0].text(), "a");
    }
}

#[test]
fn an_error_fails_the_answer_wherever_it_comes() {
    let error = "data: {\"message\":\"internal server error\",\"id\":\"e-1\"}\n\n";
    for (body, said) in [
        (error.to_owned(), false),
        (start() + &open(0) + &delta(0, "a") + error, true),
        (start() + &text(0, "a") + error + &end("COMPLETE"), true),
    ] {
        let response = check(&body);
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{body}");
        assert_eq!(response.choices.first().is_some_and(|choice| choice.text() == "a"), said, "{body}");
    }
}

#[test]
fn the_verdict_follows_from_what_was_seen_and_how_the_bytes_ended() {
    let said = start() + &text(0, "a");
    for close in [Close::Clean, Close::Broken] {
        let outcome = |body: String| check_as("cohere", body.as_bytes(), close).outcome;
        assert_eq!(outcome(said.clone() + &end("COMPLETE")), Some(Outcome::Complete), "{close}");
        assert_eq!(outcome(said.clone() + &end("COMPLETE") + "data: [DONE]\n\n"), Some(Outcome::Complete), "{close}");
        assert_eq!(outcome(said.clone()), Some(Outcome::Truncated), "{close}");
    }
}

#[test]
fn one_broken_frame_costs_one_frame() {
    for (broken, kind) in [
        (
            "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"x",
            AnomalyKind::InvalidJson,
        ),
        ("{\"type\":}", AnomalyKind::InvalidJson),
        ("null", AnomalyKind::BadFrame),
        ("[]", AnomalyKind::BadFrame),
    ] {
        let broken = format!("event: content-delta\ndata: {broken}\n\n");
        let body = start() + &open(0) + &delta(0, "a") + &broken + &delta(0, "b") + &close(0) + &end("COMPLETE");
        let response = check(body);
        assert_eq!(response.choices[0].text(), "ab", "{broken}");
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![kind]), "{broken}");
    }
}

#[test]
fn what_is_unknown_is_kept_and_no_fault() {
    let unknown = event("x-progress", ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"no\"}}}");
    let part = numbered("content-start", 1, "\"content\":{\"type\":\"x-chart\",\"rows\":[1]}") + &close(1);
    let response = check(start() + &unknown + &text(0, "a") + &part + &end("COMPLETE"));
    assert_eq!((answer(&response).as_str(), response.unknown.len()), ("a", 1));
}

#[test]
fn what_is_out_of_order_is_said_and_nothing_is_lost() {
    for (body, said, kind) in [
        (start() + &start() + &text(0, "a"), "a", AnomalyKind::SecondStart),
        (start() + &delta(0, "a"), "a", AnomalyKind::DeltaWithoutStart),
        (start() + &text(0, "a") + &close(1), "a", AnomalyKind::EndWithoutStart),
        (start() + &text(0, "a") + &delta(0, "b"), "ab", AnomalyKind::DeltaAfterEnd),
    ] {
        let response = check(body.clone() + &end("COMPLETE"));
        assert_eq!(response.choices[0].text(), said, "{body}");
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![kind]), "{body}");
    }
}

#[test]
fn a_key_that_comes_twice_is_read() {
    let body = start()
        + &text(0, "a")
        + "data: {\"type\":\"x\",\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n";
    assert_eq!(answer(&check(body)), "a");
}

#[test]
fn a_citation_belongs_to_the_text_before_it_and_is_verbatim() {
    let cited = "{\"start\":0,\"end\":1,\"text\":\"a\",\"sources\":[]}";
    let citation =
        numbered("citation-start", 0, &format!("\"citations\":{cited}")) + &event("citation-end", ",\"index\":0");
    let body = start() + &open(0) + &delta(0, "a") + &citation + &delta(0, "b") + &close(0) + &end("COMPLETE");
    let response = check(body);
    assert_eq!(answer(&response), "ab");
    assert!(format!("{:?}", response.choices[0].blocks[0].parts).contains("sources"), "{response:#?}");
}
