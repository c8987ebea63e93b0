use thalweg::Outcome;

use super::{Stream, TYPICAL, chat, giant_line, small_events, tool_input, tools};
use crate::steps::fold;

/// A stream is good when a fold gives exactly what the generator says, and nothing about it is strange.
#[track_caller]
fn check(stream: &Stream) {
    let response = fold(&stream.bytes, usize::MAX);
    assert_eq!(response.outcome, Some(Outcome::Complete), "{}", stream.name);
    assert_eq!(response.anomalies, [], "{}", stream.name);
    assert_eq!(response.errors, [], "{}", stream.name);
    assert!(response.usage.is_some(), "{}", stream.name);
    let blocks: Vec<_> = response.choices[0].blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(blocks, stream.visible, "{}", stream.name);
}

#[track_caller]
fn check_shape(stream: &Stream, frame_bytes: usize) {
    check(stream);
    let frame = stream.bytes.len() / stream.frames;
    assert!(
        frame.abs_diff(frame_bytes) * 50 <= frame_bytes,
        "{}: {frame} bytes a frame, not {frame_bytes}",
        stream.name
    );
    let delta = stream.visible.iter().map(String::len).sum::<usize>() as f64 / stream.frames as f64;
    assert!((4.5..=5.5).contains(&delta), "{}: {delta} bytes a delta", stream.name);
}

#[test]
fn chat_has_the_shape_of_openai() {
    check_shape(&chat(TYPICAL, 1), 331);
}

#[test]
fn tools_have_the_shape_of_openai() {
    let stream = tools(TYPICAL, 1);
    check_shape(&stream, 378);
    assert_eq!(stream.visible.len(), 4);
    let calls = fold(&stream.bytes, usize::MAX);
    assert_eq!(calls.choices[0].tool_calls().count(), 4);
    check(&tools(12, 2));
}

#[test]
fn a_seed_is_a_stream() {
    assert_eq!(chat(50, 3), chat(50, 3));
    assert_ne!(chat(50, 3).bytes, chat(50, 4).bytes);
    assert_eq!(tools(50, 3), tools(50, 3));
    assert_ne!(tools(50, 3).bytes, tools(50, 4).bytes);
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
