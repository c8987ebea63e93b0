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

/// What even [`Detail::Full`] does not give, in the cases of a plain dialect: the dialect, the member, and why that is no
/// loss.
const LOSSES: &[(&str, &str, &str)] = &[
    ("openai-chat", "choices[].delta.content[].thinking[].type", "\"text\", which it is read as"),
    ("openai-chat", "choices[].delta.tool_calls[].type", "\"function\": the fields say which kind of call it is"),
    ("openai-chat", "choices[].message.content[].thinking[].type", "\"text\", which it is read as"),
    ("openai-chat", "choices[].message.refusal", "null in every case that has it: there is none"),
    ("openai-chat", "choices[].message.tool_calls[].type", "\"function\", as in a delta"),
    ("openai-chat", "obfuscation", "padding"),
    ("bedrock-converse", "contentBlockDelta: p", "padding"),
    ("bedrock-converse", "contentBlockStart: p", "padding"),
    ("bedrock-converse", "contentBlockStop: p", "padding"),
    ("bedrock-converse", "messageStart: p", "padding"),
    ("bedrock-converse", "messageStart: role", "\"assistant\": nobody else speaks"),
    ("bedrock-converse", "messageStop: p", "padding"),
    ("bedrock-converse", "metadata: p", "padding"),
    ("bedrock-converse", "output.message.content[].toolResult.status", "\"success\": what is no \"error\" is that"),
    ("bedrock-converse", "output.message.role", "\"assistant\", as in a stream"),
];

#[test]
fn what_is_not_read_comes_as_an_extra_or_is_a_declared_loss() {
    let cases = by_dialect();
    for dialect in ["openai-chat", "bedrock-converse"] {
        let lost = paths(&cases[dialect], Detail::Full).unread();
        let declared = LOSSES.iter().filter(|(of, ..)| *of == dialect).map(|(_, path, _)| *path);
        assert!(lost.iter().map(String::as_str).eq(declared), "{dialect} lost: {lost:#?}");
    }
    assert!(LOSSES.iter().all(|(.., reason)| !reason.is_empty()));
}
