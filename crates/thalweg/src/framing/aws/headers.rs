//! The headers of a message.

use core::ops::Range;

/// Where the values are of the headers that say what a message is. Only a value that is a string counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) message_type: Option<Range<usize>>,
    pub(super) event_type: Option<Range<usize>>,
    pub(super) exception_type: Option<Range<usize>>,
    pub(super) error_code: Option<Range<usize>>,
    pub(super) error_message: Option<Range<usize>>,
}

impl Headers {
    /// Reads all headers in `range`; `None` where one is cut, has a type that is unknown (its length is too) or a name
    /// that was there before, or where there are more than [`HEADERS_MOST`].
    pub(super) fn read(message: &[u8], range: Range<usize>) -> Option<Self> {
        let mut headers = Self::default();
        let mut names: [&[u8]; HEADERS_MOST] = [&[]; HEADERS_MOST];
        let mut count = 0;
        let mut rest = Cursor { bytes: message.get(..range.end)?, pos: range.start };
        while rest.pos < range.end {
            let len = rest.byte()?;
            let name = rest.take(len.into())?;
            let name = &message[name];
            if names[..count].contains(&name) {
                return None;
            }
            *names.get_mut(count)? = name;
            count += 1;
            let value = rest.value()?;
            match name {
                b":message-type" => headers.message_type = value,
                b":event-type" => headers.event_type = value,
                b":exception-type" => headers.exception_type = value,
                b":error-code" => headers.error_code = value,
                b":error-message" => headers.error_message = value,
                _ => {}
            }
        }
        Some(headers)
    }
}

/// What of the headers has not been read.
struct Cursor<'a> {
    /// Up to the end of the headers.
    bytes: &'a [u8],
    pos: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.pos)?;
        self.pos += 1;
        Some(byte)
    }

    fn take(&mut self, len: usize) -> Option<Range<usize>> {
        let range = self.pos..self.pos.checked_add(len)?;
        self.bytes.get(range.clone())?;
        self.pos = range.end;
        Some(range)
    }

    /// Goes behind a value; where it is, if it is a string.
    #[expect(clippy::option_option, reason = "a cut value, one that is no string, and a string")]
    fn value(&mut self) -> Option<Option<Range<usize>>> {
        let kind = self.byte()?;
        let len = match kind {
            // True and false have no value.
            0 | 1 => 0,
            // Integers of 8, 16, 32 and 64 bits.
            2 => 1,
            3 => 2,
            4 => 4,
            5 => 8,
            // Bytes and strings.
            BYTES | STRING => usize::from(u16::from_be_bytes([self.byte()?, self.byte()?])),
            // Milliseconds since the epoch.
            8 => 8,
            // A UUID.
            9 => 16,
            _ => return None,
        };
        let value = self.take(len)?;
        Some((kind == STRING).then_some(value))
    }
}

const BYTES: u8 = 6;
const STRING: u8 = 7;
/// Bedrock sends three. Each name is compared with those before it.
const HEADERS_MOST: usize = 64;
