//! The server itself: which recording answers, what is counted and told, and how it stops.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use thalweg::{Close, Recording};
use thalweg_http::replay::{Ended, Library, Replay, Served, Server, Speed, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{BODY, ask, get, read, recording, serve, soon, start};

#[tokio::test]
async fn a_path_that_names_nothing_gets_a_list() {
    let mut library = Library::of("one/three", Wire::Sse, &recording());
    library.insert("two/three", Wire::Sse, &recording());
    let server = start(library, "status:500").await;
    let nothing = read(ask(&server, "/v1/chat/completions", "").await.expect("an answer")).await;
    assert_eq!(nothing.status, 404);
    assert!(nothing.text().ends_with("there are:\n  one/three\n  two/three\n"), "{}", nothing.text());
    let several = read(ask(&server, "/three", "").await.expect("an answer")).await;
    assert!(several.text().starts_with("several recordings are named three:"), "{}", several.text());
    let named = ask(&server, "/two/three/v1/chat", "").await.expect("an answer");
    assert_eq!(
        (named.status().as_u16(), &named.headers()["x-thalweg-case"]),
        (500, &"two/three".parse().expect("a value"))
    );
}

#[tokio::test]
async fn each_connection_of_a_recording_answers_a_request() {
    let mut recording = Recording::new();
    recording.push(0, b"id: 1\ndata: a\n\nid: 2\nda");
    recording.connection(10);
    recording.push(20, b"id: 2\ndata: b\n\n");
    recording.finish(None, Close::Clean);
    let server = start(Library::of("resumed", Wire::Sse, &recording), "status:503*1").await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        let arrived = get(&server, "").await;
        answers.push((arrived.status, arrived.text(), arrived.is_whole));
    }
    let first = (200, "id: 1\ndata: a\n\nid: 2\nda".to_owned(), false);
    let second = (200, "id: 2\ndata: b\n\n".to_owned(), true);
    assert_eq!(answers[0].0, 503, "a status takes no connection's turn");
    assert_eq!(answers[1..], [first.clone(), second, first]);
}

/// A server that keeps what it is told.
async fn logged(library: Library) -> (Server, Arc<Mutex<Vec<Served>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&log);
    let keep = move |served: &Served| to.lock().expect("no test panics here").push(served.clone());
    let replay = Replay::new(library).with_speed(Speed::Max).with_log(keep);
    (replay.bind("127.0.0.1:0").await.expect("a free port is there"), log)
}

#[tokio::test]
async fn what_is_told_has_no_secrets() {
    let (server, log) = logged(Library::of("three", Wire::Sse, &recording())).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/v1/models?key=s3cret", server.url());
    let request = client.post(&url).header("authorization", "Bearer s3cret").header("x-thalweg-fault", "cut:12");
    let arrived = soon(read(request.send().await.expect("an answer"))).await;
    assert_eq!(arrived.text(), BODY[..12]);
    soon(server.wait_for(|counts| counts.ended == 1)).await;
    let log = log.lock().expect("no test panics here");
    let [served] = &log[..] else { panic!("one request was made: {log:?}") };
    assert_eq!((served.path.as_str(), served.body_bytes, served.ended), ("/v1/models", 12, Ended::Cut));
    let line = served.to_string();
    assert!(line.starts_with("POST /v1/models <- three with cut:12: 200, 12 bytes, cut, "), "{line}");
    assert!(!format!("{served:?}").contains("s3cret"));
}

#[tokio::test]
async fn what_is_told_says_why_a_request_was_refused() {
    let (server, log) = logged(Library::of("three", Wire::Sse, &recording())).await;
    let refused = read(ask(&server, "/v1?x-thalweg-case=four", "").await.expect("an answer")).await;
    assert_eq!(refused.status, 404);
    let refused = read(ask(&server, "/v1", "cut:1 status:99").await.expect("an answer")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("the value must be from 200 to 599"), "{}", refused.text());
    soon(server.wait_for(|counts| counts.ended == 2)).await;
    let lines: Vec<_> = log.lock().expect("no test panics here").iter().map(Served::to_string).collect();
    assert!(lines[0].starts_with("POST /v1 refused, no recording is named four: 404, "), "{lines:?}");
    let expected = "POST /v1 refused, x-thalweg-fault: `status:99`: the value must be from 200 to 599: 400, ";
    assert!(lines[1].starts_with(expected), "{lines:?}");
}

#[tokio::test]
async fn a_client_that_goes_away_is_noticed_also_in_a_pause() {
    for fault in ["stall:86400000@8", "stall:86400000", "wait:86400000", "hang"] {
        let server = serve(fault).await;
        let mut client = TcpStream::connect(server.address()).await.expect("it listens");
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it reads");
        soon(server.wait_for(|counts| counts.requests == 1 && counts.open_connections == 1)).await;
        drop(client);
        let counts = soon(server.wait_for(|counts| counts.abandoned == 1 && counts.open_connections == 0)).await;
        assert_eq!((counts.ended, counts.connections, counts.replayed), (1, 1, 1), "{fault}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_waited_for() {
    let (server, log) = logged(Library::of("three", Wire::Sse, &recording())).await;
    let mut client = TcpStream::connect(server.address()).await.expect("it listens");
    let request = b"GET /?x-thalweg-fault=line:100000000000 HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request).await.expect("it reads");
    let mut begin = [0; 1024];
    client.read_exact(&mut begin).await.expect("an answer begins");
    // Another client is served meanwhile.
    assert_eq!(get(&server, "").await.text(), BODY);
    drop(client);
    soon(server.wait_for(|counts| counts.abandoned == 1)).await;
    let log = log.lock().expect("no test panics here");
    let served = log.iter().find(|served| served.ended == Ended::Abandoned).expect("it was told");
    assert!(served.body_bytes < 256 << 20, "what nobody read was not sent: {}", served.body_bytes);
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let server = serve("").await;
    let mut client = TcpStream::connect(server.address()).await.expect("it listens");
    let request = b"POST /v1 HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
    // Pipelined, the second to be closed after.
    let last = b"HEAD /v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    client.write_all(&[&request[..], request, last].concat()).await.expect("it reads");
    let mut answers = String::new();
    soon(client.read_to_string(&mut answers)).await.expect("it closes when it has answered");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(answers.matches("data: [DONE]").count(), 2, "no body for HEAD");
    let counts = soon(server.wait_for(|counts| counts.ended == 3)).await;
    assert_eq!((counts.connections, counts.abandoned), (1, 0));
}

#[tokio::test]
async fn more_connections_than_may_be_open_wait() {
    let replay = Replay::new(Library::of("three", Wire::Sse, &recording())).with_speed(Speed::Max);
    let server = replay.with_connections(1).bind("127.0.0.1:0").await.expect("a free port is there");
    let first = soon(ask(&server, "/", "hang")).await.expect("there is an answer");
    let second = ask(&server, "/", "");
    tokio::pin!(second);
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut second).await.is_err(), "it waits");
    drop(first);
    assert_eq!(soon(read(soon(second).await.expect("its turn comes"))).await.text(), BODY);
}

#[tokio::test]
async fn shutdown_lets_answers_end_and_closes_those_that_do_not() {
    let (server, log) = logged(Library::of("three", Wire::Sse, &recording())).await;
    let address = server.address();
    let ending = soon(ask(&server, "/", "stall:100@8")).await.expect("there is an answer");
    soon(async {
        tokio::join!(server.shutdown(Duration::from_secs(50)), async {
            let arrived = read(ending).await;
            assert_eq!((&*arrived.text(), arrived.is_whole), (BODY, true));
        })
    })
    .await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
    assert_eq!(log.lock().expect("no test panics here")[0].ended, Ended::Whole);

    let (server, log) = logged(Library::of("three", Wire::Sse, &recording())).await;
    let hanging = soon(ask(&server, "/", "hang")).await.expect("there is an answer");
    soon(server.shutdown(Duration::from_millis(20))).await;
    assert!(!soon(read(hanging)).await.is_whole);
    assert_eq!(log.lock().expect("no test panics here")[0].ended, Ended::Stopped);
}
