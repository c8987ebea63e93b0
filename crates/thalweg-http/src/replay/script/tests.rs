use thalweg::{Close, Recording};

use super::*;
use crate::replay::Fault;

/// Two chunks, at 10 and 20 microseconds, of 6 and 9 bytes.
fn recording(close: Close) -> Recording {
    let mut recording = Recording::new();
    recording.push(10, b"a: 1\n\n");
    recording.push(20, b"b\n\nc: 3\n\n");
    recording.finish(Some(30), close);
    recording
}

/// The steps of a script, one a word: `@10:text` or `text` where it has no time, `pause5`, and how it ends.
fn steps_of(recording: &Recording, connection: usize, faults: &str) -> Vec<String> {
    let faults: Vec<_> =
        Fault::parse_list(faults).expect("they are faults").into_iter().map(|fault| fault.kind).collect();
    let mut script = Script::new(Take::all(recording)[connection].clone(), Wire::Sse, &faults);
    let mut steps = Vec::new();
    loop {
        match script.next() {
            Step::Pause(pause) => steps.push(format!("pause{}", pause.as_millis())),
            Step::Send { at, bytes } => {
                let at = at.map(|at| format!("@{}:", at.as_micros())).unwrap_or_default();
                steps.push(at + &String::from_utf8_lossy(&bytes).replace('\n', "/"));
            }
            Step::End { at, end } => {
                let at = at.map(|at| format!("@{}:", at.as_micros())).unwrap_or_default();
                steps.push(format!("{at}{end:?}"));
                return steps;
            }
        }
    }
}

#[track_caller]
fn check(faults: &str, expected: &[&str]) {
    assert_eq!(steps_of(&recording(Close::Clean), 0, faults), expected, "{faults}");
}

#[test]
fn without_faults_it_is_what_was_recorded() {
    check("", &["@10:a: 1//", "@20:b//c: 3//", "@30:Clean"]);
    for (close, expected) in
        [(Close::Broken, "@30:Broken"), (Close::TimedOut, "@30:Silent"), (Close::Cancelled, "@30:Broken")]
    {
        assert_eq!(steps_of(&recording(close), 0, "").last().map(String::as_str), Some(expected));
    }
}

#[test]
fn each_connection_has_its_own_times_and_end() {
    let mut recording = Recording::new();
    recording.push(10, b"ab");
    recording.connection(50);
    recording.connection(60);
    recording.push(75, b"cd");
    recording.finish(None, Close::Clean);
    assert_eq!(steps_of(&recording, 0, ""), ["@10:ab", "Broken"]);
    assert_eq!(steps_of(&recording, 1, ""), ["Broken"], "nothing came on it");
    assert_eq!(steps_of(&recording, 2, ""), ["@15:cd", "Clean"]);
}

#[test]
fn what_stops_first_holds() {
    check("cut:8", &["@10:a: 1//", "@20:b/", "Broken"]);
    check("cut:0", &["Broken"]);
    check("cut:15", &["@10:a: 1//", "@20:b//c: 3//", "@30:Broken"]);
    check("cut:9999", &["@10:a: 1//", "@20:b//c: 3//", "@30:Broken"]);
    check("reset@3", &["@10:a: ", "Reset"]);
    check("hang", &["@10:a: 1//", "@20:b//c: 3//", "@30:Silent"]);
    check("hang cut:3 reset@7", &["@10:a: ", "Broken"]);
    check("reset@7 cut:3 hang", &["@10:a: ", "Broken"]);
}

#[test]
fn stalls_and_chunks_cut_where_they_stand() {
    check("stall:5", &["pause5", "@10:a: 1//", "@20:b//c: 3//", "@30:Clean"]);
    check("stall:5@8 stall:7@3", &["@10:a: ", "pause7", "@10:1//", "@20:b/", "pause5", "@20:/c: 3//", "@30:Clean"]);
    check("stall:5@99", &["@10:a: 1//", "@20:b//c: 3//", "pause5", "@30:Clean"]);
    check("stall:5@9 cut:8", &["@10:a: 1//", "@20:b/", "Broken"]);
    // A piece of two recorded chunks is whole when the second came.
    check("chunk:4", &["@10:a: 1", "@20://b/", "@20:/c: ", "@20:3//", "@30:Clean"]);
    check("chunk:100", &["@20:a: 1//b//c: 3//", "@30:Clean"]);
}

#[test]
fn fillers_stand_between_frames() {
    check("heartbeats:1", &[": heartbeat//", "@10:a: 1//", "@20:b//c: 3//", "@30:Clean"]);
    check("line:8@1", &["@10:a: 1//", "data: ", "aa", "//", "@20:b//c: 3//", "@30:Clean"]);
    check("heartbeats:1@7 chunk:9", &["@20:a: 1//b//", ": heartbe", "at//", "@20:c: 3//", "@30:Clean"]);
    let steps = steps_of(&recording(Close::Clean), 0, "garbage:5");
    assert_eq!((steps.len(), &*steps[0], &*steps[1], &*steps[3]), (5, "@10:a: 1//", "@20:b//", "@20:c: 3//"));
    assert!(steps[2].starts_with("data: \u{fffd}"), "{steps:?}");
}

#[test]
fn the_length_is_told_only_where_it_is_true() {
    let len = |wire, close, faults: &str| {
        let mut recording = Recording::new();
        recording.push(10, b"{\"a\":[1,2,3]}\n");
        recording.finish(None, close);
        let faults: Vec<_> = Fault::parse_list(faults).expect("faults").into_iter().map(|fault| fault.kind).collect();
        Script::new(Take::all(&recording)[0].clone(), wire, &faults).len()
    };
    for faults in ["", "cut:3", "reset@3", "stall:5", "chunk:1"] {
        assert_eq!(len(Wire::Json, Close::Clean, faults), Some(14), "{faults}");
        assert_eq!(len(Wire::Sse, Close::Clean, faults), None, "streams do not tell it");
    }
    for faults in ["hang", "heartbeats:1", "line:1", "garbage", "gzip", "gzip-cut", "cut:14"] {
        assert_eq!(len(Wire::Json, Close::Clean, faults), None, "{faults}");
    }
    assert_eq!((len(Wire::Json, Close::Broken, ""), len(Wire::Json, Close::TimedOut, "")), (None, None));
}
