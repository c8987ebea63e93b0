//! How vendors want to be asked, as data: paths, versions, authentication and the rules for requests.
//!
//! A [`Profile`] is to a request what a dialect is to an answer. There is one for each dialect; an operator clones one
//! and changes it, and nothing else needs to know.

mod api;
mod table;

use std::borrow::Cow;

use thalweg::registry;

use crate::client::prepare::rules::Rule;
pub use api::{API, Api, AskStream, Kind, ModelIn};

/// How one vendor wants to be asked. Plain data: take [`Profile::of`] a dialect and change it.
///
/// ```
/// use thalweg_http::Profile;
/// use thalweg_http::profile::AuthStyle;
///
/// let mut mine = Profile::of("openai-chat").expect("it is one of ours");
/// mine.version = "v3".into();
/// mine.auth = AuthStyle::Header("x-my-key".into());
/// assert_eq!(mine.api.stream_path, "chat/completions");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The dialect of the answers, by the name that the registry has for it.
    pub dialect: Cow<'static, str>,
    /// The API: paths, and where a request says what.
    pub api: Api,
    /// The version that comes before the path where the base has none: `v1`. Empty: none.
    pub version: Cow<'static, str>,
    /// How a key is sent.
    pub auth: AuthStyle,
    /// Keys that begin so are OAuth tokens, and sent as such.
    pub token_prefixes: Cow<'static, [Cow<'static, str>]>,
    /// Headers that every request has, where the caller sets none of that name.
    pub headers: Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>,
    /// What is done to a request, in order.
    pub rules: Cow<'static, [Rule]>,
}

/// How a key is sent. A token is always sent as a bearer, and then no key is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthStyle {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// In a header of its own: `x-api-key`, Azure's `api-key`, `x-goog-api-key`.
    Header(Cow<'static, str>),
    /// In the query: Gemini's `key`.
    Query(Cow<'static, str>),
}

impl Profile {
    /// The profile of a dialect that the registry knows: a row of the table, or what its protocol has.
    #[must_use]
    pub fn of(dialect: &str) -> Option<Self> {
        let known = registry::find(dialect)?;
        let mut profile = table::find(dialect, known.protocol)?;
        profile.dialect = known.name.clone();
        Some(profile)
    }

    /// With a rule behind those that it has.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.to_mut().push(rule);
        self
    }
}
