use core::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::replay::take::End;

/// A folder of this test's own, which goes when it is over.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("thalweg-library-{}-{n}", std::process::id()));
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        }
        Self(root)
    }

    fn load(&self) -> Result<Library, String> {
        Library::load(&self.0).map_err(|error| error.to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CASE: &str = "[source]\nkind = \"written\"\n";

#[test]
fn folders_of_recordings_are_named_by_their_path() {
    let folder = Folder::new(&[
        ("b/text/body.sse", "x"),
        ("b/text/events.snap", "not a body"),
        ("a/call/body.ndjson", "y"),
        ("plain/body.json", "{}"),
        ("empty/README.md", ""),
    ]);
    let library = folder.load().expect("it can be loaded");
    assert_eq!(library.names().collect::<Vec<_>>(), ["a/call", "b/text", "plain"]);
    let wires: Vec<_> = library.recorded.iter().map(|recorded| recorded.wire).collect();
    assert_eq!(wires, [Wire::Lines, Wire::Sse, Wire::Json]);
    let one = Library::load(folder.0.join("b/text")).expect("one recording is a library too");
    assert_eq!(one.names().collect::<Vec<_>>(), ["text"]);
    let file = Library::load(folder.0.join("b/text/body.sse")).expect("and so is a file");
    assert_eq!(file.names().collect::<Vec<_>>(), ["body.sse"]);
}

#[test]
fn what_is_known_about_the_answer_is_taken() {
    let folder = Folder::new(&[
        ("limited/body.json", "{}"),
        (
            "limited/case.toml",
            "[source]\nstatus = 429\ncontent_type = \"application/problem+json\"\nclose = \"broken\"\n",
        ),
        ("timed/body.sse", "abc"),
        ("timed/case.toml", CASE),
        ("timed/chunks.tsv", "at_us\tend\twhat\n5\t1\t\n9\t3\t\n20\t3\tclose:timed_out\n"),
        ("unclosed/body.sse", "abc"),
        ("unclosed/chunks.tsv", "at_us\tend\n5\t3\n"),
        ("case/body.sse", "abc"),
        ("case/case.toml", CASE),
        ("case/chunks.tsv", "at_us\tend\n5\t3\n"),
        ("bare/body.sse", "abc"),
    ]);
    let library = folder.load().expect("it can be loaded");
    let end = |name: &str| {
        let recorded = library.recorded.iter().find(|recorded| recorded.name == name).expect("it is there");
        recorded.takes.iter().map(|take| take.end).collect::<Vec<_>>()
    };
    let limited = library.recorded.iter().find(|recorded| recorded.name == "limited").expect("it is there");
    assert_eq!((limited.status.as_u16(), limited.content_type.as_bytes()), (429, &b"application/problem+json"[..]));
    assert_eq!(end("limited"), [End::Broken]);
    assert_eq!(end("timed"), [End::Silent], "the table knows better than what is left out");
    assert_eq!(end("unclosed"), [End::Broken], "nobody said that this is all");
    assert_eq!(end("case"), [End::Clean]);
    assert_eq!(end("bare"), [End::Clean]);
}

#[test]
fn what_cannot_be_loaded_says_which_file() {
    let check = |files: &[(&str, &str)], expected: &str| {
        let error = Folder::new(files).load().expect_err("it cannot be loaded");
        assert!(error.contains(expected), "{error}");
    };
    check(&[("notes/README.md", "")], "there is no recording");
    check(&[("a/body.sse", ""), ("a/body.json", "")], "a: it has more than one body");
    check(&[("a/body.sse", "abc"), ("a/chunks.tsv", "at_us\tend\n5\t2\n")], "chunks.tsv: line 2: the last end is 2");
    check(&[("a/body.sse", ""), ("a/case.toml", "[source\n")], "case.toml: ");
    check(&[("a/body.sse", ""), ("a/case.toml", "[source]\nstatus = 99\n")], "source.status: no such value");
    check(&[("a/body.sse", ""), ("a/case.toml", "[source]\nclose = \"slowly\"\n")], "source.close: no such value");
    let folder = Folder::new(&[("a/body.sse", "12345"), ("b/body.sse", "12345")]);
    assert!(Library::load_within(&folder.0, 10).is_ok());
    let error = Library::load_within(&folder.0, 9).expect_err("it is too large");
    assert!(error.to_string().ends_with("b/body.sse: the recordings are too large to be held"), "{error}");
    assert!(Library::load(folder.0.join("missing")).is_err());
}
