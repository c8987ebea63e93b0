//! What an answer must be: what the server was told to say, and how it was to end.

use core::fmt::Debug;

use thalweg::fold::Choice;
use thalweg::{InputState, Outcome, Reason};

use crate::call::Seen;
use crate::told::{Part, Told, said};

/// How an answer is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All of it, and the server says why it is over.
    Whole,
    /// At the limit of tokens, and the server says so.
    Length,
    /// At the limit, and the server says that it is whole.
    LengthUntold,
    /// The reader wanted no more.
    Cancelled,
    /// The reader went away.
    Dropped,
    /// The connection broke.
    Broken,
    /// The server says that it failed, as its reason for the end where it gives one.
    Failed { has_reason: bool },
}

/// What is expected.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) told: &'a Told,
    pub(crate) choices: u32,
    pub(crate) ending: Ending,
    /// The anomalies that such an answer may have.
    pub(crate) anomalies: &'a [&'a str],
}

impl Expected<'_> {
    /// Everything that is not as it should be.
    pub(crate) fn differences(&self, seen: &Seen) -> Vec<String> {
        let mut found = Vec::new();
        let response = &seen.response;
        differ(&mut found, "outcome", response.outcome, self.outcome());
        differ(&mut found, "transport error", seen.error.is_some(), self.ending == Ending::Broken);
        differ(&mut found, "error reported", !response.errors.is_empty(), matches!(self.ending, Ending::Failed { .. }));
        if matches!(self.ending, Ending::Whole | Ending::Length | Ending::LengthUntold) {
            differ(&mut found, "usage", response.usage.is_some(), true);
        }
        for anomaly in &response.anomalies {
            if !self.anomalies.contains(&anomaly.kind.as_str()) {
                found.push(format!("anomaly {} ({} times)", anomaly.kind.as_str(), anomaly.count));
            }
        }
        let mut numbers: Vec<_> = response.choices.iter().map(|choice| choice.index).collect();
        numbers.sort_unstable();
        differ(&mut found, "choices", numbers, (0..self.choices).collect());
        for choice in &response.choices {
            let said = said(choice);
            let is_as_told = match self.ending {
                Ending::Whole => said == self.told.parts,
                _ => self.told.begins_with(&said),
            };
            if !is_as_told {
                found.push(format!("choice {}: said {said:?}, told {:?}", choice.index, self.told.parts));
            }
            let ends_in_call = said.last().is_some_and(Part::is_call);
            if self.ending != Ending::Dropped {
                let reason = choice.finish.as_ref().map(|finish| finish.reason);
                differ(&mut found, "finish", reason, self.reason(ends_in_call));
            }
            differ(&mut found, "ends in a call", ends_in_call, self.told.has_calls());
            self.check_inputs(choice, &mut found);
        }
        found
    }

    /// What is whole can be used; where the answer was cut inside of a call, its input cannot.
    fn check_inputs(&self, choice: &Choice, found: &mut Vec<String>) {
        let calls = self.told.parts.iter().filter(|part| part.is_call());
        for (call, told) in choice.tool_calls().zip(calls) {
            let is_whole = call.text == told.words;
            let state = call.end.and_then(|end| end.input);
            differ(found, "input is valid", state == Some(InputState::Valid), is_whole);
        }
    }

    const fn outcome(&self) -> Option<Outcome> {
        match self.ending {
            Ending::Whole | Ending::LengthUntold => Some(Outcome::Complete),
            Ending::Length => Some(Outcome::Incomplete),
            Ending::Cancelled => Some(Outcome::Cancelled),
            Ending::Dropped => None,
            Ending::Broken => Some(Outcome::Truncated),
            Ending::Failed { .. } => Some(Outcome::Failed),
        }
    }

    const fn reason(&self, ends_in_call: bool) -> Option<Reason> {
        match self.ending {
            Ending::Whole | Ending::LengthUntold if ends_in_call => Some(Reason::ToolCalls),
            Ending::Whole | Ending::LengthUntold => Some(Reason::Stop),
            Ending::Length => Some(Reason::Length),
            Ending::Failed { has_reason: true } => Some(Reason::Error),
            Ending::Cancelled | Ending::Dropped | Ending::Broken | Ending::Failed { has_reason: false } => None,
        }
    }
}

fn differ<T: Debug + PartialEq>(found: &mut Vec<String>, what: &str, is: T, should: T) {
    if is != should {
        found.push(format!("{what}: {is:?}, not {should:?}"));
    }
}
