//! A request made ready for the endpoint that it goes to: by rules that are data, and never in silence.

mod apply;
mod choose;
mod content;
mod messages;
pub mod rules;
#[cfg(test)]
mod tests;

use core::fmt;

use serde_json::Value;

pub use choose::{Choice, Speaks, choose, speaks};

use crate::client::profile::{AskStream, ModelIn, Profile};

/// A request: its body as JSON, in the form of the API that it goes to, and whether its answer is to be streamed.
///
/// ```
/// use serde_json::json;
/// use thalweg_http::{Profile, Request};
///
/// let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hello"}], "metadata": null});
/// let prepared = Request::new(body).prepare(&Profile::of("openai-chat").expect("it is one of ours"))?;
/// assert_eq!(prepared.body["stream"], true);
/// assert_eq!(prepared.body.get("metadata"), None);
/// assert_eq!(prepared.changes, ["metadata: null taken out", "stream_options.include_usage set"]);
/// # Ok::<(), thalweg_http::PrepareError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The body.
    pub body: Value,
    /// The model, where the body does not name it: Gemini's and Bedrock's do not.
    pub model: Option<String>,
    /// Whether the answer is to be streamed. One that is not comes as the same events.
    pub streams: bool,
}

impl Request {
    /// A request whose answer is to be streamed.
    #[must_use]
    pub const fn new(body: Value) -> Self {
        Self { body, model: None, streams: true }
    }

    /// The answer is to come whole: for a provider whose stream cannot be read, or a model that cannot stream. What it
    /// gives are the same events.
    #[must_use]
    pub const fn whole(mut self) -> Self {
        self.streams = false;
        self
    }

    /// For a model that the body does not name.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The request as a profile wants it. [`Client`](crate::Client) calls it; call it to see what would be sent.
    ///
    /// # Errors
    /// What cannot be sent there: see [`PrepareError`].
    pub fn prepare(&self, profile: &Profile) -> Result<Prepared, PrepareError> {
        let mut body = self.body.clone();
        let Value::Object(members) = &mut body else { return Err(PrepareError::NotAnObject) };
        choose::check_shape(profile, members)?;
        let named = members.get("model").and_then(Value::as_str).map(str::to_owned);
        let model = self.model.clone().or(named).unwrap_or_default();
        let mut prepared = Prepared { body: Value::Null, model, streams: self.streams, changes: Vec::new() };
        if profile.api.model == ModelIn::Path {
            if prepared.model.is_empty() {
                return Err(PrepareError::Missing { member: "model".to_owned() });
            }
            members.shift_remove("model");
        } else if let Some(model) = &self.model {
            members.insert("model".to_owned(), model.as_str().into());
        }
        match profile.api.ask_stream {
            AskStream::Path => drop(members.shift_remove("stream")),
            AskStream::Member if !self.streams => drop(members.shift_remove("stream")),
            AskStream::Member | AskStream::EitherWay => drop(members.insert("stream".to_owned(), self.streams.into())),
        }
        for rule in profile.rules.iter() {
            if rule.models.matches(&prepared.model) {
                apply::apply(&rule.change, members, profile.api.kind, &mut prepared)?;
            }
        }
        prepared.body = body;
        Ok(prepared)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies hold what people said, and sometimes keys of tools.
        f.debug_struct("Request").field("model", &self.model).field("streams", &self.streams).finish_non_exhaustive()
    }
}

/// A request as it is sent.
#[derive(Clone)]
#[non_exhaustive]
pub struct Prepared {
    /// The body.
    pub body: Value,
    /// The model that it asks for; empty where it names none.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub streams: bool,
    /// What was changed, in words, in order.
    pub changes: Vec<String>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("model", &self.model)
            .field("streams", &self.streams)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// Why a request cannot be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrepareError {
    /// The body is no object.
    NotAnObject,
    /// A member that the endpoint demands is missing.
    #[non_exhaustive]
    Missing {
        /// Its name.
        member: String,
    },
    /// A part of the content has a type that the API does not know.
    #[non_exhaustive]
    Part {
        /// Its type, or what it is instead of a part.
        of: String,
    },
    /// The request has the form of another API than the endpoint's.
    #[non_exhaustive]
    Shape {
        /// The form it has.
        is: &'static str,
        /// The endpoint.
        endpoint: String,
    },
    /// No API is known that the endpoint speaks and the request could go to.
    #[non_exhaustive]
    Unsupported {
        /// The endpoint.
        endpoint: String,
        /// The model.
        model: String,
    },
    /// A rule has a value that is no JSON.
    #[non_exhaustive]
    Rule {
        /// The member that it is for.
        member: String,
    },
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("the request's body is no JSON object"),
            Self::Missing { member } => write!(f, "the endpoint demands {member:?} and the request has none"),
            Self::Part { of } => write!(f, "content of type {of:?} has no form in the endpoint's API"),
            Self::Shape { is, endpoint } => write!(f, "the request has the form of {is}, and {endpoint} takes another"),
            Self::Unsupported { endpoint, model } => {
                write!(f, "no API is known that {endpoint:?} speaks for the model {model:?} and this request")
            }
            Self::Rule { member } => write!(f, "the rule for {member:?} has a value that is no JSON"),
        }
    }
}

impl core::error::Error for PrepareError {}
