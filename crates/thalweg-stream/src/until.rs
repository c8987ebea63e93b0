use thalweg::Stage;

/// How long a body is read.
///
/// It makes a difference only for bodies that go on, or stay open, after the response in them is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Until {
    /// Until the provider has said that the response is over ([`Stage::Settled`], for example `[DONE]` behind a finish
    /// reason), or the body ends. Servers that never close do not hang the consumer.
    ///
    /// No protocol has content behind that point. What arrived in one chunk with it is still read, so that the chunks
    /// which were taken give the same events whenever they are decoded again; what would have come in later chunks is
    /// not, and neither is how the body would have ended: the response ends as after a clean close.
    Settled,
    /// Until the body ends. Bytes behind the response are read too: passed on as frames, and said as anomalies.
    Closed,
}

impl Until {
    /// Whether the stream, drained and as far as this, wants nothing more of its body.
    pub(crate) fn is_reached(self, stage: Stage) -> bool {
        self == Self::Settled && stage >= Stage::Settled
    }

    /// How far the stream is for its deadlines: whoever reads on to the end of the body gives it the same short while as
    /// what may follow a finish.
    pub(crate) fn waits_at(self, stage: Stage) -> Stage {
        if self == Self::Closed { stage.min(Stage::Finished) } else { stage }
    }
}
