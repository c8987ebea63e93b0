//! The registry and the corpus speak of the same dialects.

use std::collections::{BTreeMap, BTreeSet};

use thalweg::registry;
use thalweg_corpus::load_all;

/// The cases that every dialect has.
const NEEDED: [&str; 5] = ["text", "tool_call", "parallel_tool_calls", "error", "truncated"];

/// The ones that do not apply: dialect, case, reason.
const EXEMPT: &[(&str, &str, &str)] = &[
    ("perplexity", "tool_call", "its chat endpoint has no tools"),
    ("perplexity", "parallel_tool_calls", "its chat endpoint has no tools"),
    ("bedrock-completion", "tool_call", "text completions have no tools"),
    ("bedrock-completion", "parallel_tool_calls", "text completions have no tools"),
    ("bedrock-llama", "tool_call", "its own format is text alone"),
    ("bedrock-llama", "parallel_tool_calls", "its own format is text alone"),
    ("bedrock-mistral", "tool_call", "text completions have no tools"),
    ("bedrock-mistral", "parallel_tool_calls", "text completions have no tools"),
    ("bedrock-titan", "tool_call", "its own format is text alone"),
    ("bedrock-titan", "parallel_tool_calls", "its own format is text alone"),
];

fn is_exempt(dialect: &str, case: &str) -> bool {
    EXEMPT.iter().any(|row| (row.0, row.1) == (dialect, case))
}

#[test]
fn dialects_and_corpus_folders_match() {
    let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in load_all() {
        cases.entry(case.dialect).or_default().insert(case.name);
    }
    let mut wrong = Vec::new();
    for dialect in registry::ALL {
        let has = |name: &str| cases.get(&*dialect.name).is_some_and(|has| has.contains(name));
        for name in NEEDED {
            match (has(name), is_exempt(&dialect.name, name)) {
                (false, false) => wrong.push(format!("corpus/{}/{name} is missing", dialect.name)),
                (true, true) => wrong.push(format!("corpus/{}/{name} is there and exempt", dialect.name)),
                _ => {}
            }
        }
    }
    let unknown = EXEMPT.iter().filter(|row| registry::find(row.0).is_none() || !NEEDED.contains(&row.1));
    wrong.extend(unknown.map(|row| format!("{}/{} is exempt and not needed: {}", row.0, row.1, row.2)));
    let unknown = cases.keys().filter(|name| registry::find(name).is_none());
    wrong.extend(unknown.map(|name| format!("corpus/{name} has no dialect in the registry")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = registry::ALL.iter().map(|dialect| &*dialect.name).collect();
    assert_eq!(names.len(), registry::ALL.len());
}

#[test]
fn the_table_of_the_readme_lists_the_dialects() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the project has a README");
    let (_, table) = readme.split_once("| dialect | protocol |").expect("the README has a table of dialects");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let listed: BTreeSet<_> = rows.filter_map(|row| row.split('|').nth(1)).map(str::trim).collect();
    let known: BTreeSet<_> = registry::ALL.iter().map(|dialect| &*dialect.name).collect();
    assert_eq!(listed, known);
}
