//! What a normalizer keeps: nothing of a large frame once it has been given out.

use thalweg::{Close, Normalizer, dialects};

/// More than any buffer keeps between frames, all together: five of 64 KiB.
const KEPT_MOST: usize = 320 * 1024;
const LARGE: usize = 4 << 20;

fn drained(normalizer: &mut Normalizer, bytes: &[u8]) -> usize {
    for chunk in bytes.chunks(16 * 1024) {
        normalizer.feed(chunk);
        while normalizer.poll().is_some() {}
    }
    normalizer.retained_bytes()
}

#[track_caller]
fn check(large: &[u8]) {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    let (most, held) = large.split_at(large.len() - 2);
    assert!(drained(&mut normalizer, most) > LARGE, "the frame is held until it is whole");
    let kept = drained(&mut normalizer, held);
    assert!(kept < KEPT_MOST, "{kept} bytes are kept of a frame of {}", large.len());
}

fn text_frame(text: &[u8]) -> Vec<u8> {
    [b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"", text, b"\"}}]}\n\n"].concat()
}

#[test]
fn a_large_text_leaves_nothing_behind() {
    check(&text_frame(&b"x".repeat(LARGE)));
}

#[test]
fn a_large_text_that_is_not_utf8_leaves_nothing_behind() {
    check(&text_frame(&b"xxx\xff".repeat(LARGE / 4)));
}

#[test]
fn large_data_in_many_lines_leaves_nothing_behind() {
    let lines = b"data: \n".repeat(LARGE / 7);
    check(&[b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}\n", &*lines, b"data: ]}\n\n"].concat());
}

#[test]
fn a_frame_of_many_choices_leaves_nothing_behind() {
    let frame = [b"data: {\"choices\":[", &*b"{},".repeat(LARGE / 3), b"{}]x}\n\n"].concat();
    check(&frame);
}

#[test]
fn an_ended_stream_keeps_nothing() {
    let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    normalizer.feed(&text_frame(&b"x".repeat(LARGE)));
    normalizer.finish(Close::Clean);
    while normalizer.poll().is_some() {}
    let kept = normalizer.retained_bytes();
    assert!(kept < 16 * 1024, "{kept} bytes are kept after the end");
}
