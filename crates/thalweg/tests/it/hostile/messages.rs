//! Anthropic Messages.

use thalweg::fold::Block;
use thalweg::{
    AnomalyKind, BlockClose, BlockKind, Close, Event, InputState, Normalizer, Outcome, Part, Reason, Response, registry,
};

use super::{anomalies, answer, check_as, feed, finished, told};

mod ends;

const DIALECT: &str = "anthropic-messages";

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as(DIALECT, body.as_ref(), Close::Clean)
}

fn normalizer() -> Normalizer {
    Normalizer::new(registry::find(DIALECT).expect("the dialect is registered"))
}

/// A frame of a type, with further fields, each with a comma in front.
fn frame(wire_type: &str, fields: &str) -> String {
    format!("event: {wire_type}\ndata: {{\"type\":\"{wire_type}\"{fields}}}\n\n")
}

fn start(id: &str) -> String {
    frame(
        "message_start",
        &format!(",\"message\":{{\"id\":\"{id}\",\"usage\":{{\"input_tokens\":5,\"output_tokens\":1}}}}"),
    )
}

fn open(index: impl core::fmt::Display, fields: &str) -> String {
    frame("content_block_start", &format!(",\"index\":{index},\"content_block\":{{{fields}}}"))
}

fn delta(index: impl core::fmt::Display, fields: &str) -> String {
    frame("content_block_delta", &format!(",\"index\":{index},\"delta\":{{{fields}}}"))
}

fn close(index: impl core::fmt::Display) -> String {
    frame("content_block_stop", &format!(",\"index\":{index}"))
}

fn open_text(index: u32) -> String {
    open(index, "\"type\":\"text\",\"text\":\"\"")
}

fn text_delta(index: u32, text: &str) -> String {
    delta(index, &format!("\"type\":\"text_delta\",\"text\":{text:?}"))
}

/// A whole block of text.
fn text(index: u32, text: &str) -> String {
    open_text(index) + &text_delta(index, text) + &close(index)
}

fn open_thinking(index: u32) -> String {
    open(index, "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"")
}

fn thinking_delta(index: u32, text: &str) -> String {
    delta(index, &format!("\"type\":\"thinking_delta\",\"thinking\":{text:?}"))
}

fn signature_delta(index: u32, signature: &str) -> String {
    delta(index, &format!("\"type\":\"signature_delta\",\"signature\":{signature:?}"))
}

fn open_call(index: impl core::fmt::Display, id: &str) -> String {
    open(index, &format!("\"type\":\"tool_use\",\"id\":\"{id}\",\"name\":\"f\",\"input\":{{}}"))
}

fn input_delta(index: impl core::fmt::Display, input: &str) -> String {
    let input = serde_json::to_string(input).expect("strings can be written");
    delta(index, &format!("\"type\":\"input_json_delta\",\"partial_json\":{input}"))
}

/// A whole call.
fn call(index: u32, id: &str, input: &str) -> String {
    open_call(index, id) + &input_delta(index, input) + &close(index)
}

fn reason(reason: &str) -> String {
    frame("message_delta", &format!(",\"delta\":{{\"stop_reason\":\"{reason}\"}},\"usage\":{{\"output_tokens\":9}}"))
}

fn end(stop_reason: &str) -> String {
    reason(stop_reason) + &stop()
}

fn stop() -> String {
    frame("message_stop", "")
}

fn ping() -> String {
    frame("ping", "")
}

fn error(fields: &str) -> String {
    frame("error", &format!(",\"error\":{{{fields}}}"))
}

fn blocks(response: &Response) -> &[Block] {
    response.choices.first().map_or(&[], |choice| &choice.blocks)
}

/// Name, input and state of each hosted call.
fn hosted(response: &Response) -> Vec<(&str, &str, &'static str)> {
    let state = |call: &Block| call.end.and_then(|end| end.input).map_or("none", InputState::as_str);
    let calls = response.choices.iter().flat_map(|choice| choice.hosted_calls());
    calls.map(|call| (call.name().unwrap_or("-"), &*call.text, state(call))).collect()
}

#[test]
fn deltas_go_to_their_own_blocks_however_they_alternate() {
    let body = [
        start("m"),
        open_call(0, "a"),
        open_text(1),
        open_call(2, "b"),
        input_delta(2, "{\"y\""),
        text_delta(1, "be"),
        input_delta(0, "{\"x\""),
        input_delta(2, ":2}"),
        close(2),
        text_delta(1, "tween"),
        input_delta(0, ":1}"),
        close(0),
        close(1),
    ];
    let response = check(body.concat() + &end("tool_use"));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":2}", "valid")]);
    assert_eq!(answer(&response), "between");
}

#[test]
fn the_input_of_a_hosted_call_is_nobody_elses() {
    for wire_type in ["server_tool_use", "mcp_tool_use"] {
        let own = format!("\"type\":\"{wire_type}\",\"id\":\"s\",\"name\":\"g\",\"server_name\":\"m\",\"input\":{{}}");
        let body = [
            start("m"),
            call(0, "a", "{\"x\":1}"),
            open(1, &own),
            input_delta(1, "{\"q\":"),
            input_delta(1, "2}"),
            close(1),
            call(2, "b", "{\"y\":3}"),
        ];
        let response = check(body.concat() + &end("tool_use"));
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":3}", "valid")]);
        assert_eq!(hosted(&response), [("g", "{\"q\":2}", "valid")], "{wire_type}");
        let alone = check(start("m") + &open(0, &own) + &input_delta(0, "{}") + &close(0) + &end("end_turn"));
        assert_eq!(finished(&alone), Some((Reason::Stop, Some("end_turn"))), "the client has nothing to run");
        assert_eq!((told(&alone), answer(&alone).as_str()), (vec![], ""));
    }
}

#[test]
fn a_result_belongs_to_its_call_and_says_whether_it_is_an_error() {
    let result = |content: &str| {
        let call =
            open(0, "\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}") + &close(0);
        let result = format!("\"type\":\"web_search_tool_result\",\"tool_use_id\":\"s\",{content}");
        check(start("m") + &call + &open(1, &result) + &close(1) + &end("end_turn"))
    };
    for (content, failed) in [
        ("\"content\":[]", false),
        ("\"content\":[{\"type\":\"web_search_result\",\"title\":\"an _error\"}]", false),
        ("\"content\":{\"type\":\"web_search_tool_result_error\",\"error_code\":\"unavailable\"}", true),
        ("\"content\":\"no\",\"is_error\":true", true),
        ("\"content\":\"yes\",\"is_error\":false", false),
    ] {
        let response = result(content);
        assert_eq!(answer(&response), "", "{content}");
        let [call, result] = blocks(&response) else { panic!("{content}: {response:#?}") };
        let BlockKind::ToolResult { call: of, call_id, is_error, .. } = &result.kind else { panic!("{result:#?}") };
        assert_eq!((*of, call_id.as_deref(), *is_error), (Some(call.id), Some("s"), failed), "{content}");
        assert!(matches!(&result.parts[..], [Part::Json(json)] if content.contains(&**json)), "{:?}", result.parts);
    }
}

#[test]
fn a_cut_inside_an_input_is_told_and_nothing_is_put_in_its_place() {
    let cut = start("m") + &open_call(0, "a") + &input_delta(0, "{\"x\":");
    for (body, close, outcome, how) in [
        (cut.clone(), Close::Clean, Outcome::Truncated, BlockClose::Truncated),
        (cut.clone(), Close::Broken, Outcome::Truncated, BlockClose::Truncated),
        (cut.clone(), Close::Cancelled, Outcome::Cancelled, BlockClose::Truncated),
        (cut.clone() + &stop(), Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (cut.clone() + &end("max_tokens"), Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (cut.clone() + &close(0) + &end("max_tokens"), Close::Clean, Outcome::Incomplete, BlockClose::Complete),
        (cut + &error("\"type\":\"api_error\",\"message\":\"no\""), Close::Clean, Outcome::Failed, BlockClose::Failed),
    ] {
        let response = check_as(DIALECT, body.as_bytes(), close);
        assert_eq!(response.outcome, Some(outcome), "{body}");
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")], "{body}");
        assert_eq!(blocks(&response)[0].end.map(|end| end.how), Some(how), "{body}");
    }
}

#[test]
fn an_input_stays_as_it_was_sent_whatever_it_is() {
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    for (input, state) in [
        ("null", "not_object"),
        ("[]", "not_object"),
        ("\"str\"", "not_object"),
        ("{}   ", "valid"),
        ("{\"a\":1,\"a\":2}", "valid"),
        ("{\"n\":1e999}", "valid"),
        ("{\"s\":\"\\ud83d\"}", "valid"),
        ("{\"a\": Dave}", "invalid"),
        ("{\"a\":1}}", "invalid"),
        ("{}{}", "concatenated"),
        ("{\"x\":", "cut"),
        ("12", "not_object"),
        (deep.as_str(), "invalid"),
    ] {
        let (first, rest) = input.split_at(1);
        let body = [start("m"), open_call(0, "a"), input_delta(0, first), input_delta(0, rest), close(0)];
        let response = check(body.concat() + &end("tool_use"));
        let what = &input[..input.len().min(40)];
        assert!(told(&response) == [(Some("a"), "f", input, state)], "{what}: {:.200?}", told(&response));
        assert_eq!(answer(&response), "", "{what}");
    }
}

#[test]
fn a_call_without_parameters_is_a_call() {
    let open = |input: &str| open(0, &format!("\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\"{input}"));
    for (body, input, state) in [
        (open(",\"input\":{}"), "", "empty"),
        (open(",\"input\":{}") + &input_delta(0, ""), "", "empty"),
        (open(",\"input\":{}") + &input_delta(0, "{}"), "{}", "valid"),
        (open(""), "", "empty"),
        (open(",\"input\":null"), "", "empty"),
        (open(",\"input\":{\"x\": 1}"), "{\"x\": 1}", "valid"),
        (open(",\"input\":{\"x\":1}") + &input_delta(0, ""), "{\"x\":1}", "valid"),
        (open(",\"input\":{\"x\":1}") + &input_delta(0, "{\"y\"") + &input_delta(0, ":2}"), "{\"y\":2}", "valid"),
    ] {
        for close in [close(0), String::new()] {
            let response = check(start("m") + &body + &close + &end("tool_use"));
            assert_eq!(told(&response), [(Some("a"), "f", input, state)], "{body}");
            assert_eq!(answer(&response), "", "{body}");
        }
    }
}

#[test]
fn calls_are_told_apart_by_their_places() {
    let response = check(start("m") + &call(0, "a", "{\"x\":1}") + &call(1, "a", "{\"x\":2}") + &end("tool_use"));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("a"), "f", "{\"x\":2}", "valid")]);
    let nameless = open(0, "\"type\":\"tool_use\",\"input\":{}") + &input_delta(0, "{}") + &close(0);
    let response = check(start("m") + &nameless + &end("tool_use"));
    assert_eq!(told(&response), [(None, "", "{}", "valid")], "no id and no name are made up");
}

#[test]
fn any_index_is_a_key_and_costs_nothing() {
    for (index, other) in [
        ("4294967295", "-1"),
        ("4294967296", "0"),
        ("65536", "0"),
        ("9223372036854775807", "-1"),
        ("-9223372036854775808", "0"),
        ("18446744073709551616", "0"),
    ] {
        let body = [
            start("m"),
            open_call(index, "a"),
            open_call(other, "b"),
            input_delta(index, "{\"x\":1"),
            input_delta(other, "{\"x\":2"),
            input_delta(index, "}"),
            input_delta(other, "}"),
            close(index),
            close(other),
        ];
        let body = body.concat() + &end("tool_use");
        let mut normalizer = normalizer();
        feed(&mut normalizer, body.as_bytes(), &mut Response::default());
        assert!(normalizer.retained_bytes() < 64 << 10, "index {index}: {}", normalizer.retained_bytes());
        let response = check(body);
        let inputs: Vec<_> = told(&response).iter().map(|call| call.2).collect();
        assert_eq!((inputs, answer(&response).as_str()), (vec!["{\"x\":1}", "{\"x\":2}"], ""), "index {index}");
    }
}

#[test]
fn a_megabyte_of_input_in_four_byte_deltas_is_one_input() {
    let mut normalizer = normalizer();
    let mut response = Response::default();
    feed(&mut normalizer, (start("m") + &open_call(0, "a") + &input_delta(0, "{\"s\":\"")).as_bytes(), &mut response);
    let many = input_delta(0, "tide").repeat(1000);
    for _ in 0..250 {
        feed(&mut normalizer, many.as_bytes(), &mut response);
        assert!(normalizer.retained_bytes() < 256 << 10, "{}", normalizer.retained_bytes());
    }
    feed(&mut normalizer, (input_delta(0, "\"}") + &close(0) + &end("tool_use")).as_bytes(), &mut response);
    normalizer.finish(Close::Clean);
    feed(&mut normalizer, b"", &mut response);
    assert_eq!(answer(&response), "");
    let [(_, _, input, "valid")] = told(&response)[..] else { panic!("one call that is valid") };
    assert_eq!(input, format!("{{\"s\":\"{}\"}}", "tide".repeat(250_000)));
}

#[test]
fn a_reason_before_the_last_of_an_input_changes_nothing_of_it() {
    let body = [
        start("m"),
        open_call(0, "a"),
        input_delta(0, "{\"x\""),
        reason("tool_use"),
        input_delta(0, ":1}"),
        close(0),
        reason("tool_use"),
        stop(),
    ];
    let response = check(body.concat());
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(
        (response.outcome, finished(&response)),
        (Some(Outcome::Complete), Some((Reason::ToolCalls, Some("tool_use"))))
    );
    assert_eq!(anomalies(&response), [AnomalyKind::ContentAfterFinish]);
}

#[test]
fn each_thinking_block_has_its_own_signature() {
    let sealed = |n: u32, pieces: &[String]| open_thinking(n) + &pieces.concat() + &close(n);
    let body = [
        start("m"),
        sealed(0, &[thinking_delta(0, "a"), signature_delta(0, "s0")]),
        sealed(1, &[signature_delta(1, "s1"), thinking_delta(1, "b")]),
        sealed(2, &[signature_delta(2, "s2")]),
        sealed(3, &[thinking_delta(3, "c"), signature_delta(3, "half"), signature_delta(3, "s3")]),
        sealed(4, &[thinking_delta(4, "d")]),
        open(5, "\"type\":\"redacted_thinking\",\"data\":\"r5\"") + &close(5),
        text(6, "t"),
    ];
    let response = check(body.concat() + &end("end_turn"));
    assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("t", "abcd"));
    let seals: Vec<_> = blocks(&response).iter().map(|it| (it.signature.as_deref(), it.encrypted.as_deref())).collect();
    let signed = ["s0", "s1", "s2", "s3"].map(|signature| (Some(signature), None));
    assert_eq!(seals, [&signed[..], &[(None, None), (None, Some("r5")), (None, None)]].concat());
}

#[test]
fn thinking_is_verbatim_and_never_text() {
    let body = start("m") + &open_thinking(0) + &thinking_delta(0, " a") + &thinking_delta(0, "thinking: ") + &close(0);
    let response = check(body + &end("end_turn"));
    assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("", " athinking: "));
}

#[test]
fn equal_deltas_are_no_loop() {
    let body: String = (0..150).map(|_| text_delta(0, " ha")).collect();
    assert_eq!(answer(&check(start("m") + &open_text(0) + &body + &close(0) + &end("end_turn"))), " ha".repeat(150));
}

#[test]
fn a_reason_is_kept_by_its_word_and_understood_where_it_is_known() {
    for (raw, reason, outcome) in [
        ("end_turn", Reason::Stop, Outcome::Complete),
        ("stop_sequence", Reason::StopSequence, Outcome::Complete),
        ("tool_use", Reason::ToolCalls, Outcome::Complete),
        ("refusal", Reason::Refusal, Outcome::Complete),
        ("max_tokens", Reason::Length, Outcome::Incomplete),
        ("model_context_window_exceeded", Reason::ContextWindow, Outcome::Incomplete),
        ("pause_turn", Reason::Pause, Outcome::Suspended),
        ("compaction", Reason::Pause, Outcome::Suspended),
        ("tide_out", Reason::Other, Outcome::Complete),
    ] {
        for content in ["", &text(0, "a")] {
            let response = check(start("m") + content + &end(raw));
            assert_eq!((finished(&response), response.outcome), (Some((reason, Some(raw))), Some(outcome)), "{raw}");
            assert_eq!((blocks(&response).len(), anomalies(&response)), (usize::from(!content.is_empty()), vec![]));
        }
    }
}

#[test]
fn what_is_said_of_a_reason_is_its_detail() {
    let said = |fields: &str| {
        let last = frame("message_delta", &format!(",\"delta\":{{{fields}}},\"usage\":{{\"output_tokens\":9}}"));
        let response = check(start("m") + &text(0, "a") + &last + &stop());
        response.choices[0].finish.as_ref().and_then(|finish| finish.detail.as_deref().map(String::from))
    };
    let refusal = |details: &str| said(&format!("\"stop_reason\":\"refusal\",\"stop_details\":{details}"));
    assert_eq!(said("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\"").as_deref(), Some("END"));
    assert_eq!(
        refusal("{\"type\":\"refusal\",\"category\":\"cyber\",\"explanation\":\"no\"}").as_deref(),
        Some("cyber")
    );
    for nothing in ["null", "{}", "{\"type\":\"refusal\",\"category\":null}"] {
        assert_eq!(refusal(nothing), None, "{nothing}");
    }
}

#[test]
fn one_answer_has_one_finish() {
    let body = start("m") + &call(0, "a", "{}") + &call(1, "b", "{}") + &reason("max_tokens") + &end("max_tokens");
    let mut normalizer = normalizer();
    normalizer.feed((body + &stop()).as_bytes());
    normalizer.finish(Close::Clean);
    let mut seen = Vec::new();
    while let Some(event) = normalizer.poll() {
        if let Event::Finish { choice, reason, .. } = event {
            seen.push((choice, reason));
        }
    }
    assert_eq!(seen, [(0, Reason::Length)]);
}
