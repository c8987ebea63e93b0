use core::fmt;

/// A law that does not hold, or an expectation that is not met, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The name of the law.
    pub law: &'static str,
    /// What does not hold.
    pub message: String,
    /// The offset in the bytes: where they were cut, or what was read when it showed.
    pub at: Option<usize>,
    /// What should be the same and is not.
    pub differing: Option<(String, String)>,
}

impl Violation {
    /// A violation of `law`.
    pub fn new(law: &'static str, message: impl Into<String>) -> Self {
        Self { law, message: message.into(), at: None, differing: None }
    }

    /// The same, at an offset in the bytes.
    #[must_use]
    pub fn at(mut self, at: usize) -> Self {
        self.at = Some(at);
        self
    }

    /// The same, between two things that should be equal.
    #[must_use]
    pub fn between(mut self, left: impl fmt::Debug, right: impl fmt::Debug) -> Self {
        self.differing = Some((format!("{left:?}"), format!("{right:?}")));
        self
    }

    /// The same, with what was being done in front of the message.
    #[must_use]
    pub fn during(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.message)?;
        if let Some(at) = self.at {
            write!(f, " (at byte {at})")?;
        }
        if let Some((left, right)) = &self.differing {
            write!(f, "\n   left: {left}\n  right: {right}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Violation {}
