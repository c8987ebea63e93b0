//! Stop reasons, and what is said beside them.

use crate::dialect::Oddities;
use crate::emitter::{Emitter, Fragment};
use crate::event::{Reason, Scope};
use crate::json::{Error, Raw, Text};

/// What a message says of its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stop {
    pub(super) reason: Option<Text>,
    pub(super) sequence: Option<Text>,
    pub(super) details: Option<Raw>,
}

impl Stop {
    /// Whether there is a reason: without one, what stands beside it is no detail of it.
    pub(super) fn is_said(&self) -> bool {
        self.reason.is_some_and(|text| !text.is_empty())
    }

    /// Says it, as far as it is there: the wire has null for what has not happened.
    pub(super) fn say(&self, data: &str, oddities: &Oddities, out: &mut Emitter) -> Result<(), Error> {
        let depth = out.limits().json_depth;
        let Some(text) = self.reason.filter(|text| !text.is_empty()) else { return Ok(()) };
        let reason = oddities.reason(text.name(data, &mut [0; 32]), REASONS);
        out.finish_reason(0, reason, Fragment::json(data, text));
        let details = self.details.map(|raw| raw.of(data));
        if let Some(sequence) = self.sequence.filter(|text| !text.is_empty()) {
            out.finish_detail(0, Fragment::json(data, sequence));
        } else if let Some(details) = details
            && let Some(category) = Fragment::member(details, "category", depth)?
        {
            out.finish_detail(0, category);
        }
        if let Some(details) = details {
            out.extra(Scope::Choice(0), "stop_details".into(), details);
        }
        Ok(())
    }
}

const REASONS: &[(&str, Reason)] = &[
    ("end_turn", Reason::Stop),
    ("stop_sequence", Reason::StopSequence),
    ("max_tokens", Reason::Length),
    ("tool_use", Reason::ToolCalls),
    // The turn goes on when it is sent back.
    ("pause_turn", Reason::Pause),
    ("compaction", Reason::Pause),
    ("refusal", Reason::Refusal),
    ("model_context_window_exceeded", Reason::ContextWindow),
    // Bridges let the words of the other side through.
    ("stop", Reason::Stop),
    ("length", Reason::Length),
    ("tool_calls", Reason::ToolCalls),
    ("content_filter", Reason::ContentFilter),
    ("error", Reason::Error),
];
