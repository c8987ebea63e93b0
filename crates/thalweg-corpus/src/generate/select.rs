//! Which perturbations a stream gets.

use fastrand::Rng;
use thalweg::Protocol;

use super::Author;
use super::intention::Intention;
use super::perturbation::Perturbation as P;

/// The perturbations that were drawn for a stream, and those that then left a trace in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    drawn: [u128; 2],
    hit: [u128; 2],
}

impl Selection {
    /// Draws in random order, few or many; what would make the stream ambiguous is left out.
    pub(super) fn draw(protocol: Protocol, rng: &mut Rng, intention: &Intention, allowed: &[P]) -> Self {
        let mut order: Vec<P> = P::of(protocol).collect();
        rng.shuffle(&mut order);
        let chance = [3, 20, 50][rng.usize(..3)];
        let wanted: Vec<P> = order.iter().copied().filter(|_| rng.u8(..100) < chance).collect();
        let author = Author::of(protocol);
        let mut selection = Self::default();
        for candidate in wanted {
            if !allowed.contains(&candidate) {
                continue;
            }
            let before = selection.drawn;
            let is_clear = |&other: &P| !selection.has(other) || candidate.ambiguity(other, protocol).is_none();
            let fits = order.iter().all(is_clear);
            set(&mut selection.drawn, candidate);
            if !fits || (author.is_ambiguous)(&selection, intention) {
                selection.drawn = before;
            }
        }
        selection
    }

    pub(super) const fn has(&self, perturbation: P) -> bool {
        is_set(&self.drawn, perturbation)
    }

    /// Whether any of several was drawn.
    pub(super) fn has_any(&self, perturbations: &[P]) -> bool {
        perturbations.iter().any(|&it| self.has(it))
    }

    /// Notes that a perturbation was carried out.
    pub(super) const fn hit(&mut self, perturbation: P) {
        set(&mut self.hit, perturbation);
    }

    /// Notes that a perturbation was carried out, if it was drawn.
    pub(super) const fn hit_if_drawn(&mut self, perturbation: P) {
        if self.has(perturbation) {
            self.hit(perturbation);
        }
    }

    /// Draws with a chance of one in `n`, if the perturbation was drawn for the stream, and notes it.
    pub(super) fn roll(&mut self, perturbation: P, n: u8, rng: &mut Rng) -> bool {
        let rolled = self.has(perturbation) && rng.u8(..n) == 0;
        if rolled {
            self.hit(perturbation);
        }
        rolled
    }

    pub(super) fn hits(&self) -> Vec<P> {
        P::ALL.iter().copied().filter(|&perturbation| is_set(&self.hit, perturbation)).collect()
    }
}

const fn is_set(bits: &[u128; 2], perturbation: P) -> bool {
    let n = perturbation as usize;
    bits[n / 128] & (1 << (n % 128)) != 0
}

const fn set(bits: &mut [u128; 2], perturbation: P) {
    let n = perturbation as usize;
    bits[n / 128] |= 1 << (n % 128);
}

const _: () = assert!(P::ALL.len() <= 256);
