//! What is written down of a call: its recording, and attempts that failed.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use thalweg::policy::{RetryRules, Schedule};
use thalweg::{Close, Fold, Normalizer, Outcome, Recording, Response, dialects};
use thalweg_http::{FailureLog, Recorder};

use crate::server::{Server, Step, client, client_with, end, good, head, request, send, stream_head, text};

/// A folder of its own, deleted when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("thalweg-http-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        Self(std::env::temp_dir().join(name))
    }

    /// The files in it by name, in order, with what is in them.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("the folder is readable"))
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("and the file"))
            })
            .collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_recording_replays_to_the_same_response() {
    let pause = Step::Wait(Duration::from_millis(3));
    let server = Server::with(vec![stream_head(), text("Low "), pause, text("tide"), end()]).await;
    let recorder = Recorder::new();
    let client = client().with_recorder(recorder.clone());
    let live = client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await.response;
    let recording = recorder.recording();
    assert!(recording.chunks().count() >= 2);
    assert_eq!(recording.close(), Some(Close::Clean));
    let mut replayed = Response::default();
    recording.replay(&mut Normalizer::new(&dialects::OPENAI_CHAT), |_, event| replayed.apply(event));
    assert_eq!(replayed, live);
}

#[tokio::test]
async fn a_recording_is_written_as_a_case_and_over_nothing() {
    let server = Server::with(good()).await;
    let (recorder, folder) = (Recorder::new(), Folder::new());
    let client = client().with_recorder(recorder.clone());
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    let body = recorder.write(&folder.0).expect("the folder can be written");
    let files = folder.files();
    assert_eq!(files.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["body.sse", "case.toml", "chunks.tsv"]);
    assert_eq!(body, folder.0.join("body.sse"));
    let tsv = String::from_utf8(files[2].1.clone()).expect("it is text");
    let stored = Recording::from_parts(files[0].1.clone(), &tsv).expect("it is a recording");
    assert_eq!(stored, recorder.recording());
    let case = String::from_utf8_lossy(&files[1].1);
    assert!(case.contains("kind = \"recorded\"") && case.contains("close = \"clean\""), "{case}");
    let error = recorder.write(&folder.0).expect_err("it wrote over what was there");
    assert!(error.to_string().starts_with(&folder.0.to_string_lossy().into_owned()), "{error}");
}

#[tokio::test]
async fn nothing_is_written_beside_a_file_of_another_recording() {
    let server = Server::with(good()).await;
    let recorder = Recorder::new();
    let client = client().with_recorder(recorder.clone());
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    for there in ["body.json", "chunks.tsv", "case.toml"] {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).expect("the folder can be made");
        fs::write(folder.0.join(there), "mine").expect("it can be written");
        fs::write(folder.0.join("notes.txt"), "mine").expect("it can be written");
        let error = recorder.write(&folder.0).expect_err("a file is there");
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        assert!(error.to_string().contains(there), "{error}");
        assert_eq!(folder.files().len(), 2, "{:?}", folder.files());
    }
}

#[tokio::test]
async fn where_no_response_came_nothing_is_written() {
    let server = Server::with(vec![Step::Reset]).await;
    let (recorder, folder) = (Recorder::new(), Folder::new());
    let unused = recorder.write(&folder.0).expect_err("no request was sent");
    assert_eq!(unused.kind(), std::io::ErrorKind::NotFound);
    client().with_recorder(recorder.clone()).send(&server.endpoint(), request()).await.expect_err("nobody answers");
    let error = recorder.write(&folder.0).expect_err("there is nothing to write");
    assert_eq!(error.to_string(), "no response came that could be written");
    assert!(!folder.0.exists());
}

#[tokio::test]
async fn a_recording_says_status_and_type_where_they_are_not_the_usual_ones() {
    let error = vec![head("503 Service Unavailable", &[("content-type", "text/plain")]), send("try later")];
    let server = Server::start(vec![error, good()]).await;
    let recorder = Recorder::new();
    let client = client().with_recorder(recorder.clone());
    let case = |folder: &Folder| {
        recorder.write(&folder.0).expect("the folder can be written");
        fs::read_to_string(folder.0.join("case.toml")).expect("it was written")
    };
    client.send(&server.endpoint(), request()).await.expect_err("it is refused");
    let refused = case(&Folder::new());
    assert!(refused.contains("\nstatus = 503\ncontent_type = \"text/plain\"\n"), "{refused}");
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    let usual = case(&Folder::new());
    assert!(!usual.contains("status =") && !usual.contains("content_type"), "{usual}");
}

#[tokio::test]
async fn an_answer_that_is_dropped_is_recorded_as_cancelled() {
    let server = Server::with(vec![stream_head(), text("Low "), Step::Stall]).await;
    let recorder = Recorder::new();
    let client = client().with_recorder(recorder.clone());
    drop(client.send(&server.endpoint(), request()).await.expect("it answers"));
    assert_eq!(recorder.recording().close(), Some(Close::Cancelled));
    assert!(recorder.recording().bytes().starts_with(b"data: "));
}

#[tokio::test]
async fn failed_and_empty_attempts_are_written_down_and_good_ones_are_not() {
    let server = Server::start(vec![
        vec![head("503 Service Unavailable", &[]), send("try later")],
        vec![stream_head(), end()],
        vec![stream_head(), text("Low "), Step::Reset],
        good(),
        vec![stream_head(), text("Low "), Step::Stall],
    ])
    .await;
    let folder = Folder::new();
    let client = client_with(|rules| {
        rules.deadlines.silence = Some(Duration::from_millis(200));
        rules.retry = RetryRules::default();
        rules.retry.transient = Schedule::fixed(3, Duration::from_millis(2));
        rules.retry.empty_stream = rules.retry.transient;
    })
    .with_failure_log(FailureLog::new(&folder.0));
    let broken = client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    assert_eq!(broken.response.outcome, Some(Outcome::Truncated));
    for outcome in [Outcome::Complete, Outcome::Truncated] {
        let answer = client.send(&server.endpoint(), request()).await.expect("it answers");
        assert_eq!(answer.collect_response().await.response.outcome, Some(outcome));
    }
    let files: Vec<Value> =
        folder.files().iter().map(|(_, bytes)| serde_json::from_slice(bytes).expect("it is JSON")).collect();
    let kinds: Vec<_> = files.iter().map(|file| (file["kind"].as_str(), file["attempt"].as_u64())).collect();
    assert_eq!(kinds[..3], [(Some("overloaded"), Some(1)), (Some("empty"), Some(2)), (Some("broken"), Some(3))]);
    assert_eq!(kinds[3..], [(Some("timeout"), Some(1))]);
    assert!(files[2]["message"].as_str().is_some_and(|message| message.contains("reset")), "{}", files[2]["message"]);
    assert_eq!(files[3]["message"], "no bytes came for too long");
    assert_eq!(files[0]["input_tokens"]["method"], "characters / 4");
    assert_eq!(files[0]["input_tokens"]["estimate"], 6);
    assert_eq!(files[0]["request"]["messages"][0]["content"], "When is low tide?");
    assert!(files[0]["answer"].as_str().is_some_and(|answer| answer.contains("try later")));
    assert!(files[2]["answer"].as_str().is_some_and(|answer| answer.contains("Low ")));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_what_was_written_down() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::with(vec![head("400 Bad Request", &[])]).await;
    let folder = Folder::new();
    let client = client().with_failure_log(FailureLog::new(&folder.0));
    client.send(&server.endpoint(), request()).await.expect_err("it is refused");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0), 0o700);
    assert_eq!(mode(&folder.0.join(&folder.files()[0].0)), 0o600);
}

#[tokio::test]
async fn the_oldest_are_deleted() {
    let server = Server::with(vec![head("400 Bad Request", &[])]).await;
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).expect("the folder can be made");
    fs::write(folder.0.join("notes.txt"), "mine").expect("it can be written");
    let client = client().with_failure_log(FailureLog::new(&folder.0).with_files_max(3));
    for n in 0..6 {
        let mut request = request();
        request.body["messages"][0]["content"] = format!("question {n}").into();
        client.send(&server.endpoint(), request).await.expect_err("it is refused");
        // Files are named by the millisecond.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let files = folder.files();
    assert_eq!(files.len(), 4);
    assert!(String::from_utf8_lossy(&files[0].1).contains("question 3"));
    assert_eq!(files[3].1, b"mine");
}

#[tokio::test]
async fn a_disk_that_fails_breaks_nothing() {
    let server = Server::start(vec![vec![head("503 Service Unavailable", &[])], good()]).await;
    let folder = Folder::new();
    fs::write(&folder.0, "a file where the folder is to be").expect("it can be written");
    let client = client_with(|rules| {
        rules.retry = RetryRules::default();
        rules.retry.transient = Schedule::fixed(3, Duration::from_millis(1));
    })
    .with_failure_log(FailureLog::new(&folder.0));
    let collected = client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    assert_eq!(collected.response.outcome, Some(Outcome::Complete));
    fs::remove_file(&folder.0).expect("it is there");
}

#[tokio::test]
async fn tokens_are_counted_by_the_counter_of_the_caller() {
    struct Words(u64);
    impl thalweg::CountTokens for Words {
        fn add(&mut self, text: &str) {
            self.0 += text.split_whitespace().count() as u64;
        }
        fn tokens(&self) -> u64 {
            self.0
        }
    }
    let server = Server::with(vec![head("400 Bad Request", &[])]).await;
    let folder = Folder::new();
    let log = FailureLog::new(&folder.0).with_counter("words", || Box::new(Words(0)));
    client().with_failure_log(log).send(&server.endpoint(), request()).await.expect_err("it is refused");
    let file: Value = serde_json::from_slice(&folder.files()[0].1).expect("it is JSON");
    // The role is a word too.
    assert_eq!(file["input_tokens"], serde_json::json!({"estimate": 5, "method": "words"}));
}

#[tokio::test]
async fn what_cannot_be_deleted_does_not_keep_the_others() {
    let folder = Folder::new();
    fs::create_dir_all(folder.0.join("attempt-0/not-empty")).expect("the folder can be made");
    let server = Server::with(vec![head("500 Internal Server Error", &[])]).await;
    let client = client().with_failure_log(FailureLog::new(&folder.0).with_files_max(2));
    for _ in 0..6 {
        client.send(&server.endpoint(), request()).await.expect_err("it is refused");
    }
    let left = fs::read_dir(&folder.0).expect("it is there").count();
    assert!(left <= 3, "{left} are left");
}

#[tokio::test]
async fn an_answer_that_goes_later_leaves_the_recording_of_the_next_call_alone() {
    let later = Step::Wait(Duration::from_millis(20));
    let server = Server::start(vec![good(), vec![stream_head(), text("High "), later, text("tide"), end()]]).await;
    let recorder = Recorder::new();
    let client = client().with_recorder(recorder.clone());
    let mut answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    while answer.next_event().await.is_some() {}
    // The first answer goes when the second is there.
    answer = client.send(&server.endpoint(), request()).await.expect("it answers");
    answer.collect_response().await;
    let recording = recorder.recording();
    assert_eq!(recording.close(), Some(Close::Clean));
    assert!(recording.bytes().ends_with(crate::server::END_FRAMES.as_bytes()));
}

#[tokio::test]
async fn an_attempt_is_written_down_with_its_own_answer_whoever_records() {
    let (folder, pause) = (Folder::new(), Step::Wait(Duration::from_millis(30)));
    let server = Server::start(vec![vec![stream_head(), text("Low "), pause, Step::Reset], good()]).await;
    let client = client().with_failure_log(FailureLog::new(&folder.0)).with_recorder(Recorder::new());
    let failing = client.send(&server.endpoint(), request()).await.expect("it answers");
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    failing.collect_response().await;
    let [(_, file)] = &folder.files()[..] else { panic!("one attempt failed") };
    let file: Value = serde_json::from_slice(file).expect("it is JSON");
    assert_eq!(file["answer"], "", "the recorder has the other call's");
}

#[tokio::test]
async fn no_more_of_a_message_is_written_down_than_someone_reads() {
    let folder = Folder::new();
    let error = serde_json::json!({"error": {"code": "invalid_prompt", "message": "no ".repeat(1 << 20)}});
    let server = Server::with(vec![stream_head(), send(format!("data: {error}\n\n"))]).await;
    let client = client().with_failure_log(FailureLog::new(&folder.0));
    client.send(&server.endpoint(), request()).await.expect("it answers").collect_response().await;
    let [(_, file)] = &folder.files()[..] else { panic!("one attempt failed") };
    let file: Value = serde_json::from_slice(file).expect("it is JSON");
    let message = file["message"].as_str().expect("it is a text");
    assert!(message.starts_with("no no ") && message.len() <= 4096, "{} bytes", message.len());
}
