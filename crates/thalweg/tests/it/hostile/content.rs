//! Text, reasoning, refusals and whole messages, in one choice and in several.

use thalweg::{AnomalyKind, BlockClose, BlockKind, Outcome, Reason, Response};

use super::{DONE, anomalies, answer, check, delta, end, finish, finished, text, told};

/// The frame of one delta of any choice.
fn of(index: impl core::fmt::Display, fields: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":{index},\"delta\":{{{fields}}}}}]}}\n\n")
}

fn finish_of(index: impl core::fmt::Display, reason: &str) -> String {
    finish(reason).replace("\"index\":0", &format!("\"index\":{index}"))
}

/// Number, text and reason of each choice.
fn choices(response: &Response) -> Vec<(u32, String, Option<Reason>)> {
    let choice = |choice: &thalweg::fold::Choice| {
        (choice.index, choice.text(), choice.finish.as_ref().map(|finish| finish.reason))
    };
    response.choices.iter().map(choice).collect()
}

#[test]
fn everything_in_a_delta_is_used() {
    let call = r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#;
    for fields in [
        format!(r#""reasoning_content":"r","content":"t",{call}"#),
        format!(r#"{call},"content":"t","reasoning_content":"r""#),
        format!(r#""content":"t",{call},"reasoning":"r","refusal":null"#),
    ] {
        let response = check(delta(&fields) + &end("tool_calls"));
        assert_eq!(answer(&response), "t", "{fields}");
        assert_eq!(response.choices[0].reasoning(), "r", "{fields}");
        assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")], "{fields}");
    }
}

#[test]
fn reasoning_is_never_text_and_keeps_its_place() {
    let body = [
        delta("\"reasoning\":\"one \""),
        text("a"),
        delta("\"reasoning_content\":\"two\",\"content\":\"b\""),
        delta("\"reasoning\":\"\",\"content\":\"\""),
        text("c"),
    ];
    let response = check(body.concat() + &end("stop"));
    assert_eq!(answer(&response), "abc");
    let blocks: Vec<_> = response.choices[0].blocks.iter().map(|block| &*block.text).collect();
    assert_eq!(blocks, ["one ", "a", "two", "bc"]);
}

#[test]
fn a_refusal_is_its_own_content_and_its_own_reason() {
    let refusal = delta("\"content\":null,\"refusal\":\"I can\"") + &delta("\"refusal\":\" not.\"");
    let response = check(refusal.clone() + &end("stop"));
    assert_eq!((response.choices[0].refusal(), response.choices[0].text()), ("I can not.".into(), String::new()));
    assert_eq!(finished(&response), Some((Reason::Refusal, Some("stop"))));
    assert_eq!(response.outcome, Some(Outcome::Complete));
    let with_text = check(text("Well.") + &refusal + &end("stop"));
    assert_eq!(finished(&with_text), Some((Reason::Stop, Some("stop"))), "text and a refusal are an answer");
    let cut = check(refusal + &end("length"));
    assert_eq!(finished(&cut), Some((Reason::Length, Some("length"))), "a refusal outranks `stop` alone");
}

#[test]
fn half_a_tag_at_the_end_is_text() {
    for tail in ["<think", "<", "</thi", "<|tool", "<tool_call>{"] {
        let pieces: String = tail.chars().map(|c| text(&c.to_string())).collect();
        assert_eq!(answer(&check(text("a ") + &pieces + &end("stop"))), format!("a {tail}"));
        let cut = check(text("a ") + &pieces);
        assert_eq!((cut.outcome, cut.choices[0].text()), (Some(Outcome::Truncated), format!("a {tail}")));
    }
}

#[test]
fn choices_do_not_mix_however_they_come() {
    let frame = |one: &str, two: &str| format!("data: {{\"choices\":[{one},{two}]}}\n\n");
    let piece = |index: u32, text: &str| format!("{{\"index\":{index},\"delta\":{{\"content\":{text:?}}}}}");
    let bodies = [
        [
            of(0, "\"content\":\"a\""),
            of(1, "\"content\":\"x\""),
            of(0, "\"content\":\"b\""),
            of(1, "\"content\":\"y\""),
        ]
        .concat(),
        frame(&piece(0, "a"), &piece(1, "x")) + &frame(&piece(1, "y"), &piece(0, "b")),
        frame(&piece(1, "x"), &piece(0, "a")) + &of(0, "\"content\":\"b\"") + &of(1, "\"content\":\"y\""),
    ];
    for body in bodies {
        for finishes in [
            finish_of(0, "stop") + &finish_of(1, "stop"),
            finish_of(1, "stop") + &finish_of(0, "stop"),
            frame(
                "{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}",
                "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}",
            ),
        ] {
            let response = check(body.clone() + &finishes + DONE);
            let mut told = choices(&response);
            told.sort_by_key(|choice| choice.0);
            let stop = Some(Reason::Stop);
            assert_eq!(told, [(0, "ab".into(), stop), (1, "xy".into(), stop)]);
            assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]));
        }
    }
}

#[test]
fn calls_of_two_choices_are_told_apart() {
    let call = |index: u32, fields: &str| of(index, &format!("\"tool_calls\":[{{\"index\":0,{fields}}}]"));
    let start = |index, id: &str| {
        call(index, &format!("\"id\":\"{id}\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{\\\"x\\\":\"}}"))
    };
    let more = |index: u32| call(index, &format!("\"function\":{{\"arguments\":\"{index}}}\"}}"));
    // The same id in both: ids are a choice's own.
    for ids in [["a", "b"], ["a", "a"]] {
        let body = [start(0, ids[0]), start(1, ids[1]), more(0), more(1)].concat();
        let response = check(body + &finish_of(1, "tool_calls") + &end("tool_calls"));
        let inputs: Vec<_> = told(&response).iter().map(|call| (call.0, call.2)).collect();
        assert_eq!(inputs, [(Some(ids[0]), "{\"x\":0}"), (Some(ids[1]), "{\"x\":1}")]);
        assert_eq!(anomalies(&response), []);
    }
}

#[test]
fn a_choice_that_is_not_finished_makes_the_answer_incomplete() {
    let body = of(0, "\"content\":\"a\"") + &of(1, "\"content\":\"x\"") + &finish_of(0, "stop");
    let response = check(body.clone() + DONE);
    assert_eq!(choices(&response), [(0, "a".into(), Some(Reason::Stop)), (1, "x".into(), None)]);
    assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Incomplete), vec![AnomalyKind::MissingFinish]));
    assert_eq!(response.choices[1].blocks[0].end.map(|end| end.how), Some(BlockClose::Incomplete));
    assert_eq!(check(body).outcome, Some(Outcome::Truncated));
}

#[test]
fn a_choice_needs_no_role() {
    let response =
        check(of(0, "\"content\":\"a\"") + &of(1, "\"content\":\"b\"") + &finish_of(1, "stop") + &end("stop"));
    assert_eq!(response.outcome, Some(Outcome::Complete));
    for role in ["null", "\"\"", "\"user\"", "\"assistant\"", "7"] {
        let fields = |text: &str| format!("\"role\":{role},\"content\":{text:?}");
        assert_eq!(answer(&check(delta(&fields("a")) + &delta(&fields("b")) + &end("stop"))), "ab", "{role}");
    }
}

#[test]
fn a_message_that_repeats_its_deltas_is_nothing_and_another_is_said() {
    let message = |fields: &str, rest: &str| {
        format!("data: {{\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",{fields}}}{rest}}}]}}\n\n")
    };
    let behind = |fields: &str| check(text("a") + &text("b") + &message(fields, ",\"finish_reason\":\"stop\"") + DONE);
    assert_eq!(answer(&behind("\"content\":\"ab\"")), "ab");
    for fields in ["\"content\":null", "\"content\":\"\"", "\"content\":\"ab\",\"tool_calls\":[]"] {
        assert_eq!(answer(&behind(fields)), "ab", "{fields}");
    }
    assert_eq!(answer(&behind("\"content\":\"abc\"")), "abc", "what the deltas lack");
    for fields in ["\"content\":\"a\"", "\"content\":\"acb\"", "\"content\":\"ba\""] {
        let response = behind(fields);
        assert_eq!(response.choices[0].text(), "ab", "{fields}");
        assert_eq!(anomalies(&response), [AnomalyKind::RestatementDiffers], "{fields}");
    }
    let alone = check(message("\"content\":\"ab\"", ",\"finish_reason\":\"stop\"") + DONE);
    assert_eq!(answer(&alone), "ab");
}

#[test]
fn a_large_choice_number_is_a_number() {
    for (index, number) in [("2147483648", 1_u32 << 31), ("4294967295", u32::MAX), ("9223372036854775807", u32::MAX)] {
        let response = check(of(index, "\"content\":\"a\"") + &finish_of(index, "stop") + DONE);
        assert_eq!(choices(&response), [(number, "a".into(), Some(Reason::Stop))]);
        assert_eq!(response.outcome, Some(Outcome::Complete), "{index}");
    }
    for index in ["-1", "null", "\"0\"", "0.0", "[0]"] {
        let response = check(of(index, "\"content\":\"a\"") + &end("stop"));
        assert_eq!(choices(&response), [(0, "a".into(), Some(Reason::Stop))], "{index}");
    }
}

#[test]
fn equal_deltas_are_not_taken_for_a_loop() {
    let response = check(text(" ha").repeat(150) + &end("stop"));
    assert_eq!(answer(&response), " ha".repeat(150));
    let growing: String = ["ha", "haha", "hahaha"].map(text).concat();
    assert_eq!(answer(&check(growing + &end("stop"))), "hahahahahaha", "nor for a text so far");
}

#[test]
fn unknown_fields_and_frames_change_nothing() {
    let body = [
        delta("\"thoughts_of_tomorrow\":{\"deep\":[1,{}]},\"content\":\"a\""),
        "data: {\"object\":\"thread.run\",\"data\":{}}\n\n".into(),
        delta("\"content\":\"b\",\"tool_results\":[{\"x\":1}]"),
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"c\"}}\n\n".into(),
        text("d"),
    ];
    let response = check(body.concat() + &end("stop"));
    assert_eq!((response.outcome, &*response.choices[0].text()), (Some(Outcome::Complete), "abd"));
    assert_eq!(response.unknown.len(), 2, "{:?}", response.unknown);
    assert_eq!(anomalies(&response), [AnomalyKind::ProtocolMismatch], "one is of another protocol");
    assert!(response.choices[0].blocks.iter().all(|block| matches!(block.kind, BlockKind::Text)));
}

#[test]
fn the_last_of_two_fields_of_one_name_stands() {
    let response = check(delta("\"content\":\"x\",\"content\":\"a\"") + &end("stop"));
    assert_eq!(answer(&response), "a");
    let twice =
        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n";
    assert_eq!(answer(&check(twice.to_owned() + &end("stop"))), "b");
}

#[test]
fn the_same_bytes_give_the_same_events() {
    let call =
        r#""tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]"#;
    let body = of(1, call) + &of(0, call) + &of(7, "\"reasoning\":\"r\",\"content\":\"t\"") + "data: {\n\n" + DONE;
    let events = || {
        let events = thalweg_corpus::Setup::from(&thalweg::dialects::OPENAI_CHAT)
            .events(body.as_bytes(), &thalweg_corpus::Chunking::Whole);
        events.iter().map(|event| serde_json::to_string(event).expect("it is data")).collect::<Vec<_>>()
    };
    assert_eq!(events(), events());
}
