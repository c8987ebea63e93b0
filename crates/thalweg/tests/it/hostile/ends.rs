//! Finish reasons, usage, errors, and how streams end.

use thalweg::{
    AnomalyKind, BlockClose, Close, Count, ErrorKind, Event, Normalizer, Outcome, Reason, Response, Retry, Stage, Usage,
};

use super::{DONE, anomalies, answer, check, check_closed, delta, end, finish, finished, normalizer, text, told};

fn with_usage(frame: &str, usage: &str) -> String {
    frame.replace("]}\n\n", &format!("],\"usage\":{usage}}}\n\n"))
}

/// A usage frame without choices.
fn usage(usage: &str) -> String {
    format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\n")
}

fn counts(response: &Response) -> [Option<u64>; 3] {
    let counts = response.usage.map_or_else(Usage::default, |tokens| tokens.counts);
    [counts.input, counts.output, counts.total].map(|count| count.map(Count::get))
}

fn error(fields: &str) -> String {
    format!("data: {{\"error\":{fields}}}\n\n")
}

#[test]
fn an_unknown_reason_is_kept_with_its_content() {
    let last = |reason: &str| text("b").replace("}]}", &format!(",\"finish_reason\":{reason}}}]}}"));
    for (raw, reason) in [("\"<|eot_id|>\"", Reason::Other), ("\"tide_out\"", Reason::Other), ("\"eos\"", Reason::Stop)]
    {
        let response = check(text("a") + &last(raw) + DONE);
        assert_eq!(response.choices[0].text(), "ab", "{raw}");
        assert_eq!(finished(&response), Some((reason, Some(raw.trim_matches('"')))));
        assert_eq!((response.outcome, anomalies(&response)), (Some(Outcome::Complete), vec![]), "{raw}");
    }
}

#[test]
fn no_reason_can_be_written_in_many_ways() {
    for nothing in ["null", "\"\"", "\"null\""] {
        let unfinished = text("a").replace("}]}", &format!(",\"finish_reason\":{nothing}}}]}}"));
        let response = check(unfinished.clone() + &end("stop"));
        assert_eq!((answer(&response).as_str(), finished(&response)), ("a", Some((Reason::Stop, Some("stop")))));
        let response = check(unfinished + DONE);
        assert_eq!((response.outcome, finished(&response)), (Some(Outcome::Incomplete), None), "{nothing}");
    }
}

#[test]
fn letters_of_a_reason_have_no_case() {
    for raw in ["STOP", "Stop", "sToP"] {
        assert_eq!(finished(&check(text("a") + &end(raw))), Some((Reason::Stop, Some(raw))));
    }
    assert_eq!(check(text("a") + &end("LENGTH")).outcome, Some(Outcome::Incomplete));
}

#[test]
fn the_strongest_reason_stands_in_any_order() {
    let rising = ["stop", "tool_calls", "length", "content_filter", "error"];
    for (n, weak) in rising.iter().enumerate() {
        for strong in &rising[n + 1..] {
            for order in [[weak, strong], [strong, weak]] {
                let response = check(text("a") + &finish(order[0]) + &finish(order[1]) + DONE);
                let stands = finished(&check(text("a") + &end(strong))).map(|finish| finish.0);
                assert_eq!(finished(&response), stands.map(|reason| (reason, Some(*order[1]))), "{order:?}");
                assert_eq!(anomalies(&response), [AnomalyKind::FinishDiffers], "{order:?}");
            }
        }
    }
}

#[test]
fn each_choice_has_one_finish() {
    let of = |index: u32, reason: &str| finish(reason).replace("\"index\":0", &format!("\"index\":{index}"));
    let body = [text("a"), text("b").replace("\"index\":0", "\"index\":1")].concat();
    let finishes = [of(0, "stop"), of(1, "stop"), of(0, "stop"), of(1, "length"), of(1, "length")].concat();
    for end in ["", DONE, "data: [DONE]\n\ndata: [DONE]\n\n"] {
        let mut normalizer = normalizer();
        normalizer.feed([&*body, &finishes, end].concat().as_bytes());
        normalizer.finish(Close::Clean);
        let mut seen = Vec::new();
        while let Some(event) = normalizer.poll() {
            if let Event::Finish { choice, reason, .. } = event {
                seen.push((choice, reason));
            }
        }
        assert_eq!(seen, [(0, Reason::Stop), (1, Reason::Length)]);
    }
}

#[test]
fn usage_comes_from_anywhere_and_the_last_stands() {
    let small = r#"{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}"#;
    let large = r#"{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14}"#;
    let stop = finish("stop");
    for body in [
        [text("a"), stop.clone(), usage(large)].concat(),
        [text("a"), usage(large), stop.clone()].concat(),
        [with_usage(&text("a"), small), with_usage(&stop, small), usage(large)].concat(),
        [with_usage(&text("a"), small), with_usage(&stop, large)].concat(),
        [text("a"), stop.clone(), usage(small), usage(large), usage("null"), usage("{}")].concat(),
        [text("a"), stop, usage(large), usage(r#"{"completion_tokens":null}"#)].concat(),
    ] {
        for end in ["", DONE] {
            let response = check(body.clone() + end);
            assert_eq!(counts(&response), [Some(5), Some(9), Some(14)], "{body}");
            assert_eq!(answer(&response), "a", "{body}");
        }
    }
}

#[test]
fn a_smaller_count_is_used_and_said() {
    let usage =
        |n: u32| usage(&format!("{{\"prompt_tokens\":5,\"completion_tokens\":{n},\"total_tokens\":{}}}", n + 5));
    let response = check(text("a") + &usage(9) + &finish("stop") + &usage(4) + DONE);
    assert_eq!(counts(&response), [Some(5), Some(4), Some(9)]);
    assert_eq!(anomalies(&response), [AnomalyKind::UsageDecreased]);
}

#[test]
fn counts_are_of_any_size_and_what_is_no_count_is_absent() {
    let told = |count: &str| {
        let body = text("a") + &finish("stop") + &usage(&format!("{{\"prompt_tokens\":{count}}}")) + DONE;
        let response = check(body);
        assert_eq!(answer(&response), "a", "{count}");
        counts(&response)[0]
    };
    assert_eq!(told("4294967296"), Some(1 << 32));
    assert_eq!(told("9007199254740993"), Some(9_007_199_254_740_993), "no float has this number");
    for nothing in ["null", "\"\"", "-1", "true", "[]", "{}", "1e999"] {
        assert_eq!(told(nothing), None, "{nothing}");
    }
    let absent = check(text("a") + &end("stop"));
    assert_eq!((counts(&absent), absent.usage), ([None; 3], None), "absent is not zero");
}

#[test]
fn an_error_behind_content_fails_the_answer_and_ends_its_blocks() {
    for done in ["", DONE] {
        let response = check(text("a") + &error("{\"message\":\"Gone.\",\"code\":503}") + done);
        assert_eq!((response.outcome, response.choices[0].text().as_str()), (Some(Outcome::Failed), "a"));
        assert_eq!(response.choices[0].finish, None, "no reason is made up");
        assert_eq!(response.choices[0].blocks[0].end.map(|end| end.how), Some(BlockClose::Failed));
        let [error] = &response.errors[..] else { panic!("{:?}", response.errors) };
        assert_eq!((error.kind, error.retry, &*error.message), (ErrorKind::Overloaded, Retry::Yes, "Gone."));
    }
}

#[test]
fn an_error_behind_a_finish_still_fails() {
    let response = check(text("a") + &finish("stop") + &error("{\"message\":\"Gone.\"}") + DONE);
    assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1));
    assert_eq!(finished(&response), Some((Reason::Stop, Some("stop"))));
}

#[test]
fn an_error_before_content_leaves_no_content() {
    for first in ["", ": keep-alive\n\n", "data: {\"choices\":[],\"error\":null}\n\n"] {
        let response = check(first.to_owned() + &error("{\"message\":\"Busy.\",\"type\":\"overloaded_error\"}"));
        assert_eq!((response.outcome, response.choices.len()), (Some(Outcome::Failed), 0));
        assert_eq!((response.errors[0].kind, response.errors[0].retry), (ErrorKind::Overloaded, Retry::Yes));
    }
}

#[test]
fn whatever_is_an_error_is_one_error() {
    for (fields, message) in [
        ("\"Gone.\"", "Gone."),
        ("{\"message\":\"Gone.\"}", "Gone."),
        ("{\"message\":\"Gone.\",\"code\":null,\"type\":null,\"param\":null}", "Gone."),
        ("{\"message\":\"Gone.\",\"code\":\"500\"}", "Gone."),
        ("{\"message\":\"Gone.\",\"code\":\"rate_limit_exceeded\"}", "Gone."),
        ("{\"code\":429}", "{\"code\":429}"),
        ("{\"message\":{\"deep\":1}}", "{\"message\":{\"deep\":1}}"),
        ("[\"Gone.\"]", "[\"Gone.\"]"),
        ("true", "true"),
    ] {
        let response = check(text("a") + &error(fields));
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{fields}");
        assert_eq!(&*response.errors[0].message, message);
    }
    for nothing in ["null", "false", "\"\""] {
        let frame = text("a").replace("]}", &format!("],\"error\":{nothing}}}"));
        assert_eq!(answer(&check(frame + &end("stop"))), "a", "{nothing}");
    }
}

#[test]
fn the_verdict_follows_from_what_was_seen_and_how_the_bytes_ended() {
    let content = text("a");
    let both = content.clone() + &end("stop");
    let reason = content.clone() + &finish("stop");
    let done = content.clone() + DONE;
    // Closed in order, broken, timed out, cancelled: as they are declared.
    for (body, outcomes) in [
        (&both, [Outcome::Complete, Outcome::Complete, Outcome::Complete, Outcome::Cancelled]),
        (&reason, [Outcome::Complete, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
        (&done, [Outcome::Incomplete, Outcome::Incomplete, Outcome::Incomplete, Outcome::Cancelled]),
        (&content, [Outcome::Truncated, Outcome::Truncated, Outcome::Truncated, Outcome::Cancelled]),
    ] {
        for (&close, outcome) in Close::ALL.iter().zip(outcomes) {
            let response = check_closed(body.as_bytes(), close);
            assert_eq!(response.outcome, Some(outcome), "{close:?} after {body}");
            assert_eq!(finished(&response).is_some(), body.contains("stop"), "no reason is made up");
            assert!(response.choices[0].blocks.iter().all(|block| block.end.is_some()), "every block ends");
        }
    }
}

#[test]
fn signs_of_life_behind_the_finish_do_not_open_the_stream_again() {
    for (body, stage) in [(text("a") + &finish("stop"), Stage::Finished), (text("a") + &end("stop"), Stage::Settled)] {
        let mut normalizer = normalizer();
        normalizer.feed(body.as_bytes());
        while normalizer.poll().is_some() {}
        assert_eq!(normalizer.stage(), stage);
        for _ in 0..1000 {
            normalizer.feed(b": keep-alive\n\n");
            assert!(normalizer.poll().is_none(), "a comment is no event");
            assert_eq!(normalizer.stage(), stage);
        }
        assert!(normalizer.retained_bytes() < 64 << 10);
    }
}

#[test]
fn one_broken_frame_costs_one_frame() {
    for broken in ["{\"choices\":[{\"delta\":", "{\"choices\":[}", "{}}", "{\"choices\":[]", "{'choices':[]}", "[1,2"] {
        let frame = format!("data: {broken}\n\n");
        let response = check(text("a") + &frame + &text("b") + &end("stop"));
        assert_eq!(response.choices[0].text(), "ab", "{broken}");
        assert_eq!(response.outcome, Some(Outcome::Complete), "{broken}");
        assert_eq!(anomalies(&response), [AnomalyKind::InvalidJson], "{broken}");
    }
    for odd in ["null", "[]", "7", "true", "[7]"] {
        let response = check(text("a") + &format!("data: {odd}\n\n") + &text("b") + &end("stop"));
        assert_eq!((response.choices[0].text().as_str(), response.outcome), ("ab", Some(Outcome::Complete)), "{odd}");
        assert_eq!(anomalies(&response), [AnomalyKind::BadFrame], "{odd}");
    }
}

#[test]
fn a_second_beginning_is_more_of_the_same_answer() {
    let frame =
        |id: &str, fields: &str| delta(fields).replace("{\"choices\"", &format!("{{\"id\":\"{id}\",\"choices\""));
    let role = "\"role\":\"assistant\",\"content\":\"a\"";
    let same = check(frame("r1", role) + &frame("r1", role) + &end("stop"));
    assert_eq!(answer(&same), "aa");
    let other = check(frame("r1", role) + &frame("r2", role) + &end("stop"));
    assert_eq!((other.choices[0].text().as_str(), other.id.as_deref()), ("aa", Some("r1")));
    assert_eq!(anomalies(&other), [AnomalyKind::IdChanged]);
}

#[test]
fn an_answer_that_nobody_reads_meanwhile_is_the_same() {
    let body: String = (0..1000).map(|_| text("wave ")).collect::<String>() + &end("stop");
    let mut slow: Normalizer = normalizer();
    for chunk in body.as_bytes().chunks(100) {
        slow.feed(chunk);
    }
    slow.finish(Close::Clean);
    let mut response = Response::default();
    super::feed(&mut slow, b"", &mut response);
    assert_eq!(answer(&response), "wave ".repeat(1000));
    assert_eq!(told(&response), []);
}
