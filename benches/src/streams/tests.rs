use thalweg::Outcome;

use super::growing::{giant_line, small_events, tool_input};
use super::{KINDS, Kind, LONG, SHORTEST, Stream, TYPICAL, chat, messages};
use crate::steps::{fold, framing};

/// A stream is good when a fold gives exactly what the generator says, and nothing about it is strange.
#[track_caller]
fn check(stream: &Stream) {
    let name = format!("{} {}", stream.protocol(), stream.name);
    let response = fold(stream, usize::MAX);
    assert_eq!(response.outcome, Some(Outcome::Complete), "{name}");
    assert_eq!(response.anomalies, [], "{name}");
    assert_eq!(response.errors, [], "{name}");
    assert!(response.usage.is_some(), "{name}");
    let blocks: Vec<_> = response.choices[0].blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(blocks, stream.visible, "{name}");
}

fn kind(protocol: &str, name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| (kind.protocol, kind.name) == (protocol, name)).unwrap()
}

#[track_caller]
fn check_shape(protocol: &str, name: &str, frame_bytes: usize, said: core::ops::Range<f64>) -> Stream {
    let stream = kind(protocol, name).typical();
    let frame = stream.bytes.len() / stream.frames;
    assert!(frame.abs_diff(frame_bytes) * 50 <= frame_bytes, "{protocol} {name}: {frame} bytes a frame");
    let delta = stream.visible_bytes() as f64 / stream.frames as f64;
    assert!(said.contains(&delta), "{protocol} {name}: {delta} bytes of content a frame");
    stream
}

#[test]
fn every_kind_means_what_it_says() {
    for kind in KINDS {
        let stream = kind.typical();
        assert_eq!((stream.protocol(), stream.name), (kind.protocol, kind.name));
        check(&stream);
        check(&(kind.make)(SHORTEST, 2));
    }
}

#[test]
fn streams_have_the_shapes_of_their_providers() {
    check_shape("openai-chat", "text", 331, 4.5..5.5);
    check_shape("openai-chat", "tools", 378, 4.5..5.5);
    check_shape("openai-responses", "text", 308, 4.5..5.5);
    check_shape("anthropic-messages", "text", 131, 7.5..9.0);
    let gemini = check_shape("gemini", "text", 454, 95.0..120.0);
    assert!((115..130).contains(&gemini.frames));
    assert!(gemini.bytes.windows(4).filter(|bytes| bytes == b"\r\n\r\n").count() == gemini.frames);
}

#[test]
fn calls_are_as_many_as_they_should_be() {
    for (protocol, calls) in [("openai-chat", 4), ("openai-responses", 4), ("anthropic-messages", 2)] {
        let response = fold(&kind(protocol, "tools").typical(), usize::MAX);
        assert_eq!(response.choices[0].tool_calls().count(), calls, "{protocol}");
    }
    check(&chat::tools(12, 2));
}

#[test]
fn responses_have_large_objects() {
    let stream = kind("openai-responses", "text").typical();
    let mut large = Vec::new();
    framing(&stream, usize::MAX, |data| {
        if data.windows(12).any(|bytes| bytes == b"\"response\":{") {
            large.push(data.len());
        }
    });
    assert_eq!(large.len(), 3);
    assert!(large.iter().all(|bytes| (9_000..=14_500).contains(bytes)), "{large:?}");
}

#[test]
fn a_kind_can_be_had_in_any_size() {
    for kind in KINDS.iter().chain(LONG) {
        let megabyte = kind.of_bytes(1 << 20).bytes.len();
        assert!(megabyte.abs_diff(1 << 20) * 25 <= 1 << 20, "{} {}: {megabyte}", kind.protocol, kind.name);
    }
}

#[test]
fn a_seed_is_a_stream() {
    for kind in KINDS {
        assert_eq!((kind.make)(50, 3).bytes, (kind.make)(50, 3).bytes);
        assert_ne!((kind.make)(50, 3).bytes, (kind.make)(50, 4).bytes);
    }
}

#[test]
fn a_long_input_is_as_long_as_asked() {
    for stream in [chat::long_input(1 << 20, 1), messages::long_input(1 << 20, 1)] {
        check(&stream);
        assert!(stream.visible_bytes().abs_diff(1 << 20) < 5_000);
        assert!((255..275).contains(&stream.frames), "{}", stream.frames);
    }
}

#[test]
fn a_giant_line_is_as_long_as_asked() {
    for line_bytes in [100, 5_000, 3 << 20] {
        let stream = giant_line(line_bytes);
        check(&stream);
        let line = stream.bytes.split(|&byte| byte == b'\n').next().map(<[u8]>::len);
        assert_eq!(line, Some(line_bytes));
    }
}

#[test]
fn small_events_are_as_many_as_asked() {
    let stream = small_events(5_000);
    check(&stream);
    assert_eq!(stream.visible[0].len(), 5_000);
    assert_eq!(stream.frames, 5_003);
}

#[test]
fn tool_input_is_as_long_as_asked() {
    for delta_bytes in [1, 4, 7, 1024] {
        let stream = tool_input(10_001, delta_bytes);
        check(&stream);
        assert_eq!(stream.visible[0].len(), 10_001);
        assert_eq!(stream.frames, 10_001_usize.div_ceil(delta_bytes) + 4);
    }
}

#[test]
fn typical_is_one_response() {
    assert_eq!(KINDS.iter().filter(|kind| kind.typical == TYPICAL).count(), KINDS.len() - 2);
}
