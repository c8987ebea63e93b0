//! Where requests go, and what proves that they may.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use thalweg::{Dialect, registry};

use super::prepare::Prepared;
use super::profile::{AuthStyle, Profile};
use super::secret::{Redactor, Secret};
use super::shown;
use super::sign::Sign;

/// A provider's API at an address, with what proves that one may use it.
///
/// Nothing of that is ever shown: not by `Debug`, not in errors, logs or recordings. Keys in the base's query and a user
/// in it are taken as secrets, too.
///
/// ```
/// use thalweg_http::{Endpoint, Secret};
///
/// let endpoint = Endpoint::of("anthropic-messages", "https://api.anthropic.com")?.with_key(Secret::new("sk-ant-made-up"));
/// assert_eq!(endpoint.base(), "https://api.anthropic.com/");
/// assert!(!format!("{endpoint:?}").contains("made-up"));
/// # Ok::<(), thalweg_http::EndpointError>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    profile: Profile,
    dialect: Dialect,
    base: Url,
    is_exact: bool,
    key: Option<Secret>,
    token: Option<Secret>,
    /// User and password of the base, as `authorization` has them.
    basic: Option<Secret>,
    headers: HeaderMap,
    signer: Option<Arc<dyn Sign>>,
    redactor: Redactor,
}

impl Endpoint {
    /// A dialect's API at a base, with the dialect's [`Profile`].
    ///
    /// The base is what vendors call so: `https://api.openai.com`, with `/v1` or without. The profile's version is put
    /// behind it where no part of its path is one.
    ///
    /// # Errors
    /// There is no such dialect, or the base is no `http` or `https` URL.
    pub fn of(dialect: &str, base: &str) -> Result<Self, EndpointError> {
        Self::new(Profile::of(dialect).ok_or(EndpointError::Dialect)?, base)
    }

    /// An API with a profile of one's own.
    ///
    /// # Errors
    /// As [`of`](Self::of); a profile may name another dialect with [`with_dialect`](Self::with_dialect) only if the
    /// registry knows the one that it has.
    pub fn new(profile: Profile, base: &str) -> Result<Self, EndpointError> {
        let dialect = registry::find(&profile.dialect).ok_or(EndpointError::Dialect)?.clone();
        // The parser's error is not kept: it is about a text that may have a key in it.
        let mut base = Url::parse(base).map_err(|_| EndpointError::Base)?;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(EndpointError::Base);
        }
        let mut redactor = Redactor::default();
        let basic = basic_of(&base, &mut redactor);
        // Both succeed for a URL with a host.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_fragment(None);
        for (name, value) in base.query_pairs() {
            if !shown::is_plain_query(&name) {
                redactor.add(&value);
            }
        }
        // And as they stand there: `%3d` is sent as it is.
        for (name, value) in base.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')) {
            if !shown::is_plain_query(name) {
                redactor.add(value);
            }
        }
        Ok(Self {
            profile,
            dialect,
            base,
            is_exact: false,
            key: None,
            token: None,
            basic,
            headers: HeaderMap::new(),
            signer: None,
            redactor,
        })
    }

    /// Answers are in this dialect: one made at run time.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The base is the whole address: neither version nor path is put behind it.
    #[must_use]
    pub const fn exactly(mut self) -> Self {
        self.is_exact = true;
        self
    }

    /// With a key, sent as the profile says, in place of the one before. One that begins as the vendor's OAuth tokens do is
    /// sent as a token.
    #[must_use]
    pub fn with_key(mut self, key: Secret) -> Self {
        self.redactor.add(key.expose());
        self.key = Some(key);
        self
    }

    /// With an OAuth token: sent as a bearer, and then no key is sent in any other place.
    #[must_use]
    pub fn with_token(mut self, token: Secret) -> Self {
        self.redactor.add(token.expose());
        self.token = Some(token);
        self
    }

    /// With a header. Its value is marked as sensitive, whatever it is; under a name that secrets have (`authorization`,
    /// `cookie`, `x-api-key`, ...) it is also looked for wherever something is shown.
    ///
    /// # Errors
    /// The name or the value is none that a header can have, or the header says where the body ends, which follows from
    /// the body: one that a gateway passes on would end it elsewhere.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, EndpointError> {
        let name = HeaderName::try_from(name).map_err(|_| EndpointError::Header)?;
        if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            return Err(EndpointError::Header);
        }
        let mut sent = HeaderValue::try_from(value).map_err(|_| EndpointError::Header)?;
        sent.set_sensitive(true);
        if shown::is_secret_header(&name) {
            self.redactor.add_header(value);
        }
        self.headers.insert(name, sent);
        Ok(self)
    }

    /// With a header whose value is looked for wherever something is shown, whatever the header's name.
    ///
    /// # Errors
    /// The name or the value is none that a header can have.
    pub fn with_secret_header(mut self, name: &str, value: &str) -> Result<Self, EndpointError> {
        self.redactor.add_header(value);
        self.with_header(name, value)
    }

    /// With something that signs each request, or fetches a token for it.
    #[must_use]
    pub fn with_signer(mut self, signer: Arc<dyn Sign>) -> Self {
        self.signer = Some(signer);
        self
    }

    /// How requests are made.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// How answers are read.
    #[must_use]
    pub const fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// The base, without secrets.
    #[must_use]
    pub fn base(&self) -> String {
        shown::url(&self.base)
    }

    pub(crate) const fn base_url(&self) -> &Url {
        &self.base
    }

    /// What is sent as a bearer and lets no key be sent: a token, or a key that is one.
    fn bearer(&self) -> Option<&Secret> {
        let is_token =
            |key: &&Secret| self.profile.token_prefixes.iter().any(|prefix| key.expose().starts_with(&**prefix));
        self.token.as_ref().or_else(|| self.key.as_ref().filter(is_token))
    }

    pub(crate) fn signer(&self) -> Option<&dyn Sign> {
        self.signer.as_deref()
    }

    pub(crate) const fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Where a request goes.
    pub(crate) fn url(&self, request: &Prepared) -> Url {
        let mut url = self.base.clone();
        let api = &self.profile.api;
        if !self.is_exact {
            let path = if request.streams { &api.stream_path } else { &api.whole_path };
            let path = path.replace("{model}", &utf8_percent_encode(&request.model, NAME).to_string());
            let base = self.base.path().trim_end_matches('/');
            let version = &*self.profile.version;
            match version.is_empty() || base.split('/').any(is_version) {
                true => url.set_path(&format!("{base}/{path}")),
                false => url.set_path(&format!("{base}/{version}/{path}")),
            }
        }
        if request.streams && !api.stream_query.is_empty() {
            let query =
                url.query().map_or_else(|| api.stream_query.to_string(), |old| format!("{old}&{}", api.stream_query));
            url.set_query(Some(&query));
        }
        if let (AuthStyle::Query(name), Some(key), None) = (&self.profile.auth, &self.key, self.bearer()) {
            url.query_pairs_mut().append_pair(name, key.expose());
        }
        url
    }

    /// The headers of a request, without those of a signature.
    pub(crate) fn headers(&self, request: &Prepared) -> Result<HeaderMap, EndpointError> {
        let plain = |text: &str| HeaderValue::try_from(text).map_err(|_| EndpointError::Header);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, plain(if request.streams { &self.profile.api.accept } else { "application/json" })?);
        // What compresses a stream holds it back. It is understood where it comes all the same.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in self.profile.headers.iter() {
            headers.insert(HeaderName::try_from(&**name).map_err(|_| EndpointError::Header)?, plain(value)?);
        }
        if let Some(basic) = &self.basic {
            headers.insert(AUTHORIZATION, sensitive(&format!("Basic {}", basic.expose()))?);
        }
        if let Some(key) = &self.key {
            match &self.profile.auth {
                AuthStyle::Bearer => {
                    drop(headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {}", key.expose()))?));
                }
                AuthStyle::Header(name) => {
                    let name = HeaderName::try_from(&**name).map_err(|_| EndpointError::Header)?;
                    headers.insert(name, sensitive(key.expose())?);
                }
                AuthStyle::Query(_) => {}
            }
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if let Some(token) = self.bearer() {
            for name in KEY_HEADERS {
                headers.remove(*name);
            }
            if let AuthStyle::Header(name) = &self.profile.auth {
                headers.remove(&**name);
            }
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {}", token.expose()))?);
        }
        Ok(headers)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("dialect", &self.dialect.name)
            .field("base", &self.base())
            .field("has_key", &self.key.is_some())
            .field("has_token", &self.bearer().is_some())
            .field("has_signer", &self.signer.is_some())
            .finish_non_exhaustive()
    }
}

/// What an endpoint cannot be made of. It names no value: there may be a key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// No such dialect.
    Dialect,
    /// The base is no `http` or `https` URL.
    Base,
    /// A header cannot have this name or this value.
    Header,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dialect => "there is no dialect of that name",
            Self::Base => "the base is no http or https URL",
            Self::Header => "a header cannot have this name or this value",
        })
    }
}

impl core::error::Error for EndpointError {}

/// Headers that carry keys, which none does beside a token.
const KEY_HEADERS: &[&str] = &["x-api-key", "api-key", "x-goog-api-key"];

/// What a model's name may have as one part of a path; the rest of it is encoded.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn sensitive(text: &str) -> Result<HeaderValue, EndpointError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| EndpointError::Header)?;
    value.set_sensitive(true);
    Ok(value)
}

/// User and password of a URL, as `authorization` has them.
fn basic_of(url: &Url, redactor: &mut Redactor) -> Option<Secret> {
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return None;
    }
    for part in [url.username(), password] {
        redactor.add(part);
        redactor.add(&decoded(part));
    }
    let basic = BASE64_STANDARD.encode(format!("{}:{}", decoded(url.username()), decoded(password)));
    redactor.add(&basic);
    Some(Secret::new(&basic))
}

/// What `%41` stands for, as text.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// A part of a path that names a version: `v1`, `v1beta`, `v4`.
fn is_version(part: &str) -> bool {
    let mut bytes = part.bytes();
    bytes.next() == Some(b'v')
        && bytes.next().is_some_and(|b| b.is_ascii_digit())
        && bytes.all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
