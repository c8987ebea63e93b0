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
