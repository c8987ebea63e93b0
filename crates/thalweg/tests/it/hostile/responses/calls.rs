//! Calls: who runs them, what tells them apart, what their input is worth.

use thalweg::{AnomalyKind, BlockClose, Close, LimitKind, Limits, Outcome, Part, Reason, Response};

use super::super::{anomalies, answer, feed, finished, fold, told};
use super::{
    DONE, added, begun, blocks, call_item, check, check_closed, completed, created, done, frame, input, message,
    normalizer, one_call, response, text_of,
};

/// Name and input of each call that someone else runs.
fn hosted(response: &Response) -> Vec<(&str, &str)> {
    let calls = response.choices.iter().flat_map(|choice| choice.hosted_calls());
    calls.map(|call| (call.name().unwrap_or("-"), &*call.text)).collect()
}

#[test]
fn another_call_at_the_same_place_is_another_call() {
    let body = created()
        + &added(0, &call_item("a", "f", "\"\""))
        + &input(0, "a", r#""{\"x\":1}""#)
        + &added(0, &call_item("b", "g", "\"\""))
        + &input(0, "b", r#""{\"x\":2}""#)
        + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "g", "{\"x\":2}", "valid")]);
    assert_eq!(anomalies(&response), [AnomalyKind::StartRepeated]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
}

#[test]
fn calls_without_a_place_are_told_apart_by_their_ids_or_their_order() {
    let unplaced = |body: String| body.replace("\"output_index\":0,", "").replace("\"output_index\":1,", "");
    let [a, b] = ["a", "b"].map(|id| added(usize::from(id == "b"), &call_item(id, "f", "\"\"")));
    let [a1, a2] = ["\"{\\\"x\\\":\"", "\"1}\""].map(|piece| input(0, "a", piece));
    let [b1, b2] = ["\"{\\\"x\\\":\"", "\"2}\""].map(|piece| input(1, "b", piece));
    let calls = [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"x\":2}", "valid")];
    for order in [[&a, &b, &a1, &b1, &a2, &b2], [&a, &a1, &a2, &b, &b1, &b2], [&a, &b, &b1, &b2, &a1, &a2]] {
        let frames: String = order.into_iter().map(String::as_str).collect();
        let response = check(created() + &unplaced(frames) + &completed());
        assert_eq!(told(&response), calls);
        assert_eq!(answer(&response), "");
    }
    let nameless = |frame: &String| unplaced(frame.clone()).replace("\"item_id\":\"fc_a\",", "");
    let last = |frame: &String| unplaced(frame.clone()).replace("\"item_id\":\"fc_b\",", "");
    let frames = [unplaced(a), nameless(&a1), nameless(&a2), unplaced(b), last(&b1), last(&b2)];
    assert_eq!(told(&check(created() + &frames.concat() + &completed())), calls, "each is the last one's");
}

#[test]
fn one_id_at_two_places_is_two_calls() {
    let call = |place: u32| added(place, &call_item("a", "f", "\"\"")) + &input(place, "a", "\"{}\"");
    let response = check(created() + &call(0) + &call(1) + &completed());
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid"), (Some("a"), "f", "{}", "valid")]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
}

#[test]
fn pieces_of_open_items_never_mix() {
    let [a, b] = ["a", "b"].map(|id| added(usize::from(id == "b"), &call_item(id, "f", "\"\"")));
    let body = created()
        + &a
        + &b
        + &message(2)
        + &input(0, "a", "\"{\\\"x\\\"\"")
        + &text_of(2, "between ")
        + &input(1, "b", "\"{\\\"y\\\"\"")
        + &input(0, "a", "\":1}\"")
        + &text_of(2, "and after")
        + &input(1, "b", "\":2}\"")
        + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid"), (Some("b"), "f", "{\"y\":2}", "valid")]);
    assert_eq!((answer(&response).as_str(), blocks(&response).len()), ("between and after", 3));
}

#[test]
fn a_hosted_calls_input_is_never_the_clients() {
    let mcp = r#"{"id":"mcp_1","type":"mcp_call","server_label":"s","name":"pay","arguments":""}"#;
    let arguments = |event: &str, field: &str| {
        frame(
            &format!("response.mcp_call_arguments.{event}"),
            &format!("\"item_id\":\"mcp_1\",\"output_index\":1,\"{field}\":\"{{\\\"sum\\\":9}}\""),
        )
    };
    let body = created()
        + &added(0, &call_item("a", "f", "\"\""))
        + &input(0, "a", "\"{\"")
        + &added(1, mcp)
        + &arguments("delta", "delta")
        + &arguments("done", "arguments")
        + &input(0, "a", "\"}\"")
        + &done(1, &mcp.replace("\"\"}", "\"{\\\"sum\\\":9}\",\"output\":\"paid\"}"))
        + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(hosted(&response), [("pay", "{\"sum\":9}")]);
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("completed"))));
    assert_eq!(answer(&response), "");
}

#[test]
fn hosted_calls_alone_ask_nothing_of_the_client() {
    for item in [
        r#"{"id":"x","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}"#,
        r#"{"id":"x","type":"file_search_call","status":"completed","queries":["q"]}"#,
        r#"{"id":"x","type":"code_interpreter_call","status":"completed","code":"1","container_id":"c"}"#,
        r#"{"id":"x","type":"mcp_call","server_label":"s","name":"f","arguments":"{}","output":"1"}"#,
        r#"{"id":"x","type":"image_generation_call","status":"completed","result":"iVBORw0KGgo="}"#,
    ] {
        let response = check(created() + &added(0, item) + &done(0, item) + &completed());
        assert_eq!((told(&response), hosted(&response).len()), (vec![], 1), "{item}");
        assert_eq!(finished(&response), Some((Reason::Stop, Some("completed"))), "{item}");
        assert_eq!(response.outcome, Some(Outcome::Complete), "{item}");
    }
}

#[test]
fn an_approval_suspends_the_answer() {
    let item = r#"{"id":"x","type":"mcp_approval_request","server_label":"s","name":"pay","arguments":"{}"}"#;
    let response = check(created() + &added(0, item) + &done(0, item) + &completed());
    assert_eq!((told(&response), hosted(&response)), (vec![], vec![]), "it is no call yet");
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("completed"))));
    assert_eq!(response.outcome, Some(Outcome::Suspended));
    assert_eq!(blocks(&response)[0].parts, [Part::Json(r#""{}""#.into())], "what is to be allowed, once");
    let unfinished = check(created() + &added(0, item) + &completed());
    assert_eq!(blocks(&unfinished)[0].parts, [Part::Json(r#""{}""#.into())], "also where the item never ends");
}

#[test]
fn a_cut_inside_an_input_is_told_and_nothing_is_put_in_its_place() {
    let start = created() + &added(0, &call_item("a", "f", "\"\"")) + &input(0, "a", r#""{\"x\":""#);
    let length = response(
        "incomplete",
        r#""status":"incomplete","output":[],"incomplete_details":{"reason":"max_output_tokens"}"#,
    );
    let failed = response("failed", r#""status":"failed","output":[],"error":{"code":"server_error","message":"no"}"#);
    for (body, close, outcome, how) in [
        (start.clone(), Close::Clean, Outcome::Truncated, BlockClose::Truncated),
        (start.clone(), Close::Broken, Outcome::Truncated, BlockClose::Truncated),
        (start.clone(), Close::Cancelled, Outcome::Cancelled, BlockClose::Truncated),
        (start.clone() + DONE, Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (start.clone() + &length, Close::Clean, Outcome::Incomplete, BlockClose::Incomplete),
        (start + &failed, Close::Clean, Outcome::Failed, BlockClose::Failed),
    ] {
        let response = check_closed(body.as_bytes(), close);
        assert_eq!(response.outcome, Some(outcome), "{body}");
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":", "cut")], "{body}");
        assert_eq!(blocks(&response)[0].end.map(|end| end.how), Some(how), "{body}");
        assert!(!response.last_call().is_some_and(|call| call.is_whole()), "{body}");
    }
}

#[test]
fn an_input_stays_as_it_was_sent_whatever_it_is() {
    let deep = format!("{{\"a\":{}", "[".repeat(20_000));
    for (arguments, state) in [
        ("null", "not_object"),
        ("[]", "not_object"),
        ("\"str\"", "not_object"),
        ("{}   ", "valid"),
        ("{\"a\":1,\"a\":2}", "valid"),
        ("{\"n\":1e999}", "valid"),
        ("{\"n\":9223372036854775808}", "valid"),
        ("{\"s\":\"\\ud83d\"}", "valid"),
        ("{\"s\":\"\\u0000\"}", "valid"),
        ("{\"s\":\"\0\"}", "invalid"),
        ("{}{}", "concatenated"),
        ("{\"a\":1}}", "invalid"),
        ("{\"x\":", "cut"),
        ("", "empty"),
        (deep.as_str(), "invalid"),
    ] {
        let response = check(one_call(&serde_json::to_string(arguments).expect("strings can be written")));
        let what = &arguments[..arguments.len().min(40)];
        assert!(told(&response) == [(Some("a"), "f", arguments, state)], "{what}: {:.200?}", told(&response));
        assert_eq!(response.outcome, Some(Outcome::Complete), "{what}");
        assert_eq!(anomalies(&response), [], "{what}");
    }
}

#[test]
fn a_call_without_parameters_is_a_call() {
    for (pieces, end, state) in [
        ("", "\"\"", "empty"),
        ("\"\"", "\"\"", "empty"),
        ("", "null", "empty"),
        ("", "\"{}\"", "valid"),
        ("\"{}\"", "\"{}\"", "valid"),
        ("", "{}", "valid"),
    ] {
        let pieces = if pieces.is_empty() { String::new() } else { input(0, "a", pieces) };
        let body = created() + &added(0, &call_item("a", "f", "\"\"")) + &pieces + &done(0, &call_item("a", "f", end));
        let response = check(body + &completed());
        let arguments = if state == "empty" { "" } else { "{}" };
        assert_eq!(told(&response), [(Some("a"), "f", arguments, state)], "{pieces:?} {end}");
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]), "{pieces:?} {end}");
    }
}

#[test]
fn an_input_that_differs_from_its_deltas_is_the_one_of_its_end() {
    let start = created() + &added(0, &call_item("a", "f", "\"\""));
    let whole = r#""{\"x\":1}""#;
    let end = frame(
        "response.function_call_arguments.done",
        &format!("\"item_id\":\"fc_a\",\"output_index\":0,\"arguments\":{whole}"),
    ) + &done(0, &call_item("a", "f", whole));
    for (pieces, found) in [
        (&["\"x9==\""][..], &[AnomalyKind::RestatementDiffers][..]),
        (&["\"{\\\"x\\\":2}\""], &[AnomalyKind::RestatementDiffers]),
        (&["\"{\\\"x\""], &[]),
        (&[], &[]),
        (&[whole], &[]),
    ] {
        let pieces: String = pieces.iter().map(|piece| input(0, "a", piece)).collect();
        let response = check(start.clone() + &pieces + &end + &completed());
        assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid")], "{pieces}");
        assert_eq!(anomalies(&response), found, "{pieces}");
    }
}

#[test]
fn an_input_before_its_item_is_that_items() {
    let body = created()
        + &input(0, "a", "\"{\\\"x\\\":\"")
        + &input(0, "a", "\"1}\"")
        + &done(0, &call_item("a", "f", "\"{\\\"x\\\":1}\""))
        + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}", "valid")]);
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert!(anomalies(&response).contains(&AnomalyKind::DeltaWithoutStart));
}

#[test]
fn a_call_that_is_open_at_the_end_is_a_call() {
    let body = created() + &added(0, &call_item("a", "f", "\"\"")) + &input(0, "a", "\"{}\"") + &completed();
    let response = check(body.clone());
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")]);
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("completed"))));
    let late = check(body + &input(0, "a", "\"{}\""));
    assert_eq!((told(&late), late.outcome), (told(&response), response.outcome), "nothing follows the end");
}

#[test]
fn half_a_pair_waits_for_the_other_half() {
    let start = created() + &added(0, &call_item("a", "f", "\"\""));
    let body = start + &input(0, "a", r#""{\"s\":\"\ud83c""#) + &input(0, "a", r#""\udf0a\"}""#) + &completed();
    let response = check(body);
    assert_eq!(told(&response), [(Some("a"), "f", "{\"s\":\"🌊\"}", "valid")]);
    assert_eq!(answer(&response), "");
    let parted = begun("").replace("\"delta\":\"\"", r#""delta":"\ud83c""#);
    let other = text_of(0, "x").replace("\"x\"", r#""\udf0a""#);
    assert_eq!(answer(&check(parted + &other + &completed())), "🌊");
}

#[test]
fn a_megabyte_of_input_in_four_byte_deltas_is_one_input() {
    let mut normalizer = normalizer();
    let mut response = Response::default();
    let start = created() + &added(0, &call_item("a", "f", "\"\"")) + &input(0, "a", r#""{\"s\":\"""#);
    feed(&mut normalizer, start.as_bytes(), &mut response);
    let piece = input(0, "a", "\"tide\"").repeat(1000);
    for _ in 0..250 {
        feed(&mut normalizer, piece.as_bytes(), &mut response);
        assert!(normalizer.retained_bytes() < 1 << 20, "the input is given out and not kept");
    }
    feed(&mut normalizer, (input(0, "a", r#""\"}""#) + &completed()).as_bytes(), &mut response);
    normalizer.finish(Close::Clean);
    feed(&mut normalizer, b"", &mut response);
    let [(_, _, input, state)] = told(&response)[..] else { panic!("one call") };
    assert_eq!((input.len(), state), (1_000_000 + 8, "valid"));
}

#[test]
fn an_input_over_the_limit_ends_the_stream() {
    let mut limits = Limits::default();
    limits.tool_input_bytes = 8;
    let piece = input(0, "a", "\"[1,2,\"");
    let body = created() + &added(0, &call_item("a", "f", "\"\"")) + &piece.repeat(3) + &completed();
    let response = fold(normalizer().with_limits(limits), [body.as_bytes()], Close::Clean);
    assert_eq!(response.outcome, Some(Outcome::Limit));
    assert_eq!(response.evidence.and_then(|evidence| evidence.limit), Some(LimitKind::ToolInputBytes));
}
