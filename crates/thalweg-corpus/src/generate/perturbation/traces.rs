//! What perturbations leave in what is folded: anomalies.

use thalweg::AnomalyKind;

use super::Perturbation;

impl Perturbation {
    /// The anomaly that must be seen if and only if a perturbation of this kind is in the stream.
    #[must_use]
    pub const fn sign(self) -> Option<AnomalyKind> {
        Some(match self {
            Self::IndexZero => AnomalyKind::IndexReused,
            Self::IdLate => AnomalyKind::IdLate,
            Self::NameLate => AnomalyKind::NameLate,
            Self::NameInPieces => AnomalyKind::NameInPieces,
            Self::InputAgain => AnomalyKind::InputRepeated,
            Self::FinishEarly | Self::FinishEverywhere => AnomalyKind::ContentAfterFinish,
            Self::FinishDiffers => AnomalyKind::FinishDiffers,
            Self::CallAlone => AnomalyKind::BadFrame,
            Self::WordsAsData => AnomalyKind::InvalidJson,
            Self::CommentAsData => AnomalyKind::CommentAsData,
            Self::LastFrameOpen | Self::ArrayOpen => AnomalyKind::UnterminatedFrame,
            Self::ErrorBare => AnomalyKind::BareJson,
            Self::StartTwice => AnomalyKind::SecondStart,
            Self::StartMismatch => AnomalyKind::KindMismatch,
            Self::StartsAbsent => AnomalyKind::DeltaWithoutStart,
            _ => return None,
        })
    }

    /// Anomalies that may be seen where a perturbation of this kind is in the stream: whether they are depends on what
    /// else is.
    #[must_use]
    pub const fn hints(self) -> &'static [AnomalyKind] {
        match self {
            Self::SequenceConstant => &[AnomalyKind::SequenceRepeat],
            Self::ItemIdsRotate | Self::ItemIdsEmpty => &[AnomalyKind::IdChanged],
            Self::AddedAbsent => &[
                AnomalyKind::DeltaWithoutStart,
                AnomalyKind::EndWithoutStart,
                AnomalyKind::NameLate,
                AnomalyKind::IdLate,
            ],
            Self::PartAddedAbsent | Self::ContentIndexGrows => {
                &[AnomalyKind::DeltaWithoutStart, AnomalyKind::EndWithoutStart]
            }
            Self::StartsAbsent => &[AnomalyKind::EndWithoutStart],
            _ => &[],
        }
    }
}
