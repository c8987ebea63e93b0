//! What of the corpus no decoder reads: a field that a provider adds shows as a difference of a snapshot.

use core::panic::AssertUnwindSafe;
use std::collections::BTreeMap;
use std::panic::catch_unwind;

use thalweg::Detail;
use thalweg_corpus::{Case, Paths, load_all, root};

/// `unread.snap` beside the cases of each dialect.
#[test]
fn what_no_case_reads_is_listed() {
    let changed: Vec<_> = by_dialect()
        .into_iter()
        .filter(|(dialect, cases)| {
            let unread: Vec<_> = paths(cases, Detail::Normal).unread().into_iter().collect();
            // All snapshots are proposed in one run.
            catch_unwind(AssertUnwindSafe(|| assert_snapshot(dialect, &unread.join("\n")))).is_err()
        })
        .map(|(dialect, _)| dialect)
        .collect();
    assert!(changed.is_empty(), "what is read of these changed: {}", changed.join(", "));
}

fn assert_snapshot(dialect: &str, unread: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(root().join(dialect));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("unread", unread));
}

fn by_dialect() -> BTreeMap<String, Vec<Case>> {
    let mut dialects: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in load_all() {
        dialects.entry(case.dialect.clone()).or_default().push(case);
    }
    dialects
}

fn paths(cases: &[Case], detail: Detail) -> Paths {
    let mut paths = Paths::default();
    for case in cases {
        let mut setup = case.setup();
        setup.detail = detail;
        paths.see(setup, &case.body);
    }
    paths
}

/// What even [`Detail::Full`] does not give, in the cases of a dialect: the members, and why each is no loss.
const LOSSES: &[(&str, Losses)] = &[
    (
        "openai-chat",
        &[
            ("choices[].delta.content[].thinking[].type", "\"text\", which it is read as"),
            ("choices[].delta.tool_calls[].type", "\"function\": the fields say which kind of call it is"),
            ("choices[].message.content[].thinking[].type", "\"text\", which it is read as"),
            ("choices[].message.refusal", "null in every case that has it: there is none"),
            ("choices[].message.tool_calls[].type", "\"function\", as in a delta"),
            ("obfuscation", "padding"),
        ],
    ),
    (
        "bedrock-converse",
        &[
            ("contentBlockDelta: p", "padding"),
            ("contentBlockStart: p", "padding"),
            ("contentBlockStop: p", "padding"),
            ("messageStart: p", "padding"),
            ("messageStart: role", "\"assistant\": nobody else speaks"),
            ("messageStop: p", "padding"),
            ("metadata: p", "padding"),
            ("output.message.content[].toolResult.status", "\"success\": what is no \"error\" is that"),
            ("output.message.role", "\"assistant\", as in a stream"),
        ],
    ),
    ("gemini", &[("candidates[].content.role", "\"model\": nobody else speaks")]),
    ("ollama", &[("message.role", "\"assistant\"")]),
    (
        "cohere",
        &[
            ("citation-end: index", "numbers of citations, which are told by their order"),
            ("citation-start: index", "numbers of citations, which are told by their order"),
            ("content-delta: delta.message.content.type", "what a delta has says what it is"),
            ("delta.message.citations", "an empty list where a message starts"),
            ("delta.message.role", "\"assistant\""),
            ("delta.message.tool_calls.type", "\"function\""),
            ("message-start: delta.message.citations", "an empty list"),
            ("message-start: delta.message.content", "an empty list"),
            ("message-start: delta.message.role", "\"assistant\""),
            ("message-start: delta.message.tool_calls", "an empty list"),
            ("message.role", "\"assistant\""),
            ("message.tool_calls[].type", "\"function\""),
            ("tool-call-start: delta.message.tool_calls.type", "\"function\""),
        ],
    ),
    (
        "cohere-v1",
        &[
            ("chat_history", "the conversation so far, which the client has"),
            ("response.tool_calls", "the last event repeats the calls"),
        ],
    ),
    (
        "mistral",
        &[
            ("choices[].delta.tool_calls[].type", "\"function\", as in other chunks"),
            ("choices[].message.content[].thinking[].type", "\"text\", which it is read as"),
            ("p", "padding"),
        ],
    ),
    (
        "mistral-conversations",
        &[
            ("agent.handoff.done: created_at", "the time of the event"),
            ("agent.handoff.done: id", "what began says it already"),
            ("agent.handoff.done: output_index", "what began says it already"),
            ("agent.handoff.started: created_at", "the time of the event"),
            ("conversation.response.done: created_at", "the time of the event"),
            ("function.call.delta: created_at", "the time of the event"),
            ("message.output.delta: created_at", "the time of the event"),
            ("message.output.delta: role", "\"assistant\""),
            ("outputs[].completed_at", "the time of the output"),
            ("outputs[].created_at", "the time of the output"),
            ("outputs[].object", "\"entry\""),
            ("outputs[].role", "\"assistant\""),
            ("tool.execution.delta: created_at", "the time of the event"),
            ("tool.execution.delta: name", "what began says it already"),
            ("tool.execution.delta: output_index", "what began says it already"),
            ("tool.execution.done: created_at", "the time of the event"),
            ("tool.execution.done: name", "what began says it already"),
            ("tool.execution.done: output_index", "what began says it already"),
            ("tool.execution.started: created_at", "the time of the event"),
        ],
    ),
];

/// Members and reasons.
type Losses = &'static [(&'static str, &'static str)];

#[test]
fn what_is_not_read_comes_as_an_extra_or_is_a_declared_loss() {
    let dialects = by_dialect();
    let mut wrong = Vec::new();
    for (dialect, losses) in LOSSES {
        let lost = paths(&dialects[*dialect], Detail::Full).unread();
        let declared = losses.iter().map(|(path, _)| *path);
        if !lost.iter().map(String::as_str).eq(declared) {
            wrong.push(format!("{dialect}: {lost:#?}"));
        }
        assert!(losses.iter().all(|(_, reason)| !reason.is_empty()));
    }
    assert!(wrong.is_empty(), "lost: {}", wrong.join("\n"));
}
