//! What vendors and proxies do that a careless reader takes for something else.

use thalweg::{Close, Dialect, Normalizer, Outcome, dialects};

use super::*;

fn spoken(dialect: &Dialect, body: &str) -> Response {
    fold(Normalizer::new(dialect), [body.as_bytes()], Close::Clean)
}

fn reasoning(response: &Response) -> String {
    let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
    blocks.filter(|b| matches!(b.kind, thalweg::BlockKind::Reasoning { .. })).map(|b| b.text.as_str()).collect()
}

#[test]
fn nothing_that_is_empty_cuts_a_tag() {
    let empties = [
        "\"content\":\"\"",
        "\"refusal\":\"\"",
        "\"tool_calls\":[{}]",
        "\"annotations\":[]",
        "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"\"}]",
    ];
    for empty in empties {
        let body = text("<thi") + &delta(empty) + &text("nk>r</th") + &delta(empty) + &text("ink>a") + &end("stop");
        let response = spoken(&dialects::MINIMAX, &body);
        assert_eq!((reasoning(&response).as_str(), response.choices[0].text().as_str()), ("r", "a"), "{empty}");
    }
}

#[test]
fn an_empty_text_takes_no_content_back() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"text\":\"\"}]}\n\n";
    assert_eq!(check(body.to_owned() + &end("stop")).choices[0].text(), "hi");
}

#[test]
fn another_id_is_another_part() {
    let part =
        |id: &str, data: &str| format!("{{\"type\":\"reasoning.encrypted\",\"id\":\"{id}\",\"data\":\"{data}\"}}");
    let both = format!("\"reasoning_details\":[{},{}]", part("t1", "AAA"), part("t2", "BBB"));
    let response = check(delta(&both) + &end("stop"));
    let blocks: Vec<_> =
        response.choices[0].blocks.iter().map(|b| (b.place.id.as_deref(), b.encrypted.as_deref())).collect();
    assert_eq!(blocks, [(Some("t1"), Some("AAA")), (Some("t2"), Some("BBB"))]);
}

#[test]
fn a_seal_without_a_number_is_the_last_parts() {
    let text = delta("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\",\"index\":0}]");
    let seal = delta("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\"}]");
    let response = check(text + &seal + &end("stop"));
    let blocks: Vec<_> = response.choices[0].blocks.iter().map(|b| (b.text.as_str(), b.signature.as_deref())).collect();
    assert_eq!(blocks, [("a", Some("s"))]);
}

#[test]
fn what_only_looks_like_an_error_is_none() {
    let frames = [
        "data: {\"type\":\"ping\",\"message\":\"x\"}",
        "data: {\"status\":\"processing\",\"message\":\"queued\"}",
        "data: {\"detail\":{\"queue\":3}}",
        "data: keep alive",
        "event: ping\ndata: keep alive",
        "data: OPENROUTER PROCESSING now",
        "data: world is nice\"}}]}",
        "data: {\"error\":{},\"usage\":{\"prompt_tokens\":1}}",
        "data: {\"choices\":[],\"error\":{\"code\":0,\"message\":\"\"}}",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"error\":{}}]}",
    ];
    for frame in frames {
        let response = check(text("a") + frame + "\n\n" + &text("b") + &end("stop"));
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Complete), 0), "{frame}");
        assert_eq!(response.choices[0].text(), "ab", "{frame}");
    }
}

#[test]
fn an_error_in_any_dress_is_one() {
    let frames = [
        "data: failed to generate",
        "data: timeout while waiting",
        "event: error\ndata: timeout",
        "event: error\ndata: \"boom\"",
        "data: [{\"error\":{\"message\":\"boom\"}}]",
        "data: {\"choices\":null,\"code\":500,\"message\":\"boom\"}",
        "data: {\"choices\":null,\"base_resp\":{\"status_code\":1008,\"status_msg\":\"boom\"}}",
        "data: {\"choices\":[],\"error\":false,\"x_groq\":{\"error\":\"boom\"}}",
    ];
    for frame in frames {
        let response = check(text("a") + frame + "\n\n");
        assert_eq!((response.outcome, response.errors.len()), (Some(Outcome::Failed), 1), "{frame}");
    }
    let error = "{\"message\":\"boom\",\"code\":500}";
    let twice =
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"error\":{error}}}],\"error\":{error}}}\n\n");
    assert_eq!(check(text("a") + &twice + &twice).errors.len(), 1, "one a cause");
}

#[test]
fn a_message_gives_what_its_deltas_lack() {
    let message = |fields: &str| format!("data: {{\"choices\":[{{\"index\":0,\"message\":{{{fields}}}}}]}}\n\n");
    let response = check(text("hi") + &message("\"content\":\"hi\",\"reasoning_content\":\"why\"") + &end("stop"));
    assert_eq!((reasoning(&response).as_str(), response.choices[0].text().as_str()), ("why", "hi"));
    let thought = delta("\"reasoning_content\":\"why\"");
    let response = check(thought + &message("\"content\":\"answer\"") + &end("stop"));
    assert_eq!((reasoning(&response).as_str(), response.choices[0].text().as_str()), ("why", "answer"));
    let call = |id: &str| {
        format!("{{\"id\":\"{id}\",\"type\":\"function\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}}}}")
    };
    let one = delta(&format!("\"tool_calls\":[{}]", call("a")));
    let response = check(one + &message(&format!("\"tool_calls\":[{},{}]", call("a"), call("b"))) + &end("tool_calls"));
    assert_eq!(response.choices[0].blocks.len(), 2);
    assert!(response.anomalies.is_empty(), "{:?}", response.anomalies);
}

#[test]
fn reasoning_in_two_fields_is_said_once_or_noted() {
    let response = check(delta("\"reasoning\":\"a\",\"reasoning_content\":\"b\",\"annotations\":[]") + &end("stop"));
    assert_eq!(reasoning(&response), "ba");
    let entry = |text: &str| format!("{{\"type\":\"reasoning.text\",\"text\":\"{text}\",\"index\":0}}");
    for (flat, noted) in [("ab", 0), ("XYZ", 1)] {
        let both = format!("\"reasoning\":\"{flat}\",\"reasoning_details\":[{},{}]", entry("a"), entry("b"));
        let response = check(delta(&both) + &end("stop"));
        assert_eq!((reasoning(&response).as_str(), response.anomalies.len()), ("ab", noted), "{flat}");
    }
}

#[test]
fn an_end_mark_without_a_reason_starts_the_drain() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    for (bytes, stage) in [(text("a"), thalweg::Stage::Open), (DONE.to_owned(), thalweg::Stage::Finished)] {
        normalizer.feed(bytes.as_bytes());
        while normalizer.poll().is_some() {}
        assert_eq!(normalizer.stage(), stage);
    }
}

#[test]
fn sources_are_no_choice_of_their_own() {
    let frame = "data: {\"choices\":[],\"citations\":[\"u\"],\"usage\":{\"prompt_tokens\":1}}\n\n";
    let answer = "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let response = check(answer.to_owned() + frame + DONE);
    assert_eq!((response.choices.len(), response.outcome), (1, Some(Outcome::Complete)));
}

#[test]
fn a_text_that_was_rewritten_goes_on_from_there() {
    let body = text("Hello wrld") + &text("Hello world") + &text("Hello world!") + &end("stop");
    let response = spoken(&dialects::ALIBABA_CUMULATIVE, &body);
    assert_eq!(response.choices[0].text(), "Hello wrldHello world!");
    assert_eq!(response.anomalies.len(), 1);
}
