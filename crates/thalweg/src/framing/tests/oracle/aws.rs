//! The cuts of an AWS event stream. Lengths, checksums and headers are read here again, `{"bytes"}` with `serde_json`.

use alloc::{string::String, vec::Vec};

use super::super::super::{Corrupt, Defect};
use super::Flat;

/// Whether the first twelve bytes are a prelude whose checksum is right.
pub(super) fn begins(input: &[u8]) -> bool {
    input.len() >= 12 && crc(&input[..8]) == number(&input[8..12])
}

pub(super) fn cuts(mut input: &[u8]) -> Vec<Flat> {
    let mut cuts = Vec::new();
    while !input.is_empty() {
        let cut = match message(input) {
            Ok(cut) => cut,
            Err((None, _)) => Flat::new(input, Err("junk"), Some(Defect::Unterminated)),
            Err((Some(corrupt), len)) => {
                let junk = |piece| Flat::new(piece, Err("junk"), Some(Defect::Corrupt(corrupt)));
                cuts.push(junk(&input[..len]));
                cuts.extend(input[len..].chunks(4096).map(junk));
                return cuts;
            }
        };
        input = &input[cut.raw.len()..];
        cuts.push(cut);
    }
    cuts
}

/// The first message; or what is wrong with it, nothing if it is only cut, and how many bytes show that.
fn message(input: &[u8]) -> Result<Flat, (Option<Corrupt>, usize)> {
    if input.len() < 12 {
        return Err((None, 0));
    }
    let (total, headers) = (number(&input[..4]) as usize, number(&input[4..8]) as usize);
    if crc(&input[..8]) != number(&input[8..12]) {
        return Err((Some(Corrupt::PreludeChecksum), 12));
    }
    if total < 16 + headers || headers > 131_072 || total - headers - 16 > 25_165_824 {
        return Err((Some(Corrupt::Length), 12));
    }
    if input.len() < total {
        return Err((None, 0));
    }
    if crc(&input[..total - 4]) != number(&input[total - 4..total]) {
        return Err((Some(Corrupt::MessageChecksum), total));
    }
    let fields = fields(&input[12..12 + headers]).ok_or((Some(Corrupt::Headers), total))?;
    Ok(read(&input[..total], &fields, &input[12 + headers..total - 4]))
}

fn read(raw: &[u8], fields: &[Field], payload: &[u8]) -> Flat {
    let get =
        |name: &str| fields.iter().find(|field| field.name == name.as_bytes()).and_then(|field| field.text.clone());
    let kind = get(":message-type").unwrap_or_default();
    let (event, data) = match &kind[..] {
        b"exception" => (get(":exception-type"), payload.to_vec()),
        b"error" => (get(":error-code"), get(":error-message").unwrap_or_else(|| payload.to_vec())),
        _ => (get(":event-type"), payload.to_vec()),
    };
    let mut flat = Flat::new(raw, Ok(&data), None);
    flat.is_exception = kind == b"exception" || kind == b"error";
    flat.event = event.filter(|event| !event.is_empty());
    if !flat.is_exception
        && flat.event.as_deref() == Some(b"chunk")
        && let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(payload)
        && let Some(serde_json::Value::String(text)) = object.get("bytes")
    {
        match base64(text) {
            Some(bytes) => flat.data = Ok(bytes),
            None => (flat.data, flat.defect) = (Err("junk"), Some(Defect::Encoding)),
        }
    }
    flat
}

/// A header, with its value where that is a string.
struct Field {
    name: Vec<u8>,
    text: Option<Vec<u8>>,
}

fn fields(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    while !bytes.is_empty() {
        let name = bytes.get(1..1 + usize::from(bytes[0]))?.to_vec();
        let kind = *bytes.get(1 + name.len())?;
        bytes = &bytes[2 + name.len()..];
        let (skip, len) = match kind {
            6 | 7 => (2, usize::from(*bytes.first()?) * 256 + usize::from(*bytes.get(1)?)),
            _ => (0, *[0, 0, 1, 2, 4, 8, 0, 0, 8, 16].get(usize::from(kind))?),
        };
        let value = bytes.get(skip..skip + len)?;
        bytes = &bytes[skip + len..];
        if fields.iter().any(|field| field.name == name) {
            return None;
        }
        fields.push(Field { name, text: (kind == 7).then(|| value.to_vec()) });
    }
    (fields.len() <= 64).then_some(fields)
}

/// Six bits a digit, of which only one alphabet has `-` and `_`; full bytes count.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let last = if text.contains(['-', '_']) { "-_" } else { "+/" };
    let alphabet: String = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last.chars()).collect();
    let (mut bits, mut count, mut bytes) = (0_usize, 0, Vec::new());
    for digit in digits.chars() {
        bits = bits << 6 & 0xffff | alphabet.find(digit)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    let is_padded = padding == 0 || (digits.len() + padding).is_multiple_of(4) && padding <= 2;
    (is_padded && digits.len() % 4 != 1).then_some(bytes)
}

/// The checksum, a bit at a time.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let crc = crc ^ u32::from(*byte);
        (0..8).fold(crc, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
