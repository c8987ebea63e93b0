use core::ops::Range;
use fastrand::Rng;

use thalweg::{Event, OwnedEvent};

use super::compare::{Expected, lend};
use crate::{Setup, Violation, wire};

/// Law 16: frames that are told from an earlier one give the events that reading them gives.
///
/// On the bytes as they are, and with frames of theirs sent again and again, a byte of each copy changed at random or a
/// line put between its lines. The frames' bytes and names are held to the same. Gives the number of frames that were not
/// read.
///
/// # Errors
/// With the first two events that differ, or the first frame.
pub fn check_memo<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], seed: u64) -> Result<u64, Violation> {
    let setup = setup.into();
    let mut rng = Rng::with_seed(seed);
    let repeats = same(&setup, bytes)?;
    let mut changed = Vec::new();
    let mut frame = Vec::new();
    for line in wire::lines(bytes) {
        let end = &bytes[line.start..line.end()];
        changed.extend_from_slice(end);
        frame.extend_from_slice(end);
        // Of lines of JSON each is a frame.
        if line.is_blank() || line.text.starts_with(b"{") {
            for _ in 0..rng.usize(0..4) {
                let mut copy = frame.clone();
                let at = rng.usize(..copy.len());
                copy[at] = CHANGES[rng.usize(..CHANGES.len())].unwrap_or(copy[at]);
                let line = LINES[rng.usize(..LINES.len())];
                let border = wire::lines(&copy).get(rng.usize(..3)).map_or(0, |line| line.start);
                copy.splice(border..border, line.iter().copied());
                changed.extend_from_slice(&copy);
            }
            frame.clear();
        }
    }
    Ok(repeats + same(&setup, &changed)?)
}

fn same(setup: &Setup<'_>, bytes: &[u8]) -> Result<u64, Violation> {
    let mut read: Vec<OwnedEvent> = Vec::new();
    let (frames, _) = drive(setup, false, bytes, |event| read.push(event.to_owned()));
    let read = lend(&read);
    let mut expected = Expected::new(&read);
    let (told, repeats) = drive(setup, true, bytes, |event| expected.see(event));
    expected.all_of_them(LAW, || "all frames read (left) and some told from earlier ones (right) differ".into())?;
    if let Some((read, told)) = frames.iter().zip(&told).find(|(read, told)| read != told) {
        let message = "a frame that was read (left) and the same one told (right) differ";
        return Err(Violation::new(LAW, message).between(read, told).at(read.1.start));
    }
    if frames.len() != told.len() {
        return Err(Violation::new(LAW, format!("{} frames were read and {} told", frames.len(), told.len())));
    }
    Ok(repeats)
}

/// A frame's number, its bytes in the stream and its name.
type Seen = (u64, Range<usize>, Option<String>);

fn drive(setup: &Setup<'_>, memo: bool, bytes: &[u8], mut see: impl FnMut(&Event<'_>)) -> (Vec<Seen>, u64) {
    let mut normalizer = setup.normalizer().with_memo(memo);
    let (mut frames, mut end) = (Vec::new(), 0);
    normalizer.feed(bytes);
    normalizer.finish(setup.close);
    while let Some(frame) = normalizer.poll_frame() {
        let start = end;
        end += frame.bytes.len();
        frames.push((frame.number, start..end, frame.name.map(String::from)));
        frame.events().for_each(|event| see(&event));
    }
    (frames, normalizer.repeats())
}

/// What a byte of a copy becomes; it mostly stays.
const CHANGES: [Option<u8>; 16] = [
    None,
    None,
    None,
    None,
    Some(b'0'),
    Some(b'9'),
    Some(b'-'),
    Some(b'a'),
    Some(b'"'),
    Some(b'\\'),
    Some(b'u'),
    Some(b' '),
    Some(b'}'),
    Some(b','),
    Some(0xc3),
    Some(0x00),
];

/// What comes between two lines of a copy; mostly nothing.
const LINES: [&[u8]; 12] =
    [b"", b"", b"", b"", b"", b"", b": ebb\n", b"id: 7\r\n", b"retry: 5\n", b"\n", b"\r", b"data: 1\n"];

const LAW: &str = "memo";
