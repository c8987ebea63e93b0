//! Strings, decoded and compared.

use super::*;

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
