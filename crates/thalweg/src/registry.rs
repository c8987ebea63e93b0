//! Every dialect there is.

use crate::dialect::Dialect;

/// All dialects, in the order in which detection prefers them. A new one is a line in the list of [`dialects`].
///
/// [`dialects`]: crate::dialects
pub static ALL: &[&Dialect] = crate::dialects::LIST;

/// The dialect of a name.
///
/// ```
/// assert!(thalweg::registry::find("openai-chat").is_some());
/// assert!(thalweg::registry::find("carrier-pigeon").is_none());
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.name == name)
}
