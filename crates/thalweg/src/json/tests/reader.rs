//! What the reader accepts, refuses, skips, and where it stops.

use super::*;

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
