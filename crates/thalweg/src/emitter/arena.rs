//! The text of one frame's events: a reused buffer and ranges of it.

use alloc::string::String;

use crate::json::{Edges, Error, Reader, Text, members};

/// A range of the arena of the frame being decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// Whether it holds nothing.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// What follows its first `known` bytes.
    pub(super) fn after(self, known: usize) -> Self {
        let known = u32::try_from(known).unwrap_or(u32::MAX).min(self.len);
        Self { start: self.start + known, len: self.len - known }
    }
}

/// A piece of text as a decoder finds it: plain, or still escaped inside a JSON string.
///
/// Decoders hand pieces on as they are; the emitter decodes them into its arena, because only it knows whether the
/// block waits for the other half of a surrogate pair.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    source: &'a str,
    escaped: Option<Text>,
}

impl<'a> Fragment<'a> {
    /// A string of the JSON document `json`.
    #[inline]
    #[must_use]
    pub fn json(json: &'a str, text: Text) -> Self {
        match text.plain(json) {
            Some(source) => Self { source, escaped: None },
            None => Self { source: json, escaped: Some(text) },
        }
    }

    /// A JSON value that is a string: such a member as [`json::members`](crate::json::members) finds. None for any other.
    #[must_use]
    pub fn value(json: &'a str) -> Option<Self> {
        Reader::new(json, 0).string().ok().map(|text| Self::json(json, text))
    }

    /// The member `name` of the object `json`, where it is a string. Gives the error of
    /// [`json::members`](crate::json::members).
    pub fn member(json: &'a str, name: &str, depth_max: u16) -> Result<Option<Self>, Error> {
        let [value] = members(json, [name], depth_max)?;
        Ok(value.and_then(|value| Self::value(value.of(json))))
    }

    /// Whether there is nothing in it.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.escaped.map_or(self.source.is_empty(), Text::is_empty)
    }

    /// Itself, where nothing in it is escaped.
    #[must_use]
    pub fn plain(&self) -> Option<&'a str> {
        self.escaped.is_none().then_some(self.source)
    }

    /// Itself, decoded: as it stands where nothing is escaped, else written into `buffer`, which must be empty.
    pub fn borrow<'b>(&self, buffer: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        match self.escaped {
            None => self.source,
            Some(_) => {
                self.decode(buffer);
                buffer
            }
        }
    }

    /// Whether both read the same once decoded.
    #[must_use]
    pub fn reads(&self, other: Fragment<'_>) -> bool {
        match (self.escaped, other.escaped) {
            (None, _) => other.is(self.source),
            (_, None) => self.is(other.source),
            (Some(one), Some(two)) if one.raw(self.source) == two.raw(other.source) => true,
            _ => {
                let (mut one, mut two) = (String::new(), String::new());
                self.decode(&mut one) == other.decode(&mut two) && one == two
            }
        }
    }

    /// Appends it, decoded, to `out`; halves of pairs at its edges are left out and returned.
    #[inline]
    pub fn decode(&self, out: &mut String) -> Edges {
        match self.escaped {
            None => {
                out.push_str(self.source);
                Edges::default()
            }
            Some(text) => text.decode(self.source, out),
        }
    }

    /// Whether it reads `other` once decoded.
    #[inline]
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        match self.escaped {
            None => self.source == other,
            Some(text) => text.is(self.source, other),
        }
    }
}

impl<'a> From<&'a str> for Fragment<'a> {
    fn from(source: &'a str) -> Self {
        Self { source, escaped: None }
    }
}

/// The buffer itself. Spans are valid until [`clear`](Self::clear).
#[derive(Debug, Default)]
pub(super) struct Arena {
    text: String,
}

impl Arena {
    /// The text of a span; nothing for one that was kept beyond its frame.
    #[inline]
    pub(super) fn get(&self, span: Span) -> &str {
        let (start, len) = (span.start as usize, span.len as usize);
        self.text.get(start..start.saturating_add(len)).unwrap_or_default()
    }

    /// Decodes a fragment to the end of the arena.
    #[inline]
    pub(super) fn write(&mut self, fragment: Fragment<'_>) -> (Span, Edges) {
        let start = self.text.len();
        let edges = fragment.decode(&mut self.text);
        (self.since(start), edges)
    }

    /// Writes `c` and behind it the text of `span`: a pair whose first half came earlier. A new text, because others may
    /// have been written since.
    pub(super) fn prepend(&mut self, span: Span, c: char) -> Span {
        self.join(c.encode_utf8(&mut [0; 4]), span)
    }

    /// Writes the text of `span` and behind it `c`.
    pub(super) fn append(&mut self, span: Span, c: char) -> Span {
        let text = self.join("", span);
        self.text.push(c);
        self.since(text.start as usize)
    }

    /// Writes two strings as one text.
    pub(super) fn join(&mut self, first: &str, second: Span) -> Span {
        let (start, from, len) = (self.text.len(), second.start as usize, self.get(second).len());
        self.text.push_str(first);
        // A span that was kept beyond its frame may begin anywhere; it has no text then.
        if len > 0 {
            self.text.extend_from_within(from..from + len);
        }
        self.since(start)
    }

    fn since(&self, start: usize) -> Span {
        // A frame is at most `u32::MAX / 32` bytes, and its events hold a few copies of it. Where that does not hold,
        // the text is missing rather than wrong: `get` finds nothing.
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: narrow(start), len: narrow(self.text.len() - start) }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    pub(super) fn shrink(&mut self, keep: usize) {
        self.text.shrink_to(keep);
    }

    pub(super) fn retained(&self) -> usize {
        self.text.capacity()
    }
}
