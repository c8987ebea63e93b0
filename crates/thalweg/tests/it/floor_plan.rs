//! Who may import whom. The table is the one of the design; every `crate::` and `super::` path in the sources is held
//! to it.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may import. A module may always import itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("json", &[]),
    ("limits", &[]),
    ("memo", &["json"]),
    ("framing", &["limits"]),
    ("fold", &["event"]),
    ("unfold", &["event", "fold"]),
    ("emitter", &["event", "json", "limits"]),
    ("dialect", &["event", "emitter", "framing"]),
    ("errors", &["dialect", "event", "emitter", "json", "limits"]),
    ("stages", &["dialect", "event", "emitter", "json", "limits"]),
    ("protocols", &["dialect", "errors", "event", "emitter", "framing", "json", "limits", "memo", "stages"]),
    ("dialects", &["protocols", "dialect", "event", "framing"]),
    ("registry", &["protocols", "dialects", "dialect"]),
    // Of the registry only the claims: to say whose frames the ones are that a decoder does not know.
    ("normalizer", &["framing", "emitter", "dialect", "event", "limits", "registry"]),
    // On top.
    ("lanes", ON_TOP),
    ("recording", ON_TOP),
    ("log", ON_TOP),
    // What an HTTP response means is said in the same words as what an error in a stream means.
    ("policy", &["dialect", "errors", "event", "fold", "normalizer"]),
];
const ON_TOP: &[&str] = &[
    "event",
    "json",
    "limits",
    "framing",
    "fold",
    "unfold",
    "emitter",
    "dialect",
    "registry",
    "normalizer",
    "recording",
];

/// Files of the core stay readable.
const LINES_MAX: usize = 600;

#[test]
fn imports_follow_the_floor_plan() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        let Some(top) = module.first() else { continue };
        for imported in imports(&text, &module) {
            if !may_import(&module, &imported) {
                wrong.push(format!("src/{}: {top} imports {}", path.display(), imported.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "the floor plan does not allow:\n{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let lines = |text: &str| text.lines().count();
    let long: Vec<_> = sources().into_iter().filter(|(_, text)| lines(text) > LINES_MAX).collect();
    let names: Vec<_> = long.iter().map(|(path, text)| format!("src/{}: {}", path.display(), lines(text))).collect();
    assert!(names.is_empty(), "more than {LINES_MAX} lines:\n{}", names.join("\n"));
}

#[test]
fn the_core_depends_on_no_crate_of_ours() {
    let manifest = fs::read_to_string(root().join("../Cargo.toml")).expect("the crate has a manifest");
    let mut table = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let is_needed = table.contains("dependencies") && !table.contains("dev-dependencies");
        let is_ours = line.starts_with("thalweg") || line.contains("\"thalweg") || table.contains(".thalweg");
        assert!(!(is_needed && is_ours), "{table} {line}");
    }
}

#[test]
fn paths_are_found_wherever_they_are_written() {
    let check = |module: &[&str], text: &str, expected: &[&str]| {
        let module: Vec<_> = module.iter().map(ToString::to_string).collect();
        let found: Vec<_> = imports(text, &module).iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expected, "{text}");
    };
    check(&["a"], "use crate::event::{Event, Part};", &["event::Event", "event::Part"]);
    check(&["a"], "use crate::{event, json::{self, Reader}};", &["event", "json::self", "json::Reader"]);
    check(&["a"], "use crate::{\n    a::b as c,\n    d::*,\n};", &["a::b", "d::*"]);
    check(&["a"], "let x = crate :: json :: Reader::new();", &["json::Reader::new"]);
    check(&["a"], "pub(crate) fn f() {} pub(in crate::b) fn g() {}", &["b"]);
    check(&["a"], "$crate::json::f!()", &["json::f"]);
    check(&["a"], "// crate::json\n//! [`x`](crate::json)\n/* crate::json */ let s = \"crate::json\";", &[]);
    check(&["a"], "let lifetime: &'a str = '\"'; use crate::b; let c = '\\''; use crate::d;", &["b", "d"]);
    check(&["a"], "let s = r#\"crate::b \" \"#; use crate::c;", &["c"]);
    check(&["a"], "use super::b::C;", &["b::C"]);
    check(
        &["a", "b", "c"],
        "use super::d; use super::super::e; use super::super::super::f;",
        &["a::b::d", "a::e", "f"],
    );
    check(&["a", "b"], "use super::{c, super::d};", &["a::c", "d"]);
    check(&["a"], "my_crate::b; xsuper::c; use crate;", &[]);
}

#[test]
fn the_table_allows_what_it_says_and_nothing_else() {
    let check = |module: &str, imported: &str| {
        let path = |text: &str| text.split("::").map(String::from).collect::<Vec<_>>();
        may_import(&path(module), &path(imported))
    };
    assert!(check("emitter", "json::Text") && check("event::block", "event::facts"));
    assert!(check("protocols::a::decode", "protocols::a::wire") && check("protocols::a", "json"));
    assert!(!check("event", "json") && !check("fold", "emitter") && !check("framing::sse", "event"));
    assert!(!check("protocols::a", "protocols::b") && !check("protocols::a", "normalizer"));
    assert!(!check("emitter", "Event"), "names that the crate root re-exports hide whose they are");
    assert!(!check("unheard_of", "event"), "a new module needs a line in the table");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All source files but tests, with their paths below `src`.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            let below = path.strip_prefix(root()).expect("it is below").to_path_buf();
            if below.iter().any(|part| part == "tests" || part == "tests.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push((below, fs::read_to_string(&path).expect("the sources are readable")));
            }
        }
    }
    sources.sort();
    assert!(sources.len() > 10, "these are not all sources");
    sources
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` is the root.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<_> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

fn may_import(module: &[String], imported: &[String]) -> bool {
    let (Some(from), Some(to)) = (module.first(), imported.first()) else { return true };
    if from == "protocols" && to == "protocols" {
        // Shared by all of them is nothing; each has itself.
        return module.get(1) == imported.get(1);
    }
    let allowed = MAY_IMPORT.iter().find(|(name, _)| name == from).map(|(_, allowed)| *allowed);
    allowed.is_some_and(|allowed| from == to || allowed.contains(&to.as_str()))
}

/// The paths from the crate's root that a file names with `crate::` and `super::`.
fn imports(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut imports = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let base = match tokens[at].as_str() {
            "crate" => Some(Vec::new()),
            "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
            _ => None,
        };
        at += 1;
        if let Some(base) = base.filter(|_| tokens.get(at).is_some_and(|token| token == "::")) {
            at = path(&tokens, at + 1, &base, &mut imports);
        }
    }
    imports
}

/// Reads a path or a group of them behind `base::` and gives the place behind it.
fn path(tokens: &[String], mut at: usize, base: &[String], imports: &mut Vec<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = match tokens[at].as_str() {
                        "," => at + 1,
                        // `as name`
                        "as" => at + 2,
                        _ => self::path(tokens, at, &path, imports),
                    };
                }
                return at + 1;
            }
            Some("super") => drop(path.pop()),
            Some(name) => path.push(name.into()),
            None => return at,
        }
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            imports.push(path);
            return at;
        }
        at += 1;
    }
}

/// Names, `::` and single other characters; comments, strings and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let len = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest),
            'r' if rest[1..].trim_start_matches('#').starts_with('"') && name == 1 => {
                let hashes = rest[1..].find('"').unwrap_or(0);
                let end = format!("\"{}", "#".repeat(hashes));
                rest[hashes + 2..].find(&end).map_or(rest.len(), |at| hashes + 2 + at + end.len())
            }
            '\'' => character(rest),
            _ if name > 0 => {
                tokens.push(rest[..name].into());
                name
            }
            _ if rest.starts_with("::") => {
                tokens.push("::".into());
                2
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(first.into());
                }
                first.len_utf8()
            }
        };
        rest = &rest[len..];
    }
    tokens
}

/// The length of the string that `text` begins with.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character that `text` begins with; 1 where it is a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, _))) => text[escaped + 1..].find('\'').map_or(1, |end| escaped + 2 + end),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}
