//! Inputs of which each broke a reader in the field, one test an input, named after what must happen.
//!
//! Small ones are decoded under every cut into two chunks, byte by byte, and with empty chunks: the result must be one.

use thalweg::{
    AnomalyKind, BlockClose, BlockKind, Close, ErrorKind, Fold, InputState, LimitKind, Limits, Normalizer, Origin,
    Outcome, Reason, Response, Retry, dialects, registry,
};
use thalweg_corpus::Chunking;

/// Folds a body under every chunking that its size allows.
fn check(body: impl AsRef<[u8]>) -> Response {
    check_closed(body.as_ref(), Close::Clean)
}

fn check_closed(body: &[u8], close: Close) -> Response {
    let whole = fold(normalizer(), [body], close);
    let mut chunkings = vec![Chunking::Bytes(1), Chunking::Bytes(3), Chunking::Random(1), Chunking::Random(2)];
    if body.len() < 4096 {
        chunkings.extend((0..=body.len()).map(|cut| Chunking::At(vec![0, cut, cut])));
    }
    for chunking in chunkings {
        assert_eq!(fold(normalizer(), chunking.split(body), close), whole, "chunks {chunking}");
    }
    whole
}

fn normalizer() -> Normalizer {
    Normalizer::new(&dialects::OPENAI_CHAT)
}

fn fold<'a>(mut normalizer: Normalizer, chunks: impl IntoIterator<Item = &'a [u8]>, close: Close) -> Response {
    let mut response = Response::default();
    for chunk in chunks {
        feed(&mut normalizer, chunk, &mut response);
    }
    normalizer.finish(close);
    feed(&mut normalizer, b"", &mut response);
    response
}

fn feed(normalizer: &mut Normalizer, chunk: &[u8], response: &mut Response) {
    normalizer.feed(chunk);
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
}

/// The frame of one delta of choice 0.
fn delta(fields: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n")
}

fn text(content: &str) -> String {
    delta(&format!("\"content\":{content:?}"))
}

fn finish(reason: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":{reason:?}}}]}}\n\n")
}

/// A frame of each of the fragments of calls, then the end of a whole answer.
fn calls(fragments: &[&str]) -> String {
    let frames: String = fragments.iter().map(|fragment| delta(&format!("\"tool_calls\":[{fragment}]"))).collect();
    frames + &end("tool_calls")
}

fn end(reason: &str) -> String {
    finish(reason) + DONE
}

/// A call whose input is `json`, a string as the wire writes it, in one fragment.
fn input(json: &str) -> String {
    calls(&[&format!("{{\"index\":0,\"id\":\"a\",\"function\":{{\"name\":\"f\",\"arguments\":{json}}}}}")])
}

/// Id, name, input and state of each call of choice 0.
fn told(response: &Response) -> Vec<(Option<&str>, &str, &str, &'static str)> {
    let state = |call: &thalweg::fold::Block| call.end.and_then(|end| end.input).map_or("none", InputState::as_str);
    let calls = response.choices.iter().flat_map(|choice| choice.tool_calls());
    calls.map(|call| (call.wire_id(), call.name().unwrap_or("-"), &*call.text, state(call))).collect()
}

fn anomalies(response: &Response) -> Vec<AnomalyKind> {
    let mut kinds: Vec<_> = response.anomalies.iter().map(|anomaly| anomaly.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The answer, if it is a whole one without a deviation.
fn answer(response: &Response) -> String {
    assert_eq!(response.outcome, Some(Outcome::Complete), "{response:#?}");
    assert_eq!(anomalies(response), [], "{response:#?}");
    response.choices[0].text()
}

const DONE: &str = "data: [DONE]\n\n";

// Server-sent events.

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
    let detected = fold(Normalizer::detect(registry::ALL.iter().copied()), [body.as_bytes()], Close::Clean);
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

// Tool calls.

#[test]
fn one_index_and_a_new_id_is_a_new_call() {
    let response = check(calls(&[
        r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
        r#"{"index":0,"id":"b","function":{"name":"g","arguments":"{\"x\":2}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "g", "{\"x\":2}", "valid"),]);
    assert_eq!(anomalies(&response), [AnomalyKind::IndexReused]);
}

#[test]
fn calls_without_an_index_are_told_apart_by_their_names() {
    for index in ["", "\"index\":null,"] {
        let start =
            |id: &str, input: &str| format!("{{{index}{id}\"function\":{{\"name\":\"f\",\"arguments\":{input:?}}}}}");
        let more = format!("{{{index}\"function\":{{\"arguments\":\"1}}\"}}}}");
        for ids in [["\"id\":\"a\",", "\"id\":\"b\","], ["", ""], ["\"id\":\"\",", "\"id\":null,"]] {
            let response = check(calls(&[&start(ids[0], "{\"x\":"), &more, &start(ids[1], "{\"x\":2}")]));
            let inputs: Vec<_> = told(&response).iter().map(|call| call.2).collect();
            assert_eq!(inputs, ["{\"x\":1}", "{\"x\":2}"], "{ids:?}");
            assert_eq!(anomalies(&response), []);
        }
    }
}

#[test]
fn one_index_and_no_ids_is_a_new_call_when_the_name_comes_again() {
    let fragment = r#"{"index":0,"function":{"name":"f","arguments":"{\"x\":1}"}}"#;
    let response = check(calls(&[fragment, &fragment.replace('1', "2")]));
    assert_eq!(told(&response), [(None, "f", "{\"x\":1}", "valid"), (None, "f", "{\"x\":2}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::IndexReused]);
}

#[test]
fn one_id_at_two_indexes_is_two_calls() {
    let fragment = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#;
    let response = check(calls(&[fragment, &fragment.replace(":0", ":1").replace("\"f\"", "\"g\"")]));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid"), (Some("a"), "g", "{}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::IdDuplicate]);
}

#[test]
fn an_id_on_every_fragment_is_a_repeat() {
    let response = check(calls(&[
        r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
        r#"{"index":0,"id":"b","function":{"name":"f","arguments":"{\"y\""}}"#,
        r#"{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}"#,
        r#"{"index":0,"id":"b","function":{"arguments":":2"}}"#,
        r#"{"index":0,"function":{"arguments":"}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":2}", "valid"),]);
}

#[test]
fn several_calls_in_one_chunk_are_all_there() {
    let response = check(calls(&[concat!(
        r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"i\":0}"}},"#,
        r#"{"index":1,"id":"b","function":{"name":"f","arguments":"{\"i\":1}"}},"#,
        r#"{"index":2,"id":"c","function":{"name":"f","arguments":"{\"i\":2}"}}"#,
    )]));
    assert_eq!(told(&response).iter().map(|call| call.2).collect::<Vec<_>>(), ["{\"i\":0}", "{\"i\":1}", "{\"i\":2}"]);
    assert_eq!(anomalies(&response), []);
}

#[test]
fn everything_in_one_chunk_is_a_whole_answer() {
    let response = check(concat!(
        r#"data: {"choices":[{"index":0,"delta":{"reasoning_content":"r","content":"t","tool_calls":[{"index":0,"id":"a","#,
        r#""function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"#,
        "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}\n\n",
    ));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    let choice = &response.choices[0];
    assert_eq!((choice.text().as_str(), choice.reasoning().as_str()), ("t", "r"));
    assert_eq!(choice.finish.as_ref().map(|finish| finish.reason), Some(Reason::ToolCalls));
    assert_eq!(response.usage.and_then(|tokens| tokens.counts.output).map(thalweg::Count::get), Some(4));
    assert_eq!(response.outcome, Some(Outcome::Complete));
}

#[test]
fn input_before_the_name_waits_for_it() {
    let response = check(calls(&[
        r#"{"index":0,"function":{"arguments":"{\"s\":\"\ud83c"}}"#,
        r#"{"index":0,"id":"a","function":{"arguments":"\udf0a\""}}"#,
        r#"{"index":0,"function":{"name":"f","arguments":"}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"s\":\"🌊\"}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::NameLate]);
}

/// The half that waits is held back with the input; its other half comes with the name.
#[test]
fn a_pair_split_before_the_name_is_joined_behind_it() {
    let response = check(calls(&[
        r#"{"index":0,"id":"a","function":{"arguments":"{\"s\":\"\ud83c"}}"#,
        r#"{"index":0,"function":{"name":"f","arguments":"\udf0a\"}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"s\":\"🌊\"}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::NameLate]);
}

#[test]
fn a_name_that_never_comes_is_empty_and_said() {
    let response = check(calls(&[r#"{"index":0,"id":"a","function":{"arguments":"{}"}}"#]));
    assert_eq!(told(&response), [(Some("a"), "", "{}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::NameMissing]);
}

#[test]
fn a_name_in_two_fragments_is_one_name() {
    let response = check(calls(&[
        r#"{"index":0,"id":"a","function":{"name":"get_"}}"#,
        r#"{"index":0,"function":{"name":"tide","arguments":"{}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "get_tide", "{}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::NameInPieces]);
}

#[test]
fn an_empty_id_and_name_are_absent() {
    let response = check(calls(&[
        r#"{"index":0,"id":"","function":{"name":"","arguments":""}}"#,
        r#"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
        r#"{"index":0,"id":"","function":{"name":"","arguments":"{}"}}"#,
        r#"{"index":0,"id":null,"function":{"name":null,"arguments":null}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(anomalies(&response), []);
}

#[test]
fn any_index_is_a_key_and_costs_nothing() {
    // Each with a neighbour that must stay another call, and their fragments interleaved.
    let pairs = [
        ("4294967295", "-1"),
        ("4294967296", "0"),
        ("65536", "0"),
        ("65535", "-1"),
        ("9223372036854775807", "-1"),
        ("-9223372036854775808", "0"),
        ("18446744073709551616", "0"),
        ("1e400", "9223372036854775807"),
        ("1.5", "1"),
        ("1.25", "1.5"),
        ("\"0\"", "1"),
        ("\"call\"", "0"),
        ("true", "1"),
        ("[0]", "0"),
        ("{\"i\":0}", "0"),
    ];
    for (index, other) in pairs {
        let fragment = |index: &str, fields: &str| format!("{{\"index\":{index},{fields}}}");
        let start = |name: &str| format!("\"function\":{{\"name\":\"{name}\",\"arguments\":\"{{\"}}");
        let more = "\"function\":{\"arguments\":\"}\"}";
        let mut normalizer = normalizer();
        let mut response = Response::default();
        let fragments =
            [fragment(index, &start("f")), fragment(other, &start("g")), fragment(index, more), fragment(other, more)];
        let body = calls(&fragments.each_ref().map(String::as_str));
        feed(&mut normalizer, body.as_bytes(), &mut response);
        assert!(normalizer.retained_bytes() < 64 << 10, "index {index}: {}", normalizer.retained_bytes());
        let response = check(body);
        assert_eq!(told(&response), [(None, "f", "{}", "valid"), (None, "g", "{}", "valid")], "index {index}");
        assert_eq!(anomalies(&response), [], "index {index}");
    }
}

#[test]
fn text_around_and_between_the_fragments_of_a_call_is_kept() {
    let fragment = |fields: &str| delta(&format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let body = [
        text("before "),
        fragment("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}"),
        text("between "),
        fragment("\"function\":{\"arguments\":\":1}\"}"),
        text("after"),
    ];
    let response = check(body.concat() + &end("tool_calls"));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(answer(&response), "before between after");
    let kinds: Vec<_> = response.choices[0].blocks.iter().map(|block| matches!(block.kind, BlockKind::Text)).collect();
    assert_eq!(kinds, [true, false, true, true]);
    assert!(response.choices[0].blocks.iter().all(|block| block.end.is_some()));
}

#[test]
fn a_cut_inside_an_input_is_told_and_nothing_is_put_in_its_place() {
    let start = delta(r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]"#);
    for (body, close, outcome, how) in [
        (start.clone(), Close::Clean, Outcome::Truncated, BlockClose::Truncated),
        (start.clone(), Close::Broken, Outcome::Truncated, BlockClose::Truncated),
        (start.clone(), Close::Cancelled, Outcome::Cancelled, BlockClose::Truncated),
        (start.clone() + DONE, Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (start.clone() + &end("length"), Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (start + "data: {\"error\":{\"message\":\"no\"}}\n\n", Close::Clean, Outcome::Failed, BlockClose::Failed),
    ] {
        let response = check_closed(body.as_bytes(), close);
        assert_eq!(response.outcome, Some(outcome), "{body}");
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")], "{body}");
        assert_eq!(response.choices[0].blocks[0].end.map(|end| end.how), Some(how), "{body}");
    }
}

#[test]
fn an_input_stays_as_it_was_sent_whatever_it_is() {
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    let inputs = [
        ("null", "not_object"),
        ("[]", "not_object"),
        ("\"str\"", "not_object"),
        ("true", "not_object"),
        ("-0", "not_object"),
        ("{}", "valid"),
        ("{}   ", "valid"),
        (" \n{}", "valid"),
        ("{\"a\":1,\"a\":2}", "valid"),
        ("{\"n\":1e999}", "valid"),
        ("{\"n\":9223372036854775808}", "valid"),
        ("{\"s\":\"\\ud83d\"}", "valid"),
        ("{\"s\":\"\\u0000\"}", "valid"),
        ("{\"s\":\"\0\"}", "invalid"),
        ("{\"a\":1,}", "invalid"),
        ("{'a':1}", "invalid"),
        ("{}{}", "concatenated"),
        ("{} {\"a\"", "concatenated"),
        ("{\"a\":1}}", "invalid"),
        ("   ", "empty"),
        ("", "empty"),
        ("{\"x\":", "cut"),
        ("12", "not_object"),
        (deep.as_str(), "invalid"),
    ];
    for (arguments, state) in inputs {
        let response = check(input(&serde_json::to_string(arguments).expect("strings can be written")));
        let what = &arguments[..arguments.len().min(40)];
        assert!(told(&response) == [(Some("a"), "f", arguments, state)], "{what}: {:.200?}", told(&response));
        assert_eq!(response.outcome, Some(Outcome::Complete), "{what}");
        assert_eq!(anomalies(&response), [], "{what}");
    }
}

#[test]
fn an_input_that_parses_before_its_end_goes_on() {
    let start = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"1"}}"#;
    let response = check(calls(&[start, r#"{"index":0,"function":{"arguments":"2"}}"#]));
    assert_eq!(told(&response), [(Some("a"), "f", "12", "not_object")]);
    let again = check(calls(&[start, r#"{"index":0,"function":{"arguments":"1"}}"#]));
    assert_eq!(told(&again), [(Some("a"), "f", "11", "not_object")], "a digit is no complete input");
    assert_eq!(anomalies(&again), []);
}

#[test]
fn half_a_pair_on_the_wire_becomes_one_replacement_character() {
    let response = check(input(r#""{\"s\":\"\ud83d\"}""#));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"s\":\"\u{fffd}\"}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::LoneSurrogate]);
}

#[test]
fn an_input_as_an_object_is_one_verbatim_slice() {
    for arguments in ["{}", "{ \"b\" : 1.0,\"a\":1e2, \"a\":\"\\u0041\" }", "[]", "12", "{\"deep\":[[[{}]]]}"] {
        let state = if arguments.starts_with('{') { "valid" } else { "not_object" };
        assert_eq!(told(&check(input(arguments))), [(Some("a"), "f", arguments, state)]);
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let response = check(text("a") + &input(&deep));
    assert_eq!(response.outcome, Some(Outcome::Limit));
    assert_eq!(response.evidence.and_then(|evidence| evidence.limit), Some(LimitKind::JsonDepth));
    assert_eq!((response.choices[0].text().as_str(), told(&response)), ("a", vec![]));
}

#[test]
fn ten_megabytes_of_input_in_four_byte_deltas_are_one_input() {
    let fragment = |fields: &str| delta(&format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let mut normalizer = normalizer();
    let mut response = Response::default();
    let start = fragment("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"s\\\":\\\"\"}");
    feed(&mut normalizer, start.as_bytes(), &mut response);
    let block = fragment("\"function\":{\"arguments\":\"tide\"}").repeat(1000);
    for _ in 0..2500 {
        feed(&mut normalizer, block.as_bytes(), &mut response);
    }
    let close = fragment("\"function\":{\"arguments\":\"\\\"}\"}") + &end("tool_calls");
    feed(&mut normalizer, close.as_bytes(), &mut response);
    normalizer.finish(Close::Clean);
    feed(&mut normalizer, b"", &mut response);
    assert_eq!(response.outcome, Some(Outcome::Complete));
    let [(_, _, input, state)] = told(&response)[..] else { panic!("one call") };
    assert_eq!((input.len(), state), (10_000_000 + 8, "valid"));
    assert!(input.as_bytes()[6..10_000_006].chunks(4).all(|word| word == b"tide"));
}

#[test]
fn an_input_over_the_limit_ends_the_stream() {
    let mut limits = Limits::default();
    limits.tool_input_bytes = 8;
    let fragment = r#"{"index":0,"function":{"name":"f","arguments":"[1,2,"}}"#;
    let body = calls(&[fragment, fragment, fragment]);
    let response = fold(normalizer().with_limits(limits), [body.as_bytes()], Close::Clean);
    assert_eq!((response.outcome, told(&response)), (Some(Outcome::Limit), vec![(None, "f", "[1,2,", "cut")]));
    assert_eq!(response.evidence.and_then(|evidence| evidence.limit), Some(LimitKind::ToolInputBytes));
}

#[test]
fn stop_with_calls_is_tool_calls() {
    let response = check(
        calls(&[r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#])
            .replace("tool_calls\"}", "stop\"}"),
    );
    let finish = response.choices[0].finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()));
    assert_eq!(finish, Some((Reason::ToolCalls, Some("stop"))));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(response.choices[0].blocks[0].end.map(|end| end.how), Some(BlockClose::Complete));
}

#[test]
fn input_behind_the_finish_reason_is_used() {
    let fragment = |fields: &str| delta(&format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let body = [
        fragment("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}"),
        finish("tool_calls"),
        fragment("\"function\":{\"arguments\":\":1}\"}"),
        delta("\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]"),
        finish("tool_calls"),
    ];
    for end in ["", DONE] {
        let response = check(body.concat() + end);
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "g", "{}", "valid")]);
        assert_eq!(anomalies(&response), [AnomalyKind::ContentAfterFinish]);
        assert_eq!(response.outcome, Some(Outcome::Complete));
    }
}

#[test]
fn a_reason_twice_is_one_finish() {
    let start = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#;
    let response = check(calls(&[start]).replace(DONE, "") + &end("tool_calls"));
    assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]));
    let response = check(calls(&[start]).replace(DONE, "") + &end("stop"));
    let finish = response.choices[0].finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()));
    assert_eq!(finish, Some((Reason::ToolCalls, Some("stop"))), "the strongest reason, the last word");
    assert_eq!(anomalies(&response), [AnomalyKind::FinishDiffers]);
}

#[test]
fn a_call_without_parameters_is_a_call() {
    let call = |function: &str| {
        check(calls(&[&format!("{{\"index\":0,\"id\":\"a\",\"function\":{{\"name\":\"f\"{function}}}}}")]))
    };
    for (function, arguments, state) in [
        ("", "", "empty"),
        (",\"arguments\":\"\"", "", "empty"),
        (",\"arguments\":null", "", "empty"),
        (",\"arguments\":\"{}\"", "{}", "valid"),
        (",\"arguments\":{}", "{}", "valid"),
    ] {
        let response = call(function);
        assert_eq!(told(&response), [(Some("a"), "f", arguments, state)]);
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]));
    }
}

#[test]
fn a_complete_input_sent_again_is_dropped() {
    let start = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"s\":\"\ud83c"}}"#;
    let response = check(calls(&[
        start,
        r#"{"index":0,"function":{"arguments":"\udf0a\"}"}}"#,
        r#"{"index":0,"function":{"arguments":"{\"s\":\"\ud83c\udf0a\"}"}}"#,
    ]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"s\":\"🌊\"}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::InputRepeated]);
}

// The same JSON, written otherwise.

#[test]
fn an_empty_function_call_beside_calls_takes_nothing_away() {
    let start = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#;
    for legacy in ["null", "{}", "{\"name\":null,\"arguments\":\"\"}"] {
        for body in [
            format!("\"tool_calls\":[{start}],\"function_call\":{legacy}"),
            format!("\"function_call\":{legacy},\"tool_calls\":[{start}]"),
        ] {
            assert_eq!(told(&check(delta(&body) + &end("tool_calls"))), [(Some("a"), "f", "{}", "valid")], "{body}");
        }
    }
    for calls in ["null", "[]"] {
        let call = format!("\"function_call\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}},\"tool_calls\":{calls}");
        assert_eq!(told(&check(delta(&call) + &end("function_call"))), [(None, "f", "{}", "valid")], "{call}");
    }
}

#[test]
fn an_escape_changes_nothing_about_what_is_said() {
    let response = check(text("a") + &end("stop").replace("\"stop\"", "\"\\u0073top\""));
    let finish = response.choices[0].finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()));
    assert_eq!(finish, Some((Reason::Stop, Some("stop"))));

    let response = check(delta(r#""reasoning":"a/b","reasoning_content":"a\/b""#) + &end("stop"));
    assert_eq!(response.choices[0].reasoning(), "a/b");

    let response = check(calls(&[
        r#"{"index":"0","function":{"name":"f","arguments":"{"}}"#,
        r#"{"index":"\u0030","function":{"arguments":"}"}}"#,
    ]));
    assert_eq!(told(&response), [(None, "f", "{}", "valid")]);
}

#[test]
fn a_names_first_appearance_behind_a_complete_input_is_its_name() {
    let response = check(calls(&[
        r#"{"index":0,"function":{"arguments":"{}"}}"#,
        r#"{"index":0,"function":{"name":"f","arguments":"{"}}"#,
    ]));
    assert_eq!(told(&response), [(None, "f", "{}{", "concatenated")], "rule 3 asks for a name again");
}
