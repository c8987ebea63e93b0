//! What is sent again, when, and what its reader sees of it: nothing.

use core::time::Duration;

use futures::StreamExt;
use thalweg::policy::{Decision, Empty, RetryRules, Schedule, Why};
use thalweg::{Outcome, OwnedEvent};
use thalweg_http::{Client, ClientRules};

use crate::server::{Server, Step, client_with, end, good, head, request, send, stream_head, text};

/// Tries again as the defaults do, only sooner.
fn eager(change: impl FnOnce(&mut RetryRules)) -> Client {
    client_with(|rules| {
        try_again_soon(rules);
        change(&mut rules.retry);
    })
}

pub(crate) fn try_again_soon(rules: &mut ClientRules) {
    let soon = Schedule::fixed(3, Duration::from_millis(1));
    rules.retry = RetryRules::default();
    rules.retry.rate_limit = soon;
    rules.retry.transient = soon;
    rules.retry.empty_stream = soon;
    rules.retry.empty_answer = soon;
    rules.deadlines.silence = Some(Duration::from_millis(95));
}

/// An attempt that fails is followed by one that is well.
async fn check_again(failing: Vec<Step>) {
    let server = Server::start(vec![failing, good()]).await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("the second attempt answers");
    assert_eq!(answer.head().attempt, 2);
    let events: Vec<OwnedEvent> = answer.collect().await;
    let starts = events.iter().filter(|event| matches!(event, OwnedEvent::Start { .. })).count();
    assert_eq!(starts, 1);
    assert!(!events.iter().any(|event| matches!(event, OwnedEvent::Error { .. })), "{events:?}");
    assert!(matches!(events.last(), Some(OwnedEvent::End { outcome: Outcome::Complete, .. })));
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.requests()[0], server.requests()[1]);
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn what_may_pass_is_sent_again() {
    check_again(vec![head("503 Service Unavailable", &[])]).await;
    check_again(vec![head("429 Too Many Requests", &[("retry-after-ms", "3.5")])]).await;
    check_again(vec![Step::Reset]).await;
    check_again(vec![Step::Stall]).await;
    check_again(vec![stream_head(), Step::Stall]).await;
    check_again(vec![stream_head(), Step::Reset]).await;
    check_again(vec![
        stream_head(),
        send("data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n"),
    ])
    .await;
    // Nothing to show: no bytes, and an answer of nothing.
    check_again(vec![stream_head()]).await;
    check_again(vec![stream_head(), end()]).await;
}

#[tokio::test]
async fn every_form_of_retry_after_is_obeyed() {
    // Each asks for more than the rules allow to wait: what was understood is in the decision, and nothing is waited for.
    let check = |headers: Vec<(&'static str, &'static str)>, least: u64, most: u64| async move {
        let server = Server::with(vec![head("429 Too Many Requests", &headers)]).await;
        let client = eager(|retry| retry.delay_max = Duration::from_millis(2));
        let error = client.send(&server.endpoint(), request()).await.expect_err("it is refused");
        let Some(Why::TooLong { asked, .. }) = error.why() else { panic!("{headers:?}: {error:?}") };
        assert!(
            (least..=most).contains(&u64::try_from(asked.as_millis()).expect("it is short")),
            "{headers:?}: {asked:?}"
        );
        assert!(!error.is_recoverable());
        assert_eq!(server.requests().len(), 1);
    };
    check(vec![("retry-after", "7")], 7_000, 7_000).await;
    check(vec![("retry-after", "7.5")], 7_500, 7_500).await;
    check(vec![("retry-after-ms", "250"), ("retry-after", "9")], 250, 250).await;
    check(vec![("retry-after-ms", "soon"), ("retry-after", "9")], 9_000, 9_000).await;
    check(vec![("retry-after", "Fri, 31 Dec 2120 23:59:59 GMT")], 86_400_000, u64::MAX).await;
}

#[tokio::test]
async fn what_does_not_pass_is_not_sent_again() {
    for (status, body) in [
        ("400 Bad Request", "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\"}}"),
        ("401 Unauthorized", "{\"error\":{\"message\":\"no\",\"code\":\"invalid_api_key\"}}"),
        ("429 Too Many Requests", "{\"error\":{\"message\":\"pay\",\"code\":\"insufficient_quota\"}}"),
    ] {
        let server = Server::with(vec![head(status, &[("content-type", "application/json")]), send(body)]).await;
        let error = eager(|_| {}).send(&server.endpoint(), request()).await.expect_err("it is refused");
        assert_eq!((error.why(), error.attempts(), server.requests().len()), (Some(Why::Permanent), 1, 1), "{status}");
    }
}

#[tokio::test]
async fn retries_end_and_the_last_error_comes_back() {
    let server = Server::with(vec![head("503 Service Unavailable", &[]), send("try later")]).await;
    let error = eager(|_| {}).send(&server.endpoint(), request()).await.expect_err("it is refused each time");
    assert_eq!((error.why(), error.attempts(), error.status()), (Some(Why::Spent), 4, Some(503)));
    assert!(error.is_recoverable());
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn an_empty_answer_comes_back_when_the_retries_are_used_up() {
    let server = Server::with(vec![stream_head(), end()]).await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("it answers, with nothing");
    assert!(matches!(answer.decision(), Some(Decision::Stop { why: Why::Spent, .. })));
    assert_eq!((answer.head().attempt, answer.empty(), answer.failure()), (4, Some(Empty::Silent), None));
    let collected = answer.collect_response().await;
    assert!(collected.response.is_empty() && collected.empty.is_some() && collected.decision.is_some());
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn an_answer_that_ran_out_is_not_asked_for_again() {
    let length =
        send("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n");
    let server = Server::with(vec![stream_head(), length]).await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("it answers, with nothing");
    assert!(matches!(answer.decision(), Some(Decision::Stop { why: Why::RanOut, .. })));
    assert_eq!(answer.empty(), Some(Empty::RanOut));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_in_another_protocol_does_not_pass() {
    let frame =
        "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Low\"}}\n\n";
    let server = Server::with(vec![stream_head(), send(frame.repeat(3))]).await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("it answers");
    let collected = answer.collect_response().await;
    let failure = collected.failure.expect("nothing of it can be read");
    assert_eq!((failure.kind, failure.retry), (thalweg::ErrorKind::NotAStream, thalweg::Retry::No));
    assert!(matches!(collected.decision, Some(Decision::Stop { why: Why::Permanent, .. })));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_again_behind_content() {
    let server = Server::start(vec![
        vec![stream_head(), text("Low "), Step::Wait(Duration::from_millis(10)), Step::Reset],
        good(),
    ])
    .await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("it answers");
    let collected = answer.collect_response().await;
    assert_eq!(collected.response.choices[0].text(), "Low ");
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    assert!(collected.failure.is_some() && collected.error.is_some());
    assert!(matches!(collected.decision, Some(Decision::Stop { why: Why::ContentGiven, recoverable: true, .. })));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_failure_before_content_is_known_when_the_answer_is_returned() {
    let error = send("data: {\"error\":{\"code\":\"invalid_api_key\",\"message\":\"no\"}}\n\n");
    let server = Server::with(vec![stream_head(), error, Step::Stall]).await;
    let answer = eager(|_| {}).send(&server.endpoint(), request()).await.expect("it answers");
    assert_eq!(answer.failure().map(|failure| failure.kind), Some(thalweg::ErrorKind::Auth));
    assert!(matches!(answer.decision(), Some(Decision::Stop { why: Why::Permanent, .. })));
    assert_eq!(answer.collect_response().await.response.errors.len(), 1);
}

#[tokio::test]
async fn dropped_while_it_waits_for_the_next_attempt_nothing_more_is_sent() {
    let server = Server::with(vec![head("429 Too Many Requests", &[("retry-after", "60")])]).await;
    let client = eager(|_| {});
    let (endpoint, request) = (server.endpoint(), request());
    let call = client.send(&endpoint, request);
    assert!(tokio::time::timeout(Duration::from_millis(50), call).await.is_err());
    assert_eq!(server.requests().len(), 1);
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_job_in_the_background_is_begun_once() {
    let queued = "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"queued\",\"background\":true,\"output\":[]}";
    let server = Server::with(vec![head("200 OK", &[("content-type", "application/json")]), send(queued)]).await;
    let endpoint = thalweg_http::Endpoint::of("openai-responses", &server.url()).expect("the address is a base");
    let body = serde_json::json!({"model": "m", "background": true, "input": "When is low tide?"});
    let answer = eager(|_| {}).send(&endpoint, thalweg_http::Request::new(body).whole()).await.expect("it answers");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(answer.collect_response().await.response.outcome, Some(Outcome::Suspended));
}

#[tokio::test]
async fn a_job_in_the_background_whose_stream_breaks_is_not_begun_again() {
    let frame = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\
        \"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"queued\",\"background\":true,\"output\":[]}}\n\n";
    for last in [Step::Reset, Step::Wait(Duration::ZERO)] {
        let server = Server::with(vec![stream_head(), send(frame), Step::Wait(Duration::from_millis(10)), last]).await;
        let endpoint = thalweg_http::Endpoint::of("openai-responses", &server.url()).expect("the address is a base");
        let body = serde_json::json!({"model": "m", "background": true, "input": "When is low tide?"});
        let answer = eager(|_| {}).send(&endpoint, thalweg_http::Request::new(body)).await.expect("it answers");
        assert_eq!(server.requests().len(), 1);
        assert!(matches!(answer.decision(), Some(Decision::Stop { why: Why::Resumable, recoverable: true, .. })));
        let response = answer.collect_response().await.response;
        assert_eq!(response.resume.map(|resume| resume.response_id), Some("resp_1".into()));
    }
}

#[tokio::test]
async fn what_may_pass_still_may_where_no_time_is_left_to_see_it() {
    for (status, is_recoverable) in [("503 Service Unavailable", true), ("429 Too Many Requests", false)] {
        let server = Server::with(vec![head(status, &[("retry-after", "60")])]).await;
        let client = client_with(|rules| {
            try_again_soon(rules);
            rules.deadlines.total = Some(Duration::from_secs(20));
        });
        let error = client.send(&server.endpoint(), request()).await.expect_err("it is refused");
        assert_eq!((error.why(), error.is_recoverable()), (None, is_recoverable), "{status}");
        assert_eq!(server.requests().len(), 1);
    }
}
