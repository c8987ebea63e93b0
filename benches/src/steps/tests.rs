use thalweg::{Close, Normalizer};

use super::{collect, decode, decode_owned, fold, framing, memchr, visit_response};
use crate::streams::{KINDS, Stream, chat, growing, messages};

const CHUNKINGS: [usize; 5] = [usize::MAX, 16 * 1024, 1460, 64, 1];

#[track_caller]
fn check(stream: &Stream) {
    for chunk_bytes in CHUNKINGS {
        let (mut lent, mut owned, mut folded) = (Vec::new(), Vec::new(), Vec::new());
        decode(stream, chunk_bytes, |block, text| collect(&mut lent, block, text));
        decode_owned(stream, chunk_bytes, |block, text| collect(&mut owned, block, text));
        visit_response(&fold(stream, chunk_bytes), |block, text| collect(&mut folded, block, text));
        let name = format!("{} {} in chunks of {chunk_bytes}", stream.protocol(), stream.name);
        assert_eq!(lent, stream.visible, "{name}");
        assert_eq!(owned, stream.visible, "{name}");
        assert_eq!(folded, stream.visible, "{name}");

        let mut frames = 0;
        framing(stream, chunk_bytes, |_| frames += 1);
        assert_eq!(frames, stream.frames, "{name}");
        assert_eq!(memchr(stream, chunk_bytes), stream.line_ends, "{name}");
    }
}

#[test]
fn every_step_sees_the_same() {
    for kind in KINDS {
        check(&(kind.make)(200, 7));
    }
}

#[test]
fn every_step_sees_the_same_of_what_grows() {
    check(&growing::giant_line(20_000));
    check(&growing::small_events(200));
    check(&growing::tool_input(3_000, 4));
    check(&chat::long_input(30_000, 7));
    check(&messages::long_input(30_000, 7));
}

/// What the memo is for: nearly all frames of a stream are told without being read.
#[test]
fn frames_of_a_long_stream_repeat() {
    for kind in KINDS {
        let stream = (kind.make)(2_000, 7);
        let mut normalizer = Normalizer::new(stream.dialect);
        normalizer.feed(&stream.bytes);
        normalizer.finish(Close::Clean);
        while normalizer.poll().is_some() {}
        let (repeats, frames) = (normalizer.repeats(), stream.frames as u64);
        assert!(100 * repeats >= 95 * frames, "{} {}: {repeats} of {frames}", stream.protocol(), stream.name);
    }
}

/// A stream that waits in the middle of a frame for more, after a hundred deltas.
#[test]
fn an_idle_stream_keeps_little() {
    for kind in KINDS {
        let stream = (kind.make)(100, 7);
        let parked = &stream.bytes[..stream.bytes.len() * 4 / 5];
        let mut normalizer = Normalizer::new(stream.dialect);
        for chunk in parked.chunks(1460) {
            normalizer.feed(chunk);
            while normalizer.poll().is_some() {}
        }
        let kept = size_of::<Normalizer>() + normalizer.retained_bytes();
        // Four calls at once have a state each.
        let most = if stream.name == "tools" { 10 << 10 } else { 8 << 10 };
        assert!(kept <= most, "{} {}: {kept} bytes", stream.protocol(), stream.name);
    }
}
