//! The command line as its users meet it: the built program, its output, its exit status.

use core::time::Duration;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::{Value, json};

/// The body of a corpus case.
fn case(name: &str) -> PathBuf {
    ["body.sse", "body.ndjson", "body.eventstream", "body.json", "body.html"]
        .map(|body| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/openai-chat").join(name).join(body))
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no such corpus case: {name}"))
}

/// A file of the tests' own.
fn written(name: &str, body: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, body).expect("the tests' folder is writable");
    path
}

fn thalweg(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    thalweg(arguments).args(files).output().expect("the program runs")
}

fn run_on_stdin(arguments: &[&str], body: &[u8]) -> Output {
    let mut child = thalweg(arguments).stdin(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("stdin is piped").write_all(body).expect("the program reads to the end");
    child.wait_with_output().expect("the program ends")
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("no signal ends the program")
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).expect("output is UTF-8")
}

/// The JSON objects that were printed, one a line.
fn objects(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a line is one object")).collect()
}

/// The one object of a corpus case.
fn folded(name: &str) -> Value {
    let output = run(&["fold", "--json"], &[case(name)]);
    assert_eq!(text(&output.stderr), "");
    let mut objects = objects(&output);
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

#[test]
fn fold_json_is_this_object() {
    let path = case("tool_call");
    let expected = json!({
        "v": 1,
        "file": path.to_str(),
        "dialect": "openai-chat",
        "protocol": "openai-chat",
        "id": "chatcmpl-w1",
        "model": "example-1",
        "outcome": "complete",
        "evidence": {
            "frames": 6, "terminal": true, "sentinel": true, "choices": 1, "finished": 1, "close": "clean",
            "limit": null,
        },
        "choices": [{
            "index": 0,
            "finish": {"reason": "tool_calls", "raw": "tool_calls"},
            "blocks": [{
                "type": "tool_call", "id": "call_a1", "name": "get_tide", "arguments": "{\"port\":\"Brest\"}",
                "arguments_state": "valid", "executor": "client", "block": 0, "end": "complete",
            }],
        }],
        "usage": null,
        "errors": [],
        "anomalies": [],
    });
    for dialect in ["auto", "openai-chat"] {
        let output = run(&["fold", "--json", "--dialect", dialect], core::slice::from_ref(&path));
        assert_eq!(objects(&output), core::slice::from_ref(&expected));
    }
}

#[test]
fn fold_json_shows_each_kind_of_fact() {
    let text = &folded("text")["choices"][0]["blocks"][0];
    assert_eq!((&text["type"], &text["end"]), (&json!("text"), &json!("complete")));

    let cited = &folded("annotations")["choices"][0]["blocks"][0];
    assert_eq!(cited["text"], "High water is at six.");
    assert_eq!(cited["citations"][0]["url_citation"]["title"], "Tides");

    let refused = &folded("refusal")["choices"][0]["blocks"][0];
    assert_eq!(refused["type"], "refusal");

    let reasoning = &folded("reasoning-and-content-in-one-delta")["choices"][0]["blocks"][0];
    assert_eq!((&reasoning["type"], &reasoning["form"]), (&json!("reasoning"), &json!("full")));

    let audio = &folded("audio")["choices"][0]["blocks"][0];
    assert_eq!(audio["transcript"], "Low tide.");
    assert_eq!((&audio["base64_length"], &audio["base64"]), (&json!(16), &json!("AAECAwQFBgcICQ==")));

    let custom = &folded("custom-tool")["choices"][0]["blocks"][0];
    assert_eq!((&custom["type"], &custom["arguments_state"]), (&json!("tool_call"), &Value::Null));

    let minted = &folded("function-call-legacy")["choices"][0]["blocks"][0];
    assert_eq!((minted.get("id"), minted.get("minted_id")), (Some(&Value::Null), Some(&json!(0))));

    assert_eq!(
        folded("usage-chunk-empty-choices")["usage"],
        json!({
            "input_tokens": 57, "output_tokens": 31, "total_tokens": 88, "cache_read_tokens": 40,
            "cache_write_tokens": 8, "reasoning_tokens": 12, "origin": "provider",
        })
    );
    let sparse = &folded("vllm-logprobs-n2-continuous-usage")["usage"];
    assert!(sparse["input_tokens"].is_u64());
    assert_eq!(sparse.get("cache_write_tokens"), Some(&Value::Null));

    let late = &folded("late-id")["anomalies"][0];
    assert_eq!(late, &json!({"id": "id_late", "action": late["action"], "block": 0, "count": 1}));

    let error = folded("error");
    assert_eq!(error["choices"][0]["finish"], Value::Null);
    assert_eq!(error["choices"][0]["blocks"][0]["end"], "failed");
    assert_eq!(
        error["errors"],
        json!([{
            "kind": "server", "retry": "yes", "status": null, "code": "server_error",
            "message": "The server stopped before the answer was complete.", "fatal": true, "origin": "provider",
            "raw": {"error": {
                "message": "The server stopped before the answer was complete.", "type": "server_error",
                "param": null, "code": null,
            }},
        }])
    );
}

#[test]
fn where_to_go_on_is_said_of_what_can_be_resumed() {
    let body =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/openai-responses/background-queued-then-eof/body.sse");
    let output = run(&["fold", "--json"], core::slice::from_ref(&body));
    assert_eq!(objects(&output)[0]["resume"], json!({"response_id": "resp_w1", "after": 1}));
    let output = run(&["fold"], &[body]);
    assert!(text(&output.stdout).contains("resume    resp_w1 after 1\n"), "{}", text(&output.stdout));

    assert_eq!(folded("text").get("resume"), None);
}

#[test]
fn json_of_the_stream_does_not_break_the_line() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\"annotations\":[{\ndata: \"type\":\"x\"\n\
                data: }]},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let output = run_on_stdin(&["fold", "--json"], body.as_bytes());
    assert_eq!(objects(&output)[0]["choices"][0]["blocks"][0]["citations"], json!([{"type": "x"}]));
}

#[test]
fn every_chunking_gives_the_same_output() {
    let folder = case("text").parent().and_then(Path::parent).expect("a case is in a dialect's folder").to_owned();
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus is readable")
        .map(|entry| entry.expect("the corpus is readable"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("names are ASCII"))
        .collect();
    names.sort_unstable();
    let files: Vec<_> = names.iter().map(|name| case(name)).collect();
    for command in [&["fold", "--json"][..], &["fold"], &["events"]] {
        let expected = run(command, &files);
        for chunking in ["whole", "bytes:1", "bytes:7", "bytes:1000", "random:0", "random:7", "random:8"] {
            let output = run(&[command, &["--chunking", chunking]].concat(), &files);
            assert!(expected.stdout == output.stdout, "{command:?} differs with {chunking}");
            assert_eq!(status(&expected), status(&output));
        }
    }
}

fn check_status(file: PathBuf, expected: i32) {
    for command in [&["fold"][..], &["fold", "--json"], &["events"]] {
        let output = run(command, core::slice::from_ref(&file));
        assert_eq!(status(&output), expected, "{command:?} {}", file.display());
        assert_eq!(text(&output.stderr), "");
    }
}

#[test]
fn the_status_says_the_outcome() {
    check_status(case("text"), 0);
    check_status(case("tool_call"), 0);
    check_status(case("length"), 1);
    check_status(case("content-filter"), 1);
    check_status(case("truncated"), 3);
    check_status(case("error"), 4);
    check_status(case("html-page"), 4);
    let deep = format!("data: {{\"choices\":{}{}}}\n\n", "[".repeat(1000), "]".repeat(1000));
    check_status(written("deep.sse", deep), 5);
}

fn check_unreadable(file: &Path, reason: &str) {
    for command in [&["fold"][..], &["fold", "--json"], &["events"]] {
        let output = run(command, &[file.to_owned()]);
        assert_eq!(status(&output), 6);
        assert_eq!(
            text(&output.stderr).to_lowercase(),
            format!("thalweg: {}: {reason}\n", file.display()).to_lowercase()
        );
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    check_unreadable(folder, "is a directory without a recording: no body.sse or the like");
    if cfg!(unix) {
        check_unreadable(&folder.join("missing"), "no such file or directory");
    }
}

#[test]
fn the_worst_file_wins_and_stops_no_other() {
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing");
    let files = [case("truncated"), missing, case("text"), case("error")];
    let output = run(&["fold", "--json"], &files);
    assert_eq!(status(&output), 6);
    let outcomes: Vec<_> = objects(&output).iter().map(|object| object["outcome"].clone()).collect();
    assert_eq!(outcomes, ["truncated", "complete", "failed"]);
    assert_eq!(text(&output.stderr).lines().count(), 1);

    assert_eq!(status(&run(&["fold"], &[case("error"), case("text"), case("truncated")])), 4);
    assert_eq!(status(&run(&["events"], &[case("length"), case("text")])), 1);
}

#[test]
fn a_log_is_the_events_behind_a_header() {
    let header =
        r#"{"thalweg_log":1,"dialect":"openai-chat","protocol":"openai-chat","detail":"normal","heartbeats":false}"#;
    let events = run(&["events"], &[case("tool_call")]);
    let log = run(&["events", "--log"], &[case("tool_call")]);
    assert_eq!(text(&log.stdout), format!("{header}\n{}", text(&events.stdout)));
    assert_eq!(status(&log), status(&events));
    let reader = thalweg::log::lines::Reader::new(&log.stdout).expect("it is a log");
    assert_eq!(reader.filter(Result::is_ok).count(), text(&events.stdout).lines().count());

    let unknown = run(&["events", "--log"], &[case("html-page"), case("text")]);
    let headers: Vec<_> = objects(&unknown).into_iter().filter(|line| line.get("thalweg_log").is_some()).collect();
    assert_eq!((&headers[0]["protocol"], headers[0].get("dialect")), (&json!("unrecognized"), None));
    assert_eq!((headers.len(), &headers[1]["dialect"]), (2, &json!("openai-chat")), "each file has its own");
}

#[test]
fn several_files_give_events_from_0_each() {
    let output = run(&["events"], &[case("text"), case("tool_call")]);
    let starts: Vec<_> = objects(&output).into_iter().filter(|event| event["type"] == "start").collect();
    assert_eq!(starts, [json!({"seq": 0, "type": "start", "protocol": "openai-chat"}), starts[0].clone()]);
}

fn check_usage_error(arguments: &[&str], first_line_has: &[&str]) {
    let output = run(arguments, &[]);
    assert_eq!(status(&output), 2);
    let line = text(&output.stderr).lines().next().unwrap_or_default();
    for part in first_line_has {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}

#[test]
fn a_wrong_command_line_is_explained() {
    check_usage_error(&["fold", "--dialect", "carrier-pigeon"], &["carrier-pigeon", "auto, openai-chat"]);
    check_usage_error(&["fold", "--chunking", "bytes:0"], &["bytes:0", "bytes:N"]);
    check_usage_error(&["events", "--chunking", "random:x"], &["random:SEED"]);
    check_usage_error(&["unfold"], &["unfold"]);
}

#[test]
fn help_documents_the_exit_status() {
    for arguments in [&["--help"][..], &["fold", "--help"], &["events", "--help"]] {
        let output = run(arguments, &[]);
        assert_eq!(status(&output), 0);
        assert!(text(&output.stdout).contains("Exit status"));
    }
}

#[test]
fn dialects_are_listed() {
    let output = run(&["dialects"], &[]);
    assert_eq!(status(&output), 0);
    let first = text(&output.stdout).lines().next().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(first, Some(vec!["openai-chat", "openai-chat"]));
    assert_eq!(text(&output.stdout).lines().count(), thalweg::registry::ALL.len());
}

#[test]
fn stdin_is_a_file_too() {
    let body = std::fs::read(case("text")).expect("the corpus is readable");
    for arguments in [&["fold", "--json"][..], &["fold", "--json", "-"]] {
        let output = run_on_stdin(arguments, &body);
        assert_eq!(status(&output), 0);
        assert_eq!(objects(&output)[0]["file"], "-");
        assert_eq!(objects(&output)[0]["outcome"], "complete");
    }
}

/// A folder of the tests' own with these files.
fn recorded(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the tests' folder is writable");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("the tests' folder is writable");
    }
    folder
}

const LOW: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low\"}}]}\n\n";

#[test]
fn a_folder_is_read_as_it_was_recorded() {
    let case = "[source]\nhow = \"POST /v1, dialect groq\"\nclose = \"timed_out\"\n";
    let table = format!("at_us\tend\n5\t9\n7\t{}\n", LOW.len());
    let folder = recorded("timed-out", &[("body.sse", LOW), ("chunks.tsv", &table), ("case.toml", case)]);
    for chunking in [&[][..], &["--chunking", "whole"], &["--chunking", "bytes:3"]] {
        let output = run(&[&["fold", "--json"], chunking].concat(), core::slice::from_ref(&folder));
        let object = &objects(&output)[0];
        assert_eq!((status(&output), &object["dialect"]), (3, &json!("groq")), "{chunking:?}");
        assert_eq!((&object["outcome"], &object["evidence"]["close"]), (&json!("truncated"), &json!("timed_out")));
        assert_eq!(object["choices"][0]["blocks"][0]["text"], "Low");
    }
    let output = run(&["fold", "--json", "--dialect", "vllm"], core::slice::from_ref(&folder));
    assert_eq!(objects(&output)[0]["dialect"], "vllm", "the user knows better");
    let events = run(&["events"], &[folder]);
    assert_eq!(objects(&events).last().map(|event| event["evidence"]["close"].clone()), Some(json!("timed_out")));
}

#[test]
fn a_folder_needs_only_a_body_and_its_dialect_may_be_its_place() {
    let folder = recorded("body-alone", &[("body.sse", LOW)]);
    let output = run(&["fold", "--json"], &[folder]);
    assert_eq!(objects(&output)[0]["evidence"]["close"], "clean");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/ollama/text");
    let output = run(&["fold", "--json"], &[corpus]);
    assert_eq!((status(&output), &objects(&output)[0]["dialect"]), (0, &json!("ollama")));
}

#[test]
fn connections_of_a_recording_continue_it() {
    let (first, second) = ("id: 1\ndata: {\"choi", LOW);
    let (cut, end) = (first.len(), first.len() + second.len());
    let table = format!("at_us\tend\twhat\n5\t{cut}\t\n6\t{cut}\tconnection\n7\t{end}\t\n8\t{end}\tclose:clean\n");
    let folder = recorded("connections", &[("body.sse", &format!("{first}{second}")), ("chunks.tsv", &table)]);
    for chunking in [&[][..], &["--chunking", "whole"]] {
        let output =
            run(&[&["fold", "--json", "--dialect", "openai-chat"], chunking].concat(), core::slice::from_ref(&folder));
        assert_eq!(objects(&output)[0]["choices"][0]["blocks"][0]["text"], "Low", "{}", text(&output.stdout));
    }
}

#[test]
fn a_folder_that_is_no_recording_is_said() {
    let check = |name: &str, files: &[(&str, &str)], expected: &str| {
        let output = run(&["fold"], &[recorded(name, files)]);
        assert_eq!(status(&output), 6);
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    };
    check("no-body", &[("case.toml", "")], "without a recording: no body.sse");
    check("two-bodies", &[("body.sse", ""), ("body.json", "")], "more than one body");
    check(
        "bad-close",
        &[("body.sse", LOW), ("case.toml", "[source]\nclose = \"slowly\"\n")],
        "case.toml: source.close",
    );
    check("bad-table", &[("body.sse", LOW), ("chunks.tsv", "at_us\tend\n5\tmany\n")], "chunks.tsv: ");
}

#[test]
fn an_empty_file_is_no_stream() {
    let output = run_on_stdin(&["fold", "--json"], b"");
    assert_eq!(status(&output), 4);
    let object = &objects(&output)[0];
    assert_eq!((&object["dialect"], &object["outcome"]), (&json!("auto"), &json!("failed")));
    assert_eq!((&object["choices"], &object["errors"][0]["origin"]), (&json!([]), &json!("local")));
    assert_eq!((object.get("id"), object.get("model")), (Some(&Value::Null), Some(&Value::Null)));
}

#[test]
fn the_summary_tells_the_response() {
    let output = run(&["fold"], &[case("tool_call")]);
    let summary = text(&output.stdout);
    for part in ["openai-chat", "complete: ", "tool_calls", "get_tide call_a1", "arguments valid"] {
        assert!(summary.contains(part), "no {part:?} in {summary}");
    }
    assert!(summary.contains("      | {\"port\":\"Brest\"}\n"));
}

/// Every character that must not reach a terminal.
fn harmful() -> impl Iterator<Item = char> {
    let controls = ('\0'..='\u{9f}').filter(|char| char.is_control());
    controls
        .chain(['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'])
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
}

#[test]
fn the_summary_cannot_drive_the_terminal() {
    let evil = format!("x{}y", harmful().collect::<String>());
    let frame = |value: Value| format!("data: {value}\n\n");
    let call = json!({"index": 0, "id": evil, "function": {"name": evil, "arguments": evil}});
    let delta = json!({
        "content": evil, "reasoning_content": evil, "refusal": evil, "tool_calls": [call],
        "annotations": [{"type": evil}], "audio": {"id": evil, "transcript": evil, "data": evil},
    });
    let body = [
        frame(json!({"id": evil, "model": evil, "system_fingerprint": evil, "service_tier": evil,
            "choices": [{"index": 0, "delta": delta, "finish_reason": evil}]})),
        frame(json!({"error": {"message": evil, "code": evil, "type": evil}})),
    ]
    .concat();
    let output = run_on_stdin(&["fold"], body.as_bytes());
    let summary = text(&output.stdout);
    assert!(summary.contains("\\u{1b}") && summary.contains("\\u{9b}") && summary.contains("\\u{202e}"));
    for char in harmful().filter(|char| *char != '\n') {
        assert!(!summary.contains(char), "{char:?} came through");
    }
    // A line break in a text gives another line of that text, anywhere else it is escaped too.
    let has_own_line = summary.lines().any(|line| line.trim_start().starts_with("\\u{b}"));
    assert!(!has_own_line, "a line of the stream's own in {summary}");
}

/// The lines that a program prints, as they come.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let stdout = child.stdout.take().expect("stdout is piped");
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The next event; a program that holds it back fails the test.
fn next_event(lines: &Receiver<String>) -> Value {
    let line = lines.recv_timeout(Duration::from_secs(60)).expect("an event is printed as soon as its bytes are there");
    serde_json::from_str(&line).expect("a line is one object")
}

#[test]
fn events_come_as_the_bytes_do() {
    let mut child = thalweg(["events"]).stdin(Stdio::piped()).spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let lines = lines_of(&mut child);

    let half = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low\"}}]}\n\ndata: {\"choi";
    stdin.write_all(half).expect("the program reads");
    let seen: Vec<_> = (0..3).map(|_| next_event(&lines)).collect();
    let types: Vec<_> = seen.iter().map(|event| (event["seq"].clone(), event["type"].clone())).collect();
    assert_eq!(types, [(json!(0), json!("start")), (json!(1), json!("block_start")), (json!(2), json!("text_delta"))]);
    assert_eq!(seen[2], json!({"seq": 2, "type": "text_delta", "block": 0, "text": "Low"}));

    let rest =
        b"ces\":[{\"index\":0,\"delta\":{\"content\":\" tide\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    stdin.write_all(rest).expect("the program reads");
    assert_eq!(next_event(&lines)["text"], " tide");
    drop(stdin);
    let last = lines.iter().last().expect("the stream has an end");
    assert_eq!(serde_json::from_str::<Value>(&last).expect("a line is one object")["type"], "end");
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for command in [&["events"][..], &["fold", "--json"], &["fold"], &["dialects"]] {
        let mut child = thalweg(command).stdin(Stdio::piped()).spawn().expect("the program runs");
        drop(child.stdout.take());
        let body = std::fs::read(case("error")).expect("the corpus is readable");
        // The program may be gone before it has read everything.
        let _ = child.stdin.take().expect("stdin is piped").write_all(&body);
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!((status(&output), text(&output.stderr)), (0, ""), "{command:?}");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let Ok(full) = std::fs::File::create("/dev/full") else { return };
    let output = thalweg(["dialects"]).stdout(full).output().expect("the program runs");
    assert_eq!(status(&output), 6);
    assert!(text(&output.stderr).starts_with("thalweg: standard output: "));
}

#[test]
fn events_show_more_where_more_is_asked_for() {
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"seen\":1}]}\n\n";
    let file = written("full.sse", body);
    let plain = run(&["events"], core::slice::from_ref(&file));
    let full = run(&["events", "--full", "--log"], &[file]);
    assert!(!text(&plain.stdout).contains("extra"));
    let extra = r#""type":"extra","scope":{"choice":0},"name":"seen","json":"1""#;
    assert!(text(&full.stdout).contains(extra), "{}", text(&full.stdout));
    assert!(text(&full.stdout).contains(r#""detail":"full""#), "{}", text(&full.stdout));
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the project has a README");
    let (_, example) = readme.split_once("```json\n").expect("the README has an example");
    let (example, _) = example.split_once("```").expect("the example ends");
    let printed = run(&["events"], &[case("litellm-bridge-index-reused")]);
    assert_eq!(text(&printed.stdout), example);
}
