//! Secrets, which nothing shows, and what takes them out of what is shown.

use core::fmt;
use std::sync::Arc;

use memchr::memmem;
use reqwest::Url;

/// A key, a token or a password. `Debug` says that there is one; nothing prints it, and what this crate writes down has it
/// taken out.
///
/// ```
/// let key = thalweg_http::Secret::new("sk-very-secret");
/// assert_eq!(format!("{key:?}"), "Secret(..)");
/// ```
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// A secret of this text. Spaces and line ends around it are left out: they come from files.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The secret in a variable of the environment; none where there is no such variable, or nothing in it.
    #[must_use]
    pub fn from_env(name: &str) -> Option<Self> {
        std::env::var(name).ok().map(|text| Self::new(&text)).filter(|secret| !secret.0.is_empty())
    }

    /// The text itself: for what must be sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

/// Takes the secrets of one request out of text and bytes: as they are, as they stand in a URL, and as they stand in JSON.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    /// The longest first, so that a secret inside of another leaves nothing of it.
    needles: Vec<Box<[u8]>>,
}

impl Redactor {
    /// Knows one more secret. One of fewer than [`SECRET_LEAST`] bytes is not looked for: it would be found everywhere.
    pub(crate) fn add(&mut self, secret: &str) {
        let in_json = serde_json::Value::from(secret).to_string();
        let in_json = in_json.trim_matches('"');
        let (in_url, in_json) = (in_url(secret), in_json.to_owned());
        let forms = [
            lower_hex(&in_url),
            in_json.replace('/', "\\/"),
            // As Go, Gson and .NET write it, who escape more than they must.
            escaped(&in_json, "<>&", false),
            escaped(&in_json, "<>&='", false),
            escaped(&in_json, "<>&+'`", true),
        ];
        for form in [secret.to_owned(), in_url, in_json].into_iter().chain(forms) {
            if form.len() >= SECRET_LEAST && !self.needles.iter().any(|known| **known == *form.as_bytes()) {
                self.needles.push(form.as_bytes().into());
            }
        }
        self.needles.sort_by_key(|needle| core::cmp::Reverse(needle.len()));
    }

    /// How many forms of secrets it knows.
    pub(crate) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Knows the value of a header: all of it, and each part, as those of cookies and what stands behind `Bearer`.
    pub(crate) fn add_header(&mut self, value: &str) {
        self.add(value);
        for part in value.split([' ', ';', ',']).filter(|part| part.len() >= PART_LEAST).take(PARTS_MAX) {
            self.add(part);
            if let Some((_, value)) = part.split_once('=').filter(|(_, value)| value.len() >= PART_LEAST) {
                self.add(value.trim_matches('"'));
            }
        }
    }

    /// The text without secrets, and without characters that could drive a terminal.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let is_changed = self.bytes(&mut bytes);
        let text = if is_changed { String::from_utf8_lossy(&bytes).into_owned() } else { text.to_owned() };
        text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ")
    }

    /// Writes over every secret in the bytes, so that all offsets stay. True where there was one.
    pub(crate) fn bytes(&self, bytes: &mut [u8]) -> bool {
        let mut is_changed = false;
        for needle in &self.needles {
            let found: Vec<usize> = memmem::find_iter(bytes, needle).collect();
            is_changed |= !found.is_empty();
            for at in found {
                bytes[at..at + needle.len()].fill(b'*');
            }
        }
        is_changed
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("needles", &self.needles.len()).finish()
    }
}

/// The shortest text that is taken out as a secret.
pub(crate) const SECRET_LEAST: usize = 4;

/// The shortest part of a header's value that is taken for a secret of its own.
const PART_LEAST: usize = 8;

/// How many parts of one value are: more than the cookies that a site may set.
const PARTS_MAX: usize = 256;

fn in_url(secret: &str) -> String {
    let url = Url::parse_with_params("http://x/", [("", secret)]);
    url.ok().and_then(|url| url.query()?.strip_prefix('=').map(str::to_owned)).unwrap_or_default()
}

/// The same with small letters behind `%`.
fn lower_hex(url: &str) -> String {
    let mut left = 0;
    let lower = |c: char| match (c, left) {
        ('%', _) => {
            left = 2;
            c
        }
        (_, 1..) => {
            left -= 1;
            c.to_ascii_lowercase()
        }
        _ => c,
    };
    url.chars().map(lower).collect()
}

/// JSON with more escapes: those of these characters, with digits of large or of small letters.
fn escaped(json: &str, chars: &str, is_upper: bool) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match u32::from(c) {
            _ if !chars.contains(c) => text.push(c),
            code if is_upper => text.extend(["\\u", &format!("{code:04X}")]),
            code => text.extend(["\\u", &format!("{code:04x}")]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_taken_out_and_lengths_stay() {
        let check = |secret: &str, text: &str, expected: &str| {
            let mut redactor = Redactor::default();
            redactor.add(secret);
            let mut bytes = text.as_bytes().to_vec();
            redactor.bytes(&mut bytes);
            assert_eq!(bytes.len(), text.len());
            assert_eq!(String::from_utf8(bytes).as_deref(), Ok(expected));
        };
        check("sk-abc", "key sk-abc and sk-abd", "key ****** and sk-abd");
        check("a b/c", "?key=a+b%2Fc a b/c a b\\/c", "?key=******* ***** ******");
        check("q\"uote", "{\"k\":\"q\\\"uote\"}", "{\"k\":\"*******\"}");
        check("ab", "ab is too short to be looked for", "ab is too short to be looked for");
    }

    #[test]
    fn a_secret_in_another_leaves_nothing_of_it() {
        let mut redactor = Redactor::default();
        redactor.add("secret");
        redactor.add("my-secret-key");
        assert_eq!(redactor.text("my-secret-key, secret"), "*************, ******");
        assert_eq!(format!("{redactor:?}"), "Redactor { needles: 2 }");
    }
}
