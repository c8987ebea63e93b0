//! Frames that repeat with other lines around their data than most: told or read, the same frames and events.

use thalweg::{Close, Normalizer, OwnedEvent, dialects};

/// A frame's number, bytes, name and id, and its events.
type Seen = (u64, Vec<u8>, Option<String>, Option<String>, Vec<OwnedEvent>);

fn seen(bytes: &[u8], chunk: usize, memo: bool) -> (Vec<Seen>, u64) {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_memo(memo);
    let mut frames = Vec::new();
    let mut drain = |normalizer: &mut Normalizer| {
        while let Some(frame) = normalizer.poll_frame() {
            let [name, id] = [frame.name, frame.id].map(|text| text.map(String::from));
            let events = frame.events().map(|event| event.to_owned()).collect();
            frames.push((frame.number, frame.bytes.to_vec(), name, id, events));
        }
    };
    for chunk in bytes.chunks(chunk) {
        normalizer.feed(chunk);
        drain(&mut normalizer);
    }
    normalizer.finish(Close::Clean);
    drain(&mut normalizer);
    (frames, normalizer.repeats())
}

/// A stream of text deltas of many lengths, each between these lines, and the same in between with nothing around it.
fn stream(before: &str, after: &str) -> Vec<u8> {
    let data =
        |text: usize| format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}", "x".repeat(text));
    let around = (0..24).map(|n| format!("{before}data: {}{after}", data(1 + n * 7 % 11)));
    let between = (0..3).map(|n| format!("data: {}\n\n", data(n + 1)));
    let all = around.clone().take(12).chain(between).chain(around);
    all.collect::<String>().into_bytes()
}

#[track_caller]
fn check(before: &str, after: &str) {
    let bytes = stream(before, after);
    let (read, none) = seen(&bytes, bytes.len(), false);
    assert_eq!(none, 0, "nothing is told where that is switched off");
    for chunk in [bytes.len(), 64, 7, 1] {
        let (told, repeats) = seen(&bytes, chunk, true);
        assert_eq!(told, read, "in chunks of {chunk}");
        assert!(repeats > 24, "only {repeats} frames were told");
    }
}

#[test]
fn the_usual_lines() {
    check("", "\n\n");
    check("", "\r\n\r\n");
    check("event: message\n", "\n\n");
}

#[test]
fn a_name_behind_the_data_moves_with_it() {
    check("", "\nevent: message\n\n");
    check("event: ebb\n", "\nevent: flow\n\n");
}

#[test]
fn comments_and_fields_around_the_data() {
    check(": ebb\n", "\n\n");
    check("", "\n: flow\n\n");
    check("retry: 5\n", "\n\n");
    check("id: 7\n", "\n\n");
    check("", "\nid: 7\n\n");
    check("unknown: 7\n", "\n\n");
}

#[test]
fn carriage_returns_wait_for_what_follows() {
    check("", "\r\r");
    check("", "\n\r");
    check("", "\r\n\r");
    check("", "\r\r\n");
}

#[test]
fn blank_lines_between_frames_are_frames() {
    check("", "\n\n\n");
    check("\n", "\n\n");
}

#[test]
fn lines_that_are_too_long_to_be_kept() {
    check(&format!(": {}\n", "ebb and flow ".repeat(20)), "\n\n");
}

#[test]
fn more_data_makes_it_another_frame() {
    let mut bytes = stream("", "\n\n");
    // Data that ends as the ones before, and another line of data.
    let more = String::from_utf8(bytes.clone()).expect("text").replace("\"x\"}}]}\n\n", "\"x\"}}]}\ndata: \n\n");
    bytes.extend_from_slice(more.as_bytes());
    for chunk in [bytes.len(), 64, 7, 1] {
        assert_eq!(seen(&bytes, chunk, true).0, seen(&bytes, chunk, false).0, "in chunks of {chunk}");
    }
}

#[test]
fn whole_messages_repeat_too() {
    let events = |memo: bool| {
        let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT).with_memo(memo);
        let mut events = Vec::new();
        for text in ["ebb", " and ", "flow", ", and ebb again"] {
            let message = format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}");
            normalizer.feed_frame(message.as_bytes());
            while let Some(event) = normalizer.poll() {
                events.push(event.to_owned());
            }
        }
        (events, normalizer.repeats())
    };
    let (told, repeats) = events(true);
    // The first begins the answer, the second is learned.
    assert_eq!(repeats, 2);
    assert_eq!(told, events(false).0);
}
