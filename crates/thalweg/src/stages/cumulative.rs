//! Fragments that repeat all that came before them.

use crate::emitter::{Digest, Emitter};
use crate::event::{Action, AnomalyKind};
use crate::json::Edges;

/// What has come of one text, as length and hash.
#[derive(Debug, Default)]
pub(super) struct Cumulative {
    known: Digest,
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
        let known = usize::try_from(self.known.len()).ok().and_then(|len| text.split_at_checked(len));
        let mut digest = Digest::default();
        if let Some((before, new)) = known {
            digest.add(before);
            if digest == self.known {
                self.known.add(new);
                return new;
            }
        }
        out.anomaly(AnomalyKind::RestatementDiffers, Action::Kept, None);
        self.known.add(text);
        text
    }
}
