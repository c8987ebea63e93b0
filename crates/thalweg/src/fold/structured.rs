//! A response whose answer is to be one JSON value: that value's text, or why there is none.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

use super::{Call, Choice, Response};
use crate::event::{InputState, Outcome, Reason};

/// Why a response has no structured answer. Checked in order of declaration, so that the cause is named and not what
/// followed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StructuredError {
    /// The response has no outcome: its stream has not ended.
    NotEnded,
    /// The answer is not all there. [`Response::errors`] may say more.
    #[non_exhaustive]
    NotComplete {
        /// The verdict.
        outcome: Outcome,
        /// Why the first choice ended, where that is known (`Length`: the value was cut).
        reason: Option<Reason>,
    },
    /// There must be one choice.
    #[non_exhaustive]
    Choices {
        /// How many there are.
        count: usize,
    },
    /// The model declined.
    #[non_exhaustive]
    Refused {
        /// In its own words, which may be none.
        words: Box<str>,
    },
    /// The answer ended for a reason that does not go with what was asked for: content ends with `Stop`, a call with
    /// `ToolCalls`.
    #[non_exhaustive]
    Finish {
        /// The reason; none when the wire gave none.
        reason: Option<Reason>,
    },
    /// The content is blank.
    Blank,
    /// There must be one call.
    #[non_exhaustive]
    Calls {
        /// How many there are.
        count: usize,
    },
    /// Another tool was called.
    #[non_exhaustive]
    OtherCall {
        /// Its name.
        name: Box<str>,
    },
    /// The call's input is no JSON object.
    #[non_exhaustive]
    Input {
        /// What it is; none for free text.
        state: Option<InputState>,
    },
}

impl Response {
    /// The answer's content where the request asked for JSON: all of its text, for the caller's parser.
    ///
    /// Nothing is stripped, so a value inside a Markdown fence is no JSON for the parser either. Borrowed, save where
    /// the text is in several blocks. Call it after the end of the stream.
    ///
    /// # Errors
    ///
    /// Unless the outcome is `Complete` and the only choice has content that is not blank, no refusal and the finish
    /// reason `Stop`.
    ///
    /// ```
    /// use thalweg::{Close, Fold, Normalizer, Response, dialects};
    ///
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    /// normalizer.feed(br#"data: {"choices":[{"index":0,"delta":{"content":"{\"answer\": 42}"},"finish_reason":"stop"}]}
    ///
    /// data: [DONE]
    ///
    /// "#);
    /// normalizer.finish(Close::Clean);
    /// let mut response = Response::default();
    /// while let Some(event) = normalizer.poll() {
    ///     response.apply(&event);
    /// }
    /// let json = response.structured_content()?;
    /// let value: serde_json::Value = serde_json::from_str(&json).expect("the model kept to the schema");
    /// assert_eq!(value["answer"], 42);
    /// # Ok::<(), thalweg::fold::StructuredError>(())
    /// ```
    pub fn structured_content(&self) -> Result<Cow<'_, str>, StructuredError> {
        let choice = self.only_choice(Reason::Stop)?;
        let text = choice.words();
        if text.trim().is_empty() { Err(StructuredError::Blank) } else { Ok(text) }
    }

    /// The input of the call of `name` where the request forced that tool: one JSON object, for the caller's parser.
    /// Call it after the end of the stream.
    ///
    /// # Errors
    ///
    /// Unless the outcome is `Complete` and the only choice has no refusal, the finish reason `ToolCalls` and one call
    /// that the client must run, of that name, whose input is [`InputState::Valid`]. (A provider's `stop` beside a
    /// call is `ToolCalls` in a response.)
    ///
    /// ```
    /// use thalweg::fold::StructuredError;
    /// use thalweg::{Close, Fold, Normalizer, Response, dialects};
    ///
    /// let mut normalizer = Normalizer::new(&dialects::OPENAI_CHAT);
    /// normalizer.feed(br#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"answer","arguments":"{\"is\":42}"}}]},"finish_reason":"stop"}]}
    ///
    /// data: [DONE]
    ///
    /// "#);
    /// normalizer.finish(Close::Clean);
    /// let mut response = Response::default();
    /// while let Some(event) = normalizer.poll() {
    ///     response.apply(&event);
    /// }
    /// assert_eq!(response.structured_call("answer"), Ok(r#"{"is":42}"#));
    /// assert!(matches!(response.structured_call("other"), Err(StructuredError::OtherCall { .. })));
    /// ```
    pub fn structured_call(&self, name: &str) -> Result<&str, StructuredError> {
        let choice = self.only_choice(Reason::ToolCalls)?;
        let mut calls = choice.finished_calls();
        let (Some(call), None) = (calls.next(), calls.next()) else {
            return Err(StructuredError::Calls { count: choice.finished_calls().count() });
        };
        match call {
            Call { name: other, .. } if other != name => Err(StructuredError::OtherCall { name: other.into() }),
            Call { state: Some(InputState::Valid), input, .. } => Ok(input),
            Call { state, .. } => Err(StructuredError::Input { state }),
        }
    }

    fn only_choice(&self, finish: Reason) -> Result<&Choice, StructuredError> {
        let reason_of = |choice: &Choice| choice.finish.as_ref().map(|finish| finish.reason);
        match self.outcome {
            None => return Err(StructuredError::NotEnded),
            Some(Outcome::Complete) => {}
            Some(outcome) => {
                let reason = self.choices.first().and_then(reason_of);
                return Err(StructuredError::NotComplete { outcome, reason });
            }
        }
        let [choice] = &*self.choices else {
            return Err(StructuredError::Choices { count: self.choices.len() });
        };
        let (reason, words) = (reason_of(choice), choice.refusal());
        if !words.is_empty() || reason == Some(Reason::Refusal) {
            return Err(StructuredError::Refused { words: words.into() });
        }
        if reason == Some(finish) { Ok(choice) } else { Err(StructuredError::Finish { reason }) }
    }
}

impl fmt::Display for StructuredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |reason: Option<Reason>| reason.map_or("no reason given", Reason::as_str);
        match self {
            Self::NotEnded => f.write_str("the response has not ended"),
            Self::NotComplete { outcome, reason } => {
                write!(f, "the response is {outcome} (finish: {})", named(*reason))
            }
            Self::Choices { count } => write!(f, "{count} choices instead of one"),
            Self::Refused { words } if words.is_empty() => f.write_str("the model declined"),
            Self::Refused { words } => write!(f, "the model declined: {words}"),
            Self::Finish { reason } => write!(f, "the finish does not fit: {}", named(*reason)),
            Self::Blank => f.write_str("the content is blank"),
            Self::Calls { count } => write!(f, "{count} calls instead of one"),
            Self::OtherCall { name } => write!(f, "another tool was called: {name:?}"),
            Self::Input { state } => {
                write!(f, "the call's input is no JSON object: {}", state.map_or("free text", InputState::as_str))
            }
        }
    }
}

impl core::error::Error for StructuredError {}

#[cfg(test)]
mod tests;
