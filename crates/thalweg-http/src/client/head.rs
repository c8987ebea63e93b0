//! What came before an answer's first byte.

use core::time::Duration;
use std::time::SystemTime;

use reqwest::header::HeaderMap;
use thalweg::policy::{Advice, RateLimits};

use super::check::Form;
use super::secret::Redactor;
use super::shown;

/// The head of a response: what its headers say, beside the events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// What the body is, by its type.
    pub form: Form,
    /// The type of the body, as sent.
    pub content_type: Option<String>,
    /// What to name to the provider when asking about this request.
    pub request_id: Option<String>,
    /// What is left of the account's limits.
    pub rate_limits: RateLimits,
    /// What it says about trying again.
    pub advice: Advice,
    /// The model that serves, where a header says so. The answer's own word for it is [`MetaField::Model`].
    ///
    /// [`MetaField::Model`]: thalweg::MetaField::Model
    pub model: Option<String>,
    /// The base that serves: a gateway's word for it, else the endpoint's base.
    pub base: String,
    /// Which attempt it is, from 1.
    pub attempt: u16,
    /// The headers, in order, without secrets and without those that are nobody's business.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn new(status: u16, headers: &HeaderMap, form: Form, base: String, redactor: &Redactor) -> Self {
        let now = since_epoch();
        let plain = || headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let first = |names: &[&str]| {
            let value = names.iter().find_map(|name| headers.get(*name)?.to_str().ok())?;
            Some(redactor.text(value)).filter(|value| !value.is_empty())
        };
        Self {
            status,
            form,
            content_type: first(&["content-type"]),
            request_id: first(REQUEST_ID),
            rate_limits: RateLimits::of_headers(plain(), now),
            advice: Advice::of_headers(plain(), now),
            model: first(MODEL),
            base: first(BASE).unwrap_or(base),
            attempt: 0,
            headers: shown::headers(headers).map(|(name, value)| (name.to_owned(), redactor.text(value))).collect(),
        }
    }

    /// A header's value by its name in small letters; the first, where there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// Names of the header that says which request it was, the vendor's own before a gateway's.
const REQUEST_ID: &[&str] = &[
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "apim-request-id",
    "x-ms-request-id",
    "x-litellm-call-id",
    "x-debug-trace-id",
    "x-goog-request-id",
    "cf-ray",
];
const MODEL: &[&str] =
    &["openai-model", "x-ms-deployment-name", "x-litellm-model-group", "x-litellm-model-id", "x-model"];
const BASE: &[&str] = &["x-litellm-model-api-base", "x-served-by"];

/// The time since the Unix epoch; nothing where the clock stands before it.
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
