//! What a stream is, from its bytes alone; and what is said where it is not what it was taken for.

use std::collections::{BTreeMap, BTreeSet};

use thalweg::{AnomalyKind, Close, Dialect, Fold, Origin, Outcome, Protocol, Response, registry};
use thalweg_corpus::{Case, Chunking, Setup, load_all};

/// Cases that detection reads in another way than their dialect does: the dialect, the cases (none: all of it), why.
const OTHERWISE: &[(&str, &[&str], &str)] = &[
    ("alibaba-cumulative", &[], "a fragment does not say that it repeats those before it"),
    ("anthropic-messages", &["body-cut", "empty-body", "html-page"], NOTHING),
    ("bedrock-anthropic", &["error-body", "exception-model-timeout"], BEDROCK),
    ("bedrock-chat", &["error-body"], BEDROCK),
    ("bedrock-completion", &["error-body"], BEDROCK),
    ("bedrock-converse", &["unknown-event"], BEFORE),
    ("bedrock-llama", &["error-body"], BEDROCK),
    ("bedrock-mistral", &["error-body"], BEDROCK),
    ("bedrock-titan", &["error-body"], BEDROCK),
    ("chatgpt", &["error", "error-detail"], ANYONE),
    ("cohere", &["error-400-too-long"], ANYONE),
    ("cohere-v1", &["error-401"], ANYONE),
    ("copilot", &["one-answer-over-two-choices"], "a choice does not say that it is a part of one message"),
    ("gemini", &["error-429", "error-in-an-array"], ANYONE),
    ("gemini-openai", &["thought-tags"], TAGS),
    ("litellm-responses", &["error"], ANYONE),
    ("lm-studio", &["think-tags"], TAGS),
    ("minimax", &["error"], "this error has Anthropic's shape"),
    ("minimax", &["message-repeats-tagged-text", "think-tags", "tool_call", "truncated"], TAGS),
    ("mistral", &[], "its chunks are OpenAI's, and do not say that they are not"),
    ("mistral-conversations", &["error-body"], ANYONE),
    ("ollama", &["error-401-cloud", "error-404", "error-503", "error-context"], ANYONE),
    ("ollama", &["objects-nobody-knows"], BEFORE),
    ("openai-chat", &["empty-body", "html-page"], NOTHING),
    ("openai-chat", &["error-as-plain-text", "transformers-serve-error-plain-text"], NOTHING),
    ("openai-responses", &["error-without-type", "http-400-context", "http-401"], ANYONE),
    ("openai-responses", &["http-404-previous-response", "http-429-quota", "http-429-rate"], ANYONE),
    ("openai-responses", &["headers-in-first-frame"], BEFORE),
    ("perplexity", &["blanks-before-the-opening-tag", "tag-named-behind-reasoning", "tag-never-closed"], TAGS),
    ("perplexity", &["think-tags-cut-over-chunks", "think-tags-in-the-message-too"], TAGS),
    ("transformers-serve", &["error"], NOTHING),
    ("vertex", &["error"], ANYONE),
    ("vertex", &["model-armor"], "its numbers stand for other reasons than Gemini's"),
    ("xai", &["reasoning-beside-output-without-total"], "a count does not say what it leaves out"),
];

const NOTHING: &str = "nothing in it says what it is";
const ANYONE: &str = "an error that could be anyone's";
const BEDROCK: &str = "an error of Bedrock, whichever model it is about";
const BEFORE: &str = "what comes before the first frame that tells is dropped";
const TAGS: &str = "tags in a text are text, unless the dialect says what they mean";

/// Protocols of which one reads the other's frames as its own: what is spoken, what it is read as, why.
const ALIKE: &[(&str, &str, &str)] = &[
    ("cohere-v1", "bedrock-completion", "Command's frames behind Bedrock are a part of Cohere's own"),
    ("mistral", "openai-chat", "Mistral's chunks are OpenAI's"),
    ("openai-chat", "mistral", "Mistral's chunks are OpenAI's"),
];

/// What detection makes of a case.
fn found(case: &Case) -> Option<&'static Dialect> {
    let mut normalizer = Setup::detect().with_close(case.setup().close).normalizer();
    normalizer.feed(&case.body);
    while normalizer.poll().is_some() {}
    normalizer.finish(case.setup().close);
    while normalizer.poll().is_some() {}
    normalizer.dialect().and_then(registry::find)
}

/// Why a case is read otherwise than its own dialect reads it; none where it is not.
fn difference(case: &Case) -> Option<String> {
    let own = case.registered();
    let found = found(case);
    let name = found.map_or("nothing", |dialect| &*dialect.name);
    if found.map(|dialect| dialect.protocol) != Some(own.protocol) {
        return Some(format!("it is taken for {name}"));
    }
    let setup = Setup::detect().with_close(case.setup().close);
    let differs = setup.events(&case.body, &Chunking::Whole) != case.setup().events(&case.body, &Chunking::Whole);
    differs.then(|| format!("{name} gives other events"))
}

#[test]
fn every_case_is_told_and_read_as_its_own_dialect_reads_it() {
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    for case in load_all() {
        let is_case = |listed: &[&str]| listed.is_empty() || listed.contains(&&*case.name);
        let row = OTHERWISE.iter().position(|row| row.0 == case.dialect && is_case(row.1));
        match (difference(&case), row) {
            (Some(difference), None) => wrong.push(format!("{case}: {difference}")),
            (Some(_), Some(row)) => {
                let case = if OTHERWISE[row].1.is_empty() { String::new() } else { case.name };
                needed.insert((row, case));
            }
            (None, _) => {}
        }
    }
    for (at, (dialect, cases, why)) in OTHERWISE.iter().enumerate() {
        assert!(!why.is_empty());
        let cases = if cases.is_empty() { &[""][..] } else { cases };
        let idle = cases.iter().filter(|case| !needed.contains(&(at, (**case).into())));
        wrong.extend(idle.map(|case| format!("{dialect}/{case} is listed, and read as its own dialect reads it")));
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// One whole answer of each protocol: the text case of the first dialect that speaks it.
fn answers() -> BTreeMap<String, (&'static Dialect, Case)> {
    let mut answers: BTreeMap<String, (&'static Dialect, Case)> = BTreeMap::new();
    let mut texts: BTreeMap<String, Case> =
        load_all().into_iter().filter(|case| case.name == "text").map(|case| (case.dialect.clone(), case)).collect();
    for dialect in registry::ALL {
        if let Some(text) = texts.remove(&*dialect.name) {
            answers.entry(dialect.protocol.to_string()).or_insert((dialect, text));
        }
    }
    answers
}

#[test]
fn frames_of_another_protocol_are_said_and_never_make_an_answer() {
    let answers = answers();
    let mut wrong = Vec::new();
    for (spoken, (_, answer)) in &answers {
        for (read_as, (dialect, _)) in answers.iter().filter(|(read_as, _)| *read_as != spoken) {
            let response = Setup::from(*dialect).response(&answer.body);
            let is_said = response.anomalies.iter().any(|seen| seen.kind == AnomalyKind::ProtocolMismatch);
            let has_failed = response.errors.iter().any(|error| error.origin == Origin::Local);
            let is_wrong = response.outcome == Some(Outcome::Complete) || !(is_said || has_failed);
            if is_wrong != ALIKE.iter().any(|row| (row.0, row.1) == (spoken, read_as)) {
                let anomalies = &response.anomalies;
                wrong.push(format!("{spoken} read as {read_as}: {:?}, {anomalies:?}", response.outcome));
            }
        }
    }
    assert!(ALIKE.iter().all(|row| !row.2.is_empty()));
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Bodies in which nothing tells what they are.
const HOPELESS: &[(&str, &[u8])] = &[
    ("nothing", b""),
    ("a page", b"<!DOCTYPE html>\n<html><body>Bad gateway</body></html>\n"),
    ("compressed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9"),
    ("binary", b"\x00\x01\x02\x03\xff\xfe\xfd\xfc\x00\x00\x00\x10"),
    ("words", b"the tide is out\nand the boats lie on the sand\n"),
    ("JSON of no protocol", b"{\"tide\":\"low\",\"boats\":[1,2,3]}"),
    ("a list of no protocol", b"[{\"tide\":\"low\"},{\"tide\":\"high\"}]"),
    ("lines of no protocol", b"{\"tide\":\"low\"}\n{\"tide\":\"high\"}\n"),
    ("events of no protocol", b"event: tide\ndata: {\"height\":3}\n\ndata: {\"height\":4}\n\n"),
    ("events that are no JSON", b"data: low\n\ndata: high\n\n"),
];

#[test]
fn where_nothing_can_be_told_there_is_an_error_of_our_own() {
    for (what, body) in HOPELESS {
        for chunking in [Chunking::Whole, Chunking::Bytes(1)] {
            let mut response = Response::default();
            let setup = Setup::detect().with_close(Close::Clean);
            setup.drive(chunking.split(body), |event| response.apply(event));
            assert_eq!(response.outcome, Some(Outcome::Failed), "{what}");
            assert_eq!(response.protocol, Some(Protocol::Unrecognized), "{what}");
            let errors: Vec<_> = response.errors.iter().map(|error| error.origin).collect();
            assert_eq!(errors, [Origin::Local], "{what}: {:?}", response.errors);
        }
    }
}

#[test]
fn a_stream_that_ends_before_it_says_what_it_is_was_cut() {
    for body in [&b"\n\r\n\n"[..], b": keep-alive\n\n: keep-alive\n\n", b"{\"tide\":\"lo"] {
        let response = Setup::detect().response(body);
        assert_eq!((response.outcome, response.protocol), (Some(Outcome::Truncated), Some(Protocol::Unrecognized)));
    }
}

#[test]
fn where_the_bytes_are_cut_does_not_matter() {
    for case in load_all() {
        let setup = Setup::detect().with_close(case.setup().close);
        // Longer ones say nothing more about this, and take long.
        if case.body.len() > 16 << 10 {
            continue;
        }
        let whole = setup.events(&case.body, &Chunking::Whole);
        assert!(whole == setup.events(&case.body, &Chunking::Bytes(1)), "{case}: one byte at a time");
    }
}
