//! Inputs of which each broke a reader in the field, one test an input, named after what must happen.
//!
//! Small ones are decoded under every cut into two chunks, byte by byte, and with empty chunks: the result must be one.

use thalweg::{AnomalyKind, Close, Fold, InputState, Normalizer, Outcome, Reason, Response, dialects, registry};
use thalweg_corpus::Chunking;

mod bedrock;
mod cohere;
mod content;
mod ends;
mod framing;
mod gemini;
mod interactions;
mod messages;
mod mistral;
mod ollama;
mod parts;
mod responses;
mod tool_calls;
mod vendors;

/// Folds a body under every chunking that its size allows.
fn check(body: impl AsRef<[u8]>) -> Response {
    check_closed(body.as_ref(), Close::Clean)
}

fn check_closed(body: &[u8], close: Close) -> Response {
    check_as(&dialects::OPENAI_CHAT.name, body, close)
}

/// The same for the dialect of a name.
fn check_as(dialect: &str, body: &[u8], close: Close) -> Response {
    let dialect = registry::find(dialect).unwrap_or_else(|| panic!("no dialect is named {dialect}"));
    let whole = fold(Normalizer::new(dialect), [body], close);
    let mut chunkings = vec![Chunking::Bytes(1), Chunking::Bytes(3), Chunking::Random(1), Chunking::Random(2)];
    if body.len() < 4096 {
        chunkings.extend((0..=body.len()).map(|cut| Chunking::At(vec![0, cut, cut])));
    }
    for chunking in chunkings {
        assert_eq!(fold(Normalizer::new(dialect), chunking.split(body), close), whole, "chunks {chunking}");
    }
    whole
}

fn normalizer() -> Normalizer {
    Normalizer::new(&dialects::OPENAI_CHAT)
}

fn fold<'a>(mut normalizer: Normalizer, chunks: impl IntoIterator<Item = &'a [u8]>, close: Close) -> Response {
    let mut response = Response::default();
    for chunk in chunks {
        feed(&mut normalizer, chunk, &mut response);
    }
    normalizer.finish(close);
    feed(&mut normalizer, b"", &mut response);
    response
}

fn feed(normalizer: &mut Normalizer, chunk: &[u8], response: &mut Response) {
    normalizer.feed(chunk);
    while let Some(event) = normalizer.poll() {
        response.apply(&event);
    }
}

/// The frame of one delta of choice 0.
fn delta(fields: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}\n\n")
}

fn text(content: &str) -> String {
    delta(&format!("\"content\":{content:?}"))
}

fn finish(reason: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":{reason:?}}}]}}\n\n")
}

/// A frame of each of the fragments of calls, then the end of a whole answer.
fn calls(fragments: &[&str]) -> String {
    let frames: String = fragments.iter().map(|fragment| delta(&format!("\"tool_calls\":[{fragment}]"))).collect();
    frames + &end("tool_calls")
}

fn end(reason: &str) -> String {
    finish(reason) + DONE
}

/// A call whose input is `json`, a string as the wire writes it, in one fragment.
fn input(json: &str) -> String {
    calls(&[&format!("{{\"index\":0,\"id\":\"a\",\"function\":{{\"name\":\"f\",\"arguments\":{json}}}}}")])
}

/// Id, name, input and state of each call of choice 0.
fn told(response: &Response) -> Vec<(Option<&str>, &str, &str, &'static str)> {
    let state = |call: &thalweg::fold::Block| call.end.and_then(|end| end.input).map_or("none", InputState::as_str);
    let calls = response.choices.iter().flat_map(|choice| choice.tool_calls());
    calls.map(|call| (call.wire_id(), call.name().unwrap_or("-"), &*call.text, state(call))).collect()
}

fn anomalies(response: &Response) -> Vec<AnomalyKind> {
    let mut kinds: Vec<_> = response.anomalies.iter().map(|anomaly| anomaly.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The answer, if it is a whole one without a deviation.
fn answer(response: &Response) -> String {
    assert_eq!(response.outcome, Some(Outcome::Complete), "{response:#?}");
    assert_eq!(anomalies(response), [], "{response:#?}");
    response.choices[0].text()
}

/// The reason of the first choice, and the provider's word for it.
fn finished(response: &Response) -> Option<(Reason, Option<&str>)> {
    response.choices[0].finish.as_ref().map(|finish| (finish.reason, finish.raw.as_deref()))
}

const DONE: &str = "data: [DONE]\n\n";
