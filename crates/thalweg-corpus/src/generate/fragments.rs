//! Texts into the fragments that a wire sends.

use fastrand::Rng;

use super::perturbation::Perturbation as P;
use super::select::Selection;
use super::strings;

/// Cuts a text. Empty texts have no fragments.
pub(super) fn fragments(text: &str, selection: &mut Selection, rng: &mut Rng) -> Vec<Vec<u16>> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut fragments: Vec<Vec<u16>> = Vec::new();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let wanted = if selection.has(P::FragmentsOfOneChar) {
            selection.hit(P::FragmentsOfOneChar);
            1
        } else if selection.has(P::FragmentsWhole) {
            selection.hit(P::FragmentsWhole);
            rest.len()
        } else if selection.has(P::FragmentsRandom) {
            selection.hit(P::FragmentsRandom);
            let most = if rng.bool() { 3 } else { 40 };
            rng.usize(1..=most)
        } else {
            // A few tokens.
            12
        };
        let mut len = wanted.min(rest.len());
        let splits_pair = |len: usize| len < rest.len() && matches!(rest[len], 0xDC00..=0xDFFF);
        let is_split = if selection.has(P::SurrogatesSplit) {
            len = (1..len + 12).rfind(|&len| splits_pair(len)).unwrap_or(len);
            splits_pair(len)
        } else {
            len += usize::from(splits_pair(len));
            false
        };
        if is_split {
            selection.hit(P::SurrogatesSplit);
        }
        let (fragment, after) = rest.split_at(len);
        fragments.push(fragment.to_vec());
        rest = after;
    }
    fragments
}

/// Cuts an input. None of its fragments may equal a complete input before it: that would be the input sent again.
pub(super) fn input_fragments(text: &str, selection: &mut Selection, rng: &mut Rng) -> Vec<Vec<u16>> {
    let fragments = fragments(text, selection, rng);
    let mut before = 0;
    for n in 1..fragments.len() {
        before += fragments[n - 1].len();
        if before == fragments[n].len() && fragments[..n].concat() == fragments[n] {
            let prefix = String::from_utf16_lossy(&fragments[n]);
            if strings::is_complete(&prefix) {
                return vec![text.encode_utf16().collect()];
            }
        }
    }
    fragments
}
