//! Objects into lines of JSON.

use fastrand::Rng;

use super::frames::Frame;
use super::perturbation::Perturbation as P;
use super::select::Selection;

/// Writes the body. `unknown` are objects that nobody documented.
pub(super) fn write(
    frames: &[Frame],
    unknown: &'static [&'static str],
    selection: &mut Selection,
    rng: &mut Rng,
) -> Vec<u8> {
    let mut out = String::new();
    if selection.roll(P::Bom, 1, rng) {
        out.push('\u{feff}');
    }
    for frame in frames {
        if selection.roll(P::BlankLines, 4, rng) {
            end(&mut out, selection, rng);
        }
        if selection.roll(P::UnknownFrames, 4, rng) {
            out.push_str(unknown[rng.usize(..unknown.len())]);
            end(&mut out, selection, rng);
        }
        out.push_str(&frame.data);
        end(&mut out, selection, rng);
    }
    if selection.roll(P::LastLineOpen, 1, rng) {
        out.truncate(out.trim_end_matches(['\r', '\n']).len());
    }
    out.into_bytes()
}

fn end(out: &mut String, selection: &mut Selection, rng: &mut Rng) {
    out.push_str(if selection.roll(P::LinesCrlf, 1, rng) { "\r\n" } else { "\n" });
}
