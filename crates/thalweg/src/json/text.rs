//! Ranges of a frame, and what the escapes in a string stand for (RFC 8259 section 7).

use alloc::string::String;

use memchr::memchr;

/// The inside of a JSON string, between its quotes, still escaped: a range of the frame it was read
/// from.
///
/// Eight bytes of range and a flag, not a borrow, so that a decoder can keep it in a reused scratch
/// vector. Every method takes the frame again; given another one the answer means nothing, but
/// nothing panics. Only [`super::Reader`] makes one that is not empty, and what it makes is well
/// formed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    start: u32,
    end: u32,
    escaped: bool,
}

impl Text {
    #[inline]
    pub(super) const fn new(start: u32, end: u32, escaped: bool) -> Self {
        Self { start, end, escaped }
    }

    #[inline]
    pub(super) const fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(super) const fn end(self) -> usize {
        self.end as usize
    }

    /// Whether the string is `""`.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The string as it stands in the frame, still escaped.
    #[inline]
    pub fn raw(self, json: &str) -> &str {
        slice(json, self.start, self.end)
    }

    /// The string itself where nothing in it is escaped, which is the common case; otherwise
    /// `None`, and [`Text::decode`] is needed.
    #[inline]
    pub fn plain(self, json: &str) -> Option<&str> {
        (!self.escaped).then(|| self.raw(json))
    }

    /// Whether the string, decoded, is `other`. Allocates nothing. A string with an unpaired
    /// surrogate equals no `other`.
    #[inline]
    pub fn is(self, json: &str, other: &str) -> bool {
        match self.plain(json) {
            Some(plain) => plain == other,
            None => self.is_slow(json, other),
        }
    }

    /// The string decoded, for `match key.name(json, &mut short)` against known names: the frame's
    /// own slice, or where something is escaped, the text decoded into `short`.
    ///
    /// An escaped string that is longer than `short` when decoded, or holds an unpaired surrogate,
    /// gives `""`: make it as long as the longest known name, and it equals none of them. Allocates
    /// nothing.
    #[inline]
    pub fn name<'a>(self, json: &'a str, short: &'a mut [u8]) -> &'a str {
        match self.plain(json) {
            Some(plain) => plain,
            None => self.name_slow(json, short).unwrap_or_default(),
        }
    }

    /// Appends the decoded string to `out`, which grows by no more than the length of
    /// [`Text::raw`].
    ///
    /// An unpaired surrogate at either edge is left out and returned, because its other half may be
    /// in the neighbouring fragment; one in the middle is written as U+FFFD.
    pub fn decode(self, json: &str, out: &mut String) -> Edges {
        let mut edges = Edges::default();
        if let Some(plain) = self.plain(json) {
            out.push_str(plain);
            return edges;
        }
        let mut pieces = self.pieces(json);
        out.reserve(pieces.rest.len());
        let mut first = true;
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Char(decoded) => out.push(decoded),
                Piece::Half(half) if first && is_low(half) => edges.low = Some(half),
                Piece::Half(half) if pieces.rest.is_empty() && is_high(half) => edges.high = Some(half),
                Piece::Half(_) => {
                    out.push(char::REPLACEMENT_CHARACTER);
                    edges.lone = true;
                }
            }
            first = false;
        }
        edges
    }

    fn is_slow(self, json: &str, other: &str) -> bool {
        let mut rest = other;
        for piece in self.pieces(json) {
            let after = match piece {
                Piece::Plain(plain) => rest.strip_prefix(plain),
                Piece::Char(decoded) => rest.strip_prefix(decoded),
                Piece::Half(_) => None,
            };
            let Some(after) = after else { return false };
            rest = after;
        }
        rest.is_empty()
    }

    fn name_slow<'a>(self, json: &str, short: &'a mut [u8]) -> Option<&'a str> {
        let mut len = 0;
        for piece in self.pieces(json) {
            let mut utf8 = [0; 4];
            let bytes = match piece {
                Piece::Plain(plain) => plain.as_bytes(),
                Piece::Char(decoded) => decoded.encode_utf8(&mut utf8).as_bytes(),
                Piece::Half(_) => return None,
            };
            short.get_mut(len..len + bytes.len())?.copy_from_slice(bytes);
            len += bytes.len();
        }
        core::str::from_utf8(short.get(..len)?).ok()
    }

    fn pieces(self, json: &str) -> Pieces<'_> {
        Pieces { rest: self.raw(json) }
    }
}

/// What decoding a [`Text`] left at its edges: UTF-16 halves that may have their other half in a
/// neighbouring fragment of the same text. [`char::decode_utf16`] joins a `high` with the `low`
/// that follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// The text began with an escaped low surrogate. It was not written.
    pub low: Option<u16>,
    /// The text ended with an escaped high surrogate. It was not written.
    pub high: Option<u16>,
    /// A half that is at neither edge, or at the wrong one, had no partner. It was written as
    /// U+FFFD.
    pub lone: bool,
}

/// Any one JSON value, verbatim: a range of the frame it was read from, without the whitespace
/// around it.
///
/// As with [`Text`], resolve it against that same frame. The default is no value: an empty range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    start: u32,
    end: u32,
}

impl Raw {
    #[inline]
    pub(super) const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    #[inline]
    pub(super) const fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The value as it stands in the frame.
    #[inline]
    pub fn of(self, json: &str) -> &str {
        slice(json, self.start, self.end)
    }

    /// Whether this is no value at all. What a reader returned never is.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A run of a string that decodes as one.
enum Piece<'a> {
    /// Nothing escaped in it.
    Plain(&'a str),
    /// What an escape, or a pair of them, stands for.
    Char(char),
    /// An escaped surrogate that is not one of a pair.
    Half(u16),
}

/// The pieces of a well formed string. Of any other, those before the first malformed escape.
struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    #[inline]
    fn next(&mut self) -> Option<Piece<'a>> {
        // In a string that was read, nothing but a backslash ends a plain run.
        let run = memchr(b'\\', self.rest.as_bytes()).unwrap_or(self.rest.len());
        if run > 0 {
            let (plain, rest) = self.rest.split_at_checked(run)?;
            self.rest = rest;
            return Some(Piece::Plain(plain));
        }
        let (piece, len) = escape(self.rest.as_bytes())?;
        self.rest = self.rest.get(len..)?;
        Some(piece)
    }
}

/// The escape that `bytes` begin with, and its length.
#[inline]
fn escape<'a>(bytes: &[u8]) -> Option<(Piece<'a>, usize)> {
    let decoded = match bytes.get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode_escape(bytes),
        &byte @ (b'"' | b'\\' | b'/') => char::from(byte),
        _ => return None,
    };
    Some((Piece::Char(decoded), 2))
}

fn unicode_escape<'a>(bytes: &[u8]) -> Option<(Piece<'a>, usize)> {
    let unit = unit(bytes)?;
    if let Some(decoded) = char::from_u32(u32::from(unit)) {
        return Some((Piece::Char(decoded), 6));
    }
    if let Some(next) = bytes.get(6..).and_then(self::unit)
        && let Some(Ok(decoded)) = char::decode_utf16([unit, next]).next()
    {
        return Some((Piece::Char(decoded), 12));
    }
    Some((Piece::Half(unit), 6))
}

/// The UTF-16 unit of the `\uXXXX` that `bytes` begin with.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(br"\u")?.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some((unit << 4) | digit as u16)
    })
}

const fn is_high(unit: u16) -> bool {
    matches!(unit, 0xD800..=0xDBFF)
}

const fn is_low(unit: u16) -> bool {
    matches!(unit, 0xDC00..=0xDFFF)
}

#[inline]
fn slice(json: &str, start: u32, end: u32) -> &str {
    json.get(start as usize..end as usize).unwrap_or_default()
}
