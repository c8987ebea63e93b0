//! Strings that readers trip over, and inputs of tool calls of every kind.

use fastrand::Rng;
use serde::de::IgnoredAny;

use super::intention::InputVerdict;

/// A text of a few odd pieces; sometimes long, sometimes empty.
pub(super) fn text(rng: &mut Rng) -> String {
    match rng.u8(..40) {
        0 => PIECES[rng.usize(..PIECES.len())].repeat(rng.usize(1..=100)),
        1 => " ha".repeat(rng.usize(100..=160)),
        2..=3 => String::new(),
        4..=19 => (0..rng.usize(1..=12)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect(),
        _ => (0..rng.usize(1..=5)).map(|_| piece(rng)).collect(),
    }
}

fn piece(rng: &mut Rng) -> String {
    match rng.u8(..8) {
        0 => String::from(rng.char(..)),
        1..=3 => String::from(WORDS[rng.usize(..WORDS.len())]),
        _ => String::from(PIECES[rng.usize(..PIECES.len())]),
    }
}

/// A tool's name: never empty, mostly ordinary.
pub(super) fn name(rng: &mut Rng) -> String {
    let odd = ["f", "naïve_🛠️", "a b", "get\"tide", "\\", "get_tide.v2", "data: [DONE]", "aa", "名前"];
    let plain = ["get_tide", "get_wind", "list_ports", "functions.search:0"];
    if rng.u8(..4) == 0 { odd[rng.usize(..odd.len())] } else { plain[rng.usize(..plain.len())] }.into()
}

/// The id of the `n`-th call of a choice: like no other in it.
pub(super) fn id(rng: &mut Rng, n: usize) -> String {
    match rng.u8(..8) {
        0 => format!("{n}"),
        1 => format!("call_{n}__thought__{}", "Q2lwaGVy".repeat(20)),
        2 => format!("ид-{n}-\u{1f511}\"\\"),
        3 => format!("functions.get_tide:{n}"),
        _ => format!("call_{:08x}{n}", rng.u32(..)),
    }
}

/// The input of a call, and what a client must think of it.
pub(super) fn arguments(rng: &mut Rng) -> (String, InputVerdict) {
    let pick = |rng: &mut Rng, from: &[&str]| String::from(from[rng.usize(..from.len())]);
    match rng.u8(..20) {
        0 => (String::new(), InputVerdict::Empty),
        1 => (pick(rng, &[" ", "\n", "\t \r\n"]), InputVerdict::Empty),
        2..=5 => (pick(rng, OBJECTS), InputVerdict::Valid),
        6 => (nested(rng.usize(1..=100)), InputVerdict::Valid),
        7 => (pick(rng, NOT_OBJECTS), InputVerdict::NotObject),
        8 => (pick(rng, GLUED), InputVerdict::Concatenated),
        9 => (pick(rng, CUT), InputVerdict::Cut),
        10 => {
            let (text, at) = INVALID[rng.usize(..INVALID.len())];
            (text.into(), InputVerdict::Invalid { at })
        }
        _ => (object(rng), InputVerdict::Valid),
    }
}

/// An object with texts in it, written plainly or pretty, with escapes of its own.
fn object(rng: &mut Rng) -> String {
    let mut fields = serde_json::Map::new();
    for _ in 0..rng.usize(1..=2) {
        let value = match rng.u8(..6) {
            0 => serde_json::Value::Null,
            1 => serde_json::json!({"list": [rng.u32(..), text(rng), [], {}]}),
            2 => serde_json::json!(rng.i64(..)),
            _ => serde_json::json!(text(rng)),
        };
        fields.insert(if rng.bool() { text(rng) } else { name(rng) }, value);
    }
    let written = if rng.u8(..4) == 0 { serde_json::to_string_pretty(&fields) } else { serde_json::to_string(&fields) };
    let written = written.expect("a map of strings can be written");
    match rng.u8(..8) {
        0 => format!("{written} \n"),
        1 => format!("\t{written}"),
        // What the model's own server does: no character beyond ASCII.
        2 => written.chars().fold(String::new(), |out, c| {
            if c.is_ascii() { out + c.encode_utf8(&mut [0; 4]) } else { out + &escaped(c) }
        }),
        _ => written,
    }
}

/// An object that is not empty, as it may stand inside of a frame.
pub(super) fn raw_object(rng: &mut Rng) -> String {
    match object(rng).trim_ascii() {
        // A carriage return would end a line of the frame.
        text if text.contains('\r') => String::from("{\"q\":\"low tide\"}"),
        text => text.into(),
    }
}

fn escaped(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

fn nested(depth: usize) -> String {
    format!("{{\"deep\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
}

/// Whether `text` is one JSON value, closed, with perhaps whitespace around it. A number is closed by whitespace.
pub(super) fn is_complete(text: &str) -> bool {
    let is_value = serde_json::from_str::<IgnoredAny>(text).is_ok();
    is_value && !text.ends_with(|last: char| last.is_ascii_digit())
}

/// Whether `text` is a complete value with more behind it.
pub(super) fn is_glued(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    matches!(values.next(), Some(Ok(_))) && !text[values.byte_offset()..].trim_ascii().is_empty()
}

const WORDS: &[&str] = &["The ", "tide ", "is ", "low", ". ", "\n", "at ", "Brest", ", ", "e", "t"];

/// Each broke some reader.
const PIECES: &[&str] = &[
    "é",
    "水路",
    "🌊",
    "👩‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "e\u{301}\u{327}",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{feff}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{d7ff}\u{e000}",
    "\u{202e}abc",
    "\"",
    "\\",
    "\\\"",
    "\\u0041",
    "\\ud83d",
    "\\n",
    "/",
    "\u{0}",
    "\u{1}\u{8}\u{b}\u{c}\u{1f}",
    "\u{7f}",
    "\t",
    "\r",
    "\r\n",
    "\n\n",
    "\n\ndata: [DONE]\n\n",
    "data: {\"choices\":[]}\n\n",
    "[DONE]",
    ": comment\n",
    "event: error\ndata: x\r\r",
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"no\"}}]}",
    "<think>",
    "</think>",
    "null",
    "  ",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

const OBJECTS: &[&str] = &[
    "{}",
    " {} ",
    "{\"city\":\"Paris\"}",
    "{\"\":null}",
    "{\"a\":1,\"a\":2}",
    "{\"n\":1e999}",
    "{\"n\":9223372036854775808}",
    "{\"n\":-0.0E-0}",
    "{\"s\":\"\\ud83d\"}",
    "{\"s\":\"\\ude00\\ud83d\"}",
    "{\"s\":\"\\u0000\\/\"}",
    "{\"s\":\"\u{1f30a}\u{2028}\"}",
    "{\n  \"pretty\": [\n    true\n  ]\n}",
    "{\"s\":\"}{\"}",
    "{\"s\":\"\\\"}\"}",
];

const NOT_OBJECTS: &[&str] = &["null", "true", "[]", "[{}]", "\"str\"", "\"\"", "12", "-0.5e3", " 7 ", "[1,\n2]"];

const GLUED: &[&str] =
    &["{}{}", "{\"q\":1}{\"q\":2}", "{} {", "[][]", "\"a\"\"a\"", "null null", "{}[", "{\"q\":1}\n\n{\"q\":1}"];

const CUT: &[&str] = &["{", "{\"x\":", "{\"x\"", "[1,", "\"a", "{\"s\":\"\\u00", "tru", "-", "1.", "{\"a\":{}"];

/// With the offset of the first wrong byte.
const INVALID: &[(&str, u32)] = &[
    ("{'a':1}", 1),
    ("not json", 1),
    ("{\"a\":1,}", 7),
    ("{a:1}", 1),
    ("<x>", 0),
    ("{\"a\":\"\n\"}", 6),
    ("[1}", 2),
    ("01", 1),
    ("{\"a\":1}}", 7),
    ("\u{feff}{}", 0),
];
