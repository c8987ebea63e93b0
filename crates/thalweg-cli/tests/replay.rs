//! `thalweg replay` as its users meet it: the built program, what it serves, what it says, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name)
}

fn replay(recordings: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.arg("replay").arg(recordings).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).expect("output is UTF-8")
}

/// A program that serves, and is killed where a test ends before it does.
struct Serving {
    child: Option<Child>,
    first_line: String,
    address: String,
}

impl Serving {
    fn start(recordings: &Path, arguments: &[&str]) -> Self {
        let mut command = replay(recordings, &["--listen", "127.0.0.1:0", "--speed", "max"]);
        let mut child = command.args(arguments).spawn().expect("the program runs");
        let mut first_line = String::new();
        let stdout = child.stdout.as_mut().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut first_line).expect("it says where it listens");
        let address = first_line.trim_end().strip_prefix("http://").expect("the line is a URL").to_owned();
        Self { child: Some(child), first_line, address }
    }

    /// An answer as it comes, head and all, to the end of the connection.
    fn get(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        String::from_utf8(answer).expect("the tests ask for text")
    }

    fn end(mut self) -> Output {
        self.child.take().expect("it is taken once").wait_with_output().expect("the program ends")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_folder_of_recordings_is_served_by_name_until_it_is_interrupted() {
    let serving = Serving::start(
        &corpus("openai-chat"),
        &["--fault", "status:503,retry-after=2*1; chunk:9", "--fault", "cut:20"],
    );
    let refused = serving.get("/text/v1/chat/completions", "");
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("\r\nretry-after: 2\r\n"), "{refused}");
    let cut = serving.get("/text/v1/chat/completions?key=s3cret", "authorization: Bearer s3cret\r\n");
    let body = std::fs::read_to_string(corpus("openai-chat/text/body.sse")).expect("the case is there");
    assert!(cut.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"), "{cut}");
    let chunks = format!("\r\n9\r\n{}\r\n9\r\n{}\r\n2\r\n{}\r\n", &body[..9], &body[9..18], &body[18..20]);
    assert!(cut.ends_with(&chunks), "twenty bytes and no end: {cut}");
    let unknown = serving.get("/nothing", "");
    assert!(unknown.starts_with("HTTP/1.1 404 ") && unknown.contains(" the nearest are:\n  "), "{unknown}");
    let wrong = serving.get("/text", "x-thalweg-fault: explode\r\n");
    assert!(wrong.starts_with("HTTP/1.1 400 "), "{wrong}");
    let asked = serving.get("/v1?x-thalweg-case=text&x-thalweg-fault=cut:3", "");
    assert!(asked.ends_with(&format!("\r\n3\r\n{}\r\n", &body[..3])), "three bytes and no end: {asked}");

    let id = serving.child.as_ref().expect("it runs").id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
    let output = serving.end();
    assert_eq!(output.status.code(), Some(0), "an interrupt is how it is meant to end");
    let log: Vec<_> = text(&output.stderr).lines().collect();
    assert_eq!(log.len(), 6, "{log:?}");
    assert!(log[0].ends_with(" recordings"), "{log:?}");
    let expected = "GET /text/v1/chat/completions <- text with status:503,retry-after=2 chunk:9 cut:20: 503, ";
    assert!(log[1].starts_with(expected), "{log:?}");
    let expected = "GET /text/v1/chat/completions <- text with chunk:9 cut:20: 200, 20 bytes, cut, ";
    assert!(log[2].starts_with(expected), "{log:?}");
    assert!(log[3].starts_with("GET /nothing refused, the path begins with no recording's name and "), "{log:?}");
    let expected = "GET /text refused, x-thalweg-fault: `explode`: no fault has this name: 400, ";
    assert!(log[4].starts_with(expected), "{log:?}");
    assert!(!text(&output.stderr).contains("s3cret"), "{log:?}");
}

#[test]
fn one_recording_answers_every_path_and_once_ends_it() {
    let case = corpus("openai-chat/text");
    let body = std::fs::read_to_string(case.join("body.sse")).expect("the case is there");
    let serving = Serving::start(&case, &["--once"]);
    assert_eq!(serving.first_line, format!("http://{}\n", serving.address));
    let unknown = serving.get("/", "x-thalweg-case: other\r\n");
    assert!(unknown.contains("no recording is named other"), "this one does not count: {unknown}");
    let answer = serving.get("/v1/chat/completions", "");
    assert!(answer.contains(&body) && answer.ends_with("\r\n0\r\n\r\n"), "{answer}");
    let output = serving.end();
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(0), 3));
    assert_eq!(text(&output.stderr).lines().next(), Some("1 recording"));
}

#[test]
fn a_port_alone_is_on_this_machine_and_names_are_looked_up() {
    for listen in ["0", ":0", "localhost:0", "[::1]:0"] {
        if listen.starts_with('[') && std::net::TcpListener::bind("[::1]:0").is_err() {
            // Not every machine has IPv6.
            continue;
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_thalweg"))
            .args(["replay", "--once", "--listen", listen])
            .arg(corpus("openai-chat/text"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let _ = child.kill();
        let _ = child.wait();
        let known = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|start| line.starts_with(start));
        assert!(known, "{listen}: {line}");
    }
}

#[test]
fn what_cannot_be_served_is_said() {
    let check = |recordings: &Path, arguments: &[&str], status: i32, expected: &str| {
        let output = replay(recordings, arguments).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    };
    check(&corpus("no-such-folder"), &[], 6, "no-such-folder: No such file or directory");
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], 6, "there is no recording");
    check(&corpus("openai-chat"), &["--fault", "explode"], 2, "\n  cut:N\n");
    check(&corpus("openai-chat"), &["--speed", "0x"], 2, "a speed is max, or a number above zero");
    check(&corpus("openai-chat"), &["--fault", "status:99"], 2, "the value must be from 200 to 599");
    check(&corpus("openai-chat"), &["--fault", "cut:1;explode"], 2, "`explode`: no fault has this name");
    for wrong in ["somewhere", "http://localhost:1", "localhost:65536", "localhost:", "::1", ""] {
        let expected = "it is an address and a port, such as 127.0.0.1:8642";
        check(&corpus("openai-chat"), &["--listen", wrong], 2, expected);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port is there");
    let address = taken.local_addr().expect("it has one").to_string();
    check(&corpus("openai-chat"), &["--listen", &address], 6, &format!("{address}: Address already in use"));
}

#[test]
fn help_lists_the_faults_and_how_it_ends() {
    let output = Command::new(env!("CARGO_BIN_EXE_thalweg")).args(["replay", "--help"]).output().expect("it runs");
    let help = text(&output.stdout);
    for expected in
        ["  cut:N\n", "  status:CODE", "*K behind a fault", "as long as the server runs", "0  it was interrupted"]
    {
        assert!(help.contains(expected), "{expected} is not in: {help}");
    }
}
