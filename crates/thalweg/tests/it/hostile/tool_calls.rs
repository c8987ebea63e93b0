//! Tool calls.

use thalweg::{AnomalyKind, BlockClose, BlockKind, Close, LimitKind, Limits, Outcome, Reason, Response};

use super::{
    DONE, anomalies, answer, calls, check, check_closed, delta, end, feed, finish, fold, input, normalizer, text, told,
};

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
fn one_index_and_one_id_are_one_call_whatever_it_says() {
    let fragment = r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#;
    let response = check(calls(&[fragment, &fragment.replace(":1}", ":2}")]));
    assert_eq!(told(&response), [(Some("a"), "f", "{\"x\":1}{\"x\":2}", "concatenated")], "not to be run");
}

#[test]
fn calls_one_after_the_other_have_their_own_inputs() {
    let fragments: Vec<_> = (0..3)
        .flat_map(|n| {
            [
                format!(r#"{{"index":{n},"id":"c{n}","function":{{"name":"f{n}","arguments":""}}}}"#),
                format!(r#"{{"index":{n},"function":{{"arguments":"{{\"i\":"}}}}"#),
                format!(r#"{{"index":{n},"function":{{"arguments":"{n}}}"}}}}"#),
            ]
        })
        .collect();
    let response = check(calls(&fragments.iter().map(String::as_str).collect::<Vec<_>>()));
    let calls: Vec<_> = told(&response).iter().map(|call| (call.1, call.2)).collect();
    assert_eq!(calls, [("f0", "{\"i\":0}"), ("f1", "{\"i\":1}"), ("f2", "{\"i\":2}")]);
    assert_eq!(anomalies(&response), []);
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
