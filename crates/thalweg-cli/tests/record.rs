//! `thalweg record` as its users meet it: a request goes out, and what comes back is a recording.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
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
    command.env("MY_KEY", "sk-record-secret-1").env("NO_PROXY", "*").args(arguments);
    command.output().expect("the program runs")
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
    assert!(said.starts_with(&format!("{out}/body.sse: ")) && said.ends_with(", close clean\n"), "{said}");
    let request = serving.join().expect("the server is well");
    assert!(request.contains("authorization: Bearer sk-record-secret-1\r\n") && request.ends_with(BODY), "{request}");
    let file = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
    for name in ["body.sse", "chunks.tsv", "case.toml"] {
        assert!(!file(name).contains("secret"), "{name}: {}", file(name));
    }
    assert!(file("body.sse").starts_with(": ****************** **************\n\ndata: "), "{}", file("body.sse"));
    assert!(file("case.toml").contains("server = \"stub/2\""), "{}", file("case.toml"));
    assert!(file("chunks.tsv").ends_with("\tclose:clean\n"), "{}", file("chunks.tsv"));
    let folded = thalweg(&["fold", "--json", &format!("{out}/body.sse")]);
    assert_eq!(folded.status.code(), Some(0));
    assert!(text(&folded.stdout).contains("Low tide"), "{}", text(&folded.stdout));

    let again = thalweg(&["record", "--dialect", "openai-chat", "--url", "http://127.0.0.1:1/", "-o", &out]);
    assert_eq!(again.status.code(), Some(6), "nobody is there");
    fs::remove_dir_all(folder).expect("it is there");
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
        let all = [&["record", "--dialect", "openai-chat", "-o", "/nonexistent/x"], arguments].concat();
        let output = thalweg(&all);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    };
    check(&["--url", "ftp://h"], 6, "--url: the base is no http or https URL");
    check(&["--url", "http://h", "--data", "{"], 6, "--data: it is no JSON");
    check(&["--url", "http://h", "--data", "@/nonexistent"], 6, "/nonexistent: No such file");
    check(&["--url", "http://h", "--header-env", "a=THALWEG_UNSET"], 6, "the variable THALWEG_UNSET is not set");
    check(&["--url", "http://h", "--header-env", "a"], 2, "NAME=VAR");
    check(&["--url", "http://h", "--dialect", "auto"], 2, "");
}
