use crate::{Chunking, Setup, Violation};

/// Law 2: nothing panics, and events and steps are linear in the bytes: at most 8 a byte and 64 more.
///
/// Panics are not caught: they are found by running this.
///
/// # Errors
/// When there are more, or when something comes after the end.
pub fn check_totality<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8]) -> Result<(), Violation> {
    let setup = setup.into();
    let most = 8 * bytes.len() + 64;
    for chunking in [Chunking::Whole, Chunking::Random(3)] {
        let mut normalizer = setup.normalizer();
        let (mut events, mut frames) = (0_usize, 0_usize);
        let mut drain = |normalizer: &mut thalweg::Normalizer| {
            while let Some(frame) = normalizer.poll_frame() {
                frames += 1;
                events += frame.events().count();
                if events > most || frames > most {
                    break;
                }
            }
        };
        for chunk in chunking.split(bytes) {
            normalizer.feed(chunk);
            drain(&mut normalizer);
        }
        normalizer.finish(setup.close);
        drain(&mut normalizer);
        if events > most || frames > most {
            let message = format!("{} bytes give {events} events in {frames} frames, {chunking}", bytes.len());
            return Err(Violation::new(LAW, message));
        }
        // Calls after the end do nothing.
        normalizer.feed(bytes);
        normalizer.finish(setup.close);
        if let Some(event) = normalizer.poll() {
            return Err(Violation::new(LAW, format!("after the end came {event:?}")));
        }
    }
    Ok(())
}

const LAW: &str = "totality";
