//! Fragments that repeat all that came before them.

use crate::emitter::{Digest, Emitter};
use crate::event::{Action, AnomalyKind};
use crate::json::Edges;

/// What has come of one text, as length and hash.
#[derive(Debug, Default)]
pub(super) struct Cumulative {
    known: Digest,
    /// The last fragment, where it did not go on from what is known: the next may go on from it alone.
    rewritten: Option<Digest>,
}

impl Cumulative {
    /// What of `text` is new. A text that does not begin with what is known is all new, and that is noted.
    pub(super) fn strip<'a>(&mut self, text: &'a str, edges: &mut Edges, out: &mut Emitter) -> &'a str {
        if *edges != Edges::default() {
            // The next fragment has the whole pair again.
            edges.high = None;
            if core::mem::take(edges) != Edges::default() {
                out.anomaly(AnomalyKind::LoneSurrogate, Action::Dropped, None);
            }
        }
        for known in [Some(self.known), self.rewritten].into_iter().flatten() {
            let Some((before, new)) = usize::try_from(known.len()).ok().and_then(|len| text.split_at_checked(len))
            else {
                continue;
            };
            let mut digest = Digest::default();
            digest.add(before);
            if digest == known {
                self.known.add(new);
                if let Some(rewritten) = &mut self.rewritten {
                    rewritten.add(new);
                }
                return new;
            }
        }
        out.anomaly(AnomalyKind::RestatementDiffers, Action::Kept, None);
        self.known.add(text);
        let mut rewritten = Digest::default();
        rewritten.add(text);
        self.rewritten = Some(rewritten);
        text
    }
}
