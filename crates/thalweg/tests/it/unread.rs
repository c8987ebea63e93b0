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

/// What even [`Detail::Full`] does not give: the member, and why that is no loss.
type Losses = &'static [(&'static str, &'static str)];

/// The losses in the cases of plain dialects.
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
    ("gemini", &[("candidates[].content.role", "\"model\": nobody else speaks")]),
];

#[test]
fn what_is_not_read_comes_as_an_extra_or_is_a_declared_loss() {
    for (dialect, losses) in LOSSES {
        let lost = paths(&by_dialect()[*dialect], Detail::Full).unread();
        let declared = losses.iter().map(|(path, _)| *path);
        assert!(lost.iter().map(String::as_str).eq(declared), "lost of {dialect}: {lost:#?}");
        assert!(losses.iter().all(|(_, reason)| !reason.is_empty()));
    }
}
