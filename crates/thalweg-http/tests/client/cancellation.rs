//! Who drops a call at any point leaves no connection and no task behind.

use core::time::Duration;
use std::pin::pin;

use futures::FutureExt;
use thalweg_http::{Client, Endpoint};
use tokio::runtime::Handle;

use crate::server::{Server, Step, client, end, request, send, stream_head, text};

/// Drops a call after it was polled so many times; false where it was over before.
pub(crate) async fn drop_after(polls: usize, client: &Client, endpoint: &Endpoint) -> bool {
    let mut call = pin!(async {
        let mut answer = client.send(endpoint, request()).await.expect("it answers");
        while answer.next_event().await.is_some() {}
    });
    let mut polled = 0;
    let mut limited = pin!(futures::future::poll_fn(|cx| {
        if polled == polls {
            return core::task::Poll::Ready(false);
        }
        polled += 1;
        call.as_mut().poll(cx).map(|()| true)
    }));
    !tokio::time::timeout(Duration::from_secs(5), &mut limited).await.unwrap_or(false)
}

#[tokio::test]
async fn dropped_at_every_await_point_nothing_is_left() {
    let pause = || Step::Wait(Duration::from_millis(3));
    let script = vec![
        pause(),
        send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"),
        pause(),
        send("\r\n"),
        pause(),
        text("Low "),
        pause(),
        text("tide"),
        pause(),
        end(),
        Step::Stall,
    ];
    let server = Server::with(script).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut points = 0;
    while drop_after(points, &client(), &server.endpoint()).await {
        points += 1;
        assert!(server.is_left_alone().await, "a connection is left after {points} polls");
        assert!(points < 100, "the call never ends");
    }
    assert!(points >= 5, "the call was dropped at {points} points only");
    assert!(server.is_left_alone().await);
    // The HTTP client's own tasks end with their connections.
    for _ in 0..100 {
        if Handle::current().metrics().num_alive_tasks() <= tasks {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("tasks are left: {} before, {} now", tasks, Handle::current().metrics().num_alive_tasks());
}

#[tokio::test]
async fn a_call_that_is_never_polled_is_never_made() {
    let server = Server::with(vec![Step::Stall]).await;
    let (client, endpoint) = (client(), server.endpoint());
    drop(client.send(&endpoint, request()));
    tokio::task::yield_now().await;
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn a_cancelled_answer_ends_the_call_and_says_so() {
    let server = Server::with(vec![stream_head(), text("Low "), Step::Stall]).await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    answer.cancel();
    let collected = answer.collect_response().await;
    assert_eq!(collected.response.outcome, Some(thalweg::Outcome::Cancelled));
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_dropped_future_of_the_next_event_loses_nothing() {
    let pause = || Step::Wait(Duration::from_millis(2));
    let script = vec![stream_head(), pause(), text("Low "), pause(), text("ti"), pause(), text("de"), end()];
    let server = Server::with(script).await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    let mut words = String::new();
    loop {
        match answer.next_event().now_or_never() {
            None => tokio::time::sleep(Duration::from_millis(1)).await,
            Some(None) => break,
            Some(Some(event)) => {
                if let thalweg::Event::TextDelta { text, .. } = event {
                    words.push_str(text);
                }
            }
        }
    }
    assert_eq!(words, "Low tide");
}

#[tokio::test]
async fn a_cancelled_answer_that_nobody_reads_on_ends_the_call() {
    let server = Server::with(vec![stream_head(), text("Low "), Step::Stall]).await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    answer.cancel();
    assert!(server.is_left_alone().await);
    assert_eq!(answer.collect_response().await.response.outcome, Some(thalweg::Outcome::Cancelled));
}
