//! Vectors by hand, then the two readers of the grammar against each other and against
//! `serde_json`.
//!
//! `serde_json::Value` refuses three things that are accepted here on purpose: nesting beyond its
//! own 128, numbers that overflow an `f64`, and escaped surrogates without their other half.
//! [`serde_accepts`] leaves those cases out by the error's text; everything else must be accepted
//! or refused alike.

mod generated;
mod numbers;
mod reader;
mod text;
mod validator;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use fastrand::Rng;
use serde_json::{Map, Value};

use super::*;

/// Reads one whole text by skipping.
fn skip(json: &str, depth_max: u16) -> Result<&str, Error> {
    let mut reader = Reader::new(json, depth_max);
    let raw = reader.skip()?;
    reader.end()?;
    Ok(raw.of(json))
}

/// Decodes a string, by every way there is. The flag is set where `serde_json` would refuse it.
fn decode_every_way(text: Text, json: &str, differs: &mut bool) -> String {
    let mut decoded = String::new();
    let whole = text.decode(json, &mut decoded) == Edges::default();
    *differs |= !whole;
    assert_eq!(text.is(json, &decoded), whole, "{json}");
    let name = if whole && (decoded.len() <= 32 || text.plain(json).is_some()) { &decoded } else { "" };
    assert_eq!(text.name(json, &mut [0; 32]), name, "{json}");
    decoded
}

/// Reads one value piece by piece. The flag is set where `serde_json` would refuse a string or a
/// number.
fn pull(reader: &mut Reader<'_>, differs: &mut bool) -> Result<Value, Error> {
    let json = reader.source();
    Ok(match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            Value::Null
        }
        Kind::Bool => Value::Bool(reader.boolean()?),
        Kind::Number => {
            let raw = reader.number()?.of(json);
            serde_json::from_str(raw).unwrap_or_else(|_| {
                *differs = true;
                Value::Null
            })
        }
        Kind::String => Value::String(decode_every_way(reader.string()?, json, differs)),
        Kind::Array => {
            let mut array = Vec::new();
            reader.array()?;
            while reader.element()? {
                array.push(pull(reader, differs)?);
            }
            Value::Array(array)
        }
        Kind::Object => {
            let mut object = Map::new();
            reader.object()?;
            while let Some(key) = reader.key()? {
                let key = decode_every_way(key, json, differs);
                object.insert(key, pull(reader, differs)?);
            }
            Value::Object(object)
        }
    })
}

/// What a validator says: all of it.
fn answers(validator: &Validator) -> (Verdict, bool, bool, u64) {
    (validator.verdict(), validator.is_complete(), validator.is_blank(), validator.len())
}

fn validate<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Verdict, bool, bool, u64) {
    let mut validator = Validator::new();
    for piece in pieces {
        validator.feed(piece);
    }
    answers(&validator)
}

/// The verdict as the reader would give it, value after value.
fn verdict_by_reader(json: &str) -> Verdict {
    let space = [' ', '\t', '\n', '\r'];
    if json.trim_matches(space).is_empty() {
        return Verdict::Blank;
    }
    let mut reader = Reader::new(json, 128);
    let kind = reader.peek();
    let mut values = 0;
    let error = loop {
        let before = reader.clone();
        let raw = match reader.skip() {
            Ok(raw) => raw.of(json),
            Err(error) => break error,
        };
        values += 1;
        let Err(error) = reader.end() else {
            return match kind {
                _ if values > 1 => Verdict::Concatenated,
                Ok(Kind::Object) => Verdict::Object,
                _ => Verdict::NotObject,
            };
        };
        let rest = &json[error.at as usize..];
        let glued = before.clone().peek() == Ok(Kind::Number)
            && raw.as_ptr().wrapping_add(raw.len()) == rest.as_ptr()
            && rest.starts_with(|next: char| next == '-' || next.is_ascii_digit());
        if glued {
            break error;
        }
    };
    match error.kind {
        ErrorKind::Eof if values > 0 => Verdict::Concatenated,
        ErrorKind::Eof => Verdict::Cut,
        _ => Verdict::Invalid { at: u64::from(error.at) },
    }
}

/// Whether `serde_json` accepts the text, and what it reads; `None` where it is no judge of it.
fn serde_accepts(json: &str) -> Option<Result<Value, ()>> {
    match serde_json::from_str::<Value>(json) {
        Ok(value) => Some(Ok(value)),
        Err(error) => {
            let why = error.to_string();
            let excused = ["recursion limit", "out of range", "surrogate", "unexpected end of hex"];
            (!excused.iter().any(|excuse| why.contains(excuse))).then_some(Err(()))
        }
    }
}

/// Everything that must hold for any text at all.
fn check(json: &str) -> Result<(), Error> {
    let mut skipping = Reader::new(json, 128);
    let skipped = skipping.skip();
    let mut pulling = Reader::new(json, 128);
    let mut differs = false;
    let pulled = pull(&mut pulling, &mut differs);
    assert_eq!(skipped.err(), pulled.as_ref().err().copied(), "{json}");
    if let Ok(raw) = skipped {
        assert!(!raw.is_empty());
        assert_eq!(skipping.peek(), pulling.peek(), "the same offset: {json}");
        assert_eq!(raw.of(json), raw.of(json).trim(), "{json}");
    }
    let ended = skipped.and_then(|_| skipping.end());
    assert_eq!(ended, pulled.as_ref().map_err(|&error| error).and_then(|_| pulling.end()));

    match (serde_accepts(json), &pulled) {
        (Some(accepted), Ok(pulled)) => {
            assert_eq!(accepted.is_ok(), ended.is_ok(), "{json}");
            if let Ok(value) = accepted
                && !differs
            {
                assert_eq!(&value, pulled, "{json}");
            }
        }
        (Some(accepted), Err(error)) => assert!(accepted.is_err(), "{error}: {json}"),
        (None, _) => {}
    }

    let (verdict, complete, blank, len) = validate([json.as_bytes()]);
    assert_eq!(verdict, verdict_by_reader(json), "{json}");
    assert_eq!(len, json.len() as u64);
    assert_eq!(blank, verdict == Verdict::Blank);
    let open_number = json.ends_with(|last: char| last.is_ascii_digit());
    let whole = matches!(verdict, Verdict::Object | Verdict::NotObject);
    assert_eq!(complete, whole && !open_number, "{json}");
    let bytewise = validate(json.as_bytes().chunks(1));
    assert_eq!(bytewise, (verdict, complete, blank, len), "{json}");
    ended
}

/// That a text fails, with this kind at this offset.
#[track_caller]
fn fails(json: &str, kind: ErrorKind, at: u32) {
    assert_eq!(check(json), Err(Error { kind, at }), "{json}");
}
