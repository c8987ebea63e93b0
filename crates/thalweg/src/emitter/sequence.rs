//! The numbers of frames: what is missing, what comes again, and where a response can be continued.

use alloc::boxed::Box;

use super::{Emitter, Span};
use crate::event::{Action, AnomalyKind, MetaField, Outcome, Resume};

/// What is known of the numbers that the wire gives its frames.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    last: Option<u64>,
    /// A number was above the one before it, so they count something.
    has_risen: bool,
    /// A number did not rise though nothing was repeated: some servers send a constant.
    is_broken: bool,
    /// Another connection began, and has not come behind the last number yet.
    is_behind: bool,
    is_resumable: bool,
}

impl Emitter {
    /// The number that the wire gives the frame at hand. Call it before anything is said of the frame; where it gives
    /// false, the frame came before the connection was changed: say nothing of it. A frame without a number needs no
    /// call.
    ///
    /// Only frames behind a change of the connection are dropped, and only if the numbers rose before it. Otherwise
    /// frames are used as they come: a gap is an anomaly each time, a number that does not rise is one the first time;
    /// from then on numbers mean nothing.
    #[must_use]
    pub fn sequence(&mut self, number: u64) -> bool {
        let sequence = &mut self.sequence;
        if sequence.is_broken {
            return true;
        }
        let Some(last) = sequence.last else {
            sequence.last = Some(number);
            return true;
        };
        if number <= last {
            if sequence.is_behind && sequence.has_risen {
                // It was counted when it came first.
                self.facts.frames = self.facts.frames.saturating_sub(1);
                return false;
            }
            sequence.is_broken = true;
            self.anomaly(AnomalyKind::SequenceRepeat, Action::Kept, None);
            return true;
        }
        sequence.last = Some(number);
        sequence.has_risen = true;
        sequence.is_behind = false;
        if number - last > 1 {
            self.anomaly(AnomalyKind::SequenceGap, Action::Kept, None);
        }
        true
    }

    /// The same for an error, which is never dropped: servers number those as they like, and one that a new connection
    /// begins with repeats nothing. One that was reported is not reported again in any case.
    pub fn sequence_of_error(&mut self, number: u64) {
        let Sequence { last, has_risen, is_behind, .. } = self.sequence;
        if (is_behind && has_risen) || last.is_none_or(|last| number > last) {
            let _ = self.sequence(number);
        }
    }

    /// The provider keeps this response: if the stream breaks off, the rest can be asked for.
    pub fn set_resumable(&mut self) {
        self.sequence.is_resumable = true;
    }

    /// Another connection continues the response.
    pub(crate) const fn reconnect(&mut self) {
        self.sequence.is_behind = true;
    }

    /// Where to go on, if more of the response can come.
    pub(crate) fn resume_point(&self) -> Option<Resume<&str>> {
        let Sequence { last, is_broken, is_resumable, .. } = self.sequence;
        let is_over = self.facts.terminal || self.facts.failed || self.facts.limit.is_some();
        if !is_resumable || is_broken || is_over {
            return None;
        }
        let response_id = self.metas[MetaField::Id as usize].as_deref()?;
        Some(Resume { response_id, after: last? })
    }

    /// What the end says of that. Who cancelled a response does not want the rest.
    pub(super) fn resume(&mut self, outcome: Outcome) -> Option<Resume<Span>> {
        let is_unfinished = matches!(outcome, Outcome::Truncated | Outcome::Suspended);
        let Resume { response_id, after } = self.resume_point().filter(|_| is_unfinished)?;
        let response_id = Box::<str>::from(response_id);
        Some(Resume { response_id: self.text((&*response_id).into()), after })
    }
}
