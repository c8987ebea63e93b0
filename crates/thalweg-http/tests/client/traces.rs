//! What a subscriber of traces gets, word by word.

use core::fmt::{Debug, Write};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::server::{Server, Step, client, client_with, good, head, request, send, stream_head, text};

/// All that was traced.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    text: String,
    /// The fields of our spans, the last value of each.
    fields: BTreeMap<String, String>,
    spans: u64,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("no test panics while it holds it").text.clone()
    }

    fn field(&self, name: &str) -> Option<String> {
        self.0.lock().expect("no test panics while it holds it").fields.get(name).cloned()
    }
}

/// Takes all traces of this thread, of every crate and level, until the guard is dropped.
pub(crate) fn capture() -> (Seen, DefaultGuard) {
    // Where there is only one subscriber, a place that another thread comes by first is asked of that thread, which has
    // none, and is silent from then on. So there are two.
    static OTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Seen::default()));
    LazyLock::force(&OTHER);
    let seen = Seen::default();
    let guard = tracing::subscriber::set_default(seen.clone());
    (seen, guard)
}

impl Subscriber for Seen {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut state = self.0.lock().expect("no test panics while it holds it");
        let _ = write!(state.text, "\nspan {} ", attributes.metadata().name());
        attributes.record(&mut Fields { state: &mut state, is_span: attributes.metadata().name() == "gen_ai.call" });
        state.spans += 1;
        Id::from_u64(state.spans)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut state = self.0.lock().expect("no test panics while it holds it");
        values.record(&mut Fields { state: &mut state, is_span: true });
    }

    fn event(&self, event: &Event<'_>) {
        let mut state = self.0.lock().expect("no test panics while it holds it");
        let _ = write!(state.text, "\nevent {} ", event.metadata().target());
        event.record(&mut Fields { state: &mut state, is_span: false });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Fields<'s> {
    state: &'s mut State,
    is_span: bool,
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.state.text, "{}={value:?} ", field.name());
        if self.is_span {
            self.state.fields.insert(field.name().to_owned(), format!("{value:?}"));
        }
    }
}

#[tokio::test]
async fn a_call_is_a_span_in_the_words_of_the_conventions() {
    let server = Server::with(good()).await;
    let (seen, _guard) = capture();
    client().send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    let check =
        |name: &str, value: &str| assert_eq!(seen.field(name).as_deref(), Some(value), "{name}\n{}", seen.text());
    check("otel.name", "chat m");
    check("gen_ai.operation.name", "chat");
    check("gen_ai.provider.name", "openai");
    check("gen_ai.request.model", "m");
    check("gen_ai.response.id", "r1");
    check("gen_ai.response.model", "m-1");
    check("gen_ai.response.finish_reasons", "stop");
    check("gen_ai.usage.input_tokens", "9");
    check("gen_ai.usage.output_tokens", "4");
    check("server.address", "127.0.0.1");
    check("http.response.status_code", "200");
    check("thalweg.outcome", "complete");
    assert!(seen.field("thalweg.time_to_first_token_ms").is_some() && seen.field("thalweg.latency_ms").is_some());
    assert_eq!(seen.field("error.type"), None);
    // Nothing of what was said.
    assert!(!seen.text().contains("tide"), "{}", seen.text());
}

#[tokio::test]
async fn what_went_wrong_is_in_the_span() {
    let check = |script: Vec<Step>, word: &'static str| async move {
        let server = Server::with(script).await;
        let (seen, _guard) = capture();
        if let Ok(answer) = client().send(&server.endpoint(), request()).await {
            answer.collect_response().await;
        }
        assert_eq!(seen.field("error.type").as_deref(), Some(word), "{}", seen.text());
        assert_eq!(seen.field("otel.status_code").as_deref(), Some("ERROR"));
    };
    check(vec![head("429 Too Many Requests", &[])], "rate_limit").await;
    check(vec![Step::Reset], "connection").await;
    check(vec![stream_head(), text("Low ")], "truncated").await;
    check(
        vec![
            stream_head(),
            text("Low "),
            send("data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n"),
        ],
        "overloaded",
    )
    .await;
}

#[tokio::test]
async fn a_reader_that_goes_is_in_the_span() {
    let server = Server::with(vec![stream_head(), text("Low "), Step::Stall]).await;
    let (seen, _guard) = capture();
    let answer = client_with(|_| {}).send(&server.endpoint(), request()).await.expect("it answers");
    drop(answer);
    assert_eq!(seen.field("thalweg.outcome").as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn an_attempt_that_another_one_took_the_place_of_is_no_error_of_the_call() {
    let busy = send("data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n");
    let server = Server::start(vec![vec![stream_head(), busy], vec![stream_head(), Step::Reset], good()]).await;
    let (seen, _guard) = capture();
    let client = client_with(crate::retries::try_again_soon);
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    assert_eq!(seen.field("thalweg.outcome").as_deref(), Some("complete"));
    assert_eq!((seen.field("error.type"), seen.field("otel.status_code")), (None, None), "{}", seen.text());
}

#[tokio::test]
async fn an_attempt_that_stands_is_an_error_of_the_call() {
    let busy = send("data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n");
    let server = Server::with(vec![stream_head(), busy]).await;
    let (seen, _guard) = capture();
    drop(client().send(&server.endpoint(), request()).await.expect("it answers"));
    assert_eq!(seen.field("error.type").as_deref(), Some("overloaded"), "{}", seen.text());
}
