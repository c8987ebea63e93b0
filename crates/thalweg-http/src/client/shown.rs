//! URLs and headers as they may be shown.

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};

/// A URL without user, password, fragment and the values of its query, but for those that are known to be harmless.
pub(crate) fn url(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for URLs without a host, which have neither.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    shown.set_query(None);
    let mut text = shown.to_string();
    for (n, (name, value)) in url.query_pairs().enumerate() {
        let value = if is_plain_query(&name) { &value } else { "*" };
        text.extend([if n == 0 { "?" } else { "&" }, &name, "=", value]);
    }
    text
}

/// Whether the value of a member of a query may be shown.
pub(crate) fn is_plain_query(name: &str) -> bool {
    PLAIN_QUERY.contains(&name)
}

/// Whether the value of a header that a caller sets is looked for in what is shown. Every such value is marked sensitive
/// anyway.
pub(crate) fn is_secret_header(name: &HeaderName) -> bool {
    is_secret_name(name.as_str())
}

/// Whether a name is one that secrets have.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name == "key"
}

/// Whether a member of a request's body has the name of a secret. Not so many are: bodies have schemas, arguments, and the
/// seals of reasoning.
pub(crate) fn is_secret_member(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    name != "key" && !name.ends_with("signature") && is_secret_name(&name)
}

/// The headers of a response that may be shown, in order.
pub(crate) fn headers(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
        .filter(|(name, _)| !HIDDEN_HEADERS.contains(name))
}

/// Query members that are no secrets.
const PLAIN_QUERY: &[&str] = &["alt", "api-version", "stream", "beta"];

/// Parts of names that secrets have, without hyphens and underscores.
const SECRET_NAMES: &[&str] = &[
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "password",
    "passwd",
    "secret",
    "accesstoken",
    "authtoken",
    "securitytoken",
    "sessiontoken",
    "bearer",
    "signature",
];

/// Headers of a response that are nobody's business.
const HIDDEN_HEADERS: &[&str] =
    &["set-cookie", "set-cookie2", "location", "www-authenticate", "proxy-authenticate", "authorization"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_url_is_shown_but_where_it_is() {
        let check = |text: &str, expected: &str| {
            let url = Url::parse(text).expect("the test's URLs are URLs");
            assert_eq!(super::url(&url), expected);
        };
        check("https://me:pw@host:8/v1/x?key=k1&alt=sse#f", "https://host:8/v1/x?key=*&alt=sse");
        check("https://host/", "https://host/");
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in ["api_key", "x-api-key", "Authorization", "access_token", "client_secret", "Cookie", "key"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["max_tokens", "keyboard", "name", "model", "tokens"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
