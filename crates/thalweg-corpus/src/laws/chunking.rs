use super::compare::{Expected, lend};
use crate::{Chunking, Cuts, Setup, Violation};

/// Law 1: the same bytes give the same events under every split.
///
/// Compared with the whole at once: single bytes, pairs, random sizes, empty chunks between all others, the two parts
/// at each of `cuts`; draining by frames, by a mix of events and frames, and only after the end.
///
/// # Errors
/// With the cut and the first two events that differ.
pub fn check_chunking<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], cuts: Cuts) -> Result<(), Violation> {
    let setup = setup.into();
    let whole = setup.events(bytes, &Chunking::Whole);
    let whole = lend(&whole);
    let same = |chunking: &Chunking, at: Option<usize>| {
        let mut expected = Expected::new(&whole);
        setup.drive(chunking.split(bytes), |event| expected.see(event));
        expected
            .all_of_them(LAW, || format!("whole (left) and {chunking} (right) differ"))
            .map_err(|violation| Violation { at, ..violation })
    };
    let seeds = match cuts {
        Cuts::Thorough => 0..6,
        Cuts::Few(seed) => seed..seed.saturating_add(2),
    };
    for chunking in [Chunking::Bytes(1), Chunking::Bytes(2)].into_iter().chain(seeds.map(Chunking::Random)) {
        same(&chunking, None)?;
    }
    let mut expected = Expected::new(&whole);
    let padded = Chunking::Bytes(3).split(bytes).flat_map(|chunk| [&[][..], chunk, &[]]);
    setup.drive(padded, |event| expected.see(event));
    expected.all_of_them(LAW, || "whole (left) and bytes:3 with empty chunks between (right) differ".into())?;
    for chunking in [Chunking::Whole, Chunking::Random(7)] {
        for events_first in [0, 1, 2] {
            by_frames(&setup, bytes, &chunking, events_first, Expected::new(&whole))?;
        }
        drained_late(&setup, bytes, &chunking, Expected::new(&whole))?;
    }
    for cut in cuts.positions(bytes.len()) {
        same(&Chunking::At(vec![cut]), Some(cut))?;
    }
    Ok(())
}

/// `poll_frame` gives what `poll` gives, also where both are used in turn.
fn by_frames(
    setup: &Setup<'_>,
    bytes: &[u8],
    chunking: &Chunking,
    events_first: usize,
    mut expected: Expected<'_>,
) -> Result<(), Violation> {
    let mut normalizer = setup.normalizer();
    let mut drain = |normalizer: &mut thalweg::Normalizer| {
        loop {
            for _ in 0..events_first {
                match normalizer.poll() {
                    Some(event) => expected.see(&event),
                    None => return,
                }
            }
            match normalizer.poll_frame() {
                Some(frame) => frame.events().for_each(|event| expected.see(&event)),
                None => return,
            }
        }
    };
    for chunk in chunking.split(bytes) {
        normalizer.feed(chunk);
        drain(&mut normalizer);
    }
    normalizer.finish(setup.close);
    drain(&mut normalizer);
    let message = || format!("poll (left) and poll_frame after each {events_first} events (right) differ, {chunking}");
    expected.all_of_them(LAW, message)
}

/// Nothing is polled for before the bytes have ended.
fn drained_late(
    setup: &Setup<'_>,
    bytes: &[u8],
    chunking: &Chunking,
    mut expected: Expected<'_>,
) -> Result<(), Violation> {
    let mut normalizer = setup.normalizer();
    for chunk in chunking.split(bytes) {
        normalizer.feed(chunk);
    }
    normalizer.finish(setup.close);
    while let Some(event) = normalizer.poll() {
        expected.see(&event);
    }
    expected.all_of_them(LAW, || format!("drained at once (left) and only at the end (right) differ, {chunking}"))
}

const LAW: &str = "chunking";
