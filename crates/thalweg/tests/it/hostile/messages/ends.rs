//! Usage, errors, what is unknown or out of order, and how streams end.

use thalweg::{
    AnomalyKind, BlockClose, BlockKind, Close, Count, ErrorKind, Outcome, Reason, Response, Retry, Stage, Usage,
    UsageOrigin,
};

use super::super::{DONE, anomalies, answer, check_as, feed, finished, told};
use super::{
    DIALECT, blocks, call, check, close, delta, end, error, frame, input_delta, normalizer, open, open_call, open_text,
    open_thinking, ping, reason, signature_delta, start, stop, text, text_delta, thinking_delta,
};

fn counts(response: &Response) -> [Option<u64>; 2] {
    let counts = response.usage.map_or_else(Usage::default, |tokens| tokens.counts);
    [counts.input, counts.output].map(|count| count.map(Count::get))
}

/// A first frame with a usage object.
fn start_with(usage: &str) -> String {
    frame("message_start", &format!(",\"message\":{{\"id\":\"m\",\"usage\":{usage}}}"))
}

/// The end of a turn with a usage object.
fn end_with(usage: &str) -> String {
    frame("message_delta", &format!(",\"delta\":{{\"stop_reason\":\"end_turn\"}},\"usage\":{usage}")) + &stop()
}

#[test]
fn a_last_frame_that_counts_the_output_alone_is_read() {
    let response = check(start("m") + &call(0, "a", "{}") + &end("tool_use"));
    assert_eq!((answer(&response).as_str(), counts(&response)), ("", [Some(5), Some(9)]));
    assert_eq!(finished(&response), Some((Reason::ToolCalls, Some("tool_use"))));
    assert_eq!(response.usage.map(|tokens| tokens.origin), Some(UsageOrigin::Provider));
}

#[test]
fn counts_are_merged_field_by_field_and_the_last_stand() {
    let full = "{\"input_tokens\":5,\"cache_read_input_tokens\":7,\"output_tokens\":1}";
    for (first, last, told) in [
        (full, "{\"output_tokens\":9}", [Some(12), Some(9)]),
        (full, "{\"output_tokens\":9,\"input_tokens\":null,\"cache_read_input_tokens\":null}", [Some(12), Some(9)]),
        (full, "{\"output_tokens\":9,\"input_tokens\":0,\"cache_read_input_tokens\":0}", [Some(12), Some(9)]),
        (full, "{\"output_tokens\":9,\"input_tokens\":6}", [Some(13), Some(9)]),
        (full, "null", [Some(12), Some(1)]),
        (full, "{}", [Some(12), Some(1)]),
        ("null", "{\"output_tokens\":9}", [None, Some(9)]),
        (
            "{}",
            "{\"input_tokens\":4294967296,\"output_tokens\":9007199254740993}",
            [Some(1 << 32), Some(9_007_199_254_740_993)],
        ),
        ("null", "null", [None, None]),
        ("{\"input_tokens\":-1,\"output_tokens\":\"\"}", "{\"output_tokens\":1e999}", [None, None]),
    ] {
        let response = check(start_with(first) + &text(0, "a") + &end_with(last));
        assert_eq!((counts(&response), answer(&response).as_str()), (told, "a"), "{first} {last}");
    }
}

#[test]
fn a_smaller_count_is_used_and_said() {
    let usage = |n: u32| format!("{{\"input_tokens\":5,\"output_tokens\":{n}}}");
    let response = check(start_with(&usage(9)) + &text(0, "a") + &end_with(&usage(4)));
    assert_eq!((counts(&response), anomalies(&response)), ([Some(5), Some(4)], vec![AnomalyKind::UsageDecreased]));
}

#[test]
fn zeros_before_the_answer_are_no_counts() {
    let zeros = "{\"input_tokens\":0,\"output_tokens\":0,\"cache_read_input_tokens\":0}";
    let response = check(start_with(zeros) + &text(0, "a"));
    assert_eq!((response.usage, response.outcome), (None, Some(Outcome::Truncated)));
    let partial = check(start("m") + &text(0, "a"));
    assert_eq!(counts(&partial), [Some(5), Some(1)]);
    assert_eq!(partial.usage.map(|tokens| tokens.origin), Some(UsageOrigin::Partial));
}

#[test]
fn an_error_behind_content_fails_the_answer_and_ends_its_blocks() {
    let error = error("\"type\":\"overloaded_error\",\"message\":\"Gone.\"");
    for behind in ["", DONE, &ping(), &error, &stop()] {
        let response = check(start("m") + &open_text(0) + &text_delta(0, "a") + &error + behind);
        assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Failed), "a"), "{behind}");
        assert_eq!(response.choices[0].finish, None, "no reason is made up");
        assert_eq!(blocks(&response)[0].end.map(|end| end.how), Some(BlockClose::Failed));
        let [error] = &response.errors[..] else { panic!("{:?}", response.errors) };
        assert_eq!((error.kind, error.retry, &*error.message), (ErrorKind::Overloaded, Retry::Yes, "Gone."));
    }
}

#[test]
fn an_error_before_content_leaves_no_content() {
    for first in [String::new(), ping(), start("m"), start("m") + &ping(), ": keep-alive\n\n".into()] {
        let response = check(first + &error("\"type\":\"overloaded_error\",\"message\":\"Busy.\""));
        assert_eq!((response.outcome, response.choices.len()), (Some(Outcome::Failed), 0));
        assert_eq!((response.errors[0].kind, response.errors[0].retry), (ErrorKind::Overloaded, Retry::Yes));
    }
}

#[test]
fn the_type_of_an_error_says_its_kind_in_a_stream_and_in_a_body() {
    for (wire_type, more, kind, retry) in [
        ("invalid_request_error", "", ErrorKind::InvalidRequest, Retry::No),
        ("authentication_error", "", ErrorKind::Auth, Retry::No),
        ("billing_error", "", ErrorKind::Quota, Retry::No),
        ("permission_error", "", ErrorKind::Permission, Retry::No),
        ("not_found_error", "", ErrorKind::NotFound, Retry::No),
        ("request_too_large", "", ErrorKind::InvalidRequest, Retry::No),
        ("rate_limit_error", "", ErrorKind::RateLimit, Retry::Yes),
        ("rate_limit_error", "ramp_limit_exceeded", ErrorKind::RateLimit, Retry::Yes),
        ("rate_limit_error", "enforced_spend_limit_reached", ErrorKind::Quota, Retry::No),
        ("rate_limit_error", "contract_spend_limit_reached", ErrorKind::Quota, Retry::No),
        ("conflict_error", "", ErrorKind::Other, Retry::Yes),
        ("timeout_error", "", ErrorKind::Timeout, Retry::Yes),
        ("api_error", "", ErrorKind::Server, Retry::Yes),
        ("overloaded_error", "", ErrorKind::Overloaded, Retry::Yes),
        ("tide_error", "", ErrorKind::Other, Retry::Unknown),
    ] {
        let fields = format!("\"type\":{wire_type:?},\"message\":\"No.\",\"details\":{{\"error_code\":{more:?}}}");
        let body = format!("{{\"type\":\"error\",\"error\":{{{fields}}},\"request_id\":\"r\"}}");
        for response in [check(start("m") + &error(&fields)), check(&body), check(format!("data: {body}\n\n"))] {
            let [error] = &response.errors[..] else { panic!("{wire_type}: {:?}", response.errors) };
            assert_eq!((error.kind, error.retry, &*error.message), (kind, retry, "No."), "{wire_type} {more}");
            assert_eq!(response.outcome, Some(Outcome::Failed));
        }
    }
}

#[test]
fn a_prompt_that_does_not_fit_is_known_by_its_words() {
    for message in [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000, decrease input length",
    ] {
        let response = check(error(&format!("\"type\":\"invalid_request_error\",\"message\":{message:?}")));
        let [error] = &response.errors[..] else { panic!("{:?}", response.errors) };
        assert_eq!((error.kind, error.retry, &*error.message), (ErrorKind::ContextWindow, Retry::No, message));
    }
}

#[test]
fn whatever_is_an_error_is_one_error() {
    for (data, message) in [
        ("{\"type\":\"error\",\"error\":\"Gone.\"}", "Gone."),
        ("{\"type\":\"error\",\"error\":{\"message\":\"Gone.\"}}", "Gone."),
        ("{\"error\":{\"type\":null,\"message\":\"Gone.\"}}", "Gone."),
        ("{\"code\":500,\"message\":\"Gone.\",\"type\":\"server_error\"}", "Gone."),
    ] {
        let response = check(start("m") + &text(0, "a") + &format!("event: error\ndata: {data}\n\n"));
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{data}");
        assert_eq!((&*response.errors[0].message, response.choices[0].text().as_str()), (message, "a"));
    }
}

#[test]
fn the_verdict_follows_from_what_was_seen_and_how_the_bytes_ended() {
    let content = start("m") + &text(0, "a");
    let done = content.clone() + DONE;
    let reasoned = content.clone() + &reason("end_turn");
    let reasoned_done = reasoned.clone() + DONE;
    let stopped = content.clone() + &stop();
    let whole = content.clone() + &end("end_turn");
    // Closed in order, broken, timed out, cancelled: as they are declared.
    for (body, outcomes) in [
        (&whole, [Outcome::Complete, Outcome::Complete, Outcome::Complete, Outcome::Cancelled]),
        (&reasoned, [Outcome::Complete, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
        (&reasoned_done, [Outcome::Complete, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
        (&stopped, [Outcome::Incomplete, Outcome::Incomplete, Outcome::Incomplete, Outcome::Cancelled]),
        (&done, [Outcome::Truncated, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
        (&content, [Outcome::Truncated, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
    ] {
        for (&close, outcome) in Close::ALL.iter().zip(outcomes) {
            let response = check_as(DIALECT, body.as_bytes(), close);
            assert_eq!(response.outcome, Some(outcome), "{close:?} after {body}");
            assert_eq!(finished(&response).is_some(), body.contains("end_turn"), "no reason is made up");
            assert!(blocks(&response).iter().all(|block| block.end.is_some()), "every block ends");
        }
    }
}

#[test]
fn signs_of_life_behind_the_reason_do_not_open_the_stream_again() {
    let body = start("m") + &text(0, "a");
    for (end, stage) in [(reason("end_turn"), Stage::Finished), (end("end_turn"), Stage::Settled)] {
        let mut normalizer = normalizer();
        normalizer.feed((body.clone() + &end).as_bytes());
        while normalizer.poll().is_some() {}
        assert_eq!(normalizer.stage(), stage);
        for _ in 0..1000 {
            normalizer.feed(ping().as_bytes());
            assert!(normalizer.poll().is_none(), "a ping is no event");
            assert_eq!(normalizer.stage(), stage);
        }
        assert!(normalizer.retained_bytes() < 64 << 10);
    }
}

#[test]
fn one_broken_frame_costs_one_frame() {
    let around = |broken: &str| {
        let broken = format!("event: content_block_delta\ndata: {broken}\n\n");
        check(
            start("m")
                + &open_text(0)
                + &text_delta(0, "a")
                + &broken
                + &text_delta(0, "b")
                + &close(0)
                + &end("end_turn"),
        )
    };
    for (broken, kind) in [
        (
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x",
            AnomalyKind::InvalidJson,
        ),
        ("{\"type\":}", AnomalyKind::InvalidJson),
        ("{'type':'ping'}", AnomalyKind::InvalidJson),
        ("null", AnomalyKind::BadFrame),
        ("[]", AnomalyKind::BadFrame),
        ("7", AnomalyKind::BadFrame),
    ] {
        let response = around(broken);
        assert_eq!(
            (response.choices[0].text().as_str(), response.outcome),
            ("ab", Some(Outcome::Complete)),
            "{broken}"
        );
        assert_eq!(anomalies(&response), [kind], "{broken}");
    }
}

#[test]
fn what_is_unknown_is_kept_and_no_fault() {
    let body = [
        frame("future_event", ",\"x\":1"),
        start("m"),
        open(0, "\"type\":\"future_block\",\"x\":2"),
        delta(0, "\"type\":\"future_delta\",\"x\":3"),
        close(0),
        open_text(1),
        text_delta(1, "a"),
        delta(1, "\"type\":\"future_delta\",\"x\":4"),
        text_delta(1, "b"),
        close(1),
    ];
    let response = check(body.concat() + &end("end_turn"));
    assert_eq!((answer(&response).as_str(), response.errors.len()), ("ab", 0));
    let [(wire_type, json)] = &response.unknown[..] else { panic!("{:?}", response.unknown) };
    assert_eq!((&**wire_type, &**json), ("future_event", "{\"type\":\"future_event\",\"x\":1}"));
    let BlockKind::Other { wire_type, .. } = &blocks(&response)[0].kind else { panic!("{response:#?}") };
    assert_eq!(&**wire_type, "future_block");
    assert_eq!(blocks(&response).iter().map(|block| block.parts.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn what_is_out_of_order_is_said_and_nothing_is_lost() {
    let thinking = |n: u32| open_thinking(n) + &thinking_delta(n, "r") + &signature_delta(n, "s") + &close(n);
    for (body, kind) in [
        (start("m") + &text(0, "a"), AnomalyKind::SecondStart),
        (thinking(0) + &text(1, "a") + &close(1), AnomalyKind::EndWithoutStart),
        (close(0) + &text(0, "a"), AnomalyKind::EndWithoutStart),
        (text_delta(0, "a") + &close(0), AnomalyKind::DeltaWithoutStart),
        (text_delta(7, "a"), AnomalyKind::DeltaWithoutStart),
        (open_text(0) + &close(0) + &text_delta(0, "a"), AnomalyKind::DeltaAfterEnd),
        (open_text(0) + &open_text(0) + &text_delta(0, "a") + &close(0), AnomalyKind::StartRepeated),
        (open_text(0) + &text_delta(0, "a") + &open_text(0) + &close(0), AnomalyKind::StartRepeated),
        (open_text(0) + &text_delta(0, "a") + &open_thinking(0) + &thinking_delta(0, "r"), AnomalyKind::StartRepeated),
        (open_thinking(0) + &text_delta(0, "a") + &close(0), AnomalyKind::KindMismatch),
        (open_text(0) + &thinking_delta(0, "r") + &close(0) + &text(1, "a"), AnomalyKind::KindMismatch),
    ] {
        let response = check(start("m") + &body + &end("end_turn"));
        assert_eq!((response.choices[0].text().as_str(), response.outcome), ("a", Some(Outcome::Complete)), "{body}");
        assert_eq!(anomalies(&response), [kind], "{body}");
    }
}

#[test]
fn another_message_inside_the_first_is_read_from_its_beginning() {
    let first = start("m") + &open_text(0) + &text_delta(0, "a");
    let response = check(first.clone() + &start("m") + &text_delta(0, "b") + &close(0) + &end("end_turn"));
    assert_eq!((response.choices[0].text().as_str(), blocks(&response).len()), ("ab", 1));
    let response = check(first + &start("n") + &text(0, "b") + &end("end_turn"));
    assert_eq!((response.choices[0].text().as_str(), response.id.as_deref()), ("ab", Some("n")));
    let ends: Vec<_> = blocks(&response).iter().filter_map(|block| block.end).map(|end| end.how).collect();
    assert_eq!(ends, [BlockClose::Truncated, BlockClose::Complete]);
    assert_eq!(anomalies(&response), [AnomalyKind::SecondStart]);
}

#[test]
fn a_block_that_gives_way_to_another_has_an_implied_end() {
    let body =
        start("m") + &open_text(0) + &text_delta(0, "a") + &open_call(0, "c") + &input_delta(0, "{}") + &close(0);
    let response = check(body + &end("tool_use"));
    let ends: Vec<_> = blocks(&response).iter().filter_map(|block| block.end).map(|end| end.how).collect();
    assert_eq!(ends, [BlockClose::Implied, BlockClose::Complete]);
    assert_eq!(told(&response), [(Some("c"), "f", "{}", "valid")]);
}

#[test]
fn the_end_comes_once_and_alone_it_is_no_answer() {
    let alone = check(stop());
    assert_eq!((alone.outcome, alone.choices.len()), (Some(Outcome::Incomplete), 0));
    assert_eq!(anomalies(&alone), [AnomalyKind::MissingFinish]);
    let whole = start("m") + &text(0, "a") + &end("end_turn");
    assert_eq!(answer(&check(whole.clone() + &stop())), "a");
    let response = check(whole + &text(1, "b"));
    assert_eq!((response.choices[0].text().as_str(), response.outcome), ("a", Some(Outcome::Complete)));
}

#[test]
fn a_key_that_comes_twice_is_read() {
    let twice = "data: {\"type\":\"content_block_delta\",\"type\":\"content_block_delta\",\"index\":0,\"index\":0,\
                 \"delta\":{\"type\":\"text_delta\",\"type\":\"text_delta\",\"text\":\"a\"}}\n\n";
    assert_eq!(answer(&check(start("m") + &open_text(0) + twice + &close(0) + &end("end_turn"))), "a");
}

#[test]
fn an_answer_that_nobody_reads_meanwhile_is_the_same() {
    let waves: String = (0..1000).map(|_| text_delta(0, "wave ")).collect();
    let body = start("m") + &open_text(0) + &waves + &close(0) + &end("end_turn");
    let mut slow = normalizer();
    for chunk in body.as_bytes().chunks(100) {
        slow.feed(chunk);
    }
    slow.finish(Close::Clean);
    let mut response = Response::default();
    feed(&mut slow, b"", &mut response);
    assert_eq!(answer(&response), "wave ".repeat(1000));
}

#[test]
fn the_same_bytes_give_the_same_events() {
    let nameless = open(1, "\"type\":\"tool_use\",\"name\":\"f\"") + &input_delta(1, "{}") + &close(1);
    let body = start("m") + &thinking_delta(0, "r") + &nameless + &call(2, "a", "{}") + &end("tool_use");
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
    assert!(first.len() > 10, "{first:?}");
    assert!((0..3).all(|_| events() == first));
}
