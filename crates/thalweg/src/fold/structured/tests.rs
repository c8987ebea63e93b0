use alloc::borrow::Cow;
use alloc::string::ToString;

use super::*;
use crate::event::Close;
use crate::fold::Fold;
use crate::{Normalizer, dialects};

/// The response to one frame of choices, as JSON, and the end mark unless the bytes break off.
fn response(choices: &str, close: Close) -> Response {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    normalizer.feed(alloc::format!("data: {{\"choices\":[{choices}]}}\n\n").as_bytes());
    if close == Close::Clean {
        normalizer.feed(b"data: [DONE]\n\n");
    }
    normalizer.finish(close);
    let mut response = Response::default();
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
    response
}

fn content(text: &str, finish: &str) -> Response {
    let choice = alloc::format!(r#"{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":{finish}}}"#);
    response(&choice, Close::Clean)
}

fn calls(calls: &str, finish: &str) -> Response {
    let choice = alloc::format!(r#"{{"index":0,"delta":{{"tool_calls":[{calls}]}},"finish_reason":{finish}}}"#);
    response(&choice, Close::Clean)
}

#[test]
fn content_is_given_as_it_came() {
    assert_eq!(content(r#" {\"a\":1}\n"#, r#""stop""#).structured_content(), Ok(Cow::Borrowed(" {\"a\":1}\n")));
    let fenced = content(r"```json\n{}\n```", r#""stop""#);
    assert_eq!(fenced.structured_content().as_deref(), Ok("```json\n{}\n```"));
}

#[test]
fn content_that_does_not_fit_is_an_error() {
    use StructuredError as E;
    let check = |response: &Response, expected: E| {
        assert_eq!(response.structured_content(), Err(expected.clone()), "{expected}");
    };
    check(&Response::default(), E::NotEnded);
    let outcome = Outcome::Incomplete;
    check(&content("{", r#""length""#), E::NotComplete { outcome, reason: Some(Reason::Length) });
    let broken = response(r#"{"index":0,"delta":{"content":"{}"}}"#, Close::Broken);
    check(&broken, E::NotComplete { outcome: Outcome::Truncated, reason: None });
    let [one, two] =
        [0, 1].map(|n| alloc::format!(r#"{{"index":{n},"delta":{{"content":"{{}}"}},"finish_reason":"stop"}}"#));
    check(&response(&alloc::format!("{one},{two}"), Close::Clean), E::Choices { count: 2 });
    let refusal = r#"{"index":0,"delta":{"refusal":"I will not"},"finish_reason":"stop"}"#;
    check(&response(refusal, Close::Clean), E::Refused { words: "I will not".into() });
    let call = r#"{"index":0,"delta":{"content":"{}","tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}"#;
    check(&response(call, Close::Clean), E::Finish { reason: Some(Reason::ToolCalls) });
    check(&content(r" \n", r#""stop""#), E::Blank);
}

#[test]
fn text_of_several_blocks_is_one_value() {
    let mut response = content("{", r#""stop""#);
    let mut second = response.choices[0].blocks[0].clone();
    second.text = "}".into();
    response.choices[0].blocks.push(second);
    assert_eq!(response.structured_content(), Ok(Cow::Owned("{}".to_string())));
}

#[test]
fn a_forced_call_is_its_input() {
    let call = r#"{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}"#;
    for finish in [r#""stop""#, r#""tool_calls""#] {
        assert_eq!(calls(call, finish).structured_call("f"), Ok("{\"a\":1}"), "{finish}");
    }
}

#[test]
fn a_call_that_does_not_fit_is_an_error() {
    use StructuredError as E;
    let check = |response: &Response, expected: E| {
        assert_eq!(response.structured_call("f"), Err(expected.clone()), "{expected}");
    };
    let call = |name: &str, input: &str| {
        alloc::format!(r#"{{"index":0,"id":"{name}","function":{{"name":"{name}","arguments":"{input}"}}}}"#)
    };
    let done = r#""tool_calls""#;
    check(&content("{}", r#""stop""#), E::Finish { reason: Some(Reason::Stop) });
    check(&content("{}", done), E::Calls { count: 0 });
    check(&calls(&call("g", "{}"), done), E::OtherCall { name: "g".into() });
    let second = r#"{"index":1,"id":"second","function":{"name":"f","arguments":"{}"}}"#;
    check(&calls(&alloc::format!("{},{second}", call("f", "{}")), done), E::Calls { count: 2 });
    check(&calls(&call("f", "oops"), done), E::Input { state: Some(InputState::Invalid { at: 0 }) });
    check(&calls(&call("f", ""), done), E::Input { state: Some(InputState::Empty) });
    let cut = E::NotComplete { outcome: Outcome::Incomplete, reason: Some(Reason::Length) };
    check(&calls(&call("f", "{"), r#""length""#), cut);
}
