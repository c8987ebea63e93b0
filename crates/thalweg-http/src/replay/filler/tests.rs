use super::*;

fn all(mut filler: Filler, max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(piece) = filler.next(max) {
        assert!(!piece.is_empty() && piece.len() <= max);
        bytes.extend_from_slice(&piece);
    }
    bytes
}

#[test]
fn fillers_are_the_same_in_pieces_of_any_size() {
    let beats = b": heartbeat\n\n".repeat(3000);
    let line = [&b"data: "[..], &vec![b'a'; 40_000 - 6], b"\n\n"].concat();
    for max in [1, 7, 1000, usize::MAX] {
        assert!(all(Filler::heartbeats(Wire::Sse, 3000), max) == beats, "{max}");
        assert!(all(Filler::line(Wire::Sse, 40_000), max) == line, "{max}");
    }
    assert_eq!(all(Filler::heartbeats(Wire::Lines, 3), 2), b"\n\n\n");
    assert_eq!(all(Filler::heartbeats(Wire::Sse, 0), 2), b"");
    let most = Filler::heartbeats(Wire::Sse, u64::MAX).next(usize::MAX).map(|piece| piece.len());
    assert!(most.is_some_and(|len| len <= PIECE_BYTES), "no more is made than is sent: {most:?}");
}

#[test]
fn an_empty_message_is_one() {
    // The checksums of the lengths 16 and 0, and of all before, as the format has them.
    let message = all(Filler::heartbeats(Wire::EventStream, 1), 100);
    assert_eq!(message, [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff]);
}

#[test]
fn garbage_depends_on_its_seed_and_is_one_line() {
    let garbage = |seed| all(Filler::garbage(Wire::Lines, 500, seed), 33);
    assert_eq!(garbage(1), garbage(1));
    assert_ne!(garbage(1), garbage(2));
    assert_eq!((garbage(1).len(), garbage(1).iter().filter(|byte| **byte == b'\n').count()), (501, 1));
    assert!(core::str::from_utf8(&garbage(1)).is_err());
}

#[test]
fn borders_are_between_frames() {
    let check = |wire, bytes: &[u8], expected: &[usize]| {
        let found: Vec<_> = (0..=bytes.len() as u64 + 1).map(|at| frame_border(wire, bytes, at)).collect();
        assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(bytes));
    };
    check(Wire::Sse, b"a\n\nb\n", &[0, 3, 3, 3, 5, 5, 5]);
    check(Wire::Sse, b"a\r\n\r\nb", &[0, 5, 5, 5, 5, 5, 6, 6]);
    check(Wire::Sse, b"a\r\rb", &[0, 3, 3, 3, 4, 4]);
    check(Wire::Lines, b"a\nbc\n", &[0, 2, 2, 5, 5, 5, 5]);
    check(Wire::Json, b"{}", &[0, 2, 2, 2]);
    let messages = [&all(Filler::heartbeats(Wire::EventStream, 2), 100)[..], b"\0\0\0\x01"].concat();
    let at = |at| frame_border(Wire::EventStream, &messages, at);
    assert_eq!([at(0), at(1), at(16), at(17), at(33)], [0, 16, 16, 32, 36], "a length that lies ends the search");
}
