//! The hook for signatures and tokens that are made for each request.

use core::fmt;
use core::pin::Pin;

use reqwest::Url;
use reqwest::header::HeaderMap;

/// A request before its signature: what is sent, to the byte.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Unsigned<'r> {
    /// The method: `POST`.
    pub method: &'r str,
    /// Where it goes, query included.
    pub url: &'r Url,
    /// The headers that are set so far, but for `host` and `content-length`, which follow from the others.
    pub headers: &'r HeaderMap,
    /// The body.
    pub body: &'r [u8],
}

impl fmt::Debug for Unsigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").field("method", &self.method).field("body", &self.body.len()).finish_non_exhaustive()
    }
}

/// What signs a request, or fetches a token for it: SigV4 for Bedrock, an access token for Vertex.
///
/// It is asked once an attempt, so that dates are fresh and tokens that ran out are fetched again. What it returns is
/// added to the headers, in place of those of the same names. Values are marked as sensitive; those under a name that
/// secrets have are also looked for wherever something is shown, as with [`Endpoint::with_header`].
///
/// [`Endpoint::with_header`]: crate::Endpoint::with_header
///
/// ```
/// use std::pin::Pin;
///
/// use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
/// use thalweg_http::{Sign, SignError, Unsigned};
///
/// struct Vertex;
///
/// impl Sign for Vertex {
///     fn sign<'r>(
///         &'r self,
///         _: Unsigned<'r>,
///     ) -> Pin<Box<dyn Future<Output = Result<HeaderMap, SignError>> + Send + 'r>> {
///         Box::pin(async {
///             let token = "ya29.made-up"; // from the metadata server, kept until it runs out
///             let value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| SignError::new("not a token"))?;
///             Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
///         })
///     }
/// }
/// ```
pub trait Sign: Send + Sync {
    /// The headers to add. Dropped at any point where the call is: it must not count on being finished.
    ///
    /// # Errors
    /// There is no signature: the request is not sent, and not tried again.
    fn sign<'r>(
        &'r self,
        request: Unsigned<'r>,
    ) -> Pin<Box<dyn Future<Output = Result<HeaderMap, SignError>> + Send + 'r>>;
}

/// A request could not be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignError(String);

impl SignError {
    /// With the reason. It is shown: no secrets.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request could not be signed: {}", self.0)
    }
}

impl core::error::Error for SignError {}
