//! Vectors by hand, then the two readers of the grammar against each other and against
//! `serde_json`.
//!
//! `serde_json::Value` refuses three things that are accepted here on purpose: nesting beyond its
//! own 128, numbers that overflow an `f64`, and escaped surrogates without their other half.
//! [`serde_accepts`] leaves those cases out by the error's text; everything else must be accepted
//! or refused alike.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use fastrand::Rng;
use serde_json::{Map, Value};

use super::*;

// ---- one function for each thing that is checked ----

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

// ---- the reader ----

#[test]
fn accepts_every_kind_of_value() {
    let accepted = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+3",
        "1E5",
        "1e999",
        "-1e-999",
        "0.0",
        "[]",
        "{}",
        " [ ] ",
        "\t{\n}\r",
        "[1,2]",
        "[ 1 , [ ] , { } ]",
        r#"{"a":1,"a":2}"#,
        r#"{ "a" : { "b" : [ ] } }"#,
        r#""""#,
        r#""\"\\\/\b\f\n\r\t\u00e9""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\ude00 \ud83d""#,
        "\"\u{7f}\u{e9}\u{1f600}\u{2028}\"",
        r#"{"":0}"#,
        r#"{"\u0061":null}"#,
    ];
    for json in accepted {
        assert_eq!(check(json), Ok(()), "{json}");
        assert_eq!(skip(json, 128), Ok(json.trim()));
    }
}

#[test]
fn refuses_what_is_not_json_at_the_first_wrong_byte() {
    let refused = [
        ("x", 0),
        ("01", 1),
        ("-01", 2),
        ("+1", 0),
        (".5", 0),
        ("1.e5", 2),
        ("1.5.5", 3),
        ("-x", 1),
        ("1ex", 2),
        ("1e+x", 3),
        ("0x1", 1),
        ("1 2", 2),
        ("NaN", 0),
        ("Infinity", 0),
        ("-Infinity", 1),
        ("tx", 1),
        ("truex", 4),
        ("nul1", 3),
        ("True", 0),
        ("falsy", 4),
        ("'a'", 0),
        ("[1,]", 3),
        ("[,1]", 1),
        ("[1 2]", 3),
        ("[1,,2]", 3),
        ("[}", 1),
        ("{]", 1),
        ("{,}", 1),
        (r#"{"a"}"#, 4),
        (r#"{"a":}"#, 5),
        (r#"{"a":1,}"#, 7),
        ("{1:2}", 1),
        (r#"{"a",1}"#, 4),
        (r#"{"a":1 "b":2}"#, 7),
        ("[]]", 2),
        ("{}}", 2),
        ("\"\n\"", 1),
        ("\"\u{1f}\"", 1),
        ("\"\0\"", 1),
        (r#""\x""#, 2),
        (r#""\u12g4""#, 5),
        (r#""\u123""#, 6),
        (r#""\U0041""#, 2),
        ("\u{feff}1", 0),
        ("\u{a0}1", 0),
        ("\u{c}1", 0),
        ("// a\n1", 0),
        ("[1]/**/", 3),
        ("}", 0),
        ("]", 0),
        (",", 0),
        (":", 0),
    ];
    for (json, at) in refused {
        fails(json, ErrorKind::Syntax, at);
    }
}

#[test]
fn tells_cut_input_from_wrong_input() {
    let whole = r#" {"a" : [-1.5e+3, true, false, null, "b\u00e9\n", {}], "c": -0} "#;
    assert_eq!(check(whole), Ok(()));
    for end in 0..whole.trim_end().len() {
        fails(&whole[..end], ErrorKind::Eof, end as u32);
    }
    fails(r#"{"a":tr"#, ErrorKind::Eof, 7);
    fails(r#"{"a":tx"#, ErrorKind::Syntax, 6);
    fails("-", ErrorKind::Eof, 1);
    fails("1.", ErrorKind::Eof, 2);
    fails("1e", ErrorKind::Eof, 2);
    fails("1e-", ErrorKind::Eof, 3);
}

#[test]
fn asking_for_another_kind_is_an_error_and_consumes_nothing() {
    let json = " 12";
    let mut reader = Reader::new(json, 8);
    let wrong = Error { kind: ErrorKind::Syntax, at: 1 };
    assert_eq!(reader.string(), Err(wrong));
    assert_eq!(reader.object(), Err(wrong));
    assert_eq!(reader.array(), Err(wrong));
    assert_eq!(reader.boolean(), Err(wrong));
    assert_eq!(reader.null(), Err(wrong));
    assert_eq!(reader.number().map(|raw| raw.of(json)), Ok("12"));
    assert_eq!(reader.end(), Ok(()));
    assert_eq!(Reader::new("\"1\"", 8).number(), Err(Error { kind: ErrorKind::Syntax, at: 0 }));
}

#[test]
fn calls_in_any_order_do_not_panic() {
    let mut rng = Rng::with_seed(11);
    for json in [r#"{"a":[1,{"b":"\u00e9"}],"c":null}"#, "]]]}}}", "", "[[[", r#""\"#, ",:,:"] {
        for _ in 0..500 {
            let mut reader = Reader::new(json, 2);
            for _ in 0..20 {
                match rng.u8(..11) {
                    0 => _ = reader.peek(),
                    1 => _ = reader.object(),
                    2 => _ = reader.key(),
                    3 => _ = reader.array(),
                    4 => _ = reader.element(),
                    5 => _ = reader.string(),
                    6 => _ = reader.number(),
                    7 => _ = reader.boolean(),
                    8 => _ = reader.null(),
                    9 => _ = reader.skip(),
                    _ => _ = reader.end(),
                }
            }
        }
    }
}

#[test]
fn depth_is_limited_and_siblings_do_not_count() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [1_u16, 2, 127, 128, 129, 255, 256, 257, 1000] {
        let json = nested(depth.into());
        assert_eq!(skip(&json, depth), Ok(json.as_str()));
        assert_eq!(skip(&json, depth - 1), Err(Error { kind: ErrorKind::Depth, at: u32::from(depth) - 1 }));
    }
    assert_eq!(skip("1", 0), Ok("1"));
    assert_eq!(skip("[[],[],{}]", 2), Ok("[[],[],{}]"));
    fails(&nested(129), ErrorKind::Depth, 128);

    // The containers that are open when the skipping begins count as well.
    let mut reader = Reader::new("[[1],[[1]]]", 2);
    assert_eq!(reader.array(), Ok(()));
    assert_eq!(reader.element(), Ok(true));
    assert!(reader.skip().is_ok());
    assert_eq!(reader.element(), Ok(true));
    assert_eq!(reader.skip(), Err(Error { kind: ErrorKind::Depth, at: 6 }));
}

#[test]
fn skipping_keeps_apart_the_containers_at_any_depth() {
    let mut rng = Rng::with_seed(5);
    for depth in [3, 127, 128, 129, 130, 256, 257, 400] {
        let (mut json, mut closers) = (String::new(), Vec::new());
        for _ in 0..depth {
            let object = rng.bool();
            json.push_str(if object { "{\"a\":" } else { "[0," });
            closers.push(if object { '}' } else { ']' });
        }
        json.push('1');
        let mut wrong = json.clone();
        json.extend(closers.iter().rev());
        assert_eq!(skip(&json, 400), Ok(json.as_str()));

        let swapped = rng.usize(..depth);
        closers[swapped] = if closers[swapped] == '}' { ']' } else { '}' };
        wrong.extend(closers.iter().rev());
        let at = (wrong.len() - 1 - swapped) as u32;
        assert_eq!(skip(&wrong, 400), Err(Error { kind: ErrorKind::Syntax, at }));
    }
}

#[test]
fn maybe_string_skips_what_is_none() {
    let json = r#"["a",null,{"b":["c"]},"d"]"#;
    let mut reader = Reader::new(json, 8);
    let mut found = Vec::new();
    reader.array().unwrap();
    while reader.element().unwrap() {
        found.push(reader.maybe_string().unwrap().map(|text| text.raw(json)));
    }
    assert_eq!(found, [Some("a"), None, None, Some("d")]);
    assert_eq!(reader.end(), Ok(()));
    assert_eq!(Reader::new("[", 8).maybe_string(), Err(Error { kind: ErrorKind::Eof, at: 1 }));
}

#[test]
fn a_frame_too_long_for_its_offsets_is_not_read() {
    let cut = Error { kind: ErrorKind::Eof, at: 0 };
    let mut reader = Reader::with_length_max("[1]", 8, 2);
    assert_eq!(reader.peek(), Err(cut));
    assert_eq!(reader.skip(), Err(cut));
    assert_eq!(reader.end(), Err(cut));
    assert_eq!(reader.source(), "[1]");
    assert!(Reader::with_length_max("[1]", 8, 3).skip().is_ok());
}

#[test]
fn errors_say_what_and_where() {
    let display = |json| skip(json, 1).unwrap_err().to_string();
    assert_eq!(display("[x"), "invalid JSON at byte 1");
    assert_eq!(display("[1"), "JSON cut off at byte 2");
    assert_eq!(display("[[1"), "JSON nested too deeply at byte 1");
}

#[test]
fn plain_runs_end_at_the_first_special_byte_wherever_it_is() {
    for len in 0..40 {
        for at in 0..=len {
            for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
                // The bytes around are the neighbours of the special ones, and ones with the top
                // bit set.
                for filler in [b'!', b'#', b'[', b']', b' ', 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff] {
                    let mut bytes = alloc::vec![filler; len];
                    bytes[at..].fill(special);
                    assert_eq!(scan::plain_run(&bytes), at);
                    if let Some(after) = bytes.get_mut(at + 1..) {
                        after.fill(filler);
                    }
                    assert_eq!(scan::plain_run(&bytes), at);
                }
            }
        }
    }
}

// ---- text ----

/// Decodes one string literal.
fn decode(json: &str) -> (String, Edges) {
    let text = Reader::new(json, 0).string().unwrap();
    let mut decoded = String::from("before ");
    let edges = text.decode(json, &mut decoded);
    (decoded.strip_prefix("before ").unwrap().into(), edges)
}

#[test]
fn decodes_every_escape() {
    let (decoded, edges) = decode(r#""\"\\\/\b\f\n\r\t\u0041\u00E9\u20ac\ud83d\ude00z""#);
    assert_eq!(decoded, "\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{20ac}\u{1f600}z");
    assert_eq!(edges, Edges::default());
    assert_eq!(decode(r#""\u0000\uffff\ue000\ud7ff""#).0, "\0\u{ffff}\u{e000}\u{d7ff}");
}

#[test]
fn halves_at_the_edges_are_handed_back() {
    let (low, high) = (Some(0xde00), Some(0xd83d));
    let cases = [
        (r#""\ude00""#, "", low, None, false),
        (r#""\ud83d""#, "", None, high, false),
        (r#""\ude00a\ud83d""#, "a", low, high, false),
        (r#""\ude00\ud83d""#, "", low, high, false),
        (r#""a\ud83db""#, "a\u{fffd}b", None, None, true),
        (r#""\ud83db""#, "\u{fffd}b", None, None, true),
        (r#""a\ude00""#, "a\u{fffd}", None, None, true),
        (r#""\ude00\ude00""#, "\u{fffd}", low, None, true),
        (r#""\ud83d\ud83d""#, "\u{fffd}", None, high, true),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}", None, None, true),
        (r#""\ud83d\u0041""#, "\u{fffd}A", None, None, true),
        (r#""\ud83d\n\ude00""#, "\u{fffd}\n\u{fffd}", None, None, true),
        (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00", None, None, true),
    ];
    for (json, decoded, low, high, lone) in cases {
        assert_eq!(decode(json), (decoded.into(), Edges { low, high, lone }), "{json}");
    }
}

#[test]
fn names_are_compared_without_allocating() {
    let name = |json: &str| {
        let text = Reader::new(json, 0).string().unwrap();
        String::from(text.name(json, &mut [0; 32]))
    };
    assert_eq!(name(r#""delta""#), "delta");
    assert_eq!(name(r#""d\u0065lta""#), "delta");
    assert_eq!(name(r#""d\u0065lta\ud800""#), "");
    let long = "a".repeat(31);
    assert_eq!(name(&format!("\"{long}\\u0062\"")), format!("{long}b"));
    assert_eq!(name(&format!("\"{long}\\u00e9\"")), "");
    assert_eq!(name(&format!("\"{long}bcd\"")), format!("{long}bcd"));

    let is = |json: &str, other| Reader::new(json, 0).string().unwrap().is(json, other);
    assert!(is(r#""a\nb""#, "a\nb") && is(r#""ab""#, "ab") && is(r#""""#, ""));
    assert!(!is(r#""a\nb""#, "a\n") && !is(r#""a\nb""#, "a\nbc") && !is(r#""a\nb""#, r"a\nb"));
    assert!(!is(r#""\ud800""#, "") && !is(r#""\ud800""#, "\u{fffd}"));
}

#[test]
fn another_frame_gives_nonsense_but_no_panic() {
    let json = r#" "a\n\ud83d\ude00bc" "#;
    let text = Reader::new(json, 0).string().unwrap();
    let raw = Reader::new(json, 0).skip().unwrap();
    let others = [
        "",
        "\"",
        "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
        r"\\\\\\\\\\\\\\\\\\\\\\\",
        r"a \u \uD83D\u12    \",
    ];
    for other in others {
        let mut decoded = String::new();
        text.decode(other, &mut decoded);
        let _ = (raw.of(other), text.is(other, json), text.plain(other), text.name(other, &mut [0; 32]));
    }
    assert!(Text::default().is_empty() && Raw::default().is_empty());
    assert_eq!(Text::default().plain(json), Some(""));
    assert!(size_of::<Text>() <= 12 && size_of::<Raw>() <= 8);
}

// ---- numbers ----

#[test]
fn whole_numbers_are_read_exactly_in_any_notation() {
    let huge = format!("1{}e-{}", "0".repeat(400), 400);
    let tiny = format!("0.{}12e{}", "0".repeat(400), 402);
    let cases: &[(&str, Option<u64>, Option<i64>)] = &[
        ("0", Some(0), Some(0)),
        ("-0", Some(0), Some(0)),
        ("-0.0e9", Some(0), Some(0)),
        ("12", Some(12), Some(12)),
        ("12.0", Some(12), Some(12)),
        ("1.2e1", Some(12), Some(12)),
        ("120e-1", Some(12), Some(12)),
        ("0.12E+2", Some(12), Some(12)),
        ("-12.00", None, Some(-12)),
        ("100.5", None, None),
        ("1.25e1", None, None),
        ("1e-1", None, None),
        ("9007199254740993", Some(9_007_199_254_740_993), Some(9_007_199_254_740_993)),
        ("9223372036854775807", Some(i64::MAX as u64), Some(i64::MAX)),
        ("9223372036854775808", Some(1 << 63), None),
        ("-9223372036854775808", None, Some(i64::MIN)),
        ("-9223372036854775809", None, None),
        ("18446744073709551615", Some(u64::MAX), None),
        ("18446744073709551615.000", Some(u64::MAX), None),
        ("1.8446744073709551615e19", Some(u64::MAX), None),
        ("18446744073709551616", None, None),
        ("1e19", Some(10_000_000_000_000_000_000), None),
        ("1e20", None, None),
        ("1e999999999999999999999", None, None),
        ("1e-99999999999999999999", None, None),
        ("0e999999999999999999999", Some(0), Some(0)),
        ("0e-99999999999999999999", Some(0), Some(0)),
        (&huge, Some(1), Some(1)),
        (&tiny, Some(12), Some(12)),
    ];
    for &(raw, as_count, as_integer) in cases {
        assert_eq!((count(raw), integer(raw)), (as_count, as_integer), "{raw}");
    }
    for raw in
        ["", "-", " 1", "1 ", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_0", "\"1\"", "null", "NaN", "\u{661}"]
    {
        assert_eq!((count(raw), integer(raw)), (None, None), "{raw}");
    }
}

#[test]
fn whole_numbers_survive_shifting_the_point() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..20_000 {
        let value = rng.u64(..) >> rng.u32(..64);
        let digits = format!("{}{value}", "0".repeat(rng.usize(..25)));
        let point = rng.usize(..=digits.len());
        let zeros = "0".repeat(rng.usize(..4));
        let units = digits[..point].trim_start_matches('0');
        let units = if units.is_empty() { "0" } else { units };
        let raw = format!("{units}.{}0{zeros}e{}", &digits[point..], digits.len() - point);
        assert_eq!(count(&raw), Some(value), "{raw}");
        assert_eq!(integer(&format!("-{raw}")), 0_i64.checked_sub_unsigned(value), "{raw}");
    }
}

// ---- the validator ----

#[test]
fn verdicts() {
    use Verdict::*;
    let cases = [
        ("", Blank),
        (" \n", Blank),
        ("{", Cut),
        (r#"{"a"#, Cut),
        (r#"{"a":1"#, Cut),
        ("tru", Cut),
        ("-", Cut),
        ("1.", Cut),
        ("1e", Cut),
        ("\"abc\\", Cut),
        ("{}", Object),
        (r#" {"a":[{}]} "#, Object),
        ("[]", NotObject),
        ("\"a\"", NotObject),
        ("null", NotObject),
        ("12", NotObject),
        ("12 ", NotObject),
        ("0", NotObject),
        ("1.5e3", NotObject),
        (r#"{"q":1}{"q":2}"#, Concatenated),
        (r#"{"q":1} {"#, Concatenated),
        ("{}{}{", Concatenated),
        ("{}1", Concatenated),
        ("{}-", Concatenated),
        ("{}t", Concatenated),
        ("{}\"", Concatenated),
        ("{}[", Concatenated),
        ("1 2", Concatenated),
        ("1{", Concatenated),
        ("{}{x", Invalid { at: 3 }),
        ("{}{}x", Invalid { at: 4 }),
        ("{}tx", Invalid { at: 3 }),
        ("{}x{}", Invalid { at: 2 }),
        ("{}}", Invalid { at: 2 }),
        ("{},{}", Invalid { at: 2 }),
        ("01", Invalid { at: 1 }),
        ("1-2", Invalid { at: 1 }),
        ("{} 01", Invalid { at: 4 }),
        ("x", Invalid { at: 0 }),
        ("{\"a\":1,}", Invalid { at: 7 }),
        ("\"\n", Invalid { at: 1 }),
        ("\u{feff}{}", Invalid { at: 0 }),
    ];
    for (json, verdict) in cases {
        assert_eq!(validate([json.as_bytes()]).0, verdict, "{json}");
        let _ = check(json);
    }
}

#[test]
fn only_whitespace_completes_a_bare_number() {
    let complete = |json: &str| validate([json.as_bytes()]).1;
    assert!(complete("{}") && complete("[] ") && complete("\"\"") && complete("true") && complete("1 "));
    assert!(!complete("") && !complete("1") && !complete("{") && !complete("{}{}") && !complete("{}x"));
}

#[test]
fn a_validator_is_small_and_limits_depth() {
    assert!(size_of::<Validator>() <= 64);
    let open = "[".repeat(128);
    assert_eq!(validate([open.as_bytes()]).0, Verdict::Cut);
    assert_eq!(validate([open.as_bytes(), b"[".as_slice()]).0, Verdict::Invalid { at: 128 });
    let close = "]".repeat(128);
    assert_eq!(validate([open.as_bytes(), close.as_bytes()]).0, Verdict::NotObject);
    assert_eq!(validate([open.as_bytes(), close.as_bytes(), b"]".as_slice()]).0, Verdict::Invalid { at: 256 });
}

#[test]
fn verdicts_do_not_depend_on_the_cuts() {
    let texts = [
        r#" {"a\u00e9\n":[1.5e+3,true,null],"b":{"c":-0}} "#,
        "{\"emoji\":\"\u{1f600} and text longer than a word\"}{\"second\":1}",
        r#"{"a":[1,2,]}"#,
        "12.5e-3",
        "  [false, \"\\u12x4\"]",
        "\"a\u{e9}\\ud83d\\ude00\" {",
    ];
    for text in texts {
        let bytes = text.as_bytes();
        for end in 0..=bytes.len() {
            let prefix = &bytes[..end];
            let whole = validate([prefix]);
            assert_eq!(validate(prefix.chunks(1)), whole);
            for cut in 0..=end {
                assert_eq!(validate([&prefix[..cut], &prefix[cut..]]), whole, "{text} at {cut} of {end}");
            }
        }
    }
}

// ---- generated and damaged texts ----

fn space(rng: &mut Rng, out: &mut String) {
    if rng.u8(..6) == 0 {
        out.push(*rng.choice(&[' ', '\n', '\t', '\r']).unwrap());
    }
}

fn generate_string(rng: &mut Rng, out: &mut String) {
    out.push('"');
    for _ in 0..rng.usize(..12) {
        match rng.u8(..16) {
            0 => out.push_str(rng.choice(&[r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t"]).unwrap()),
            1 => out.push_str(&format!("\\u{:04x}", rng.u16(..0xd800))),
            2 => out.push_str(&format!("\\u{:04X}\\u{:04x}", rng.u16(0xd800..0xdc00), rng.u16(0xdc00..0xe000))),
            3 if rng.u8(..4) == 0 => out.push_str(&format!("\\u{:04x}", rng.u16(0xd800..0xe000))),
            4 => out.push(rng.char(' '..)),
            _ => out.push(rng.alphanumeric()),
        }
    }
    // Generated content may hold what must be escaped; the texts damaged in this way are wanted as
    // well.
    out.push('"');
}

fn generate(rng: &mut Rng, depth: u8, out: &mut String) {
    space(rng, out);
    match rng.u8(..if depth == 0 { 6 } else { 10 }) {
        0 => out.push_str("null"),
        1 => out.push_str(if rng.bool() { "true" } else { "false" }),
        2 => out.push_str(&format!("{}", rng.i64(..) >> rng.u32(..64))),
        3 => out.push_str(&format!("{}.{:02}e{}", rng.i8(..), rng.u8(..), rng.i8(..))),
        4 | 5 => generate_string(rng, out),
        6 | 7 => {
            out.push('[');
            for index in 0..rng.u8(..4) {
                if index > 0 {
                    out.push(',');
                }
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push(']');
        }
        _ => {
            out.push('{');
            for index in 0..rng.u8(..4) {
                if index > 0 {
                    out.push(',');
                }
                space(rng, out);
                generate_string(rng, out);
                space(rng, out);
                out.push(':');
                generate(rng, depth - 1, out);
            }
            space(rng, out);
            out.push('}');
        }
    }
    space(rng, out);
}

/// Damages a text in one place, keeping it UTF-8.
fn damage(rng: &mut Rng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = rng.usize(..=chars.len());
    match rng.u8(..6) {
        0 => chars.truncate(at),
        1 if at < chars.len() => _ = chars.remove(at),
        2 if at < chars.len() => chars[at] = token(rng),
        3 => chars.insert(at, token(rng)),
        4 => {
            let from = rng.usize(..=at);
            let copy = chars[from..at].to_vec();
            chars.splice(at..at, copy);
        }
        _ => {
            let from = rng.usize(..=at);
            chars.drain(from..at);
        }
    }
    chars.into_iter().collect()
}

fn token(rng: &mut Rng) -> char {
    let tokens: Vec<char> = "{}[],:\"\\-+.eE0123456789truefalsn \n\u{1}\u{7f}u/x\u{e9}".chars().collect();
    *rng.choice(&tokens).unwrap()
}

#[test]
fn readers_agree_on_generated_and_damaged_texts() {
    let mut rng = Rng::with_seed(8259);
    let (mut accepted, mut refused) = (0, 0);
    let mut count = |result: Result<(), Error>| match result {
        Ok(()) => accepted += 1,
        Err(_) => refused += 1,
    };
    for _ in 0..8_000 {
        let mut json = String::new();
        generate(&mut rng, 4, &mut json);
        count(check(&json));
        for _ in 0..4 {
            json = damage(&mut rng, &json);
            count(check(&json));
        }
        // Two texts in a row, and pieces of any length.
        let mut twice = json;
        generate(&mut rng, 1, &mut twice);
        count(check(&twice));
        let (mut rest, mut validator) = (twice.as_bytes(), Validator::new());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rng.usize(1..=rest.len()));
            validator.feed(piece);
            rest = after;
        }
        assert_eq!(answers(&validator), validate([twice.as_bytes()]));
    }
    assert!(accepted > 10_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn readers_agree_on_texts_of_random_tokens() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..40_000 {
        let json: String = (0..rng.usize(..10)).map(|_| token(&mut rng)).collect();
        let _ = check(&json);
        let _ = check(&format!("\"{json}\""));
        let _ = check(&format!("[{json}]"));
    }
}
