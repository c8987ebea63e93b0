//! Whether a response can be an answer, by its head alone.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// What a body is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A stream: events, JSON lines, or messages of an AWS event stream.
    Stream,
    /// One JSON document, also where a stream was asked for: it gives the same events.
    Whole,
    /// The type does not say, or is one that servers put on anything (`text/plain`): its bytes decide.
    Unsaid,
}

/// Why a response is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The body is coded in a way that nobody took off.
    Encoding(String),
    /// The body is a page, a picture, an archive.
    Type(String),
}

/// Looks at the head of a response.
///
/// Codings that the HTTP client takes off are not in the headers any more: one that is was not understood.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<Form, Refused> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let encoding = text(CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Refused::Encoding(encoding.to_owned()));
    }
    let essence = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*essence {
        known if STREAMS.contains(&known) => Ok(Form::Stream),
        known if known == "application/json" || known.ends_with("+json") => Ok(Form::Whole),
        known if REFUSED.contains(&known) || REFUSED_FAMILIES.iter().any(|family| known.starts_with(family)) => {
            Err(Refused::Type(essence))
        }
        _ => Ok(Form::Unsaid),
    }
}

const STREAMS: &[&str] = &[
    "text/event-stream",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/stream+json",
    "application/vnd.amazon.eventstream",
];
const REFUSED: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "text/xml",
    "application/xml",
    "application/pdf",
    "application/zip",
    "application/gzip",
];
const REFUSED_FAMILIES: &[&str] = &["image/", "audio/", "video/", "font/", "multipart/"];

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn types_and_codings_decide() {
        let check = |of: &'static str, encoding: &'static str, expected: Result<Form, Refused>| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(of));
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            assert_eq!(check_headers(&headers), expected, "{of} {encoding}");
        };
        check("text/event-stream; charset=utf-8", "", Ok(Form::Stream));
        check("application/vnd.amazon.eventstream", "identity", Ok(Form::Stream));
        check("Application/JSON", "", Ok(Form::Whole));
        check("application/problem+json", "", Ok(Form::Whole));
        check("application/stream+json", "", Ok(Form::Stream));
        check("text/plain", "", Ok(Form::Unsaid));
        check("", "", Ok(Form::Unsaid));
        check("text/html", "", Err(Refused::Type("text/html".to_owned())));
        check("image/png", "", Err(Refused::Type("image/png".to_owned())));
        check("text/event-stream", "zstd", Err(Refused::Encoding("zstd".to_owned())));
    }
}
