//! The examples do what their first lines say.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn corpus(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/openai-chat").join(case)
}

/// Runs an example. `cargo test` builds them beside the tests.
fn run(name: &str, argument: Option<&Path>, input: &[u8]) -> Output {
    let mut program = std::env::current_exe().expect("a test runs from a file");
    program.pop();
    program.pop();
    program.push("examples");
    program.push(name);
    program.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{name} is not built: run `cargo build --examples` first");
    let mut child = Command::new(program)
        .args(argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the example ends");
    // An example that reads no input may have closed it.
    let _ = writer.join();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn print_answer_prints_the_answer_and_the_outcome() {
    let body = std::fs::read(corpus("text").join("body.sse")).expect("the corpus is there");
    let output = run("print_answer", None, &body);
    let printed = String::from_utf8(output.stdout).expect("answers are text");
    assert!(printed.ends_with("\n-- complete\n"), "{printed}");
    assert!(printed.len() > "\n-- complete\n".len(), "the answer is missing");
}

#[test]
fn pass_through_writes_what_it_read() {
    for case in ["text", "crlf", "bom", "invalid-utf8-frame", "comments-and-pings"] {
        let body = std::fs::read(corpus(case).join("body.sse")).expect("the corpus is there");
        let output = run("pass_through", None, &body);
        assert!(output.stdout == body, "{case}: the copy differs");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("outcome: "), "{case}");
    }
}

#[test]
fn replay_gives_events_with_their_times() {
    let output = run("replay", Some(&corpus("llama-server-text")), b"");
    let printed = String::from_utf8(output.stdout).expect("events are text");
    assert!(printed.contains(" ms  Start"), "{printed}");
    assert!(printed.trim_end().lines().last().is_some_and(|line| line.starts_with("end  End")), "{printed}");
}

#[test]
fn unfold_streams_a_body() {
    let body = br#"{"id":"c1","choices":[{"index":0,"message":{"content":"Fair winds"},"finish_reason":"stop"}]}"#;
    let check = |chars: Option<&str>, expected: &[&str]| {
        let output = run("unfold", chars.map(Path::new), body);
        let printed = String::from_utf8(output.stdout).expect("events are text");
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines.first().is_some_and(|line| *line == "Start { protocol: OpenaiChat }"), "{printed}");
        assert!(lines.last().is_some_and(|line| line.starts_with("End { outcome: Complete")), "{printed}");
        let deltas: Vec<_> = lines.iter().filter(|line| line.starts_with("TextDelta")).collect();
        assert_eq!(deltas.len(), expected.len(), "{printed}");
        for (delta, text) in deltas.iter().zip(expected) {
            assert!(delta.ends_with(&format!("text: {text:?} }}")), "{delta}");
        }
    };
    check(None, &["Fair ", "winds"]);
    check(Some("4"), &["Fair", " win", "ds"]);
}

#[test]
fn custom_dialect_reads_what_the_plain_one_cannot_name() {
    let output = run("custom_dialect", None, b"");
    let printed = String::from_utf8(output.stdout).expect("events are text");
    let expected = "openai-chat:\n  text: Good morning\n\
                    my-vendor:\n  reasoning: They greet me.\n  text: Good morning\n";
    assert_eq!(printed, expected);
}
