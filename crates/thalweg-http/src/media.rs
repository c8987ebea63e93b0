//! What a recorded body is by the ending of its file: what is written down of an answer, and what it is served with.

/// The media type that a body with such an ending has where nothing else is said.
pub(crate) fn of_ending(ending: &str) -> Option<&'static str> {
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, media)| *media)
}

const ENDINGS: [(&str, &str); 5] = [
    ("sse", "text/event-stream"),
    ("ndjson", "application/x-ndjson"),
    ("eventstream", "application/vnd.amazon.eventstream"),
    ("json", "application/json"),
    ("html", "text/html; charset=utf-8"),
];
