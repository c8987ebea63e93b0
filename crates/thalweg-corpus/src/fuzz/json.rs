use serde::de::IgnoredAny;
use thalweg::json::{Error, Kind, Reader, Validator, Verdict};

use crate::Violation;

/// Holds the JSON reader to `serde_json`, to itself, and the validator to both.
///
/// # Panics
/// With the [`Violation`].
pub fn json(data: &[u8]) {
    if let Err(violation) = check_json(data) {
        panic!("{violation}");
    }
}

/// [`json`], without the panic.
///
/// # Errors
/// Where two of them disagree.
pub fn check_json(data: &[u8]) -> Result<(), Violation> {
    let lossy = String::from_utf8_lossy(data);
    let text = &*lossy;
    let skipped = skip(text);
    let pulled = pull(text);
    if skipped != pulled {
        return Err(Violation::new(LAW, "skipping (left) and pulling (right) differ").between(skipped, pulled));
    }
    let depth = nesting(text);
    let accepted = serde_json::from_str::<IgnoredAny>(text).is_ok();
    if skipped.is_ok() != accepted && depth <= DEPTH {
        return Err(Violation::new(LAW, "the reader (left) and serde_json (right) disagree").between(skipped, accepted));
    }
    let verdict = validate(text.as_bytes(), text.len().max(1));
    let pieces = validate(text.as_bytes(), 1);
    if verdict != pieces {
        return Err(
            Violation::new(LAW, "validating at once (left) and by bytes (right) differ").between(verdict, pieces)
        );
    }
    let is_valid = matches!(verdict, Verdict::Object | Verdict::NotObject);
    if is_valid != skipped.is_ok() {
        let message = "the reader (left) and the validator (right) disagree";
        return Err(Violation::new(LAW, message).between(skipped, verdict));
    }
    let is_object = skipped.is_ok() && text.trim_start().starts_with('{');
    if is_object != (verdict == Verdict::Object) {
        return Err(Violation::new(LAW, "an object is one for the validator").between(is_object, verdict));
    }
    Ok(())
}

fn skip(text: &str) -> Result<(), Error> {
    let mut reader = Reader::new(text, DEPTH);
    reader.skip()?;
    reader.end()
}

/// Reads everything piece by piece.
fn pull(text: &str) -> Result<(), Error> {
    let mut reader = Reader::new(text, DEPTH);
    // The open containers: whether each is an object.
    let mut open = Vec::new();
    loop {
        match reader.peek()? {
            Kind::Null => reader.null()?,
            Kind::Bool => drop(reader.boolean()?),
            Kind::Number => drop(reader.number()?),
            Kind::String => {
                let inside = reader.string()?;
                inside.decode(text, &mut String::new());
            }
            Kind::Array => {
                reader.array()?;
                open.push(false);
            }
            Kind::Object => {
                reader.object()?;
                open.push(true);
            }
        }
        loop {
            let more = match open.last() {
                None => return reader.end(),
                Some(true) => reader.key()?.is_some(),
                Some(false) => reader.element()?,
            };
            if more {
                break;
            }
            open.pop();
        }
    }
}

/// How many containers are inside each other at most, strings aside.
fn nesting(text: &str) -> u16 {
    let (mut depth, mut most, mut in_string, mut is_escaped) = (0_u16, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth = depth.saturating_add(1);
                most = most.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn validate(text: &[u8], piece: usize) -> Verdict {
    let mut validator = Validator::new();
    for piece in text.chunks(piece) {
        validator.feed(piece);
    }
    validator.verdict()
}

/// As deep as the validator goes.
const DEPTH: u16 = 128;
const LAW: &str = "json";
