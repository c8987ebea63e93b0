//! The examples do what their first lines say.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn corpus(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/openai-chat").join(case)
}

/// Runs an example with an argument. `cargo test` builds them beside the tests.
fn run(name: &str, argument: &Path) -> Output {
    let mut program = std::env::current_exe().expect("a test runs from a file");
    program.pop();
    program.pop();
    program.push("examples");
    program.push(name);
    program.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{name} is not built: run `cargo build --examples` first");
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().expect("the example starts");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn std_reader_prints_the_answer_and_the_outcome() {
    let case = thalweg_corpus::Case::load(corpus("text")).expect("the corpus is there");
    let output = run("std_reader", &corpus("text").join("body.sse"));
    let printed = String::from_utf8(output.stdout).expect("answers are text");
    assert_eq!(printed, format!("{}\n-- complete\n", case.setup().response(&case.body).choices[0].text()));
}

#[cfg(feature = "async")]
#[test]
fn tokio_pass_through_prints_events_and_changes_no_byte() {
    for case in ["llama-server-text", "crlf", "invalid-utf8-frame", "comments-and-pings"] {
        let len = std::fs::metadata(corpus(case).join("body.sse")).expect("the corpus is there").len();
        let output = run("tokio_pass_through", &corpus(case));
        let printed = String::from_utf8(output.stdout).expect("events are text");
        assert!(printed.starts_with("frame 1: Start"), "{case}: {printed}");
        assert!(printed.contains(&format!("\n{len} bytes passed on untouched, outcome: ")), "{case}: {printed}");
    }
}
