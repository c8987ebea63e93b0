//! The frame inside of a message `chunk`: `{"bytes":"<base64>","p":"<padding>"}`.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::{memchr, memchr2};

use super::super::{body::ValueScan, count_spaces};

/// What a payload turned out to be.
pub(super) enum Wrapped {
    /// It has no member `bytes` that is a string.
    Not,
    /// It has one, and what it encodes has been written.
    Decoded,
    /// It has one, which is no base64.
    Undecodable,
}

/// Writes what the member `bytes` of `payload` encodes to `out`, in place of what was there. Either alphabet, with or
/// without padding.
pub(super) fn unwrap(payload: &[u8], out: &mut Vec<u8>) -> Wrapped {
    out.clear();
    let Some(text) = bytes_member(payload) else { return Wrapped::Not };
    let has_escapes = memchr(b'\\', text).is_some();
    match if has_escapes { decode_escaped(text, out) } else { engine_of(text).decode_vec(text, out).ok() } {
        Some(()) => Wrapped::Decoded,
        None => {
            out.clear();
            Wrapped::Undecodable
        }
    }
}

fn engine_of(text: &[u8]) -> &'static GeneralPurpose {
    if memchr2(b'-', b'_', text).is_some() { &URL_SAFE } else { &STANDARD }
}

/// Decodes base64 with JSON's escapes in it. What it is without them stands in the same buffer, before what it encodes:
/// writers that escape do so in every message, and a buffer of its own for each would be an allocation a message.
fn decode_escaped(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    unescape(text, out)?;
    let plain = out.len();
    out.resize(plain + base64::decoded_len_estimate(plain), 0);
    let (text, decoded) = out.split_at_mut(plain);
    let len = engine_of(text).decode_slice(text, decoded).ok()?;
    out.truncate(plain + len);
    out.drain(..plain);
    Some(())
}

/// What is between the quotes of the member `bytes` of the object that `payload` is; the last one of several.
fn bytes_member(payload: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    let mut rest = after(payload, b"{")?;
    loop {
        let (key, behind) = string(rest)?;
        let value = after(behind, b":")?;
        let value = &value[count_spaces(value)..];
        rest = match value.first()? {
            b'"' => {
                let (text, behind) = string(value)?;
                if key == b"bytes" {
                    found = Some(text);
                }
                behind
            }
            b'{' | b'[' => value.get(ValueScan::new(0).end(value)?..)?,
            _ => value.get(memchr2(b',', b'}', value)?..)?,
        };
        match after(rest, b",") {
            Some(behind) => rest = behind,
            None => {
                // Whether anything stands behind the object is for who reads it as JSON: here it is none.
                let behind = after(rest, b"}")?;
                return if count_spaces(behind) == behind.len() { found } else { None };
            }
        }
    }
}

/// What is behind `token` and any whitespace before it.
fn after<'a>(text: &'a [u8], token: &[u8]) -> Option<&'a [u8]> {
    text[count_spaces(text)..].strip_prefix(token)
}

/// What is between the quotes of the string that `text` begins with, and what is behind them.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &text[count_spaces(text)..];
    if text.first() != Some(&b'"') {
        return None;
    }
    let (string, behind) = text.split_at(ValueScan::new(0).end(text)?);
    Some((&string[1..string.len() - 1], behind))
}

/// Appends base64 without JSON's escapes, which writers that are careful about HTML use for `/`, `+` and `=`. `None` where
/// an escape is something that no base64 has.
fn unescape(text: &[u8], plain: &mut Vec<u8>) -> Option<()> {
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'/', behind @ ..] => {
                plain.push(b'/');
                behind
            }
            [b'u', b'0', b'0', high, low, behind @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                plain.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
                behind
            }
            _ => return None,
        };
    }
    plain.extend_from_slice(rest);
    Some(())
}

/// Bits behind the last byte are not looked at: they carry nothing.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
