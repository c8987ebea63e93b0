//! Servers that speak HTTP/2: many answers share a connection, and what becomes of one is no matter of the others.

mod server;

use core::time::Duration;
use std::pin::pin;
use std::sync::Arc;

use futures::future::join_all;
use h2::Reason;
use serde_json::json;
use thalweg::policy::{Deadline, RetryRules, Why};
use thalweg::{Close, Outcome};
use thalweg_http::{Answer, Client, ClientRules, Collected, Request, SendErrorKind};
use tokio::sync::Barrier;

use crate::cancellation::drop_after;
use crate::retries::try_again_soon;
use crate::server::{END_FRAMES, client_of, request, reqwest_builder, text_frame};
use server::{End, Server, Step, end, good, text};

fn client() -> Client {
    client_with(|_| {})
}

fn client_with(change: impl FnOnce(&mut ClientRules)) -> Client {
    client_of(reqwest_builder().http2_prior_knowledge(), change)
}

async fn ask(client: &Client, server: &Server) -> Answer {
    client.send(&server.endpoint(), request()).await.expect("it answers")
}

/// The client gets a whole answer from a server, whose last script is of one.
async fn check_well(client: &Client, server: &Server) {
    let collected = ask(client, server).await.collect_response().await;
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    assert_eq!(collected.response.choices[0].text(), "Low tide");
    assert_eq!(collected.error, None);
}

/// What comes of an answer that stops behind its first word, how many connections it took to get another one after it,
/// and the client's resets.
async fn broken_off(last: Step) -> (Collected, usize, Vec<Reason>) {
    let barrier = Arc::new(Barrier::new(2));
    let script = vec![Step::Head, text("Low "), Step::Meet(Arc::clone(&barrier)), last, Step::Stall];
    let server = Server::start(vec![script, good()]).await;
    let client = client();
    let answer = ask(&client, &server).await;
    barrier.wait().await;
    let collected = answer.collect_response().await;
    assert_eq!(collected.response.choices[0].text(), "Low ");
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    check_well(&client, &server).await;
    (collected, server.accepted(), server.resets(0).await)
}

#[tokio::test]
async fn answers_at_once_are_each_right_over_one_connection() {
    const ANSWERS: usize = 8;
    // All send a part of a frame before one sends its next.
    let barrier = Arc::new(Barrier::new(ANSWERS));
    let say = |body: &str| {
        let words = body.split_ascii_whitespace().map(|word| text_frame(&format!("{word} ")));
        words.chain([END_FRAMES.to_owned()]).collect::<String>()
    };
    let script = move |_: usize, body: &str| {
        let body: serde_json::Value = serde_json::from_str(body).expect("the request is JSON");
        let frames = say(body["messages"][0]["content"].as_str().expect("it has a text"));
        let parts = frames.as_bytes().chunks(41).map(|part| Step::Send(String::from_utf8_lossy(part).into_owned()));
        let parts = parts.flat_map(|part| [part, Step::Meet(Arc::clone(&barrier))]);
        [Step::Head].into_iter().chain(parts).collect()
    };
    let server = Server::of(script, 100).await;
    let (client, endpoint) = (client(), server.endpoint());
    let answers = join_all((0..ANSWERS).map(async |n| {
        let words = format!("tide {n} is low at {n} ");
        let request = Request::new(json!({"model": "m", "messages": [{"role": "user", "content": words}]}));
        let answer = client.send(&endpoint, request).await.expect("it answers");
        (words, answer.collect_response().await)
    }))
    .await;
    for (words, Collected { response, error, .. }) in answers {
        assert_eq!((response.choices[0].text(), response.outcome), (words, Some(Outcome::Complete)));
        assert_eq!(response.usage.and_then(|usage| usage.counts.output).map(u64::from), Some(4));
        assert_eq!(error, None);
    }
    assert_eq!((server.requests().len(), server.accepted()), (ANSWERS, 1));
    drop(client);
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_dropped_answer_resets_its_own_stream_and_no_other() {
    let barrier = Arc::new(Barrier::new(2));
    let dropped = vec![Step::Head, text("Low "), Step::Stall];
    let other = vec![Step::Head, text("Low "), Step::Meet(Arc::clone(&barrier)), text("tide"), end()];
    let server = Server::start(vec![dropped, other, good()]).await;
    let client = client();
    let first = ask(&client, &server).await;
    let second = ask(&client, &server).await;
    drop(first);
    assert_eq!(server.resets(1).await, [Reason::CANCEL]);
    barrier.wait().await;
    let collected = second.collect_response().await;
    assert_eq!(collected.response.choices[0].text(), "Low tide");
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    check_well(&client, &server).await;
    assert_eq!((server.resets(0).await, server.accepted()), (vec![Reason::CANCEL], 1));
}

#[tokio::test]
async fn a_call_that_is_dropped_before_the_head_resets_its_stream() {
    let server = Server::start(vec![vec![Step::Stall], good()]).await;
    let client = client();
    let endpoint = server.endpoint();
    tokio::select! {
        _ = client.send(&endpoint, request()) => panic!("nothing answers"),
        is_asked = server.is_asked(1) => assert!(is_asked),
    }
    assert_eq!(server.resets(0).await, [Reason::CANCEL]);
    check_well(&client, &server).await;
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn dropped_at_every_await_point_no_stream_is_left_open() {
    let script = vec![Step::Head, text("Low "), text("tide"), end(), Step::Stall];
    let server = Server::start(vec![good(), script]).await;
    let (client, endpoint) = (client(), server.endpoint());
    check_well(&client, &server).await;
    let mut points = 0;
    while drop_after(points, &client, &endpoint).await {
        points += 1;
        assert!(points < 100, "the call never ends");
    }
    assert!(points >= 3, "the call was dropped at {points} points only");
    // That of the call that was not dropped is reset, too: the server does not end it.
    let resets = server.resets(0).await;
    assert!(resets.iter().all(|reason| *reason == Reason::CANCEL), "{resets:?}");
    assert_eq!(resets.len() + 1, server.requests().len());
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_answer_that_is_over_or_cancelled_lets_go_of_its_stream_while_it_is_held() {
    let over = vec![Step::Head, text("Low tide"), end(), Step::Stall];
    let unending = vec![Step::Head, text("Low "), Step::Stall];
    let server = Server::start(vec![over, unending, good()]).await;
    let client = client();
    let mut answer = ask(&client, &server).await;
    while answer.next_event().await.is_some() {}
    assert_eq!(server.resets(0).await, [Reason::CANCEL]);
    let mut cancelled = ask(&client, &server).await;
    cancelled.cancel();
    while cancelled.next_event().await.is_some() {}
    assert_eq!(server.resets(0).await, [Reason::CANCEL; 2]);
    check_well(&client, &server).await;
    assert_eq!((answer.head().status, cancelled.head().status, server.accepted()), (200, 200, 1));
}

#[tokio::test]
async fn what_dropped_answers_did_not_read_does_not_narrow_the_connection() {
    // Together more than a connection lets come that nobody reads.
    let flood = vec![Step::Head, text("Low "), Step::Send(": ping\n\n".repeat(1 << 18)), Step::Stall];
    let server = Server::start([vec![flood; 8], vec![good()]].concat()).await;
    let client = client();
    for _ in 0..8 {
        drop(ask(&client, &server).await);
    }
    assert_eq!(server.resets(0).await.len(), 8);
    check_well(&client, &server).await;
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_dropped_answer_makes_room_for_a_call_that_waits_for_it() {
    let script = |n: usize, _: &str| if n == 0 { vec![Step::Head, text("Low "), Step::Stall] } else { good() };
    let server = Server::of(script, 1).await;
    let (client, endpoint) = (client(), server.endpoint());
    let first = ask(&client, &server).await;
    // One who waits goes, too: its turn is over as soon as it comes.
    let goes = client.send(&endpoint, request());
    assert!(tokio::time::timeout(Duration::from_millis(20), goes).await.is_err());
    let mut waits = pin!(client.send(&endpoint, request()));
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut waits).await.is_err());
    drop(first);
    let collected = waits.await.expect("it answers").collect_response().await;
    assert_eq!(collected.response.choices[0].text(), "Low tide");
    assert_eq!((server.resets(0).await, server.accepted()), (vec![Reason::CANCEL; 2], 1));
}

#[tokio::test]
async fn a_reset_in_the_middle_is_truncated_and_the_error_beside_it() {
    for reason in [Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM, Reason::REFUSED_STREAM, Reason::CANCEL] {
        let (collected, connections, resets) = broken_off(Step::Reset(reason)).await;
        let error = collected.error.expect("it broke");
        assert!(error.message.contains(reason.description()), "{error}");
        assert!(!error.is_timeout && !error.is_decode, "{error}");
        assert_eq!(collected.response.evidence.and_then(|evidence| evidence.close), Some(Close::Broken));
        assert!(collected.failure.is_some());
        assert_eq!((connections, resets), (1, vec![]), "{reason:?}");
    }
}

/// So a server says that it sends no more. What is missing is seen all the same.
#[tokio::test]
async fn a_reset_without_an_error_ends_the_body() {
    let (collected, connections, resets) = broken_off(Step::Reset(Reason::NO_ERROR)).await;
    assert_eq!(collected.error, None);
    assert_eq!(collected.response.evidence.and_then(|evidence| evidence.close), Some(Close::Clean));
    assert_eq!((connections, resets), (1, vec![]));
}

#[tokio::test]
async fn a_connection_that_ends_in_the_middle_is_truncated_and_the_error_beside_it() {
    for how in [End::GoAway(Reason::INTERNAL_ERROR), End::GoAway(Reason::NO_ERROR), End::Silent] {
        let (collected, connections, _) = broken_off(Step::End(how)).await;
        assert!(collected.error.is_some_and(|error| !error.is_timeout), "{how:?}");
        assert_eq!(collected.response.evidence.and_then(|evidence| evidence.close), Some(Close::Broken));
        assert_eq!(connections, 2, "{how:?}");
    }
}

#[tokio::test]
async fn a_server_that_goes_when_all_is_said_is_heard_to_the_end() {
    let barrier = Arc::new(Barrier::new(2));
    let goes = [Step::End(End::Graceful), Step::Meet(Arc::clone(&barrier)), text("tide"), end()];
    let server = Server::start(vec![[vec![Step::Head, text("Low ")], goes.to_vec()].concat(), good()]).await;
    let client = client();
    let answer = ask(&client, &server).await;
    barrier.wait().await;
    let collected = answer.collect_response().await;
    assert_eq!(collected.response.choices[0].text(), "Low tide");
    assert_eq!((collected.response.outcome, collected.error), (Some(Outcome::Complete), None));
    check_well(&client, &server).await;
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn what_ends_before_content_is_sent_again() {
    let check = async |failing: Vec<Step>, connections: usize| {
        let server = Server::start(vec![failing.clone(), good()]).await;
        let answer = ask(&client_with(try_again_soon), &server).await;
        assert_eq!(answer.head().attempt, 2);
        let collected = answer.collect_response().await;
        assert_eq!(collected.response.choices[0].text(), "Low tide");
        assert_eq!((collected.response.outcome, collected.error), (Some(Outcome::Complete), None));
        assert_eq!((server.requests().len(), server.accepted()), (2, connections));
        assert_eq!(server.requests()[0], server.requests()[1]);
    };
    for (last, connections) in [
        (Step::Reset(Reason::REFUSED_STREAM), 1),
        (Step::Reset(Reason::INTERNAL_ERROR), 1),
        (Step::Reset(Reason::NO_ERROR), 1),
        (Step::Stall, 1),
        (Step::End(End::GoAway(Reason::INTERNAL_ERROR)), 2),
        (Step::End(End::GoAway(Reason::NO_ERROR)), 2),
        (Step::End(End::Silent), 2),
    ] {
        let last = [last, Step::Stall];
        check(last.to_vec(), connections).await;
        check([vec![Step::Head], last.to_vec()].concat(), connections).await;
        check([vec![Step::Head, Step::Send(": ping\n\n".to_owned())], last.to_vec()].concat(), connections).await;
    }
}

#[tokio::test]
async fn a_stream_that_is_refused_each_time_is_an_error() {
    let server = Server::start(vec![vec![Step::Reset(Reason::REFUSED_STREAM)]]).await;
    let client = client_with(try_again_soon);
    let error = client.send(&server.endpoint(), request()).await.expect_err("it is refused each time");
    assert_eq!((error.kind(), error.why(), error.attempts()), (SendErrorKind::Connection, Some(Why::Spent), 4));
    assert!(error.to_string().contains(Reason::REFUSED_STREAM.description()), "{error}");
    assert_eq!((server.requests().len(), server.accepted()), (4, 1));
}

#[tokio::test]
async fn nothing_is_sent_again_behind_content() {
    let barrier = Arc::new(Barrier::new(2));
    let reset = [Step::Meet(Arc::clone(&barrier)), Step::Reset(Reason::REFUSED_STREAM)];
    let server = Server::start(vec![[vec![Step::Head, text("Low ")], reset.to_vec()].concat(), good()]).await;
    let answer = ask(&client_with(try_again_soon), &server).await;
    barrier.wait().await;
    assert_eq!(answer.collect_response().await.response.outcome, Some(Outcome::Truncated));
    assert_eq!(server.requests().len(), 1);
}

/// All together they have more unread than a connection would take by default.
#[tokio::test]
async fn readers_that_stop_do_not_stop_the_others_on_their_connection() {
    const STOPPED: usize = 24;
    let flood = vec![Step::Head, text("Low "), Step::Send(": ping\n\n".repeat(1 << 16)), Step::Stall];
    let mut scripts = vec![flood; STOPPED];
    scripts.push(good());
    let server = Server::start(scripts).await;
    let client = client();
    let mut stopped = Vec::new();
    for _ in 0..STOPPED {
        stopped.push(ask(&client, &server).await);
    }
    let well = tokio::time::timeout(Duration::from_secs(20), check_well(&client, &server));
    well.await.expect("nobody waits for those who do not read");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_stream_that_stalls_is_timed_out_and_reset_and_the_others_go_on() {
    let barrier = Arc::new(Barrier::new(2));
    let other = vec![Step::Head, text("Low "), Step::Meet(Arc::clone(&barrier)), text("tide"), end()];
    let stalls = vec![Step::Head, text("Low "), Step::Stall];
    let server = Server::start(vec![other, stalls, vec![Step::Stall], good()]).await;
    let patient = client();
    let mut rules = ClientRules::default();
    rules.retry = RetryRules::never();
    rules.deadlines.silence = Some(Duration::from_millis(90));
    // Clones share connections, also where they have other rules.
    let hasty = patient.clone().with_rules(rules);
    let other = ask(&patient, &server).await;
    let mut answer = ask(&hasty, &server).await;
    while answer.next_event().await.is_some() {}
    assert_eq!(answer.deadline(), Some(Deadline::Silence));
    assert_eq!(server.resets(1).await, [Reason::CANCEL]);
    let error = hasty.send(&server.endpoint(), request()).await.expect_err("nothing comes");
    assert_eq!(error.kind(), SendErrorKind::Timeout);
    assert_eq!(server.resets(1).await, [Reason::CANCEL; 2]);
    barrier.wait().await;
    assert_eq!(other.collect_response().await.response.choices[0].text(), "Low tide");
    check_well(&hasty, &server).await;
    assert_eq!(server.accepted(), 1);
}
