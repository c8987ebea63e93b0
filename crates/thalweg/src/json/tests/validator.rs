//! Verdicts, wherever the text is cut.

use super::*;

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
