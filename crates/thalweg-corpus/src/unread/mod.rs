//! What no decoder reads: the members of a body's JSON that can be taken out, or have another value, and nothing of
//! what comes out changes.
//!
//! A provider's new field is such a member until someone reads it, so that a list of them that is kept beside the
//! corpus shows it as a difference.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use crate::{Chunking, Setup};

mod members;
mod messages;

use members::{Member, members};
use messages::Messages;

/// The members of one body that nothing reads; [`Paths`] is the same over many bodies.
///
/// ```
/// use thalweg::dialects;
/// use thalweg_corpus::unread_paths;
///
/// let body = br#"data: {"choices":[{"delta":{"content":"Hi","mood":"calm"},"finish_reason":"stop"}],"by":"x"}"#;
/// let unread = unread_paths(&dialects::OPENAI_CHAT, &[&body[..], b"\n\n"].concat());
/// assert!(unread.iter().eq(["by", "choices[].delta.mood"]));
/// ```
#[must_use]
pub fn unread_paths<'d>(setup: impl Into<Setup<'d>>, body: &[u8]) -> BTreeSet<String> {
    let mut paths = Paths::default();
    paths.see(setup, body);
    paths.unread()
}

/// The members that some bodies have, and whether anything of what comes out depends on them.
///
/// A path names the keys on the way to a member and has `[]` for the elements of an array, all of them:
/// `choices[].delta.content`. In protocols whose frames say their `type`, or are messages with a name, that stands in front:
/// `response.completed: response.id`. A key that could be mistaken for more than one is quoted.
///
/// A member is read where the events are others without it, or with another value of the same kind in its place, or
/// where one below it is read. Without it alone would not do: nothing changes without an index that is 0, nor without
/// either of two fields that hold the same text. All frames of a body are changed at once, so that repeating a value
/// in each of them does not make it look unread.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    /// The path of the member it is in; none at the top of a frame.
    parent: Option<String>,
    is_read: bool,
}

impl Paths {
    /// Adds a body: decodes it once, and up to twice more for each of its paths.
    ///
    /// Frames that hold no valid JSON, and those that come out whole as [`thalweg::Event::Unknown`], are left as they
    /// are. Set [`Setup::detail`] to [`thalweg::Detail::Full`] to count what comes out as an extra as read.
    pub fn see<'d>(&mut self, setup: impl Into<Setup<'d>>, body: &[u8]) {
        let setup = setup.into();
        let original = setup.events(body, &Chunking::Whole);
        // No event holds an offset in the body, and no frame is lost: nothing is to be left out of the comparison.
        let is_other = |bytes: &[u8]| setup.events(bytes, &Chunking::Whole) != original;
        let messages = Messages::of(body);
        let changed = |places: Vec<(Range<usize>, &'static str)>| match &messages {
            Some(messages) => messages.replaced(&places),
            None => replaced(body, places),
        };
        for (path, Member { parent, places, others }) in members(&setup, body, messages.as_ref()) {
            let places = places.into_iter().map(|place| (place, "")).collect();
            let is_read = is_other(&changed(places)) || is_other(&changed(others));
            let seen = self.seen.entry(path).or_default();
            seen.parent = parent;
            seen.is_read |= is_read;
        }
        self.close_upwards();
    }

    /// The paths that were seen and are not read, less those inside one that is not.
    #[must_use]
    pub fn unread(&self) -> BTreeSet<String> {
        let is_unread = |path: &String| self.seen.get(path).is_some_and(|seen| !seen.is_read);
        let is_top = |seen: &Seen| !seen.parent.as_ref().is_some_and(is_unread);
        self.seen.iter().filter(|(_, seen)| !seen.is_read && is_top(seen)).map(|(path, _)| path.clone()).collect()
    }

    /// What has a part that is read is read.
    fn close_upwards(&mut self) {
        let mut above: Vec<_> =
            self.seen.values().filter(|seen| seen.is_read).flat_map(|seen| seen.parent.clone()).collect();
        while let Some(path) = above.pop() {
            if let Some(seen) = self.seen.get_mut(&path)
                && !seen.is_read
            {
                seen.is_read = true;
                above.extend(seen.parent.clone());
            }
        }
    }
}

/// A body with other bytes in some places, which are sorted by their beginnings.
fn replaced(body: &[u8], places: impl IntoIterator<Item = (Range<usize>, &'static str)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut from = 0;
    for (place, other) in places {
        out.extend_from_slice(body.get(from..place.start).unwrap_or_default());
        out.extend_from_slice(other.as_bytes());
        from = from.max(place.end);
    }
    out.extend_from_slice(&body[from..]);
    out
}

#[cfg(test)]
mod tests;
