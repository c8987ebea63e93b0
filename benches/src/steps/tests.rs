use super::{collect, decode, decode_owned, fold, framing, memchr, visit_response};
use crate::streams::{self, Stream};

const CHUNKINGS: [usize; 5] = [usize::MAX, 16 * 1024, 1460, 64, 1];

#[track_caller]
fn check(stream: &Stream) {
    for chunk_bytes in CHUNKINGS {
        let (mut lent, mut owned, mut folded) = (Vec::new(), Vec::new(), Vec::new());
        decode(&stream.bytes, chunk_bytes, |block, text| collect(&mut lent, block, text));
        decode_owned(&stream.bytes, chunk_bytes, |block, text| collect(&mut owned, block, text));
        visit_response(&fold(&stream.bytes, chunk_bytes), |block, text| collect(&mut folded, block, text));
        assert_eq!(lent, stream.visible, "{} in chunks of {chunk_bytes}", stream.name);
        assert_eq!(owned, stream.visible, "{} in chunks of {chunk_bytes}", stream.name);
        assert_eq!(folded, stream.visible, "{} in chunks of {chunk_bytes}", stream.name);

        let mut frames = 0;
        framing(&stream.bytes, chunk_bytes, |_| frames += 1);
        assert_eq!(frames, stream.frames, "{} in chunks of {chunk_bytes}", stream.name);
        assert_eq!(memchr(&stream.bytes, chunk_bytes), 2 * stream.frames);
    }
}

#[test]
fn every_step_sees_the_same() {
    check(&streams::chat(200, 7));
    check(&streams::tools(200, 7));
    check(&streams::giant_line(20_000));
    check(&streams::small_events(200));
    check(&streams::tool_input(3_000, 4));
}
