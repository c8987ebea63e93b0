//! What of an event the order of events rests on.

use thalweg::{BlockId, BlockKind, Event, EventOf};

/// What the deltas of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    Reasoning,
    Refusal,
    Input,
    /// There are none.
    None,
}

impl Family {
    pub(crate) fn of<S>(kind: &BlockKind<S>) -> Self {
        match kind {
            BlockKind::Text => Self::Text,
            BlockKind::Reasoning { .. } => Self::Reasoning,
            BlockKind::Refusal => Self::Refusal,
            BlockKind::ToolCall { .. } | BlockKind::HostedCall { .. } => Self::Input,
            _ => Self::None,
        }
    }

    /// What a delta is; none for other events.
    pub(crate) fn of_delta(event: &Event<'_>) -> Self {
        delta(event).map_or(Self::None, |(_, family, _)| family)
    }

    /// A delta of this kind.
    pub(crate) fn delta<S>(self, block: BlockId, text: S) -> Option<EventOf<S>> {
        match self {
            Self::Text => Some(EventOf::text_delta(block, text)),
            Self::Reasoning => Some(EventOf::reasoning_delta(block, text)),
            Self::Refusal => Some(EventOf::refusal_delta(block, text)),
            Self::Input => Some(EventOf::tool_call_delta(block, text)),
            Self::None => None,
        }
    }
}

/// The parts of a delta.
pub(crate) fn delta<'a>(event: &Event<'a>) -> Option<(BlockId, Family, &'a str)> {
    match *event {
        Event::TextDelta { block, text, .. } => Some((block, Family::Text, text)),
        Event::ReasoningDelta { block, text, .. } => Some((block, Family::Reasoning, text)),
        Event::RefusalDelta { block, text, .. } => Some((block, Family::Refusal, text)),
        Event::ToolCallDelta { block, input, .. } => Some((block, Family::Input, input)),
        _ => None,
    }
}

pub(super) fn is_empty_delta(event: &Event<'_>) -> bool {
    delta(event).is_some_and(|(_, _, text)| text.is_empty())
}

/// Whether the sequence is well formed without the event too. What is not known is not removable.
pub(super) fn is_removable(event: &Event<'_>) -> bool {
    match event {
        Event::Meta { .. }
        | Event::BlockData { .. }
        | Event::Restated { .. }
        | Event::Usage { .. }
        | Event::Anomaly { .. }
        | Event::Extra { .. }
        | Event::Unknown { .. }
        | Event::Heartbeat { .. }
        | Event::Error { fatal: false, .. } => true,
        other => delta(other).is_some(),
    }
}

/// Whether one event may stand where the other stood. Of what is not known, only itself.
pub(super) fn is_same_shape(old: &Event<'_>, new: &Event<'_>) -> bool {
    if let (Some((block, family, _)), Some((new_block, new_family, _))) = (delta(old), delta(new)) {
        return (block, family) == (new_block, new_family);
    }
    match (old, new) {
        (Event::Meta { .. }, Event::Meta { .. })
        | (Event::Usage { .. }, Event::Usage { .. })
        | (Event::Unknown { .. }, Event::Unknown { .. }) => true,
        (
            Event::BlockStart { block, choice, kind, .. },
            Event::BlockStart { block: new_block, choice: new_choice, kind: new_kind, .. },
        ) => (block, choice) == (new_block, new_choice) && is_same_kind(kind, new_kind),
        (Event::BlockData { block, .. }, Event::BlockData { block: new, .. })
        | (Event::Restated { block, .. }, Event::Restated { block: new, .. }) => block == new,
        (Event::BlockEnd { block, input, .. }, Event::BlockEnd { block: new_block, input: new_input, .. }) => {
            block == new_block && input.is_some() == new_input.is_some()
        }
        (Event::Finish { choice, .. }, Event::Finish { choice: new, .. }) => choice == new,
        (Event::Error { fatal, .. }, Event::Error { fatal: new, .. }) => fatal == new,
        (Event::Anomaly { block, .. }, Event::Anomaly { block: new, .. }) => block == new,
        (Event::Extra { scope, .. }, Event::Extra { scope: new, .. }) => scope == new,
        (Event::End { outcome, evidence, .. }, Event::End { outcome: new_outcome, evidence: new_evidence, .. }) => {
            (outcome, evidence) == (new_outcome, new_evidence)
        }
        (old, new) => old == new,
    }
}

fn is_same_kind(old: &BlockKind<&str>, new: &BlockKind<&str>) -> bool {
    use BlockKind as K;
    match (old, new) {
        (K::Reasoning { .. }, K::Reasoning { .. })
        | (K::Approval { .. }, K::Approval { .. })
        | (K::Other { .. }, K::Other { .. }) => true,
        (K::ToolCall { form, .. }, K::ToolCall { form: new, .. }) => form == new,
        (K::HostedCall { form, host, .. }, K::HostedCall { form: new_form, host: new_host, .. }) => {
            (form, host) == (new_form, new_host)
        }
        (K::ToolResult { call, .. }, K::ToolResult { call: new, .. }) => call == new,
        (old, new) => old == new,
    }
}
