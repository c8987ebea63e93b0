use core::fmt;

use super::{Message, Value};

/// Why bytes do not begin with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undecodable {
    /// More bytes are needed.
    Cut,
    /// A length contradicts another one.
    Length,
    /// A checksum is wrong.
    Checksum,
    /// A header is cut or of an unknown type.
    Header,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "the message is cut",
            Self::Length => "its lengths are impossible",
            Self::Checksum => "a checksum is wrong",
            Self::Header => "a header is cut or of an unknown type",
        })
    }
}

impl core::error::Error for Undecodable {}

impl Message {
    /// The message that `bytes` begin with, and what is behind it. Takes any lengths that fit each other, and any names.
    ///
    /// # Errors
    /// When there is none.
    pub fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), Undecodable> {
        let total = number(bytes, 0)?;
        let headers = number(bytes, 4)?;
        if checksum(bytes, 8)? != crc32fast::hash(&bytes[..8]) {
            return Err(Undecodable::Checksum);
        }
        if total < 16 || headers > total - 16 {
            return Err(Undecodable::Length);
        }
        let (message, rest) = bytes.split_at_checked(total).ok_or(Undecodable::Cut)?;
        if checksum(message, total - 4)? != crc32fast::hash(&message[..total - 4]) {
            return Err(Undecodable::Checksum);
        }
        let (mut left, payload) = message[12..total - 4].split_at(headers);
        let mut message = Self::new(payload);
        while !left.is_empty() {
            message.headers.push(header(&mut left).ok_or(Undecodable::Header)?);
        }
        Ok((message, rest))
    }
}

/// Makes the checksums of the message right that `bytes` begin with, as far as it is there, whatever its lengths say.
/// Gives back how long the message says it is. For mutators: what is broken is then not seen from a checksum.
pub fn repair(bytes: &mut [u8]) -> usize {
    let Ok(total) = number(bytes, 0) else { return bytes.len() };
    if let Some((prelude, rest)) = bytes.split_at_mut_checked(8)
        && let Some(place) = rest.first_chunk_mut()
    {
        *place = crc32fast::hash(prelude).to_be_bytes();
    }
    if let Some(message) = bytes.get_mut(..total)
        && let Some((checked, place)) = message.split_last_chunk_mut()
        && checked.len() >= 12
    {
        *place = crc32fast::hash(checked).to_be_bytes();
    }
    total
}

fn checksum(bytes: &[u8], at: usize) -> Result<u32, Undecodable> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Undecodable::Cut)?;
    Ok(u32::from_be_bytes(*bytes))
}

fn number(bytes: &[u8], at: usize) -> Result<usize, Undecodable> {
    usize::try_from(checksum(bytes, at)?).map_err(|_| Undecodable::Length)
}

fn header(left: &mut &[u8]) -> Option<(Vec<u8>, Value)> {
    let [len] = array(left)?;
    let name = take(left, len.into())?.to_vec();
    let value = match array(left)? {
        [0] => Value::True,
        [1] => Value::False,
        [2] => Value::Int8(i8::from_be_bytes(array(left)?)),
        [3] => Value::Int16(i16::from_be_bytes(array(left)?)),
        [4] => Value::Int32(i32::from_be_bytes(array(left)?)),
        [5] => Value::Int64(i64::from_be_bytes(array(left)?)),
        [6] => Value::Bytes(long(left)?),
        [7] => Value::String(long(left)?),
        [8] => Value::Timestamp(i64::from_be_bytes(array(left)?)),
        [9] => Value::Uuid(array(left)?),
        _ => return None,
    };
    Some((name, value))
}

fn long(left: &mut &[u8]) -> Option<Vec<u8>> {
    let len = u16::from_be_bytes(array(left)?);
    Some(take(left, len.into())?.to_vec())
}

fn take<'a>(left: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = left.split_at_checked(len)?;
    *left = rest;
    Some(taken)
}

fn array<const N: usize>(left: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = left.split_first_chunk()?;
    *left = rest;
    Some(*taken)
}
