//! Gemini's `generateContent`, streamed.

use thalweg::fold::Block;
use thalweg::{AnomalyKind, BlockKind, Close, Normalizer, Outcome, Part, Reason, Response, registry};

use super::{anomalies, answer, check_as, finished, told};

mod ends;

const DIALECT: &str = "gemini";

fn check(body: impl AsRef<[u8]>) -> Response {
    check_as(DIALECT, body.as_ref(), Close::Clean)
}

fn normalizer() -> Normalizer {
    Normalizer::new(registry::find(DIALECT).expect("the dialect is registered"))
}

/// A frame with these fields.
fn frame(fields: &str) -> String {
    format!("data: {{{fields}}}\r\n\r\n")
}

/// A frame of the first candidate with these fields.
fn candidate(fields: &str) -> String {
    frame(&format!("\"candidates\":[{{{fields},\"index\":0}}]"))
}

/// A frame of the first candidate with these parts.
fn parts(parts: &str) -> String {
    candidate(&format!("\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}}"))
}

fn text(text: &str) -> String {
    parts(&format!("{{\"text\":{text:?}}}"))
}

fn call(fields: &str) -> String {
    parts(&format!("{{\"functionCall\":{{{fields}}}}}"))
}

fn end(reason: &str) -> String {
    candidate(&format!("\"content\":{{\"parts\":[{{\"text\":\"\"}}],\"role\":\"model\"}},\"finishReason\":{reason:?}"))
}

fn stop() -> String {
    end("STOP")
}

/// The frames as elements of one array.
fn array(frames: &[String]) -> String {
    let elements: Vec<_> = frames.iter().map(|frame| frame.trim().trim_start_matches("data: ")).collect();
    format!("[{}]", elements.join(",\r\n"))
}

fn blocks(response: &Response) -> &[Block] {
    response.choices.first().map_or(&[], |choice| &choice.blocks)
}

/// Text and signature of each block.
fn sealed(response: &Response) -> Vec<(&str, Option<&str>)> {
    blocks(response).iter().map(|block| (&*block.text, block.signature.as_deref())).collect()
}

#[test]
fn each_call_is_a_call_with_ids_or_without() {
    for (one, two) in [("", ""), (",\"id\":\"a\"", ",\"id\":\"b\""), (",\"id\":\"a\"", ""), ("", ",\"id\":\"b\"")] {
        let call = |id: &str, input: &str| format!("{{\"functionCall\":{{\"name\":\"f\",\"args\":{input}{id}}}}}");
        let (one, two) = (call(one, "{\"x\":1}"), call(two, "{\"x\": 2}"));
        for body in [parts(&one) + &parts(&two), parts(&format!("{one},{two}"))] {
            let response = check(body + &stop());
            let calls: Vec<_> =
                told(&response).into_iter().map(|(_, name, input, state)| (name, input, state)).collect();
            assert_eq!(calls, [("f", "{\"x\":1}", "valid"), ("f", "{\"x\": 2}", "valid")]);
            assert_eq!(
                (answer(&response).as_str(), finished(&response)),
                ("", Some((Reason::ToolCalls, Some("STOP"))))
            );
        }
    }
}

#[test]
fn a_call_that_reads_like_the_last_is_another() {
    for id in ["", ",\"id\":\"\"", ",\"id\":null"] {
        let one = call(&format!("\"name\":\"f\",\"args\":{{\"x\":1}}{id}"));
        let response = check(one.repeat(3) + &stop());
        assert_eq!(told(&response), [(None, "f", "{\"x\":1}", "valid"); 3], "{id}");
        assert_eq!(answer(&response), "");
    }
}

#[test]
fn a_call_without_arguments_is_whole() {
    for args in ["", ",\"args\":null", ",\"args\":{}", ",\"args\":\"{}\"", ",\"willContinue\":false"] {
        let response = check(call(&format!("\"name\":\"f\"{args}")) + &stop());
        let (input, state) = if args.contains("{}") { ("{}", "valid") } else { ("", "empty") };
        assert_eq!(told(&response), [(None, "f", input, state)], "{args}");
        assert_eq!((answer(&response).as_str(), blocks(&response).len()), ("", 1), "{args}");
    }
}

#[test]
fn what_is_in_one_list_of_parts_stays_in_order_with_its_seals() {
    let call = "{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"czE=\"}";
    let list = format!(
        "{{\"text\":\"why\",\"thought\":true}},{{\"text\":\"a\"}},{call},{{\"text\":\"b\",\"thoughtSignature\":\"czI=\"}},\
         {{\"text\":\"c\"}},{{\"text\":\"\",\"thoughtSignature\":\"czM=\"}}"
    );
    let response = check(parts(&list) + &stop());
    let blocks =
        [("why", None), ("a", None), ("{}", Some("czE=")), ("b", Some("czI=")), ("c", None), ("", Some("czM="))];
    assert_eq!(sealed(&response), blocks);
    assert_eq!((answer(&response).as_str(), response.choices[0].reasoning().as_str()), ("abc", "why"));
    // Of calls that go together only the first has one.
    let two = format!("{call},{{\"functionCall\":{{\"name\":\"g\",\"args\":{{}}}}}}");
    assert_eq!(sealed(&check(parts(&two) + &stop())), [("{}", Some("czE=")), ("{}", None)]);
}

#[test]
fn a_part_with_text_is_text_whatever_else_it_has() {
    for odd in ["\"x\":{\"text\":\"no\"}", "\"x\":[1]", "\"videoMetadata\":{\"fps\":1}", "\"functionCall\":null"] {
        for part in [format!("{{\"text\":\"b\",{odd}}}"), format!("{{{odd},\"text\":\"b\"}}")] {
            let response =
                check(text("a") + &parts(&part) + &parts(&part.replace("\"b\"", "\"\"")) + &text("c") + &stop());
            assert_eq!((answer(&response).as_str(), blocks(&response).len()), ("abc", 1), "{part}");
        }
    }
}

#[test]
fn a_part_of_an_unknown_kind_is_kept_as_it_came() {
    for part in [
        "{\"tideTable\":{\"rows\": [1, 2]}}",
        "{\"tideTable\":7,\"text\":null}",
        "{\"thought\":true,\"tideTable\":\"x\"}",
    ] {
        let response = check(text("a") + &parts(part) + &text("b") + &stop());
        assert_eq!(answer(&response), "ab", "{part}");
        let [_, other, _] = blocks(&response) else { panic!("{part}: {response:#?}") };
        assert_eq!(other.kind, BlockKind::other("tideTable".into()), "{part}");
        assert!(matches!(&other.parts[..], [Part::Json(json)] if &**json == part), "{part}: {:?}", other.parts);
    }
}

#[test]
fn code_that_the_provider_runs_is_no_call_of_the_client() {
    let code = parts("{\"executableCode\":{\"language\":\"PYTHON\",\"code\":\"print(1)\",\"id\":\"c\"}}");
    for (outcome, failed) in [("OUTCOME_OK", false), ("OUTCOME_FAILED", true), ("OUTCOME_DEADLINE_EXCEEDED", true)] {
        let result =
            parts(&format!("{{\"codeExecutionResult\":{{\"outcome\":{outcome:?},\"output\":\"1\",\"id\":\"c\"}}}}"));
        let response = check(code.clone() + &result + &text("a") + &stop());
        assert_eq!((answer(&response).as_str(), told(&response)), ("a", vec![]));
        assert_eq!(finished(&response), Some((Reason::Stop, Some("STOP"))), "the client has nothing to run");
        let [call, result, _] = blocks(&response) else { panic!("{response:#?}") };
        assert_eq!(&*call.text, "print(1)");
        let BlockKind::ToolResult { call: of, is_error, .. } = &result.kind else { panic!("{result:#?}") };
        assert_eq!((*of, *is_error), (Some(call.id), failed), "{outcome}");
    }
}

#[test]
fn candidates_are_told_apart_in_any_order() {
    let of = |index: &str, text: &str, reason: &str| {
        format!("{{\"content\":{{\"parts\":[{{\"text\":{text:?}}}]}}{reason}{index}}}")
    };
    let list = |list: &[String]| frame(&format!("\"candidates\":[{}]", list.join(",")));
    let stop = ",\"finishReason\":\"STOP\"";
    let body = list(&[of(",\"index\":2", "c", ""), of("", "a", "")])
        + &list(&[of(",\"index\":1", "b", stop)])
        + &list(&[of(",\"index\":0", "A", stop), of(",\"index\":2", "C", stop)]);
    let response = check(body);
    let texts: Vec<_> = response.choices.iter().map(|choice| (choice.index, choice.text())).collect();
    assert_eq!(texts, [(2, "cC".into()), (0, "aA".into()), (1, "b".into())]);
    assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]));
}

#[test]
fn an_index_that_is_none_costs_nothing() {
    for index in ["-1", "1.5", "\"0\"", "null", "4294967296", "1e9"] {
        let body = format!(
            "\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"a\"}}]}},\"finishReason\":\"STOP\",\"index\":{index}}}]"
        );
        let response = check(frame(&body));
        assert_eq!((response.choices.len(), response.choices[0].text().as_str()), (1, "a"), "{index}");
        assert_eq!(response.outcome, Some(Outcome::Complete), "{index}");
    }
}

/// A piece of arguments.
fn piece(path: &str, value: &str) -> String {
    call(&format!("\"partialArgs\":[{{\"jsonPath\":\"{path}\",{value}}}],\"willContinue\":true"))
}

#[test]
fn arguments_in_pieces_make_one_input_however_they_end() {
    let open = call("\"name\":\"f\",\"willContinue\":true");
    let all = open
        + &piece("$.a", "\"stringValue\":\"x\\ud83c\",\"willContinue\":true")
        + &call("\"willContinue\":true")
        + &piece("$.a", "\"stringValue\":\"\\udf0a\"")
        + &piece("$.b[0].c", "\"numberValue\":1.50")
        + &piece("$.b[1]", "\"boolValue\":false")
        + &piece("$['d e']", "\"nullValue\":\"NULL_VALUE\"");
    let input = "{\"a\":\"x\\ud83c\\udf0a\",\"b\":[{\"c\":1.50},false],\"d e\":null}";
    let next = call("\"name\":\"g\"");
    for (end, calls) in [
        (call(""), 1),
        (String::new(), 1),
        (next.clone(), 2),
        (call("") + &next, 2),
        (text("b"), 1),
        (candidate("\"finishReason\":\"STOP\""), 1),
    ] {
        for body in [all.clone() + &end + &stop(), all.replace("\r\n\r\n", "\n\n") + &end + &stop()] {
            let response = check(body);
            assert_eq!(told(&response)[0], (None, "f", input, "valid"), "{end}");
            assert_eq!((told(&response).len(), response.outcome), (calls, Some(Outcome::Complete)), "{end}");
        }
    }
    let everywhere = all.replace(",\"index\":0}]", ",\"finishReason\":\"STOP\",\"index\":0}]");
    let response = check(everywhere.clone() + &stop());
    assert_eq!(told(&response), [(None, "f", input, "valid")], "also where every frame has the reason");
    let frames: Vec<_> = everywhere.split_inclusive("\r\n\r\n").map(String::from).collect();
    assert_eq!(told(&check(array(&frames))), [(None, "f", input, "valid")], "also where the array ends there");
}

#[test]
fn arguments_in_pieces_that_stop_short_never_pass_for_whole() {
    let cut =
        call("\"name\":\"f\",\"willContinue\":true") + &piece("$.a", "\"stringValue\":\"x\",\"willContinue\":true");
    for end in [String::new(), end("MAX_TOKENS"), end("MALFORMED_FUNCTION_CALL"), stop()] {
        let response = check(cut.clone() + &end);
        assert_eq!(told(&response), [(None, "f", "{\"a\":\"x", "cut")], "{end}");
    }
    let response = check(cut + &piece("$.b", "\"numberValue\":1") + &end("MAX_TOKENS"));
    assert_eq!(told(&response), [(None, "f", "{\"a\":\"x\",\"b\":1", "cut")]);
}

#[test]
fn pieces_that_fit_nowhere_are_left_out_and_said() {
    for (path, value, kind) in [
        ("$.a.b", "\"numberValue\":1", AnomalyKind::KindMismatch),
        ("$.a[0]", "\"numberValue\":1", AnomalyKind::KindMismatch),
        ("$.n[4000000000]", "\"numberValue\":1", AnomalyKind::KindMismatch),
        ("$.n[1]", "\"numberValue\":1", AnomalyKind::KindMismatch),
        ("$.n[-1]", "\"numberValue\":1", AnomalyKind::BadFrame),
        ("$..n", "\"numberValue\":1", AnomalyKind::BadFrame),
        ("$", "\"numberValue\":1", AnomalyKind::BadFrame),
        ("$.n", "\"oddField\":1", AnomalyKind::BadFrame),
    ] {
        let open = call("\"name\":\"f\",\"willContinue\":true") + &piece("$.a", "\"stringValue\":\"x\"");
        let response = check(open + &piece(path, value) + &call("") + &stop());
        assert_eq!(told(&response), [(None, "f", "{\"a\":\"x\"}", "valid")], "{path} {value}");
        assert_eq!(anomalies(&response), [kind], "{path} {value}");
    }
}

#[test]
fn words_may_be_written_with_escapes() {
    let image = r#"{"inlineData":{"mimeType":"image\/png","data":"iVBORw=="}}"#;
    let result = r#"{"codeExecutionResult":{"outcome":"OUTCOME\u005fOK","output":""}}"#;
    let end = candidate(r#""finishReason":"ST\u004fP""#);
    let response = check(parts(image) + &parts(result) + &end);
    assert_eq!((answer(&response).as_str(), finished(&response)), ("", Some((Reason::Stop, Some("STOP")))));
    assert_eq!(blocks(&response)[0].kind, BlockKind::Image);
    assert!(matches!(blocks(&response)[1].kind, BlockKind::ToolResult { is_error: false, .. }));
}
