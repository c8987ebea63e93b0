//! What a stream is to mean.

use thalweg::ReasoningForm;

use super::json::{Fields, Json};

/// A response, as its author means it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Intention {
    /// The response's id, if the wire gives one.
    pub id: Option<String>,
    /// The model that answers, if the wire says so.
    pub model: Option<String>,
    /// The answers, in order of appearance.
    pub choices: Vec<IntendedChoice>,
    /// What it costs, if the server says so.
    pub usage: Option<IntendedUsage>,
    /// The messages of its errors.
    pub errors: Vec<String>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedChoice {
    /// Its number on the wire.
    pub index: u32,
    /// Its content, in order.
    pub leaves: Vec<Leaf>,
    /// Why it ends, in the provider's words: the strongest of them where it has several.
    pub finish: String,
    /// The last word, where that is another one than the strongest.
    pub last_word: Option<String>,
}

/// One leaf of content. Texts may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaf {
    /// The answer.
    Text(String),
    /// What the model thinks.
    Reasoning(String),
    /// The model declines.
    Refusal(String),
    /// A call of a tool.
    Call(IntendedCall),
    /// The answer, with what it cites.
    Cited {
        /// The text.
        text: String,
        /// The citations, verbatim JSON.
        citations: Vec<String>,
    },
    /// The answer, with the provider's seal on it.
    Sealed {
        /// The text.
        text: String,
        /// The seal.
        signature: String,
    },
    /// A picture, sound or file.
    Media {
        /// What it is.
        medium: Medium,
        /// Its data, as base64.
        data: String,
    },
    /// What the model thinks, with what belongs to it.
    Thought(IntendedThought),
    /// A call that the provider runs, and what it gave.
    Hosted(IntendedHosted),
}

/// What is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Medium {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Anything else.
    File,
}

/// A block of reasoning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedThought {
    /// How much of it is shown.
    pub form: ReasoningForm,
    /// What is shown.
    pub text: String,
    /// The provider's seal.
    pub signature: Option<String>,
    /// What only the provider can read.
    pub encrypted: Option<String>,
}

/// A call that the provider runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedHosted {
    /// Its id; "" where the wire gives none.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The name of the server that runs it, where it is not the provider's own tool.
    pub server: Option<String>,
    /// The input, byte for byte.
    pub input: String,
    /// What it gave, verbatim JSON.
    pub result: Option<String>,
    /// Whether it failed.
    pub is_error: bool,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedCall {
    /// The id, if the wire gives one.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The input, byte for byte.
    pub arguments: String,
    /// The provider's seal.
    pub signature: Option<String>,
    /// What a client must think of the input.
    pub verdict: InputVerdict,
}

/// What an input amounts to: [`thalweg::InputState`], which cannot be built outside of its crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputVerdict {
    /// One object.
    Valid,
    /// Nothing but whitespace.
    Empty,
    /// One value that is no object.
    NotObject,
    /// No JSON.
    Invalid {
        /// The offset of the first wrong byte.
        at: u32,
    },
    /// The beginning of JSON.
    Cut,
    /// Several values.
    Concatenated,
    /// Free text: there is nothing to judge.
    Unjudged,
}

/// Token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntendedUsage {
    /// All input.
    pub prompt: u64,
    /// All output.
    pub completion: u64,
    /// Of the input: read from a cache.
    pub cached: Option<u64>,
    /// Of the input: written to a cache.
    pub written: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
}

impl Intention {
    /// Id and model under their usual names.
    pub(super) fn facts(&self) -> Fields {
        let id = self.id.as_deref().map(|id| ("id", Json::text(id)));
        let model = self.model.as_deref().map(|model| ("model", Json::text(model)));
        id.into_iter().chain(model).collect()
    }
}

impl IntendedChoice {
    /// The calls of a choice, in order.
    pub fn calls(&self) -> impl Iterator<Item = &IntendedCall> {
        self.leaves.iter().filter_map(|leaf| match leaf {
            Leaf::Call(call) => Some(call),
            _ => None,
        })
    }
}

impl Leaf {
    /// The call that it is.
    pub(super) const fn as_call_mut(&mut self) -> Option<&mut IntendedCall> {
        if let Self::Call(call) = self { Some(call) } else { None }
    }
}

impl IntendedCall {
    /// The signature that a proxy has put into the id.
    pub(super) fn signature_in_id(&self) -> Option<&str> {
        Some(self.id.as_deref()?.split_once("__thought__")?.1)
    }
}
