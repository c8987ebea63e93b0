//! Secrets, planted wherever there may be one, and looked for wherever something is shown.

use core::fmt::Write;
use core::pin::Pin;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use thalweg_http::profile::AuthStyle;
use thalweg_http::{Client, Endpoint, FailureLog, Profile, Recorder, Request, Secret, Sign, SignError, Unsigned};

use crate::recording::Folder;
use crate::server::{Server, Step, client, head, reqwest_builder, send, stream_head};
use crate::traces::{Seen, capture};

/// Everything that must never be seen. Each goes out in another place.
const PLANTED: &[&str] = &[
    "sk-planted-key-0001",
    "tok-planted-token-0002",
    "hdr-planted-authorization-0003",
    "cookie-planted-0004",
    "query/planted+0005",
    "user-planted-0006",
    "pass:planted@0007",
    "body-planted-field-0008",
    "body-planted-header-0009",
    "sig-planted-0010",
    "qkey-planted-0011",
    "api\"key\\planted-0012",
    "location-planted-0013",
    "setcookie-planted-0014",
];

/// The ways in which they stand in URLs, JSON and headers.
fn forms() -> Vec<String> {
    let mut forms: Vec<String> = PLANTED.iter().map(ToString::to_string).collect();
    forms.extend(
        ["query%2Fplanted%2B0005", "pass%3Aplanted%40007", "api\\\"key\\\\planted-0012", "dXNlci1wbGFudGVk"]
            .map(String::from),
    );
    // The part that all have.
    forms.push("planted".to_owned());
    forms
}

fn check_hidden(shown: &str, place: &str) {
    for form in forms() {
        assert!(!shown.contains(&form), "{form} is seen in {place}:\n{shown}");
    }
}

struct Signer;

impl Sign for Signer {
    fn sign<'r>(&'r self, _: Unsigned<'r>) -> Pin<Box<dyn Future<Output = Result<HeaderMap, SignError>> + Send + 'r>> {
        let name = HeaderName::from_static("x-amz-security-token");
        Box::pin(async { Ok(HeaderMap::from_iter([(name, HeaderValue::from_static("sig-planted-0010"))])) })
    }
}

fn endpoint(server: &Server) -> Endpoint {
    let mut profile = Profile::of("openai-chat").expect("it is one of ours");
    profile.auth = AuthStyle::Query("key".into());
    let base = format!("http://user-planted-0006:pass%3Aplanted%400007@{}/?sig=query%2Fplanted%2B0005", server.address);
    Endpoint::new(profile, &base)
        .and_then(|endpoint| endpoint.with_header("x-api-key", "sk-planted-key-0001"))
        .and_then(|endpoint| endpoint.with_header("authorization", "Bearer hdr-planted-authorization-0003"))
        .and_then(|endpoint| endpoint.with_header("cookie", "session=cookie-planted-0004; theme=dark"))
        .and_then(|endpoint| endpoint.with_header("x-my-secret", "api\"key\\planted-0012"))
        .expect("all of it can be sent")
        .with_key(Secret::new("qkey-planted-0011"))
        .with_signer(Arc::new(Signer))
}

/// The same with a token, beside which no key goes out.
fn token_endpoint(server: &Server) -> Endpoint {
    endpoint(server).with_token(Secret::new("tok-planted-token-0002"))
}

fn request() -> Request {
    Request::new(json!({
        "model": "m",
        "messages": [{"role": "user", "content": "When is low tide?"}],
        "tools": [{"type": "mcp", "authorization": "body-planted-field-0008",
                   "headers": {"X-Api-Key": ["body-planted-header-0009"]}}],
    }))
}

/// What providers say of keys: all that they were sent.
fn echo() -> String {
    let is_sent = |secret: &&&str| !["tok-", "location-", "setcookie-"].iter().any(|other| secret.starts_with(other));
    let sent: Vec<_> = PLANTED.iter().filter(is_sent).collect();
    let words: Vec<_> = sent.iter().map(ToString::to_string).collect();
    json!({"error": {"message": format!("Incorrect key, of {}", words.join(", ")), "code": sent[0], "details": sent,
        "url": "http://x/?key=query%2Fplanted%2B0005"}})
    .to_string()
}

/// Sends, and gives everything that is shown of it.
async fn shown(client: &Client, endpoint: &Endpoint) -> String {
    let mut shown = format!("{client:?} {endpoint:?} {} {:?}\n", endpoint.base(), request());
    match client.send(endpoint, request()).await {
        Err(error) => {
            let _ = write!(
                shown,
                "{error} {error:?} {error:#?} {:?} {:?}\n{}",
                error.head(),
                error.error(),
                String::from_utf8_lossy(error.body())
            );
            let mut source: Option<&dyn core::error::Error> = Some(&error);
            while let Some(error) = source {
                let _ = write!(shown, " {error} {error:?}");
                source = error.source();
            }
        }
        Ok(answer) => {
            let _ = write!(shown, "{answer:?} {:?}", answer.head());
            let collected = answer.collect_response().await;
            // What the provider wrote into its stream is the caller's: it is not looked at.
            let _ = write!(shown, "{:?} {:?} {:?}", collected.head, collected.error, collected.failure);
        }
    }
    shown
}

/// Runs a call with everything switched on, and looks everywhere.
async fn check(script: Vec<Step>, make: fn(&Server) -> Endpoint) {
    let server = Server::with(script).await;
    let (seen, _guard) = capture();
    let (folder, case, recorder) = (Folder::new(), Folder::new(), Recorder::new());
    let client = client().with_failure_log(FailureLog::new(&folder.0)).with_recorder(recorder.clone());
    let shown = shown(&client, &make(&server)).await;
    check_hidden(&shown, "what is shown");
    match recorder.write(&case.0) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => check_hidden(&error.to_string(), "the recorder"),
        written => drop(written.expect("the folder can be written")),
    }
    for (name, bytes) in folder.files().into_iter().chain(case.files()) {
        check_hidden(&format!("{name}\n{}", String::from_utf8_lossy(&bytes)), "files");
    }
    check_hidden(&format!("{recorder:?} {:?}", recorder.recording()), "the recorder");
    let seen: &Seen = &seen;
    check_hidden(&seen.text(), "traces");
    assert!(seen.text().contains("gen_ai"), "nothing was traced");
    // They did go out.
    let sent = server.requests().join("\n");
    assert!(sent.contains("body-planted-field-0008") && sent.contains("sig-planted-0010"), "{sent}");
}

#[tokio::test]
async fn an_error_that_echoes_every_secret_shows_none() {
    let json = [
        ("content-type", "application/json"),
        ("set-cookie", "s=setcookie-planted-0014"),
        ("x-request-id", "sk-planted-key-0001"),
    ];
    let echo = echo();
    check(vec![head("401 Unauthorized", &json), send(echo.clone())], endpoint).await;
    let html = [("content-type", "text/html")];
    check(vec![head("200 OK", &html), send(echo.clone())], endpoint).await;
    check(vec![stream_head(), send(format!("data: {echo}\n\n"))], endpoint).await;
}

#[tokio::test]
async fn a_token_is_hidden_as_keys_are() {
    let body = "{\"error\":{\"message\":\"bad token tok-planted-token-0002\"}}";
    check(vec![head("401 Unauthorized", &[("content-type", "application/json")]), send(body)], token_endpoint).await;
}

#[tokio::test]
async fn a_redirect_and_connections_that_break_show_no_secret() {
    let location = "https://location-planted-0013:pw@elsewhere.example/?key=location-planted-0013";
    check(vec![head("302 Found", &[("location", location)])], endpoint).await;
    check(vec![Step::Reset], endpoint).await;
    check(vec![send("no http at all\r\n\r\n")], endpoint).await;
    let cut = [("content-type", "text/event-stream"), ("content-length", "999")];
    check(vec![head("200 OK", &cut), send(": sk-planted-key-0001\n\n")], endpoint).await;
}

#[tokio::test]
async fn secrets_never_go_where_a_redirect_points() {
    let other = Server::with(vec![stream_head()]).await;
    let location = format!("{}/v1/chat/completions", other.url());
    let server = Server::with(vec![head("307 Temporary Redirect", &[("location", &location)])]).await;
    let error = client().send(&endpoint(&server), request()).await.expect_err("it is elsewhere");
    assert_eq!(error.kind(), thalweg_http::SendErrorKind::Redirect);
    assert_eq!(other.accepted(), 0);
    // A client of the caller's that follows: refused all the same, and said.
    let follows = Client::with_http(reqwest_builder().build().expect("there is a TLS"));
    let error = follows.send(&server.endpoint(), request()).await.expect_err("it came from elsewhere");
    assert_eq!(error.kind(), thalweg_http::SendErrorKind::Redirect);
}

#[tokio::test]
async fn the_whole_of_a_connection_refused_shows_no_secret() {
    let server = Server::with(vec![]).await;
    let endpoint = endpoint(&server);
    drop(server);
    tokio::task::yield_now().await;
    let (seen, _guard) = capture();
    check_hidden(&shown(&client(), &endpoint).await, "what is shown");
    check_hidden(&seen.text(), "traces");
}

/// Sends to an endpoint that says no in these words, and gives what is shown.
async fn refused(body: &str, make: impl FnOnce(&Server) -> Endpoint) -> String {
    let server = Server::with(vec![head("401 Unauthorized", &[]), send(body)]).await;
    shown(&client(), &make(&server)).await
}

#[tokio::test]
async fn a_secret_on_the_border_of_what_is_kept_is_not_cut_in_two() {
    let body = format!("{}sk-planted-key-0001 is wrong", "x".repeat(64 * 1024 - 9));
    let shown = refused(&body, |server| server.endpoint().with_key("sk-planted-key-0001".into())).await;
    assert!(!shown.contains("sk-pla"), "{}", &shown[shown.len() - 200..]);
}

#[tokio::test]
async fn a_secret_is_known_as_other_programs_write_it() {
    for echo in [
        "{\"error\":{\"message\":\"no ab+planted/cd==\"}}",
        "{\"error\":{\"message\":\"no ab+planted\\/cd==\"}}",
        "{\"error\":{\"message\":\"no ab+planted/cd\\u003d\\u003d\"}}",
        "{\"error\":{\"message\":\"no ab\\u002Bplanted/cd==\"}}",
        "no ab%2Bplanted%2Fcd%3D%3D",
        "no ab%2bplanted%2fcd%3d%3d",
    ] {
        let shown = refused(echo, |server| server.endpoint().with_key("ab+planted/cd==".into())).await;
        check_hidden(&shown, echo);
    }
}

#[tokio::test]
async fn a_key_in_the_base_is_known_as_it_is_sent() {
    let base = |server: &Server| format!("{}/v1?code=ab%2Fplanted%3d%3d", server.url());
    let make = |server: &Server| Endpoint::of("openai-chat", &base(server)).expect("it is a base");
    check_hidden(&refused("no /v1/chat/completions?code=ab%2Fplanted%3d%3d", make).await, "an error");
}
