use super::*;

/// Writes a case to a folder of its own and loads it.
fn load(name: &str, files: &[(&str, &str)]) -> Result<Case, LoadError> {
    let dir =
        std::env::temp_dir().join(format!("thalweg-corpus-{}", std::process::id())).join("openai-chat").join(name);
    fs::create_dir_all(&dir).expect("the folder for temporary files is writable");
    for (file, text) in files {
        fs::write(dir.join(file), text).expect("the folder for temporary files is writable");
    }
    let loaded = Case::load(&dir);
    fs::remove_dir_all(&dir).expect("it was made above");
    loaded
}

const WRITTEN: &str = "about = \"A.\"\n[source]\nkind = \"written\"\nhow = \"b\"\n[expect]\noutcome = \"truncated\"\n";
const RECORDED: &str = "about = \"A.\"\n[source]\nkind = \"recorded\"\nserver = \"s 1\"\nhow = \"b\"\nclose = \"broken\"\n\
                        [expect]\noutcome = \"truncated\"\n";

#[test]
fn all_of_the_corpus_loads() {
    let cases = load_all();
    assert!(!cases.is_empty() && cases.is_sorted_by_key(|case| (&case.dialect, &case.name)));
}

#[test]
fn a_case_is_its_files() {
    let case =
        load("recorded", &[("body.sse", "abc"), ("chunks.tsv", "at_us\tend\n5\t1\n5\t3\n"), ("case.toml", RECORDED)])
            .expect("it is well formed");
    assert_eq!((case.dialect.as_str(), case.name.as_str()), ("openai-chat", "recorded"));
    let recording = case.recording.as_ref().expect("it is recorded");
    let arrivals: Vec<_> = recording.chunks().map(|chunk| (chunk.at_us, chunk.bytes)).collect();
    assert_eq!(arrivals, [(5, &b"a"[..]), (5, b"bc")]);
    assert_eq!((recording.close(), case.close), (Some(Close::Broken), Close::Broken));
    let chunks: Vec<_> = case.chunking().split(&case.body).collect();
    assert_eq!(chunks[..2], [&b"a"[..], b"bc"]);
}

#[test]
fn what_is_known_of_the_http_answer_may_be_said() {
    let said = WRITTEN.replace("[expect]", "status = 429\ncontent_type = \"text/plain\"\n[expect]");
    let source = load("status", &[("body.json", "{}"), ("case.toml", &said)]).expect("it is well formed").source;
    assert_eq!((source.status, source.content_type.as_deref()), (Some(429), Some("text/plain")));
    let source = load("none", &[("body.json", "{}"), ("case.toml", WRITTEN)]).expect("it is well formed").source;
    assert_eq!((source.status, source.content_type), (None, None));
}

#[test]
fn an_error_names_file_and_field() {
    let check = |name: &str, files: &[(&str, &str)], file: &str, field: &str, message: &str| {
        let error = load(name, files).expect_err(name);
        assert!(error.file.ends_with(file), "{error}");
        assert!(error.field.as_deref().unwrap_or_default().contains(field), "{error}");
        assert!(error.message.contains(message), "{error}");
    };
    let body = ("body.sse", "abc");
    check("no-body", &[("case.toml", WRITTEN)], "no-body", "", "exactly one");
    check("two-bodies", &[body, ("body.json", ""), ("case.toml", WRITTEN)], "two-bodies", "", "exactly one");
    check("no-file", &[body], "case.toml", "", "");
    let unknown = WRITTEN.replace("outcome", "result = 1\noutcome");
    check("unknown-key", &[body, ("case.toml", &unknown)], "case.toml", "result", "unknown field");
    let bad = WRITTEN.replace("truncated", "maybe");
    check("bad-outcome", &[body, ("case.toml", &bad)], "case.toml", "outcome", "unknown variant");
    let chunks = ("chunks.tsv", "at_us\tend\n5\t2\n");
    check("short-chunks", &[body, chunks, ("case.toml", RECORDED)], "chunks.tsv", "line 2", "the body has 3 bytes");
    let chunks = ("chunks.tsv", "at_us\tend\n5\t2\n4\t3\n");
    check("falling", &[body, chunks, ("case.toml", RECORDED)], "chunks.tsv", "line 3", "must not fall");
    let chunks = ("chunks.tsv", "at_us\tend\twhat\n5\t3\t\n9\t3\tclose:clean\n");
    check("two-closes", &[body, chunks, ("case.toml", RECORDED)], "chunks.tsv", "close", "ended broken");
    let order = format!("{WRITTEN}anomalies = [\"b\", \"a\"]\n");
    check("unsorted", &[body, ("case.toml", &order)], "case.toml", "expect.anomalies", "sorted");
}
