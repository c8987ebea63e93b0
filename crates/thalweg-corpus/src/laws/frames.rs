use crate::{Chunking, Setup, Violation};

/// Law 12: the bytes of all frames, concatenated, are the input; a prefix of it where a limit ended the stream. Frames
/// are the same under every chunking, and numbered from 1.
///
/// # Errors
/// With the offset where they differ.
pub fn check_frames<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    let whole = ends(&setup, bytes, &Chunking::Whole)?;
    for chunking in [Chunking::Bytes(1), Chunking::Random(5)] {
        let other = ends(&setup, bytes, &chunking)?;
        if let Some((left, right)) = whole.iter().zip(&other).find(|(left, right)| left != right) {
            return Err(Violation::new(LAW, format!("frames end elsewhere, {chunking}")).between(left, right));
        }
        if whole.len() != other.len() {
            let message = format!("frames number differently, {chunking}");
            return Err(Violation::new(LAW, message).between(whole.len(), other.len()));
        }
    }
    Ok(())
}

/// Where each frame that has bytes ends.
fn ends(setup: &Setup<'_>, bytes: &[u8], chunking: &Chunking) -> Result<Vec<usize>, Violation> {
    let mut normalizer = setup.normalizer();
    let (mut ends, mut at, mut limited) = (Vec::new(), 0, false);
    let mut drain = |normalizer: &mut thalweg::Normalizer| {
        while let Some(frame) = normalizer.poll_frame() {
            let expected = bytes.get(at..at + frame.bytes.len());
            if expected != Some(frame.bytes) {
                let message = format!("frame {} is not what was fed, {chunking}", frame.number);
                let got = frame.bytes.escape_ascii().to_string();
                return Err(Violation::new(LAW, message).at(at).between(expected.map(<[u8]>::escape_ascii), got));
            }
            at += frame.bytes.len();
            if !frame.bytes.is_empty() {
                ends.push(at);
                if frame.number != ends.len() as u64 {
                    let message = format!("frame {} is numbered {}, {chunking}", ends.len(), frame.number);
                    return Err(Violation::new(LAW, message).at(at));
                }
            }
            for event in frame.events() {
                if let thalweg::Event::End { evidence, .. } = event {
                    limited = evidence.limit.is_some();
                }
            }
        }
        Ok(())
    };
    for chunk in chunking.split(bytes) {
        normalizer.feed(chunk);
        drain(&mut normalizer)?;
    }
    normalizer.finish(setup.close);
    drain(&mut normalizer)?;
    if at != bytes.len() && !limited {
        let message = format!("the frames have {at} bytes, the input has {}, {chunking}", bytes.len());
        return Err(Violation::new(LAW, message).at(at));
    }
    Ok(ends)
}

const LAW: &str = "frames";
