//! What a call gives that goes well, and what is no answer.

use futures::StreamExt;
use serde_json::json;
use thalweg::{Event, Outcome, OwnedEvent};
use thalweg_http::{Endpoint, Form, Request, SendErrorKind};
use thalweg_stream::{Edit, Hooks};

use crate::server::{Server, Step, client, end, good, head, request, send, stream_head, text};

#[tokio::test]
async fn events_come_with_the_head_beside_them() {
    let headers = [
        ("content-type", "text/event-stream"),
        ("x-request-id", "req-7"),
        ("openai-model", "m-1-large"),
        ("x-litellm-model-api-base", "https://upstream.example/v1"),
        ("set-cookie", "session=abc"),
    ];
    let server = Server::with(vec![head("200 OK", &headers), text("Low "), text("tide"), end()]).await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    assert_eq!(answer.head().request_id.as_deref(), Some("req-7"));
    assert_eq!(answer.head().model.as_deref(), Some("m-1-large"));
    assert_eq!(answer.head().base, "https://upstream.example/v1");
    assert_eq!((answer.head().status, answer.head().form), (200, Form::Stream));
    assert_eq!(answer.head().header("set-cookie"), None);
    let mut words = String::new();
    let mut ends = 0;
    while let Some(event) = answer.next().await {
        match event {
            OwnedEvent::TextDelta { text, .. } => words.push_str(&text),
            OwnedEvent::End { outcome, .. } => {
                assert_eq!(outcome, Outcome::Complete);
                ends += 1;
            }
            _ => {}
        }
    }
    assert_eq!((&*words, ends), ("Low tide", 1));
    assert!(answer.timing().first_token_us().is_some() && answer.timing().end_us.is_some());
    assert!(answer.failure().is_none() && answer.error().is_none());
    let sent = &server.requests()[0];
    assert!(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\"stream\":true") && sent.contains("\"include_usage\":true"), "{sent}");
}

#[tokio::test]
async fn lent_events_are_the_owned_ones() {
    let server = Server::with(good()).await;
    let owned: Vec<_> = client().send(&server.endpoint(), request()).await.expect("it answers").collect().await;
    let mut answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    let mut lent = Vec::new();
    while let Some(event) = answer.next_event().await {
        lent.push(event.to_owned());
    }
    assert_eq!(lent, owned);
    assert!(matches!(lent.first().map(|event| event.as_lent()), Some(Event::Start { .. })));
}

#[tokio::test]
async fn a_whole_answer_gives_the_same_response_as_a_stream() {
    let whole = json!({"id": "r1", "model": "m-1", "choices": [{"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "Low tide"}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}});
    let json = [("content-type", "application/json")];
    let whole = vec![head("200 OK", &json), send(whole.to_string())];
    // The third asks for a stream and gets the whole.
    let server = Server::start(vec![good(), whole.clone(), whole]).await;
    let mut texts = Vec::new();
    for request in [request(), request().whole(), request()] {
        let answer = client().send(&server.endpoint(), request).await.expect("it answers");
        let form = answer.head().form;
        let collected = answer.collect_response().await;
        let response = collected.response;
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert_eq!(response.usage.and_then(|usage| usage.counts.output).map(u64::from), Some(4));
        texts.push((form, response.choices[0].text().to_string()));
    }
    let words = || "Low tide".to_owned();
    assert_eq!(texts, [(Form::Stream, words()), (Form::Whole, words()), (Form::Whole, words())]);
    assert!(!server.requests()[1].contains("\"stream\""));
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_that_says_so() {
    let check = |script: Vec<Step>, kind: SendErrorKind, status: u16, words: &'static str| async move {
        let server = Server::with(script).await;
        let error = client().send(&server.endpoint(), request()).await.expect_err("it is no answer");
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(server.is_left_alone().await);
    };
    let html = [("content-type", "text/html; charset=utf-8")];
    check(
        vec![head("200 OK", &html), send("<h1>Log in</h1>")],
        SendErrorKind::NotAStream,
        200,
        "the answer is text/html: <h1>Log in</h1>",
    )
    .await;
    check(vec![head("502 Bad Gateway", &html), send("<h1>Sorry</h1>")], SendErrorKind::Status, 502, "Bad Gateway")
        .await;
    let json = [("content-type", "application/json")];
    check(
        vec![
            head("400 Bad Request", &json),
            send("{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}"),
        ],
        SendErrorKind::Status,
        400,
        "no such model",
    )
    .await;
    check(vec![head("404 Not Found", &[])], SendErrorKind::Status, 404, "Not Found").await;
    check(vec![head("200 OK", &[("content-type", "image/png")])], SendErrorKind::NotAStream, 200, "image/png").await;
    let zstd = [("content-type", "text/event-stream"), ("content-encoding", "zstd")];
    check(vec![head("200 OK", &zstd), Step::Stall], SendErrorKind::Encoding, 200, "zstd").await;
    let moved = [("location", "https://elsewhere.example/v1?key=k-123456")];
    check(vec![head("307 Temporary Redirect", &moved)], SendErrorKind::Redirect, 307, "elsewhere.example").await;
}

#[tokio::test]
async fn the_errors_body_and_kind_are_kept() {
    let body = "{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}";
    let script =
        vec![head("404 Not Found", &[("content-type", "application/json"), ("x-request-id", "req-8")]), send(body)];
    let server = Server::with(script).await;
    let error = client().send(&server.endpoint(), request()).await.expect_err("it is no answer");
    assert_eq!(error.body(), body.as_bytes());
    assert_eq!(error.error().map(|error| error.kind), Some(thalweg::ErrorKind::NotFound));
    assert_eq!(error.head().and_then(|head| head.request_id.as_deref()), Some("req-8"));
    assert!(!error.is_recoverable());
}

#[tokio::test]
async fn types_that_servers_put_on_anything_are_read() {
    let server = Server::with(vec![head("200 OK", &[("content-type", "text/plain")]), text("Low tide"), end()]).await;
    let answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    assert_eq!(answer.head().form, Form::Unsaid);
    assert_eq!(answer.collect_response().await.response.choices[0].text(), "Low tide");
}

#[tokio::test]
async fn an_error_in_a_stream_is_an_event_and_known_before_the_first() {
    let script =
        vec![stream_head(), send("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\"}}\n\n")];
    let server = Server::with(script).await;
    let answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    let collected = answer.collect_response().await;
    assert_eq!(collected.response.outcome, Some(Outcome::Failed));
    assert_eq!(collected.failure.map(|failure| failure.kind), Some(thalweg::ErrorKind::Overloaded));
}

#[tokio::test]
async fn gzip_and_brotli_are_taken_off() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low tide\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    for (coding, bytes) in [("gzip", gzip(body)), ("br", brotli(body))] {
        let headers = [("content-type", "text/event-stream"), ("content-encoding", coding)];
        let server = Server::with(vec![head("200 OK", &headers), Step::Send(bytes)]).await;
        let collected =
            client().send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
        assert_eq!(collected.response.choices[0].text(), "Low tide", "{coding}");
        assert_eq!(collected.error, None);
    }
}

#[tokio::test]
async fn other_protocols_are_asked_in_their_ways() {
    let server = Server::with(vec![head("200 OK", &[("content-type", "application/json")]), send("{}")]).await;
    let check = |dialect: &'static str, request: Request, path: &'static str, n: usize| {
        let endpoint = Endpoint::of(dialect, &server.url()).expect("it is a base");
        let server = &server;
        async move {
            let _ = client().send(&endpoint, request).await;
            let sent = &server.requests()[n];
            assert!(sent.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{sent}");
        }
    };
    let messages = json!({"model": "c", "max_tokens": 9, "messages": []});
    check("anthropic-messages", Request::new(messages), "/v1/messages", 0).await;
    let contents = Request::new(json!({"contents": []})).with_model("g");
    check("gemini", contents.clone(), "/v1beta/models/g:streamGenerateContent?alt=sse", 1).await;
    check("gemini", contents.whole(), "/v1beta/models/g:generateContent", 2).await;
    let sent = server.requests();
    assert!(sent[0].contains("anthropic-version: 2023-06-01"), "{}", sent[0]);
    assert!(!sent[1].contains("\"stream\"") && !sent[1].contains("\"model\""), "{}", sent[1]);
}

/// A gzip file with the body as it is.
pub(crate) fn gzip(body: &str) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("it is short");
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(body.as_bytes());
    file.extend(crc32fast::hash(body.as_bytes()).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

/// A brotli stream with the body as it is: an uncompressed meta-block, and an empty last one.
fn brotli(body: &str) -> Vec<u8> {
    let length = u32::from(u16::try_from(body.len()).expect("it is short"));
    let header = (length - 1) << 4 | 1 << 20;
    let mut stream = header.to_le_bytes()[..3].to_vec();
    stream.extend(body.as_bytes());
    stream.push(3);
    stream
}

#[tokio::test]
async fn hooks_see_what_is_given_out_and_times_what_came() {
    let shout = |edit: &mut Edit<'_>| {
        if let Event::TextDelta { text, .. } = edit.event() {
            let loud = text.to_uppercase();
            edit.set_text(&loud);
        }
        Ok(())
    };
    let Step::Send(word) = text("low ") else { unreachable!("a text is sent") };
    let server = Server::with(vec![stream_head(), Step::Send(word.repeat(2)), end()]).await;
    let answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    let mut answer = answer.with_merged_deltas(64).with_hooks(Hooks::new().with("shout", shout));
    let mut texts = Vec::new();
    while let Some(event) = answer.next_event().await {
        if let Event::TextDelta { text, .. } = event {
            texts.push(text.to_owned());
        }
    }
    assert_eq!(texts, ["LOW LOW "]);
    assert_eq!((answer.timing().text.deltas, answer.hooks().failures().len()), (2, 0));
}

#[tokio::test]
async fn a_future_that_is_ready_cancels_an_answer() {
    let server = Server::with(vec![stream_head(), text("Low "), Step::Stall]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let answer = client().send(&server.endpoint(), request()).await.expect("it answers");
    let mut answer = answer.with_cancel(async { _ = stopped.await });
    drop(stop);
    let events: Vec<_> = answer.by_ref().collect().await;
    assert!(matches!(events.last(), Some(OwnedEvent::End { outcome: Outcome::Cancelled, .. })));
    assert!(server.is_left_alone().await);
}
