//! `thalweg record` as its users meet it: a request goes out, and what comes back is a recording.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

/// Answers one request with these bytes, and gives what it was.
fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a port");
    let address = listener.local_addr().expect("it is bound");
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the program connects");
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&request).contains("\"end\"") {
            let len = stream.read(&mut buffer).expect("the program sends");
            request.extend_from_slice(&buffer[..len]);
        }
        stream.write_all(answer.as_bytes()).expect("the program reads");
        if !answer.contains("connection: close") {
            // It stays open, and nothing comes, until the program leaves.
            let _ = stream.read(&mut buffer);
        }
        String::from_utf8_lossy(&request).into_owned()
    });
    (format!("http://{address}/v1/chat/completions?key=query-secret-7"), serving)
}

/// A folder that is not there yet.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("thalweg-record-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn thalweg(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.env("MY_KEY", "sk-record-secret-1").env("MY_EMPTY", " ").env("NO_PROXY", "*");
    command.args(arguments).stdin(Stdio::null()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).expect("output is UTF-8")
}

const BODY: &str = "{\"model\":\"m\",\"stream\":true,\"b\":1,\"a\":2,\"messages\":[],\"x\":\"end\"}";

#[test]
fn an_answer_is_recorded_without_secrets_and_fold_reads_it() {
    let (url, serving) = server(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nserver: stub/2\r\nconnection: close\r\n\r\n\
         : sk-record-secret-1 query-secret-7\n\n\
         data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low tide\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    );
    let folder = folder("stream");
    let out = folder.to_string_lossy().into_owned();
    let arguments = ["record", "--dialect", "openai-chat", "--url", &url, "--header-env", "Authorization=MY_KEY"];
    let output = thalweg(&[&arguments[..], &["--data", BODY, "-o", &out]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.starts_with(&format!("{out}/body.sse: ")), "{said}");
    assert!(said.contains(" bytes in 1 chunk, close clean\n  outcome   complete: the provider ended it, "), "{said}");
    let request = serving.join().expect("the server is well");
    assert!(request.contains("authorization: Bearer sk-record-secret-1\r\n") && request.ends_with(BODY), "{request}");
    let file = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
    for name in ["body.sse", "chunks.tsv", "case.toml"] {
        assert!(!file(name).contains("secret"), "{name}: {}", file(name));
    }
    assert!(file("body.sse").starts_with(": ****************** **************\n\ndata: "), "{}", file("body.sse"));
    assert!(file("case.toml").contains("server = \"stub/2\""), "{}", file("case.toml"));
    assert!(file("chunks.tsv").ends_with("\tclose:clean\n"), "{}", file("chunks.tsv"));
    for read in [&out, &format!("{out}/body.sse")] {
        let folded = thalweg(&["fold", "--json", read]);
        assert_eq!(folded.status.code(), Some(0), "{}", text(&folded.stderr));
        assert!(text(&folded.stdout).contains("Low tide"), "{}", text(&folded.stdout));
    }
    fs::remove_dir_all(folder).expect("it is there");
}

#[test]
fn nothing_is_sent_where_the_recording_has_no_place() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a port");
    listener.set_nonblocking(true).expect("it can be asked without waiting");
    let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
    for there in ["body.json", "chunks.tsv", "case.toml"] {
        let folder = folder(&format!("taken-{there}"));
        fs::create_dir_all(&folder).expect("it can be made");
        fs::write(folder.join(there), "mine").expect("it can be written");
        let out = folder.to_string_lossy().into_owned();
        let output = thalweg(&["record", "--dialect", "openai-chat", "--url", &url, "-o", &out]);
        assert_eq!(output.status.code(), Some(6));
        let expected = format!("thalweg: --out: {out}/{there}: it is there");
        assert!(text(&output.stderr).starts_with(&expected), "{}", text(&output.stderr));
        fs::remove_dir_all(folder).expect("it is there");
    }
    let error = listener.accept().expect_err("nobody called");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);

    let folder = folder("nobody");
    let out = folder.to_string_lossy().into_owned();
    let output = thalweg(&["record", "--dialect", "openai-chat", "--url", "http://127.0.0.1:1/", "-o", &out]);
    assert_eq!(output.status.code(), Some(6), "nobody is there");
    assert!(!folder.exists(), "no empty folder is left");
}

#[test]
fn what_is_wrong_with_an_answer_is_said() {
    let (url, serving) = server(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
         event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"role\":\"assistant\"}}\n\n",
    );
    let folder = folder("dialect");
    let out = folder.to_string_lossy().into_owned();
    let output = thalweg(&["record", "--dialect", "openai-chat", "--url", &url, "--data", BODY, "-o", &out]);
    serving.join().expect("the server is well");
    let said = text(&output.stdout);
    assert!(said.contains("\n  outcome   ") && said.contains("\n  anomaly   protocol_mismatch, "), "{said}");
    fs::remove_dir_all(folder).expect("it is there");
}

/// A program that runs.
#[cfg(unix)]
fn started(arguments: &[&str]) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.env("NO_PROXY", "*").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program runs")
}

#[cfg(unix)]
#[test]
fn what_came_before_an_interrupt_is_recorded() {
    for signal in ["-INT", "-TERM"] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let folder = folder(&format!("interrupted{signal}"));
        let out = folder.to_string_lossy().into_owned();
        let child = started(&[
            "record",
            "--dialect",
            "openai-chat",
            "--url",
            &url,
            "--data",
            BODY,
            "--silence",
            "60",
            "-o",
            &out,
        ]);
        let (mut stream, _) = listener.accept().expect("the program connects");
        let (mut request, mut buffer) = (String::new(), [0; 4096]);
        while !request.contains("\"end\"") {
            let len = stream.read(&mut buffer).expect("the program sends");
            request.push_str(text(&buffer[..len]));
        }
        let frame = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Low\"}}]}\n\n";
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(format!("{head}{frame}").as_bytes()).expect("the program reads");
        // Nothing tells from outside that it has read them.
        thread::sleep(core::time::Duration::from_secs(1));
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(
            text(&output.stdout).contains(", close cancelled\n  outcome   cancelled: "),
            "{}",
            text(&output.stdout)
        );
        let file = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
        assert_eq!(file("body.sse"), frame);
        assert!(file("case.toml").contains("close = \"cancelled\""), "{}", file("case.toml"));
        assert!(file("chunks.tsv").ends_with("\tclose:cancelled\n"), "{}", file("chunks.tsv"));
        let folded = thalweg(&["fold", "--json", &out]);
        assert!(text(&folded.stdout).contains("\"outcome\":\"cancelled\""), "{}", text(&folded.stdout));
        fs::remove_dir_all(folder).expect("it is there");
    }
}

#[test]
fn silence_has_a_bound() {
    let (url, serving) =
        server("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9\r\n\r\ndata: ");
    let folder = folder("silence");
    let out = folder.to_string_lossy().into_owned();
    let arguments = ["record", "--dialect", "openai-chat", "--url", &url, "--data", BODY, "--silence", "1", "-o", &out];
    let output = thalweg(&arguments);
    serving.join().expect("the server is well");
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(", close timed_out\n"), "{}", text(&output.stdout));
    fs::remove_dir_all(folder).expect("it is there");
}

#[test]
fn a_status_is_recorded_and_replayed() {
    let (first, second) = (folder("status-first"), folder("status-second"));
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/openai-chat/text");
    let record = |from: &str, arguments: &[&str], to: &std::path::Path| {
        let mut replay = Command::new(env!("CARGO_BIN_EXE_thalweg"));
        replay.args(["replay", "--listen", "0", "--speed", "max", "--once", from]).args(arguments);
        let mut replay = replay.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
        let mut url = String::new();
        let stdout = replay.stdout.as_mut().expect("stdout is piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut url).expect("it says where it listens");
        let to = to.to_string_lossy();
        let output = thalweg(&["record", "--dialect", "openai-chat", "--url", url.trim_end(), "-o", &to]);
        replay.wait().expect("it ends after a request");
        assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("status (503)"), "{}", text(&output.stderr));
    };
    record(&corpus.to_string_lossy(), &["--fault", "status:503,body"], &first);
    record(&first.to_string_lossy(), &[], &second);
    for folder in [first, second] {
        let case = fs::read_to_string(folder.join("case.toml")).expect("it was written");
        assert!(case.contains("\nstatus = 503\n"), "{case}");
        let bytes = |folder: &std::path::Path| fs::read(folder.join("body.sse")).expect("it is there");
        assert_eq!(bytes(&folder), bytes(&corpus));
        fs::remove_dir_all(folder).expect("it is there");
    }
}

#[test]
fn what_a_provider_says_that_refuses_is_recorded_too() {
    let (url, serving) = server(
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
         {\"error\":{\"message\":\"bad key sk-record-secret-1\"}}",
    );
    let folder = folder("refused");
    let out = folder.to_string_lossy().into_owned();
    let file = std::env::temp_dir().join(format!("thalweg-record-{}.json", std::process::id()));
    fs::write(&file, BODY).expect("it can be written");
    let data = format!("@{}", file.display());
    let arguments = ["record", "--dialect", "openai-chat", "--url", &url, "--header-env", "x-thing=MY_KEY"];
    let output = thalweg(&[&arguments[..], &["--data", &data, "-o", &out]].concat());
    serving.join().expect("the server is well");
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("status (401): bad key ****"), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("secret"), "{}", text(&output.stderr));
    let body = fs::read_to_string(folder.join("body.json")).expect("it was written");
    assert_eq!(body, "{\"error\":{\"message\":\"bad key ******************\"}}");
    fs::remove_dir_all(folder).expect("it is there");
    fs::remove_file(file).expect("it is there");
}

#[test]
fn what_cannot_be_sent_is_said() {
    let check = |arguments: &[&str], status: i32, expected: &str| {
        let dialect = if arguments.contains(&"--dialect") { &[][..] } else { &["--dialect", "openai-chat"] };
        let all = [&["record", "-o", "/nonexistent/x"], dialect, arguments].concat();
        let output = thalweg(&all);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    };
    check(&["--url", "ftp://h"], 2, "--url: it must begin with http:// or https://");
    check(&["--url", "127.0.0.1:1/v1"], 2, "--url: it must begin with http:// or https://");
    check(&["--url", "http://h", "--data", "{"], 2, "--data: it is no JSON");
    check(&["--url", "http://h", "--data", ""], 2, "--data: it is empty");
    check(&["--url", "http://h", "--data", "@-"], 6, "standard input: it is empty");
    check(&["--url", "http://h", "--data", "@/nonexistent"], 6, "/nonexistent: No such file");
    check(&["--url", "http://h", "--header-env", "a=THALWEG_UNSET"], 2, "the variable THALWEG_UNSET is not set");
    check(&["--url", "http://h", "--header-env", "a=MY_EMPTY"], 2, "the variable MY_EMPTY is empty");
    check(&["--url", "http://h", "--silence", "0"], 2, "--silence");
    check(&["--url", "http://h", "--dialect", "OpenAI-Caht"], 2, "no such dialect; the nearest: openai-chat");
    check(&["--url", "http://h", "--dialect", "Chat"], 2, "the nearest: openai-chat, ");
    check(&["--url", "http://h", "--dialect", "nope"], 2, "there are openai-chat, ");
    check(&["--url", "http://h", "--header-env", "a"], 2, "NAME=VAR");
    check(&["--url", "http://h", "--dialect", "auto"], 2, "a request is made for a dialect that is known");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_said() {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.env("MY_BYTES", std::ffi::OsStr::from_bytes(b"sk-\xff"));
    command.args(["record", "--dialect", "openai-chat", "--url", "http://h", "--header-env", "a=MY_BYTES", "-o", "x"]);
    let output = command.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "thalweg: --header-env: the variable MY_BYTES is not UTF-8\n");
}
