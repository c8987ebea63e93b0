//! Each fault, as a client meets it.

use core::error::Error as _;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::time::{Instant, SystemTime};

use thalweg::{Close, Recording};
use thalweg_http::replay::{Library, Wire};

use crate::client::{BODY, ask, get, read, recording, serve, soon, start};

/// The error of the socket below an error, if there is one.
fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

#[tokio::test]
async fn without_faults_it_is_the_recording() {
    let server = serve("").await;
    let arrived = get(&server, "").await;
    assert_eq!((arrived.status, &*arrived.text(), arrived.is_whole), (200, BODY, true));
    assert_eq!(arrived.chunks.iter().map(Vec::len).collect::<Vec<_>>(), [8, 24], "chunks are the recorded ones");
}

#[tokio::test]
async fn cut_closes_after_so_many_bytes() {
    let server = serve("").await;
    for at in [0, 1, 8, 9, 20] {
        let arrived = get(&server, &format!("cut:{at}")).await;
        assert_eq!((&*arrived.text(), arrived.is_whole), (&BODY[..at], false), "cut:{at}");
    }
    let arrived = get(&server, "cut:1000").await;
    assert_eq!((&*arrived.text(), arrived.is_whole), (BODY, false), "behind the last byte the end is missing");
}

#[tokio::test]
async fn a_document_says_how_long_it_is_and_can_be_cut_all_the_same() {
    let mut document = Recording::new();
    document.push(0, b"{\"a\":[1,2,3]}");
    document.finish(None, Close::Clean);
    let server = start(Library::of("document", Wire::Json, &document), "").await;
    for (fault, text, is_whole) in [("", "{\"a\":[1,2,3]}", true), ("cut:5", "{\"a\":", false)] {
        let response = ask(&server, "/", fault).await.expect("there is an answer");
        assert_eq!(response.content_length(), Some(13));
        let arrived = soon(read(response)).await;
        assert_eq!((&*arrived.text(), arrived.is_whole), (text, is_whole), "{fault}");
    }
    assert_eq!(soon(server.wait_for(|counts| counts.ended == 2)).await.abandoned, 0);
}

#[tokio::test]
async fn drop_and_reset_give_no_answer() {
    let server = serve("").await;
    let error = soon(ask(&server, "/", "drop")).await.expect_err("there is no answer");
    assert_ne!(io_kind(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
    let error = soon(ask(&server, "/", "reset")).await.expect_err("there is no answer");
    assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
    let counts = soon(server.wait_for(|counts| counts.ended == 2)).await;
    assert_eq!(counts.abandoned, 0, "the client did not go");
}

#[tokio::test]
async fn reset_in_mid_body_is_one() {
    let server = serve("").await;
    let mut response = ask(&server, "/", "reset@8").await.expect("there is a head");
    let mut kinds = Vec::new();
    loop {
        match soon(response.chunk()).await {
            Ok(chunk) => assert_eq!(chunk.as_deref(), Some(&b"data: 1\n"[..])),
            Err(error) => {
                kinds.push(io_kind(&error));
                break;
            }
        }
    }
    assert_eq!(kinds, [Some(ErrorKind::ConnectionReset)]);
}

#[tokio::test]
async fn stall_and_wait_take_their_time() {
    let server = serve("").await;
    let begun = Instant::now();
    let mut response = ask(&server, "/", "stall:150@8").await.expect("there is an answer");
    assert_eq!(response.chunk().await.expect("bytes").as_deref(), Some(&b"data: 1\n"[..]));
    assert_eq!(read(response).await.text(), BODY[8..]);
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());

    let begun = Instant::now();
    let arrived = get(&server, "stall:40; stall:60").await;
    assert!(begun.elapsed() >= Duration::from_millis(100) && arrived.text() == BODY, "{:?}", begun.elapsed());

    let begun = Instant::now();
    let response = ask(&server, "/", "wait:120").await.expect("there is an answer");
    assert!(begun.elapsed() >= Duration::from_millis(120), "the head waits too: {:?}", begun.elapsed());
    assert_eq!(read(response).await.text(), BODY);
}

#[tokio::test]
async fn hang_never_ends() {
    let server = serve("").await;
    let mut response = ask(&server, "/", "hang").await.expect("there is an answer");
    let mut text = Vec::new();
    while text.len() < BODY.len() {
        text.extend(soon(response.chunk()).await.expect("the connection is open").expect("the body does not end"));
    }
    assert_eq!(text, BODY.as_bytes());
    let more = tokio::time::timeout(Duration::from_millis(100), response.chunk()).await;
    assert!(more.is_err(), "something came: {more:?}");
    drop(response);
    soon(server.wait_for(|counts| counts.abandoned == 1)).await;
}

#[tokio::test]
async fn garbage_is_in_the_middle_and_the_same_for_a_seed() {
    let server = serve("").await;
    let first = get(&server, "garbage:40,seed=1").await.bytes();
    assert_eq!(get(&server, "garbage:40,seed=1").await.bytes(), first);
    assert_ne!(get(&server, "garbage:40,seed=2").await.bytes(), first);
    let (before, after) = (&BODY.as_bytes()[..18], &BODY.as_bytes()[18..]);
    assert!(first.starts_with(before) && first.ends_with(after), "it stands between two events");
    assert_eq!(first.len(), BODY.len() + "data: \n\n".len() + 40);
    assert!(core::str::from_utf8(&first).is_err());
}

#[tokio::test]
async fn heartbeats_come_as_the_wire_has_them() {
    let server = serve("").await;
    let arrived = get(&server, "heartbeats:1000").await;
    assert_eq!(arrived.text(), ": heartbeat\n\n".repeat(1000) + BODY);
    let arrived = get(&server, "heartbeats:2@1").await;
    assert_eq!(arrived.text(), format!("{}: heartbeat\n\n: heartbeat\n\n{}", &BODY[..9], &BODY[9..]));
    let arrived = get(&server, &format!("heartbeats:1@{}", BODY.len())).await;
    assert_eq!(arrived.text(), format!("{BODY}: heartbeat\n\n"));
    let mut lines = Recording::new();
    lines.push(0, b"{}\n{}\n");
    lines.finish(None, Close::Clean);
    let server = start(Library::of("lines", Wire::Lines, &lines), "heartbeats:2@1").await;
    assert_eq!(get(&server, "").await.text(), "{}\n\n\n{}\n");
}

#[tokio::test]
async fn a_line_can_be_very_long() {
    let server = serve("").await;
    let arrived = get(&server, "line:5000000@1").await;
    let line = "data: ".to_owned() + &"a".repeat(5_000_000 - 6) + "\n\n";
    assert!(arrived.text() == [&BODY[..9], &line, &BODY[9..]].concat() && arrived.is_whole);
    assert!(arrived.chunks.iter().all(|chunk| chunk.len() <= 16 * 1024), "it is made while it is sent");
}

#[tokio::test]
async fn chunks_can_be_of_another_length() {
    let server = serve("").await;
    let arrived = get(&server, "chunk:3").await;
    assert_eq!(arrived.text(), BODY);
    assert_eq!(arrived.chunks.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2]);
}

#[tokio::test]
async fn a_compressed_body_can_be_whole_or_half() {
    let server = serve("").await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let ask = |fault: &str| client.get(server.url()).header("x-thalweg-fault", fault.to_owned()).send();
    let whole = read(ask("gzip").await.expect("an answer")).await;
    assert_eq!((&*whole.text(), whole.is_whole), (BODY, true), "the client decompressed it");
    let half = read(ask("gzip-cut@20").await.expect("an answer")).await;
    assert_eq!((&*half.text(), half.is_whole), (&BODY[..20], false), "the client saw that the end is missing");
    // For HTTP it is whole, and it is what gzip makes.
    let raw = get(&server, "gzip-cut").await;
    assert!(raw.is_whole && raw.bytes().starts_with(&[0x1f, 0x8b, 8]), "{raw:?}");

    let mut large = Recording::new();
    large.push(0, &vec![b'x'; 200_000]);
    large.finish(None, Close::Clean);
    let server = start(Library::of("large", Wire::Sse, &large), "gzip chunk:150000").await;
    let whole = read(client.get(server.url()).send().await.expect("an answer")).await;
    assert!(whole.bytes() == large.bytes() && whole.is_whole, "blocks are split where they must be");
}

#[tokio::test]
async fn a_status_comes_with_what_says_when_to_try_again() {
    let server = serve("").await;
    let header = |fault: &'static str, name: &'static str| {
        let server = &server;
        async move {
            let response = ask(server, "/", fault).await.expect("there is an answer");
            let value = response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            (response.status().as_u16(), value)
        }
    };
    assert_eq!(header("status:429,retry-after=2", "retry-after").await, (429, Some("2".to_owned())));
    assert_eq!(header("status:429,retry-after=NaN", "retry-after").await, (429, Some("NaN".to_owned())));
    assert_eq!(header("status:529,retry-after-ms=1500", "retry-after-ms").await, (529, Some("1500".to_owned())));
    assert_eq!(header("status:500,should-retry=false", "x-should-retry").await, (500, Some("false".to_owned())));
    let before = SystemTime::now();
    let (status, date) = header("status:503,retry-after-date=60", "retry-after").await;
    let date = httpdate::parse_http_date(&date.expect("there is a date")).expect("it is a date");
    let away = date.duration_since(before).expect("it is in the future");
    assert_eq!(status, 503);
    assert!((Duration::from_secs(59)..Duration::from_secs(120)).contains(&away), "{away:?}");

    let ours = get(&server, "status:503").await;
    assert_eq!(
        ours.text(),
        "{\"error\":{\"message\":\"This fault was asked for.\",\"type\":\"replayed_fault\",\"code\":503}}\n"
    );
    let recorded = get(&server, "status:400,body").await;
    assert_eq!((recorded.status, &*recorded.text()), (400, BODY));
}

#[tokio::test]
async fn a_fault_can_be_kept_to_the_first_requests() {
    let server = serve("status:503*2 cut:3*3").await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let arrived = get(&server, "").await;
        seen.push((arrived.status, arrived.is_whole));
    }
    assert_eq!(seen, [(503, false), (503, false), (200, false), (200, true)]);
    // The same of a request: the server remembers for it.
    let server = serve("").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&server, "status:429*1 status:500*2").await.status);
    }
    assert_eq!(statuses, [429, 500, 200]);
    assert_eq!(get(&server, "status:500*2").await.status, 200, "it was met twice");
    assert_eq!(get(&server, "status:500*3").await.status, 500, "another one");
}

#[tokio::test]
async fn faults_combine() {
    let server = serve("heartbeats:1").await;
    let arrived = get(&server, "chunk:5; cut:10 status:418,body").await;
    assert_eq!((arrived.status, arrived.is_whole), (418, false));
    assert_eq!(arrived.text(), format!(": heartbeat\n\n{}", &BODY[..10]));
    assert!(arrived.chunks.iter().all(|chunk| chunk.len() <= 5));
}

#[tokio::test]
async fn an_unknown_fault_is_refused_with_a_list() {
    let server = serve("").await;
    let arrived = get(&server, "explode").await;
    assert_eq!(arrived.status, 400);
    assert!(arrived.text().starts_with("x-thalweg-fault: `explode`: no fault has this name; there are:\n  cut:N\n"));
    assert_eq!(get(&server, "").await.text(), BODY, "the next request is none the worse");
    assert_eq!(recording().bytes(), BODY.as_bytes());
}
