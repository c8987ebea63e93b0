use thalweg::{Limits, Normalizer, Stage};

use crate::{Chunking, Setup, Violation};

/// Law 9: after each drain the memory in use is within the limits and a constant. Nothing may depend on how large the
/// chunks were.
///
/// # Errors
/// With how much was fed when there was too much.
pub fn check_bounds<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    for chunking in [Chunking::Whole, Chunking::Bytes(1000), Chunking::Random(11)] {
        let mut normalizer = setup.normalizer();
        let (mut fed, mut given) = (0, 0);
        for chunk in chunking.split(bytes) {
            normalizer.feed(chunk);
            fed += chunk.len();
            given += drain(&mut normalizer);
            is_bounded(&normalizer, &setup.limits, fed, given, &chunking)?;
        }
        normalizer.finish(setup.close);
        given += drain(&mut normalizer);
        is_bounded(&normalizer, &setup.limits, fed, given, &chunking)?;
    }
    Ok(())
}

/// Takes all frames and says how many bytes they had.
fn drain(normalizer: &mut Normalizer) -> usize {
    let mut given = 0;
    while let Some(frame) = normalizer.poll_frame() {
        given += frame.bytes.len();
    }
    given
}

fn is_bounded(
    normalizer: &Normalizer,
    limits: &Limits,
    fed: usize,
    given: usize,
    chunking: &Chunking,
) -> Result<(), Violation> {
    let pending = if normalizer.stage() == Stage::Ended { 0 } else { fed.saturating_sub(given) };
    let most = most(limits, pending.min(limits.frame_bytes), fed);
    let retained = normalizer.retained_bytes();
    if retained <= most {
        return Ok(());
    }
    let message = format!("{retained} bytes are kept of {fed} fed with {pending} pending, at most {most}, {chunking}");
    Err(Violation::new(LAW, message).at(fed))
}

/// What may be kept: the pending frame, its lines joined, each in a buffer that doubles; what the limits count; tables
/// with an entry a block and a choice; and a constant for buffers that are used again.
fn most(limits: &Limits, pending: usize, fed: usize) -> usize {
    let blocks = (limits.blocks as usize).min(fed / LEAST_BLOCK_BYTES);
    let choices = (limits.choices as usize).min(fed / LEAST_CHOICE_BYTES);
    4 * pending
        + 2 * limits.held_bytes.min(fed)
        + 2 * limits.identity_bytes.min(fed)
        + ENTRY_BYTES * (blocks + choices)
        + CONSTANT_BYTES
}

/// `{"id":"a"}`, of a call.
const LEAST_BLOCK_BYTES: usize = 8;
/// `{},`
const LEAST_CHOICE_BYTES: usize = 3;
const ENTRY_BYTES: usize = 1024;
const CONSTANT_BYTES: usize = 256 << 10;
const LAW: &str = "bounds";
