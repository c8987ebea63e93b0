use thalweg::framing::{Cut, Framer, Framing, Payload};

use crate::{Chunking, Violation};

/// Holds a framer to its own laws: the lengths of the cuts add up to the input, and the cuts do not depend on how the input
/// was chunked, or on whether its buffers were given back in between. The first byte chooses the framing, the second the
/// chunking; the rest is the stream.
///
/// # Panics
/// With the [`Violation`].
pub fn framings(data: &[u8]) {
    if let Err(violation) = check_framings(data) {
        panic!("{violation}");
    }
}

/// [`framings`], without the panic.
///
/// # Errors
/// The first difference between the whole and another chunking.
pub fn check_framings(data: &[u8]) -> Result<(), Violation> {
    let [framing, seed, body @ ..] = data else { return Ok(()) };
    let framing = FRAMINGS[usize::from(*framing) % FRAMINGS.len()];
    let whole = cuts(framing, &Chunking::Whole, body)?;
    for chunking in [Chunking::Bytes(1), Chunking::Random(u64::from(*seed)), Chunking::Bytes(usize::from(*seed) + 2)] {
        let other = cuts(framing, &chunking, body)?;
        if other != whole {
            let at = whole.iter().zip(&other).take_while(|(one, two)| one == two).count();
            let message = format!("{framing:?}: cut {at} of the whole (left) and of {chunking} (right) differ");
            return Err(Violation::new(LAW, message).between(whole.get(at), other.get(at)));
        }
    }
    Ok(())
}

/// The cuts of a stream, each with its data where that was joined.
fn cuts(framing: Framing, chunking: &Chunking, body: &[u8]) -> Result<Vec<(Cut, Vec<u8>)>, Violation> {
    let mut framer = Framer::new(framing);
    let (mut found, mut head, mut end) = (Vec::new(), 0, 0);
    let mut take = |framer: &Framer, head: &mut usize, end: usize, cut: Cut| {
        let is_inside = |range: &core::ops::Range<usize>| range.start <= range.end && range.end <= cut.len;
        let data = if let Payload::Data(data) = &cut.payload { Some(data) } else { None };
        let ranges = [data, cut.event.as_ref(), cut.id.as_ref()];
        if cut.len > end - *head || !ranges.into_iter().flatten().all(is_inside) {
            return Err(Violation::new(LAW, format!("{framing:?}: a range outside of its frame: {cut:?}")));
        }
        *head += cut.len;
        let joined = if cut.payload == Payload::Joined { framer.joined().to_vec() } else { Vec::new() };
        found.push((cut, joined));
        Ok(())
    };
    for chunk in chunking.split(body) {
        end += chunk.len();
        while let Some(cut) = framer.next(&body[head..end]) {
            take(&framer, &mut head, end, cut)?;
        }
        framer.shrink();
    }
    while let Some(cut) = framer.finish(&body[head..]) {
        take(&framer, &mut head, end, cut)?;
    }
    if head != body.len() {
        return Err(Violation::new(LAW, format!("{framing:?}: {head} of {} bytes are in frames", body.len())));
    }
    Ok(found)
}

const FRAMINGS: [Framing; 4] = [Framing::Sse, Framing::Body, Framing::Lines, Framing::AwsEventStream];

const LAW: &str = "framings";
