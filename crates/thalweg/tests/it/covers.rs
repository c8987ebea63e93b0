//! The catalogue of quirks, the cases that show them, and the few that no case can show hold each other to account.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use thalweg_corpus::{load_all, root};

const EXCEPTIONS_MOST: usize = 20;
const CORPUS_BYTES_MOST: u64 = 10_000_000;

#[test]
fn every_quirk_has_a_case_or_a_reason_for_none() {
    let quirks: BTreeSet<_> = rows(&read("quirks.md")).into_iter().map(|[id, ..]| id).collect();
    let exceptions = exceptions();
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for case in load_all() {
        for id in &case.covers {
            shown.insert(id.clone(), case.to_string());
        }
    }
    let mut wrong = Vec::new();
    for id in &quirks {
        match (shown.get(id), exceptions.contains_key(id)) {
            (None, false) => wrong.push(format!("{id} has no case and no reason for none")),
            (Some(case), true) => wrong.push(format!("{id} is an exception, and {case} shows it")),
            _ => {}
        }
    }
    let unknown = shown.iter().filter(|(id, _)| !quirks.contains(*id));
    wrong.extend(unknown.map(|(id, case)| format!("{case} covers {id}, which is not in quirks.md")));
    let unknown = exceptions.keys().filter(|id| !quirks.contains(*id));
    wrong.extend(unknown.map(|id| format!("the exception {id} is not in quirks.md")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn exceptions_are_few_and_have_reasons() {
    let exceptions = exceptions();
    assert!(exceptions.len() <= EXCEPTIONS_MOST, "{} exceptions", exceptions.len());
    for (id, reason) in exceptions {
        assert!(reason.split_whitespace().count() >= 3, "{id}: {reason:?} is no reason");
    }
}

#[test]
fn every_row_says_what_comes_out_and_no_number_is_used_twice() {
    let rows = rows(&read("quirks.md"));
    assert!(!rows.is_empty());
    let mut seen = BTreeSet::new();
    for [id, wire, out] in rows {
        assert!(!wire.is_empty() && !out.is_empty(), "{id}: a column is empty");
        assert!(seen.insert(id.clone()), "{id} is there twice");
    }
}

#[test]
fn the_corpus_is_small() {
    let bytes = bytes_of(&root());
    assert!(bytes < CORPUS_BYTES_MOST, "{bytes} bytes");
}

/// Id and reason of what has no case.
fn exceptions() -> BTreeMap<String, String> {
    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## Quirks without a case\n").expect("the README has the section");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    rows(section).into_iter().map(|[id, reason, _]| (id, reason)).collect()
}

/// The first three columns of the table rows that begin with a number; what a row does not have is empty.
fn rows(markdown: &str) -> Vec<[String; 3]> {
    let columns = |line: &str| {
        let mut columns = line.strip_prefix('|')?.split('|').map(|column| column.trim().to_string());
        let row = [(); 3].map(|()| columns.next().unwrap_or_default());
        row[0].parse::<u32>().is_ok().then_some(row)
    };
    markdown.lines().filter_map(columns).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("corpus/{name}: {error}"))
}

fn bytes_of(path: &Path) -> u64 {
    let metadata = path.metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries.map(|entry| bytes_of(&entry.expect("it is readable").path())).sum()
}
