//! Objects into one JSON array.

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
    selection.hit(P::JsonArray);
    let mut out = String::new();
    if selection.roll(P::Bom, 1, rng) {
        out.push('\u{feff}');
    }
    let border = [",\n", ",", ",\r\n", "\n,\n"][rng.usize(..4)];
    out.push('[');
    for (n, frame) in frames.iter().enumerate() {
        if n > 0 {
            out.push_str(border);
        }
        if selection.roll(P::UnknownFrames, 4, rng) {
            out.push_str(unknown[rng.usize(..unknown.len())]);
            out.push_str(border);
        }
        out.push_str(&frame.data);
    }
    if selection.has(P::CutShort) {
        // What is cut short has no end.
        selection.hit(P::ArrayOpen);
    } else if !selection.roll(P::ArrayOpen, 1, rng) {
        out.push_str(["]", "\n]\n", "]\n"][rng.usize(..3)]);
    }
    out.into_bytes()
}
