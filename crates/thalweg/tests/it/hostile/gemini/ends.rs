//! Usage, errors, what is unknown or out of order, and how streams end.

use thalweg::{
    AnomalyKind, BlockClose, Close, Count, ErrorKind, Origin, Outcome, Reason, Response, Retry, Stage, Usage,
    UsageOrigin,
};

use super::super::{DONE, anomalies, answer, check_as, feed, finished, told};
use super::{DIALECT, array, blocks, call, candidate, check, end, frame, normalizer, parts, stop, text};

fn usage(counts: &str) -> String {
    format!("\"usageMetadata\":{{{counts}}}")
}

fn counts(response: &Response) -> [Option<u64>; 3] {
    let counts = response.usage.map_or_else(Usage::default, |tokens| tokens.counts);
    [counts.input, counts.output, counts.total].map(|count| count.map(Count::get))
}

fn closed(body: &str, close: Close) -> Response {
    check_as(DIALECT, body.as_bytes(), close)
}

#[test]
fn an_unknown_reason_is_kept_with_its_content() {
    for reason in ["TIDE_TOO_LOW", "stop_reason", "97"] {
        let response =
            check(parts("{\"text\":\"a\"}").replace("\"index\"", &format!("\"finishReason\":\"{reason}\",\"index\"")));
        assert_eq!((answer(&response).as_str(), finished(&response)), ("a", Some((Reason::Other, Some(reason)))));
    }
}

#[test]
fn a_reason_may_be_the_number_of_a_word() {
    for (dialect, number, reason) in [
        ("gemini", 1, Reason::Stop),
        ("gemini", 2, Reason::Length),
        ("gemini", 3, Reason::ContentFilter),
        ("gemini", 4, Reason::ContentFilter),
        ("gemini", 5, Reason::Other),
        ("gemini", 10, Reason::Error),
        ("vertex", 1, Reason::Stop),
        ("vertex", 9, Reason::Error),
        ("vertex", 10, Reason::ContentFilter),
    ] {
        for word in [number.to_string(), format!("\"{number}\"")] {
            let body = text("a") + &candidate(&format!("\"finishReason\":{word}"));
            let response = check_as(dialect, body.as_bytes(), Close::Clean);
            let raw = number.to_string();
            assert_eq!(finished(&response), Some((reason, Some(raw.as_str()))), "{dialect} {word}");
        }
    }
    for none in ["0", "\"\"", "null", "\"FINISH_REASON_UNSPECIFIED\""] {
        let response = check(text("a") + &candidate(&format!("\"finishReason\":{none}")));
        assert_eq!((response.outcome, finished(&response)), (Some(Outcome::Truncated), None), "{none}");
    }
}

#[test]
fn a_blocked_prompt_is_filtered_and_no_error() {
    for word in ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"] {
        let feedback = format!("\"promptFeedback\":{{\"blockReason\":\"{word}\",\"blockReasonMessage\":\"No.\"}}");
        let body = frame(&feedback) + &frame(&usage("\"promptTokenCount\":4,\"totalTokenCount\":4"));
        for body in [body.clone(), array(&[body.lines().next().unwrap_or_default().into()]), format!("{{{feedback}}}")]
        {
            let response = check(&body);
            assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Incomplete), 0), "{body}");
            assert_eq!(finished(&response), Some((Reason::ContentFilter, Some(word))), "{body}");
            let detail = response.choices[0].finish.as_ref().and_then(|finish| finish.detail.as_deref());
            assert_eq!(detail, Some("No."), "{body}");
        }
    }
    for none in ["\"blockReason\":\"BLOCK_REASON_UNSPECIFIED\"", "\"blockReason\":0", "\"safetyRatings\":[]"] {
        let response = check(frame(&format!("\"promptFeedback\":{{{none}}}")) + &text("a") + &stop());
        assert_eq!(answer(&response), "a", "{none}");
    }
}

#[test]
fn counts_are_merged_field_by_field_and_the_last_stand() {
    let first = "\"promptTokenCount\":5,\"candidatesTokenCount\":1,\"totalTokenCount\":6";
    for (last, told) in [
        ("\"candidatesTokenCount\":9,\"totalTokenCount\":14", [Some(5), Some(9), Some(14)]),
        ("\"candidatesTokenCount\":9,\"thoughtsTokenCount\":3", [Some(5), Some(12), Some(6)]),
        ("\"toolUsePromptTokenCount\":7,\"cachedContentTokenCount\":2", [Some(12), Some(1), Some(6)]),
        ("\"promptTokenCount\":null,\"candidatesTokenCount\":null", [Some(5), Some(1), Some(6)]),
        ("\"promptTokenCount\":\"4294967296\"", [Some(1 << 32), Some(1), Some(6)]),
        ("\"candidatesTokenCount\":9007199254740993", [Some(5), Some(9_007_199_254_740_993), Some(6)]),
        ("\"trafficType\":\"ON_DEMAND\"", [Some(5), Some(1), Some(6)]),
        ("\"promptTokenCount\":-1,\"candidatesTokenCount\":1e999,\"totalTokenCount\":{}", [Some(5), Some(1), Some(6)]),
    ] {
        let first = frame(&usage(first));
        // On the frame of the reason, and on one without candidates behind it.
        let with_reason = stop().replace("\"candidates\"", &format!("{},\"candidates\"", usage(last)));
        for end in
            [with_reason, stop() + &frame(&usage(last)), stop() + &frame(&format!("\"candidates\":[],{}", usage(last)))]
        {
            let response = check(first.clone() + &text("a") + &end);
            assert_eq!((counts(&response), answer(&response).as_str()), (told, "a"), "{last} {end}");
            assert_eq!(response.usage.map(|tokens| tokens.origin), Some(UsageOrigin::Provider), "{end}");
        }
    }
    assert_eq!(check(text("a") + &stop() + &frame("\"usageMetadata\":null")).usage, None);
}

#[test]
fn a_smaller_count_is_used_and_said() {
    let of = |n: u32| frame(&usage(&format!("\"promptTokenCount\":5,\"candidatesTokenCount\":{n}")));
    let response = check(of(9) + &text("a") + &stop() + &of(4));
    assert_eq!(counts(&response), [Some(5), Some(4), None]);
    assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![AnomalyKind::UsageDecreased]));
}

#[test]
fn counts_of_a_stream_that_is_cut_are_no_last_ones() {
    let response = check(frame(&usage("\"promptTokenCount\":5,\"candidatesTokenCount\":1")) + &text("a"));
    assert_eq!(counts(&response), [Some(5), Some(1), None]);
    assert_eq!(response.usage.map(|tokens| tokens.origin), Some(UsageOrigin::Partial));
}

const GONE: &str = "\"error\":{\"code\":503,\"message\":\"Gone.\",\"status\":\"UNAVAILABLE\"}";
const BARE: &str = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"Gone. }{\\\"\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n";

/// An error in each form in which it comes behind `first`.
fn failures(first: &[String]) -> Vec<String> {
    let events = first.concat();
    let mut elements = first.to_vec();
    elements.push(frame(GONE));
    vec![
        events.clone() + &frame(GONE),
        events.clone() + "event: error\n" + &frame(GONE),
        events.clone() + &format!("data: [{{{GONE}}}]\n\n"),
        events.clone() + BARE,
        events + &BARE.replace('\n', "\r\n"),
        array(&elements),
        array(&elements).trim_end_matches(']').into(),
    ]
}

#[test]
fn an_error_behind_content_fails_the_answer_and_ends_its_blocks() {
    for body in failures(&[text("a")]) {
        for close in [Close::Clean, Close::Broken] {
            let response = closed(&body, close);
            assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Failed), "a"), "{body}");
            assert_eq!(response.choices[0].finish, None, "no reason is made up: {body}");
            assert_eq!(blocks(&response)[0].end.map(|end| end.how), Some(BlockClose::Failed), "{body}");
            let [error] = &response.errors[..] else { panic!("{body}: {:?}", response.errors) };
            assert_eq!(
                (error.kind, error.retry, error.status),
                (ErrorKind::Overloaded, Retry::Yes, Some(503)),
                "{body}"
            );
            assert_eq!((error.message.starts_with("Gone."), error.origin), (true, Origin::Provider), "{body}");
        }
    }
}

#[test]
fn an_error_before_content_leaves_no_content() {
    for first in [vec![], vec![frame("\"modelVersion\":\"m\"")], vec![frame(&usage("\"promptTokenCount\":5"))]] {
        for body in failures(&first) {
            let response = check(&body);
            assert_eq!((response.outcome, response.choices.len()), (Some(Outcome::Failed), 0), "{body}");
            let [error] = &response.errors[..] else { panic!("{body}: {:?}", response.errors) };
            assert_eq!((error.kind, error.retry), (ErrorKind::Overloaded, Retry::Yes), "{body}");
        }
    }
}

#[test]
fn the_status_of_an_error_says_its_kind() {
    for (code, status, kind, retry) in [
        (400, "INVALID_ARGUMENT", ErrorKind::InvalidRequest, Retry::No),
        (400, "FAILED_PRECONDITION", ErrorKind::InvalidRequest, Retry::No),
        (401, "UNAUTHENTICATED", ErrorKind::Auth, Retry::No),
        (403, "PERMISSION_DENIED", ErrorKind::Permission, Retry::No),
        (404, "NOT_FOUND", ErrorKind::NotFound, Retry::No),
        (429, "RESOURCE_EXHAUSTED", ErrorKind::RateLimit, Retry::Yes),
        (499, "CANCELLED", ErrorKind::Cancelled, Retry::No),
        (500, "INTERNAL", ErrorKind::Server, Retry::Yes),
        (503, "UNAVAILABLE", ErrorKind::Overloaded, Retry::Yes),
        (504, "DEADLINE_EXCEEDED", ErrorKind::Timeout, Retry::Yes),
    ] {
        let error = format!("\"error\":{{\"code\":{code},\"message\":\"No.\",\"status\":\"{status}\"}}");
        for body in [frame(&error), format!("{{{error}}}"), format!("[{{{error}}}]"), text("a") + &frame(&error)] {
            let response = check(&body);
            let [error] = &response.errors[..] else { panic!("{body}: {:?}", response.errors) };
            assert_eq!((error.kind, error.retry, error.status), (kind, retry, Some(code)), "{body}");
            assert_eq!((error.code.as_deref(), response.outcome), (Some(status), Some(Outcome::Failed)), "{body}");
        }
    }
}

#[test]
fn a_stream_ends_in_four_ways() {
    let reset = Close::Broken;
    for (frames, mark, clean, broken) in [
        (vec![text("a"), stop()], true, Outcome::Complete, Outcome::Complete),
        (vec![text("a"), stop()], false, Outcome::Complete, Outcome::Truncated),
        (vec![text("a")], true, Outcome::Incomplete, Outcome::Incomplete),
        (vec![text("a")], false, Outcome::Truncated, Outcome::Truncated),
    ] {
        let list = array(&frames);
        let list = if mark { list } else { list.trim_end_matches(']').into() };
        let events = frames.concat() + if mark { DONE } else { "" };
        for body in [list, events] {
            for (close, outcome) in [(Close::Clean, clean), (reset, broken), (Close::TimedOut, broken)] {
                let response = closed(&body, close);
                assert_eq!(response.outcome, Some(outcome), "{close} {body}");
                assert_eq!(response.choices[0].text(), "a", "{body}");
                assert_eq!(finished(&response).is_some(), frames.len() > 1, "no reason is made up: {body}");
                let evidence = response.evidence.expect("it is over");
                assert_eq!((evidence.sentinel, evidence.terminal), (mark, mark && frames.len() > 1), "{body}");
            }
        }
    }
}

#[test]
fn a_whole_body_is_whole_however_the_connection_ends() {
    let body = stop().replace("\"text\":\"\"", "\"text\":\"a\"");
    let body = body.trim().trim_start_matches("data: ");
    for close in [Close::Clean, Close::Broken, Close::TimedOut] {
        let response = closed(body, close);
        assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Complete), "a"), "{close}");
    }
    let cut = closed(&body[..body.len() - 1], Close::Clean);
    assert_eq!((cut.outcome, cut.choices.len()), (Some(Outcome::Truncated), 0), "half a body says nothing");
}

#[test]
fn a_stream_that_is_cut_ends_its_blocks() {
    let body = text("a") + &call("\"name\":\"f\",\"willContinue\":true");
    for close in [Close::Clean, Close::Broken] {
        let response = closed(&body, close);
        let ends: Vec<_> = blocks(&response).iter().filter_map(|block| Some(block.end?.how)).collect();
        assert_eq!(ends, [BlockClose::Implied, BlockClose::Truncated], "{close}");
        assert_eq!((told(&response), response.outcome), (vec![(None, "f", "", "empty")], Some(Outcome::Truncated)));
    }
}

#[test]
fn a_server_that_never_closes_hangs_nobody() {
    let mut normalizer = normalizer();
    let mut response = Response::default();
    feed(&mut normalizer, text("a").as_bytes(), &mut response);
    assert_eq!(normalizer.stage(), Stage::Open);
    feed(&mut normalizer, stop().as_bytes(), &mut response);
    assert_eq!(normalizer.stage(), Stage::Finished);
    for _ in 0..1000 {
        normalizer.feed(b": alive\n\n");
        assert!(normalizer.poll().is_none(), "a sign of life is no event");
    }
    let mut normalizer = super::normalizer();
    feed(&mut normalizer, array(&[text("a"), stop()]).as_bytes(), &mut Response::default());
    assert_eq!(normalizer.stage(), Stage::Settled, "the end of the array");
}

#[test]
fn a_broken_frame_costs_itself_alone() {
    for broken in [
        "data: {\"candidates\":[{\"content\":\n\n",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"no\"}]}}]\n\n",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"no\"}]}}]}}\n\n",
        "data: }{\n\n",
        "data: {'candidates':[]}\n\n",
    ] {
        let response = check(text("a") + broken + &text("b") + &stop());
        assert_eq!(
            (response.outcome, response.choices[0].text().as_str()),
            (Some(Outcome::Complete), "ab"),
            "{broken}"
        );
        assert_eq!(anomalies(&response), [AnomalyKind::InvalidJson], "{broken}");
    }
}

#[test]
fn fields_of_other_types_cost_themselves_alone() {
    for odd in [
        "\"candidates\":7",
        "\"candidates\":[7]",
        "\"candidates\":[{\"content\":7}]",
        "\"candidates\":[{\"content\":{\"parts\":\"x\"}}]",
        "\"candidates\":[{\"content\":{\"parts\":[\"x\"]}}]",
    ] {
        let response = check(text("a") + &frame(odd) + &text("b") + &stop());
        assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Complete), "ab"), "{odd}");
        assert_eq!(anomalies(&response), [AnomalyKind::BadFrame], "{odd}");
    }
    for fine in [
        "\"candidates\":null",
        "\"candidates\":[{\"content\":null}]",
        "\"candidates\":[{\"content\":{\"parts\":null}}]",
    ] {
        assert_eq!(answer(&check(text("a") + &frame(fine) + &text("b") + &stop())), "ab", "{fine}");
    }
}

#[test]
fn a_frame_that_nobody_knows_is_kept() {
    let response = check(text("a") + &frame("\"tide\":{\"candidates\":[]}") + &text("b") + &stop());
    assert_eq!(
        response.unknown.iter().map(|(_, json)| &**json).collect::<Vec<_>>(),
        ["{\"tide\":{\"candidates\":[]}}"]
    );
    assert_eq!(answer(&response), "ab");
}

#[test]
fn content_behind_a_reason_is_content() {
    let response = check(stop() + &stop() + &text("a") + &stop() + &text("b") + &end("MAX_TOKENS"));
    assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab", Some(Outcome::Incomplete)));
    assert_eq!(finished(&response), Some((Reason::Length, Some("MAX_TOKENS"))));
    assert_eq!(anomalies(&response), [AnomalyKind::FinishDiffers, AnomalyKind::ContentAfterFinish]);
}

#[test]
fn of_fields_of_one_name_the_last_stands() {
    let part = "{\"text\":\"no\",\"text\":\"a\"}";
    let content = format!("\"content\":{{\"parts\":[{{\"text\":\"no\"}}],\"parts\":[{part}]}}");
    let response = check(candidate(&format!("\"content\":{{\"parts\":[{{\"text\":\"no\"}}]}},{content}")) + &stop());
    assert_eq!(answer(&response), "a");
}

#[test]
fn what_is_no_stream_is_told_apart() {
    for (body, anomaly) in [
        (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], vec![AnomalyKind::NotAStream]),
        (b"\x28\xb5\x2f\xfd\x04\0", vec![AnomalyKind::NotAStream]),
        (b"<!DOCTYPE html><html></html>", vec![AnomalyKind::NotAStream]),
        (b"", vec![]),
        (b"[]", vec![AnomalyKind::MissingFinish]),
        (b"{}", vec![]),
    ] {
        let response = check(body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!((response.outcome, response.choices.len()), (Some(Outcome::Failed), 0), "{shown}");
        let [error] = &response.errors[..] else { panic!("{shown}: {:?}", response.errors) };
        assert_eq!((error.kind, error.origin), (ErrorKind::NotAStream, Origin::Local), "{shown}");
        assert_eq!(anomalies(&response), anomaly, "{shown}");
    }
}
