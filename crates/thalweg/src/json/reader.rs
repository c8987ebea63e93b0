//! The pull reader: one frame, one pass, the caller decides what to look at.
//!
//! ```text
//! object()  key() -> Some  <value>  key() -> Some  <value>  key() -> None
//! array()   element() -> true  <value>  element() -> true  <value>  element() -> false
//! ```
//!
//! where `<value>` is any one of `string`, `number`, `boolean`, `null`, `skip`, `maybe_string`, or
//! a container.

use super::nesting::{Container, Nesting};
use super::scan::{is_space, plain_run};
use super::{Error, ErrorKind, Raw, Text, number};

/// Reads the JSON values of one frame, front to back, strictly by RFC 8259.
///
/// Make one a frame, read one value, then call [`Reader::end`]. Reading allocates nothing (see
/// [`Reader::skip`] for the one exception) and takes time linear in the frame.
///
/// Every method that reads a value skips the whitespace before it. Asking for another kind of value
/// than the one that follows is [`ErrorKind::Syntax`]; [`Reader::peek`] tells beforehand. After an
/// error, or calls in an order other than the one drawn above, further answers mean nothing, but
/// nothing panics.
///
/// A frame longer than [`u32::MAX`] bytes is not read at all: the first call gives
/// [`ErrorKind::Eof`].
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    source: &'a str,
    /// What is read: the bytes of `source`, or none where it is too long for offsets of 32 bits.
    bytes: &'a [u8],
    at: usize,
    depth: u16,
    depth_max: u16,
    /// The innermost container was opened and has not been asked for its first entry: no comma is
    /// due.
    fresh: bool,
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 8259 section 3 has these and no others")]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any range.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `json`, which gives [`ErrorKind::Depth`] on entering more than
    /// `depth_max` containers inside each other (0: scalars only).
    #[inline]
    pub fn new(json: &'a str, depth_max: u16) -> Self {
        Self::with_length_max(json, depth_max, u32::MAX as usize)
    }

    pub(super) fn with_length_max(json: &'a str, depth_max: u16, length_max: usize) -> Self {
        let bytes = if json.len() > length_max { &[] } else { json.as_bytes() };
        Self { source: json, bytes, at: 0, depth: 0, depth_max, fresh: false }
    }

    /// Skips whitespace and tells what the next value is, by its first byte. Consumes nothing of
    /// it.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, Error> {
        match self.token() {
            Some(b'"') => Ok(Kind::String),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            other => Err(self.unexpected(other)),
        }
    }

    /// Enters an object: consumes `{`. Call [`Reader::key`] next, until it gives `None`.
    #[inline]
    pub fn object(&mut self) -> Result<(), Error> {
        self.enter(b'{')
    }

    /// Consumes the next key of the object and its colon, and the comma before it: read the value
    /// next, or [`Reader::skip`] it. `None`: consumed `}`, and the object is closed. Keys may
    /// repeat.
    #[inline]
    pub fn key(&mut self) -> Result<Option<Text>, Error> {
        let mut next = self.token();
        if next == Some(b'}') {
            self.close();
            return Ok(None);
        }
        if self.fresh {
            self.fresh = false;
        } else {
            self.expect(b',', next)?;
            next = self.token();
        }
        let key = self.quoted(next)?;
        let colon = self.token();
        self.expect(b':', colon)?;
        Ok(Some(key))
    }

    /// Enters an array: consumes `[`. Call [`Reader::element`] next, until it gives `false`.
    #[inline]
    pub fn array(&mut self) -> Result<(), Error> {
        self.enter(b'[')
    }

    /// Consumes the comma before the next element of the array, if one is due. `true`: a value
    /// follows, read or [`Reader::skip`] it. `false`: consumed `]`, and the array is closed.
    #[inline]
    pub fn element(&mut self) -> Result<bool, Error> {
        match self.token() {
            Some(b']') => {
                self.close();
                return Ok(false);
            }
            Some(_) if self.fresh => self.fresh = false,
            other => self.expect(b',', other)?,
        }
        Ok(true)
    }

    /// Reads a string. Its escapes are checked here, once; [`Text::decode`] resolves them. An
    /// escaped surrogate without its other half is accepted.
    #[inline]
    pub fn string(&mut self) -> Result<Text, Error> {
        let next = self.token();
        self.quoted(next)
    }

    /// Reads a number, of any range and precision, as the text it is. See [`super::count`] and
    /// [`super::integer`].
    #[inline]
    pub fn number(&mut self) -> Result<Raw, Error> {
        let _ = self.token();
        let start = self.at;
        self.at = number::end(self.bytes, start)?;
        Ok(self.raw_from(start))
    }

    /// Reads `true` or `false`.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, Error> {
        let truth = self.token() == Some(b't');
        self.literal(if truth { b"true" } else { b"false" })?;
        Ok(truth)
    }

    /// Reads `null`.
    #[inline]
    pub fn null(&mut self) -> Result<(), Error> {
        let _ = self.token();
        self.literal(b"null")
    }

    /// Reads any one value and returns it verbatim. It is checked in full: `skip` accepts what
    /// reading the value piece by piece accepts, and fails where that fails, with the same error.
    ///
    /// Containers are not recursed into. Up to 128 of them inside each other are tracked without
    /// allocating.
    pub fn skip(&mut self) -> Result<Raw, Error> {
        let mut kind = self.peek()?;
        let start = self.at;
        let mut nesting = Nesting::default();
        loop {
            match kind {
                Kind::String => _ = self.string()?,
                Kind::Number => _ = self.number()?,
                Kind::Bool => _ = self.boolean()?,
                Kind::Null => self.null()?,
                Kind::Object => {
                    self.object()?;
                    nesting.enter(Container::Object);
                }
                Kind::Array => {
                    self.array()?;
                    nesting.enter(Container::Array);
                }
            }
            // A value ended or a container began: go to the next value, out of all containers that
            // end here.
            loop {
                let another = match nesting.inside() {
                    None => return Ok(self.raw_from(start)),
                    Some(Container::Object) => self.key()?.is_some(),
                    Some(Container::Array) => self.element()?,
                };
                if another {
                    break;
                }
                nesting.leave();
            }
            kind = self.peek()?;
        }
    }

    /// Reads a string if one follows; any other value is skipped and gives `None`. For fields that
    /// are a string or `null`, and for those of which a provider may yet change the type.
    #[inline]
    pub fn maybe_string(&mut self) -> Result<Option<Text>, Error> {
        if self.peek()? == Kind::String {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Reads any value, verbatim; `null` is none. For members that may be absent in either way.
    #[inline]
    pub fn present(&mut self) -> Result<Option<Raw>, Error> {
        let is_null = self.peek()? == Kind::Null;
        let raw = self.skip()?;
        Ok((!is_null).then_some(raw))
    }

    /// Checks that nothing but whitespace is left. Call it after the frame's one value.
    #[inline]
    pub fn end(&mut self) -> Result<(), Error> {
        match self.token() {
            None if self.bytes.len() == self.source.len() => Ok(()),
            other => Err(self.unexpected(other)),
        }
    }

    /// How much has been read.
    #[inline]
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// The frame being read, to resolve a [`Text`] or a [`Raw`] against.
    #[inline]
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// Skips whitespace; the byte there, which is not consumed.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if !is_space(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Consumes the token `next` if it is the `wanted` one.
    #[inline]
    fn expect(&mut self, wanted: u8, next: Option<u8>) -> Result<(), Error> {
        if next != Some(wanted) {
            return Err(self.unexpected(next));
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn enter(&mut self, bracket: u8) -> Result<(), Error> {
        let next = self.token();
        if next == Some(bracket) && self.depth >= self.depth_max {
            return Err(Error::new(ErrorKind::Depth, self.at));
        }
        self.expect(bracket, next)?;
        self.depth += 1;
        self.fresh = true;
        Ok(())
    }

    /// Consumes the bracket that closes the innermost container.
    #[inline]
    fn close(&mut self) {
        self.at += 1;
        self.depth = self.depth.saturating_sub(1);
        // The container is an entry of the one around it, in which a comma is due now.
        self.fresh = false;
    }

    /// Reads the string that the token `next` begins.
    #[inline]
    fn quoted(&mut self, next: Option<u8>) -> Result<Text, Error> {
        self.expect(b'"', next)?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain_run(self.bytes.get(self.at..).unwrap_or_default());
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                other => return Err(self.unexpected(other.copied())),
            }
            escaped = true;
        }
        let text = Text::new(start as u32, self.at as u32, escaped);
        self.at += 1;
        Ok(text)
    }

    /// Consumes an escape, from its backslash.
    fn escape(&mut self) -> Result<(), Error> {
        self.at += 1;
        let hex_digits = match self.bytes.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            other => return Err(self.unexpected(other.copied())),
        };
        self.at += 1;
        for _ in 0..hex_digits {
            match self.bytes.get(self.at) {
                Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                other => return Err(self.unexpected(other.copied())),
            }
        }
        Ok(())
    }

    /// Consumes `word`. What follows it is for the next token to reject.
    #[inline]
    fn literal(&mut self, word: &[u8]) -> Result<(), Error> {
        for &letter in word {
            self.expect(letter, self.bytes.get(self.at).copied())?;
        }
        Ok(())
    }

    #[inline]
    pub(super) const fn raw_from(&self, start: usize) -> Raw {
        Raw::new(start as u32, self.at as u32)
    }

    /// The error at the current byte, which is `found`.
    #[cold]
    fn unexpected(&self, found: Option<u8>) -> Error {
        Error::new(if found.is_some() { ErrorKind::Syntax } else { ErrorKind::Eof }, self.at)
    }
}
