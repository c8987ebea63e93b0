use alloc::string::String;

use super::super::Reader;
use super::{Shape, Slot};

/// The shape of a text whose values under "a" (a string) and "n" (a number) vary, and what another text has in them.
fn check(known: &str, other: &str) -> Option<(String, Option<u64>)> {
    let (mut shape, mut slots) = (Shape::default(), [None; 2]);
    let mut json = Reader::new(known, 8);
    json.object().expect("an object");
    while let Some(key) = json.key().expect("a key") {
        match key.raw(known) {
            "a" => slots[0] = Some(Slot::text(json.string().expect("a string"))),
            "n" => slots[1] = Slot::number(json.number().expect("a number"), known),
            _ => drop(json.skip().expect("a value")),
        }
    }
    assert!(shape.learn(known, slots));
    let values = shape.fit(other.as_bytes(), <[u8]>::is_empty)?;
    let (source, text) = values.text();
    let mut decoded = String::new();
    let _ = text.decode(source, &mut decoded);
    Some((decoded, values.number(1)))
}

#[test]
fn what_differs_in_its_slots_fits() {
    let known = r#"{"id":"x", "a":"one","p":null,"n":7}"#;
    assert_eq!(check(r#"{"n":7,"a":"one"}"#, r#"{"n":8,"a":"two"}"#), Some(("two".into(), Some(8))));
    for (other, text, number) in [
        (known, "one", 7),
        (r#"{"id":"x", "a":"one","p":null,"n":7   }"#, "one", 7),
        (r#"{"id":"x", "a":"","p":null,"n":0}"#, "", 0),
        (
            r#"{"id":"x", "a":"a \"b\" \u00e9 é","p":null,"n":123456789012345678}"#,
            "a \"b\" é é",
            123_456_789_012_345_678,
        ),
    ] {
        assert_eq!(check(known, other), Some((text.into(), Some(number))), "{other}");
    }
}

#[test]
fn what_differs_elsewhere_or_is_no_such_value_does_not_fit() {
    let known = r#"{"id":"x","a":"one","n":7}"#;
    for other in [
        "",
        r#"{"id":"y","a":"one","n":7}"#,
        r#"{"id":"x","a":"one","n":7} "#,
        r#"{"id":"x","a":"one","n":7"#,
        r#"{"id":"x","a":"one","n":}"#,
        r#"{"id":"x","a":"one","n":07}"#,
        r#"{"id":"x","a":"one","n":-7}"#,
        r#"{"id":"x","a":"one","n":7.5}"#,
        r#"{"id":"x","a":"one","n":7e1}"#,
        r#"{"id":"x","a":"one","n":1234567890123456789}"#,
        r#"{"id":"x","a":null,"n":7}"#,
        r#"{"id":"x","a":"on"e","n":7}"#,
        r#"{"id":"x","a":"one\","n":7}"#,
        r#"{"id":"x","a":"\x","n":7}"#,
        r#"{"id":"x","a":"\u12g4","n":7}"#,
        "{\"id\":\"x\",\"a\":\"o\nne\",\"n\":7}",
    ] {
        assert_eq!(check(known, other), None, "{other}");
    }
    let known = r#"{"a":"one"}"#;
    assert_eq!(check(known, r#"{"a":"\u00e9"}"#), Some(("é".into(), None)));
    let (mut shape, mut json) = (Shape::default(), Reader::new(known, 1));
    json.object().expect("an object");
    assert!(json.key().expect("a key").is_some());
    assert!(shape.learn(known, [Some(Slot::text(json.string().expect("a string")))]));
    assert!(shape.fit(b"{\"a\":\"\xc3\xa9\"}", <[u8]>::is_empty).is_some());
    assert!(shape.fit(b"{\"a\":\"\xc3\"}", <[u8]>::is_empty).is_none(), "not UTF-8");
}

#[test]
fn a_number_that_is_more_than_digits_is_no_slot() {
    let known = r#"{"a":"","n":-7}"#;
    assert_eq!(check(known, r#"{"a":"x","n":-7}"#), Some(("x".into(), None)));
    assert_eq!(check(known, r#"{"a":"x","n":-8}"#), None);
}

#[test]
fn what_is_too_long_is_not_kept_but_for_what_is_in_slots() {
    let mut shape = Shape::default();
    let long = alloc::format!("\"{}\"", "x".repeat(2000));
    assert!(!shape.learn::<0>(&long, []));
    let text = Reader::new(&long, 0).string().expect("a string");
    assert!(shape.learn(&long, [Some(Slot::text(text))]));
    assert!(shape.fit(b"\"\"", <[u8]>::is_empty).is_some());
    assert!(!shape.learn(&long, [Some(Slot::text(text)); 2]), "they overlap");
}
