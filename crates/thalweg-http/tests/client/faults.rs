//! Servers that stall, cut, reset, send garbage, never end, flood.

use core::time::Duration;

use thalweg::policy::Deadline;
use thalweg::{LimitKind, Outcome};
use thalweg_http::{Collected, SendErrorKind};

use crate::answers::gzip;
use crate::server::{Server, Step, client, client_with, end, head, request, send, stream_head, text};

/// As long as a test may wait: a machine that is busy is slow.
const SHORT: Option<Duration> = Some(Duration::from_millis(90));

async fn collect(script: Vec<Step>) -> (Collected, Server) {
    let client = client_with(|rules| {
        rules.deadlines.silence = SHORT;
        rules.deadlines.drain = SHORT;
    });
    let server = Server::with(script).await;
    let answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    (answer.collect_response().await, server)
}

#[tokio::test]
async fn a_server_that_stalls_in_the_middle_is_timed_out_and_left() {
    let (collected, server) = collect(vec![stream_head(), text("Low "), Step::Stall]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    assert_eq!(collected.response.choices[0].text(), "Low ");
    assert_eq!(collected.response.evidence.and_then(|evidence| evidence.close), Some(thalweg::Close::TimedOut));
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_server_that_stalls_before_the_head_is_timed_out() {
    let server = Server::with(vec![Step::Stall]).await;
    let client = client_with(|rules| rules.deadlines.silence = SHORT);
    let error = client.send(&server.endpoint(), request()).await.expect_err("nothing comes");
    assert_eq!(error.kind(), SendErrorKind::Timeout);
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn pings_keep_a_stream_alive_but_not_longer_than_all_of_it_may_take() {
    let pings: Vec<_> = (0..200).flat_map(|_| [send(": ping\n\n"), Step::Wait(Duration::from_millis(5))]).collect();
    let server = Server::with([vec![stream_head(), text("Low ")], pings].concat()).await;
    let client = client_with(|rules| {
        rules.deadlines.silence = Some(Duration::from_millis(60));
        rules.deadlines.total = Some(Duration::from_millis(95));
    });
    let mut answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    while answer.next_event().await.is_some() {}
    assert_eq!(answer.deadline(), Some(Deadline::Total));
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_truncated_and_the_error_beside_it() {
    let headers = [("content-type", "text/event-stream"), ("content-length", "5000")];
    let (collected, _) = collect(vec![head("200 OK", &headers), text("Low ")]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    assert_eq!(collected.response.choices[0].text(), "Low ");
    is_of_transport(&collected);
}

/// The bytes did not arrive; nothing is said of decoding them.
fn is_of_transport(collected: &Collected) {
    let error = collected.error.as_ref().expect("the transport failed");
    assert!(!error.is_decode && !error.message.contains("decod"), "{error}");
}

#[tokio::test]
async fn a_reset_is_truncated_and_the_error_beside_it() {
    let (collected, _) =
        collect(vec![stream_head(), text("Low "), Step::Wait(Duration::from_millis(20)), Step::Reset]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    is_of_transport(&collected);
    // The same under a coding that is taken off.
    let headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let half = Step::Send(gzip("data: {}\n\n")[..16].to_vec());
    let (collected, _) =
        collect(vec![head("200 OK", &headers), half, Step::Wait(Duration::from_millis(20)), Step::Reset]).await;
    is_of_transport(&collected);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_head_is_an_error() {
    for script in [vec![Step::Reset], vec![], vec![send("SSH-2.0-OpenSSH_9\r\n")], vec![send("HTTP/1.1 200 OK\r\nx: ")]]
    {
        let server = Server::with(script).await;
        let error = client().send(&server.endpoint(), request()).await.expect_err("there is no head");
        assert_eq!(error.kind(), SendErrorKind::Connection, "{error}");
        assert!(error.failure().is_some());
    }
}

#[tokio::test]
async fn nobody_at_the_port_is_an_error() {
    let server = Server::with(vec![]).await;
    let endpoint = server.endpoint();
    drop(server);
    tokio::task::yield_now().await;
    let error = client().send(&endpoint, request()).await.expect_err("nobody is there");
    assert_eq!(error.kind(), SendErrorKind::Connection);
}

#[tokio::test]
async fn garbage_is_said_by_the_events() {
    let (collected, _) = collect(vec![stream_head(), Step::Send(vec![0xff, 0, 0x13, b'\n', b'\n', 7, 7])]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Failed));
    assert_eq!(collected.response.errors[0].kind, thalweg::ErrorKind::NotAStream);
}

#[tokio::test]
async fn half_a_gzip_stream_gives_what_was_in_the_half() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low \"}}]}\n\n".repeat(40);
    let mut bytes = gzip(&body);
    bytes.truncate(bytes.len() / 2);
    let headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let (collected, _) = collect(vec![head("200 OK", &headers), Step::Send(bytes)]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Truncated));
    assert!(collected.response.choices[0].text().starts_with("Low Low "));
    assert!(collected.error.is_some_and(|error| error.is_decode));
}

#[tokio::test]
async fn what_is_no_gzip_though_it_says_so_is_an_error_beside_an_empty_answer() {
    let headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let (collected, _) = collect(vec![head("200 OK", &headers), text("Low tide"), end()]).await;
    assert!(collected.error.is_some_and(|error| error.is_decode));
    assert_ne!(collected.response.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn a_server_that_never_ends_after_the_end_hangs_nobody() {
    let (collected, server) = collect(vec![stream_head(), text("Low tide"), end(), Step::Stall]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn a_server_that_never_ends_after_the_finish_gets_a_short_while() {
    let finish = send("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    let (collected, server) = collect(vec![stream_head(), text("Low tide"), finish, Step::Stall]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    assert!(server.is_left_alone().await);
}

#[tokio::test]
async fn an_answer_that_is_over_lets_go_of_its_connection_while_it_is_held() {
    let server = Server::with(vec![stream_head(), text("Low tide"), end(), Step::Stall]).await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    while answer.next_event().await.is_some() {}
    assert!(server.is_left_alone().await);
    assert_eq!(answer.head().status, 200);
}

#[tokio::test]
async fn a_flood_of_pings_is_no_content_and_no_memory() {
    let flood = Step::Flood { bytes: b": ping\n\n".repeat(512), most: 4 << 20 };
    let (collected, server) = collect(vec![stream_head(), text("Low tide"), flood, end()]).await;
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    assert_eq!(collected.response.choices[0].text(), "Low tide");
    assert!(server.sent() > 4 << 20);
}

#[tokio::test]
async fn a_line_of_a_gigabyte_reaches_a_limit_and_the_call_ends() {
    let flood = Step::Flood { bytes: vec![b'x'; 64 * 1024], most: 1 << 30 };
    let script = vec![stream_head(), text("Low "), send("data: {\"choices\":[{\"delta\":{\"content\":\""), flood];
    let client = client_with(|rules| rules.limits.frame_bytes = 1 << 20);
    let server = Server::with(script).await;
    let mut answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    let mut outcomes = Vec::new();
    while let Some(event) = answer.next_event().await {
        if let thalweg::Event::End { outcome, evidence, .. } = event {
            outcomes.push((outcome, evidence.limit));
        }
    }
    assert_eq!(outcomes, [(Outcome::Limit, Some(LimitKind::FrameBytes))]);
    assert!(server.is_left_alone().await);
    assert!(server.sent() < 64 << 20, "{} bytes were taken for a limit of one MiB", server.sent());
}

#[tokio::test]
async fn a_slow_reader_is_not_taken_for_a_silent_server() {
    let server =
        Server::with(vec![stream_head(), text("Low "), Step::Wait(Duration::from_millis(5)), text("tide"), end()])
            .await;
    let client = client_with(|rules| rules.deadlines.silence = Some(Duration::from_millis(80)));
    let mut answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    answer.next_event().await;
    tokio::time::sleep(Duration::from_millis(95)).await;
    assert_eq!(answer.collect_response().await.response.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn an_error_that_never_ends_takes_no_longer_than_all_of_it_may() {
    let drip: Vec<_> = (0..200).flat_map(|_| [send("x"), Step::Wait(Duration::from_millis(20))]).collect();
    let script = [vec![head("500 Internal Server Error", &[]), send("no ")], drip, vec![Step::Stall]].concat();
    let server = Server::with(script).await;
    let client = client_with(|rules| rules.deadlines.total = SHORT);
    let began = tokio::time::Instant::now();
    let error = client.send(&server.endpoint(), request()).await.expect_err("it is refused");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(error.status() == Some(500) && error.body().starts_with(b"no x"), "{error}");
    assert!(server.is_left_alone().await);
}
