use thalweg::{Close, Detail, Dialect, Event, Fold, Limits, Normalizer, OwnedEvent, Response, registry};

use crate::Chunking;

/// How bytes are decoded when a law is checked. Start from a dialect, or from [`Setup::detect`]:
///
/// ```
/// use thalweg::{Close, dialects};
/// use thalweg_corpus::{Setup, small_limits};
///
/// let setup = Setup::from(&dialects::OPENAI_CHAT).with_close(Close::Broken).with_limits(small_limits());
/// assert_eq!(setup.response(b"data: ").outcome, Some(thalweg::Outcome::Truncated));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Setup<'d> {
    /// The dialect; none: one of the registry is detected.
    pub dialect: Option<&'d Dialect>,
    /// The limits.
    pub limits: Limits,
    /// How the bytes end.
    pub close: Close,
    /// Whether signs of life give events.
    pub heartbeats: bool,
    /// How much detail is given.
    pub detail: Detail,
}

impl<'d> From<&'d Dialect> for Setup<'d> {
    fn from(dialect: &'d Dialect) -> Self {
        Self { dialect: Some(dialect), ..Setup::detect() }
    }
}

impl Setup<'_> {
    /// Detection among all dialects of the registry, default limits, a clean close.
    #[must_use]
    pub fn detect() -> Self {
        Self {
            dialect: None,
            limits: Limits::default(),
            close: Close::Clean,
            heartbeats: false,
            detail: Detail::default(),
        }
    }

    /// Other limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Another close.
    #[must_use]
    pub const fn with_close(mut self, close: Close) -> Self {
        self.close = close;
        self
    }

    /// With or without an event for signs of life.
    #[must_use]
    pub const fn with_heartbeats(mut self, heartbeats: bool) -> Self {
        self.heartbeats = heartbeats;
        self
    }

    /// A normalizer that was fed nothing yet.
    #[must_use]
    pub fn normalizer(&self) -> Normalizer {
        let normalizer = match self.dialect {
            Some(dialect) => Normalizer::new(dialect),
            None => Normalizer::detect(registry::ALL.iter().copied()),
        };
        normalizer.with_limits(self.limits).with_heartbeats(self.heartbeats).with_detail(self.detail)
    }

    /// Decodes chunks, draining after each, and shows every event to `see`.
    pub fn drive<'b>(&self, chunks: impl IntoIterator<Item = &'b [u8]>, mut see: impl FnMut(&Event<'_>)) {
        let mut normalizer = self.normalizer();
        for chunk in chunks {
            normalizer.feed(chunk);
            while let Some(event) = normalizer.poll() {
                see(&event);
            }
        }
        normalizer.finish(self.close);
        while let Some(event) = normalizer.poll() {
            see(&event);
        }
    }

    /// All events, under a chunking.
    #[must_use]
    pub fn events(&self, bytes: &[u8], chunking: &Chunking) -> Vec<OwnedEvent> {
        let mut events = Vec::new();
        self.drive(chunking.split(bytes), |event| events.push(event.to_owned()));
        events
    }

    /// The fold of all events.
    #[must_use]
    pub fn response(&self, bytes: &[u8]) -> Response {
        let mut response = Response::default();
        self.drive([bytes], |event| response.apply(event));
        response
    }
}

/// Limits that ordinary streams reach, so that reaching them is tried often.
#[must_use]
pub fn small_limits() -> Limits {
    let mut limits = Limits::default();
    limits.frame_bytes = 4 << 10;
    limits.json_depth = 16;
    limits.blocks = 16;
    limits.choices = 4;
    limits.tool_input_bytes = 8 << 10;
    limits.held_bytes = 1 << 10;
    limits.identity_bytes = 4 << 10;
    limits
}
