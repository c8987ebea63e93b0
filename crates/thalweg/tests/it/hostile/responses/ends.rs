//! How responses end: reasons, usage, errors, and frames in an order that nobody documents.

use super::{
    AnomalyKind, BlockClose, Close, Count, DONE, ErrorKind, Event, Normalizer, Outcome, Reason, Response, Retry, Stage,
    added, anomalies, answer, begun, blocks, call_item, check, check_closed, completed, created, done, feed, finished,
    frame, input, message, normalizer, response, text, told,
};

const FAILED: &str = r#""status":"failed","output":[],"error":{"code":"server_error","message":"Gone."}"#;

fn incomplete(details: &str) -> String {
    response("incomplete", &format!("\"status\":\"incomplete\",\"output\":[],\"incomplete_details\":{details}"))
}

fn with_usage(usage: &str) -> String {
    begun("a") + &response("completed", &format!("\"status\":\"completed\",\"output\":[],\"usage\":{usage}"))
}

fn counts(response: &Response) -> [Option<u64>; 3] {
    let counts = response.usage.map(|tokens| tokens.counts).unwrap_or_default();
    [counts.input, counts.output, counts.total].map(|count| count.map(Count::get))
}

#[test]
fn a_reason_for_being_incomplete_is_kept_whatever_it_is() {
    for (details, reason, raw) in [
        (r#"{"reason":"max_output_tokens"}"#, Reason::Length, "max_output_tokens"),
        (r#"{"reason":"max_messages"}"#, Reason::Length, "max_messages"),
        (r#"{"reason":"content_filter"}"#, Reason::ContentFilter, "content_filter"),
        (r#"{"reason":"steered"}"#, Reason::Other, "steered"),
        (r#"{"reason":"tide_out"}"#, Reason::Other, "tide_out"),
        (r#"{"reason":null}"#, Reason::Other, "incomplete"),
        ("{}", Reason::Other, "incomplete"),
        ("null", Reason::Other, "incomplete"),
    ] {
        let response = check(begun("a") + &incomplete(details));
        assert_eq!(finished(&response), Some((reason, Some(raw))), "{details}");
        assert_eq!(response.outcome, Some(Outcome::Incomplete), "{details}: what is incomplete is not complete");
        assert_eq!(response.choices[0].text(), "a", "{details}");
    }
}

#[test]
fn the_status_inside_counts_for_more_than_the_event_unless_it_is_better() {
    for (event, status, outcome) in [
        ("completed", "incomplete", Outcome::Incomplete),
        ("incomplete", "completed", Outcome::Incomplete),
        ("failed", "completed", Outcome::Failed),
        ("done", "completed", Outcome::Complete),
        ("done", "incomplete", Outcome::Incomplete),
        ("done", "failed", Outcome::Failed),
        ("completed", "failed", Outcome::Failed),
        ("completed", "cancelled", Outcome::Incomplete),
    ] {
        let response = check(begun("a") + &response(event, &format!("\"status\":\"{status}\",\"output\":[]")));
        assert_eq!(response.outcome, Some(outcome), "{event} {status}");
    }
}

#[test]
fn the_verdict_follows_from_what_was_seen_and_how_the_bytes_ended() {
    let (content, over) = (begun("a"), begun("a") + &completed());
    // Closed in order, broken, timed out, cancelled: as they are declared.
    for (body, outcomes) in [
        (over.clone() + DONE, [Outcome::Complete, Outcome::Complete, Outcome::Complete, Outcome::Cancelled]),
        (over, [Outcome::Complete, Outcome::Complete, Outcome::Complete, Outcome::Cancelled]),
        (content.clone() + DONE, [Outcome::Incomplete, Outcome::Incomplete, Outcome::Incomplete, Outcome::Cancelled]),
        (content, [Outcome::Truncated, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
        (created(), [Outcome::Truncated, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
    ] {
        for (&close, outcome) in Close::ALL.iter().zip(outcomes) {
            let response = check_closed(body.as_bytes(), close);
            assert_eq!(response.outcome, Some(outcome), "{close} after {body}");
            let finish = response.choices.first().and_then(|choice| choice.finish.as_ref());
            assert_eq!(finish.is_some(), body.contains("completed"), "no reason is made up");
            assert!(blocks(&response).iter().all(|block| block.end.is_some()), "every block ends");
        }
    }
}

#[test]
fn whatever_is_an_error_is_one_error() {
    for body in [
        frame("error", r#""code":"server_error","message":"Gone.","param":null"#),
        frame("error", r#""error":{"type":"server_error","code":"server_error","message":"Gone."}"#),
        frame("error", r#""error":{"code":"server_error"},"message":"Gone.""#),
        frame("error", r#""error":"Gone.","code":"server_error""#),
        "event: error\ndata: {\"message\":\"Gone.\",\"code\":\"server_error\"}\n\n".into(),
        "data: {\"error\":{\"message\":\"Gone.\",\"code\":\"server_error\"}}\n\n".into(),
        response("failed", FAILED),
    ] {
        for content in [String::new(), created(), begun("a")] {
            for end in [String::new(), response("failed", FAILED), response("failed", FAILED) + DONE] {
                let response = check(content.clone() + &body + &end);
                assert_eq!(response.outcome, Some(Outcome::Failed), "{body}");
                let [error] = &response.errors[..] else { panic!("{body}{end}: {:?}", response.errors) };
                assert_eq!((&*error.message, error.kind, error.retry), ("Gone.", ErrorKind::Server, Retry::Yes));
                let how: Vec<_> = blocks(&response).iter().map(|block| block.end.map(|end| end.how)).collect();
                assert!(how.iter().all(|how| *how == Some(BlockClose::Failed)), "{body}: {how:?}");
            }
        }
    }
}

#[test]
fn an_error_says_whether_to_ask_again() {
    for (code, kind, retry) in [
        ("rate_limit_exceeded", ErrorKind::RateLimit, Retry::Yes),
        ("insufficient_quota", ErrorKind::Quota, Retry::No),
        ("server_is_overloaded", ErrorKind::Overloaded, Retry::Yes),
        ("context_length_exceeded", ErrorKind::ContextWindow, Retry::No),
        ("invalid_prompt", ErrorKind::InvalidRequest, Retry::No),
        ("bio_policy", ErrorKind::ContentPolicy, Retry::No),
        ("previous_response_not_found", ErrorKind::NotFound, Retry::No),
        ("vector_store_timeout", ErrorKind::Timeout, Retry::Yes),
    ] {
        let response = check(created() + &response("failed", &FAILED.replace("server_error", code)));
        let [error] = &response.errors[..] else { panic!("{code}: {:?}", response.errors) };
        assert_eq!((error.kind, error.retry, error.code.as_deref()), (kind, retry, Some(code)));
        assert_eq!((finished(&response), blocks(&response).len()), (Some((Reason::Error, Some("failed"))), 0));
    }
}

#[test]
fn an_error_anywhere_fails_the_answer() {
    let error = frame("error", r#""error":{"code":"server_error","message":"Gone."}"#);
    for body in [begun("a") + &error + &completed(), begun("a") + &completed() + &error, error.clone() + &completed()] {
        let response = check(&body);
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{body}");
    }
    for nothing in ["null", "false", "\"\""] {
        let healthy = completed().replace("\"output\":[]", &format!("\"output\":[],\"error\":{nothing}"));
        assert_eq!(answer(&check(begun("a") + &healthy)), "a", "{nothing}");
    }
}

#[test]
fn counts_are_of_any_size_and_what_is_no_count_is_absent() {
    let told = |count: &str| {
        let response = check(with_usage(&format!("{{\"input_tokens\":{count}}}")));
        assert_eq!(answer(&response), "a", "{count}");
        counts(&response)
    };
    assert_eq!(told("4294967296"), [Some(1 << 32), None, None]);
    assert_eq!(told("9007199254740993")[0], Some(9_007_199_254_740_993), "no float has this number");
    for nothing in ["null", "\"\"", "-1", "true", "[]", "{}", "1e999"] {
        assert_eq!(told(nothing), [None; 3], "{nothing}");
    }
    for nothing in ["null", "{}", "[]", "7"] {
        let absent = check(with_usage(nothing));
        assert_eq!((counts(&absent), absent.usage), ([None; 3], None), "absent is not zero: {nothing}");
    }
}

#[test]
fn one_broken_frame_costs_one_frame() {
    for broken in ["{\"type\":\"response.output_text.delta\",\"delta\":", "{\"type\":", "{}}", "[1,2"] {
        let response = check(begun("a") + &format!("data: {broken}\n\n") + &text("b") + &completed());
        assert_eq!(
            (response.choices[0].text().as_str(), response.outcome),
            ("ab", Some(Outcome::Complete)),
            "{broken}"
        );
        assert_eq!(anomalies(&response), [AnomalyKind::InvalidJson], "{broken}");
    }
    for odd in ["null", "[]", "7", "true", "[7]"] {
        let response = check(begun("a") + &format!("data: {odd}\n\n") + &text("b") + &completed());
        assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab", Some(Outcome::Complete)), "{odd}");
        assert_eq!(anomalies(&response), [AnomalyKind::BadFrame], "{odd}");
    }
}

#[test]
fn a_response_that_is_created_again_is_the_same_one() {
    let response = check(begun("a") + &created() + &text("b") + &completed());
    assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab", Some(Outcome::Complete)));
    assert_eq!(anomalies(&response), [AnomalyKind::SecondStart]);
    let of = |id: &str, body: String| body.replace("\"r1\"", &format!("\"{id}\""));
    let response = check(begun("a") + &of("r2", begun("b") + &completed()));
    let texts: Vec<_> = blocks(&response).iter().map(|block| block.text.as_str()).collect();
    assert_eq!((texts, response.id.as_deref()), (vec!["a", "b"], Some("r2")));
    assert_eq!(blocks(&response)[0].end.map(|end| end.how), Some(BlockClose::Truncated));
    assert_eq!(anomalies(&response), [AnomalyKind::SecondStart]);
}

#[test]
fn items_that_begin_or_end_twice_are_said() {
    let item = call_item("a", "f", "\"{}\"");
    let start = added(0, &call_item("a", "f", "\"\""));
    let end = done(0, &item);
    for (frames, found) in [
        ([&*start, &start, &end].concat(), &[AnomalyKind::StartRepeated][..]),
        ([&*start, &end, &end].concat(), &[AnomalyKind::EndWithoutStart]),
        ([&*start, &end, &input(0, "a", "\"\"")].concat(), &[]),
    ] {
        let response = check(created() + &frames + &completed());
        assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid")], "{frames}");
        assert_eq!((response.outcome, &*anomalies(&response)), (Some(Outcome::Complete), found), "{frames}");
    }
}

#[test]
fn text_behind_its_end_or_without_a_beginning_is_kept_and_said() {
    let end = frame("response.output_text.done", r#""output_index":0,"content_index":0,"text":"a""#)
        + &done(0, r#"{"id":"m","type":"message","content":[{"type":"output_text","text":"a"}]}"#);
    let response = check(begun("a") + &end + &text("b") + &completed());
    let texts: Vec<_> = blocks(&response).iter().map(|block| block.text.as_str()).collect();
    assert_eq!((texts, anomalies(&response)), (vec!["a", "b"], vec![AnomalyKind::DeltaAfterEnd]));
    let response = check(created() + &text("a") + &text("b") + &completed());
    assert_eq!((response.choices[0].text().as_str(), blocks(&response).len()), ("ab", 1));
    assert_eq!(anomalies(&response), [AnomalyKind::DeltaWithoutStart]);
}

#[test]
fn nothing_follows_the_end() {
    let more = [message(1), text("b"), completed(), DONE.into(), added(2, &call_item("a", "f", "\"{}\""))];
    let whole = check(begun("a") + &completed());
    let response = check(begun("a") + &completed() + &more.concat());
    assert_eq!(response.choices, whole.choices);
    assert_eq!(response.outcome, Some(Outcome::Complete));
    let response = check(completed() + &begun("a"));
    assert_eq!(response.outcome, Some(Outcome::Complete), "the end may come first");
}

#[test]
fn numbers_may_be_missing_equal_or_restart() {
    let numbered = |numbers: &[&str]| {
        let frames = [created(), message(0), text("a"), text("b"), completed()].concat();
        let mut numbers = numbers.iter().cycle();
        let frames = frames.split_inclusive("\n\n").map(|frame| {
            let number = numbers.next().expect("it goes round");
            frame.replacen("\"type\":", &format!("\"sequence_number\":{number},\"type\":"), 1)
        });
        frames.collect::<String>()
    };
    for numbers in [
        &["0", "1", "2", "3", "4", "5"][..],
        &["0"],
        &["7", "8"],
        &["0", "1", "24", "25", "54", "55"],
        &["5", "4", "3", "2", "1", "0"],
        &["null"],
        &["\"0\""],
        &["-1"],
        &["1.5"],
        &["18446744073709551616"],
    ] {
        let response = check(numbered(numbers));
        assert_eq!(response.choices[0].text(), "ab", "{numbers:?}: nothing is dropped without a reconnect");
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Complete), 0), "{numbers:?}");
    }
    assert_eq!(answer(&check(numbered(&["0", "1", "2", "3", "4", "5"]))), "ab");
}

#[test]
fn a_background_response_that_is_cut_can_be_resumed() {
    let frame = |n: u32, kind: &str, status: &str| {
        let body = response(kind, &format!("\"status\":\"{status}\",\"background\":true,\"output\":[]"));
        body.replacen("\"type\":", &format!("\"sequence_number\":{n},\"type\":"), 1)
    };
    let resume = |body: &str| {
        let mut normalizer = normalizer();
        normalizer.feed(body.as_bytes());
        normalizer.finish(Close::Broken);
        let mut resume = None;
        while let Some(event) = normalizer.poll() {
            if let Event::End { outcome, resume: Some(told), .. } = event {
                assert_eq!(outcome, Outcome::Truncated);
                resume = Some((told.response_id.to_owned(), told.after));
            }
        }
        resume
    };
    let queued = frame(0, "created", "queued") + &frame(1, "queued", "queued");
    assert_eq!(resume(&queued), Some(("r1".into(), 1)));
    assert_eq!(resume(&(queued + &frame(2, "in_progress", "in_progress"))), Some(("r1".into(), 2)));
    assert_eq!(resume(&begun("a")), None, "it cannot be asked for again");
    let over = frame(0, "created", "queued") + &frame(1, "completed", "completed");
    assert_eq!(resume(&over), None, "nothing is missing");
}

#[test]
fn the_end_settles_the_stream_before_the_connection_closes() {
    for end in [completed(), incomplete("null"), response("failed", FAILED)] {
        let mut normalizer: Normalizer = normalizer();
        let mut response = Response::default();
        feed(&mut normalizer, begun("a").as_bytes(), &mut response);
        assert_eq!(normalizer.stage(), Stage::Open);
        feed(&mut normalizer, end.as_bytes(), &mut response);
        assert_eq!(normalizer.stage(), Stage::Settled, "{end}");
        assert!(response.choices[0].finish.is_some(), "{end}");
    }
}

#[test]
fn a_whole_body_is_the_same_answer() {
    let item = r#"{"id":"m","type":"message","content":[{"type":"output_text","text":"a","annotations":[]}]}"#;
    let body = |status: &str, output: &str| {
        format!("{{\"id\":\"r1\",\"object\":\"response\",\"status\":\"{status}\",\"output\":[{output}]}}")
    };
    let calls = [call_item("a", "f", "\"{}\""), call_item("b", "g", "\"{}\"")].join(",");
    for (status, outcome) in [
        ("completed", Outcome::Complete),
        ("incomplete", Outcome::Incomplete),
        ("failed", Outcome::Failed),
        ("cancelled", Outcome::Incomplete),
        ("queued", Outcome::Suspended),
        ("in_progress", Outcome::Suspended),
    ] {
        let response = check(body(status, item));
        assert_eq!((response.choices[0].text().as_str(), response.outcome), ("a", Some(outcome)), "{status}");
    }
    let response = check(body("completed", &calls));
    assert_eq!(told(&response), [(Some("a"), "f", "{}", "valid"), (Some("b"), "g", "{}", "valid")]);
    let whole = body("completed", item);
    for cut in 1..whole.len() {
        let response = check(&whole[..cut]);
        assert_ne!(response.outcome, Some(Outcome::Complete), "cut at {cut}");
    }
}
