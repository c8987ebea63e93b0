//! Vectors by hand, and the naive oracle on seeded byte strings under every kind of chunking.

use alloc::{format, string::String, vec, vec::Vec};

use oracle::Flat;

use super::{Cut, Framer, Framing, Payload};

mod aws;
mod json;
mod oracle;

/// Feeds the chunks as the normalizer does and checks the law of conservation.
fn run<'a>(framing: Framing, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Flat> {
    let mut framer = Framer::new(framing);
    let (mut received, mut start, mut cuts) = (Vec::new(), 0, Vec::new());
    for chunk in chunks {
        received.extend_from_slice(chunk);
        while let Some(cut) = framer.next(&received[start..]) {
            assert!(cut.len > 0, "{cut:?}");
            cuts.push(flat(&framer, &cut, &received[start..]));
            start += cut.len;
        }
    }
    while let Some(cut) = framer.finish(&received[start..]) {
        cuts.push(flat(&framer, &cut, &received[start..]));
        start += cut.len;
    }
    assert_eq!(framer.finish(&[]), None);
    let raw: Vec<u8> = cuts.iter().flat_map(|cut| cut.raw.clone()).collect();
    assert_eq!(raw, received, "the cuts' bytes are the input");
    cuts
}

fn flat(framer: &Framer, cut: &Cut, pending: &[u8]) -> Flat {
    let copy = |range: &core::ops::Range<usize>| {
        assert!(range.end <= cut.len, "{cut:?}");
        pending[range.clone()].to_vec()
    };
    let data = match &cut.payload {
        Payload::Data(range) => Ok(copy(range)),
        Payload::Joined => Ok(framer.joined().to_vec()),
        Payload::Empty => Err("empty"),
        Payload::End => Err("end"),
        Payload::Junk => Err("junk"),
    };
    Flat {
        raw: pending[..cut.len].to_vec(),
        data,
        event: cut.event.as_ref().map(copy),
        is_exception: cut.is_exception,
        id: cut.id.as_ref().map(copy),
        retry_ms: cut.retry_ms,
        defect: cut.defect,
    }
}

/// Cuts `input` whole, byte by byte, and at every place in two; all must be what the oracle says.
fn run_all(framing: Framing, input: &[u8]) -> Vec<Flat> {
    let expected = oracle::cuts(framing, input);
    let shown = || input.escape_ascii();
    assert_eq!(run(framing, [input]), expected, "whole: {}", shown());
    assert_eq!(run(framing, input.chunks(1)), expected, "bytes: {}", shown());
    if input.len() <= 256 {
        for at in 0..=input.len() {
            let (left, right) = input.split_at(at);
            let chunks = [left, &[], right];
            assert_eq!(run(framing, chunks), expected, "cut at {at}: {}", shown());
        }
    }
    expected
}

/// One word a cut: data as it is, `-` for nothing, `]` for an end mark, `!` for junk; then what else the cut says.
fn show(cuts: &[Flat]) -> Vec<String> {
    let text = |bytes: &[u8]| format!("{}", bytes.escape_ascii());
    let words = cuts.iter().map(|cut| {
        let mut word = match &cut.data {
            Ok(data) => format!("'{}'", String::from_utf8_lossy(data).replace('\n', "|")),
            Err("junk") => String::from("!"),
            Err("end") => String::from("]"),
            Err(_) => String::from("-"),
        };
        if let Some(event) = &cut.event {
            word += &format!(" event={}", text(event));
        }
        if cut.is_exception {
            word += " exception";
        }
        if let Some(id) = &cut.id {
            word += &format!(" id={}", text(id));
        }
        if let Some(retry_ms) = cut.retry_ms {
            word += &format!(" retry={retry_ms}");
        }
        if let Some(defect) = cut.defect {
            word += &format!(" {defect:?}");
        }
        word
    });
    words.collect()
}

#[track_caller]
fn check(input: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(show(&run_all(Framing::Sse, input.as_ref())), expected);
}

#[track_caller]
fn check_body(input: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(show(&run_all(Framing::Body, input.as_ref())), expected);
}

#[test]
fn line_ends_of_every_kind_end_lines() {
    check("data: a\r\n\r\ndata: b\r\n\r\n", &["'a'", "'b'"]);
    check("data: x\r\rdata: y\n\n", &["'x'", "'y'"]);
    for blank in ["\n\n", "\r\r", "\r\n\r\n", "\n\r", "\r\n\r", "\n\r\n"] {
        check(format!("data: a{blank}data: b{blank}"), &["'a'", "'b'"]);
    }
    check("data: a\r\ndata: b\rdata: c\ndata: d\n\n", &["'a|b|c|d'"]);
    check("data: a\r\n\r\n\r\n\n\r", &["'a'", "-", "-", "-"]);
    let odd = "data: a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\n\n";
    check(odd, &["'a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f'"]);
}

#[test]
fn a_crlf_is_never_torn() {
    let cuts = run_all(Framing::Sse, b"data: a\r\n\r\ndata: b\r\n\r\n");
    assert_eq!(cuts[0].raw, b"data: a\r\n\r\n");
    let mut framer = Framer::new(Framing::Sse);
    assert_eq!(framer.next(b"data: a\r\r"), None);
    assert_eq!(framer.next(b"data: a\r\r\n").unwrap().len, 10);
}

#[test]
fn a_byte_order_mark_is_stripped_once() {
    check(b"\xef\xbb\xbfdata: x\n\n", &["'x'"]);
    check(b"\xef\xbb\xbf\ndata: x\n\n", &["-", "'x'"]);
    check(b"\xef\xbb\xbf{\"a\":1}", &["'{\"a\":1}'"]);
    check(b"\xef\xbb\xbf", &["-"]);
    check(b"\xef\xbb", &["! Foreign(Text)"]);
    check(b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n", &["-", "'y'"]);
    check(b"data: x\n\n\xef\xbb\xbfdata: y\n\n", &["'x'", "-"]);
    check(b"data: x\n\n\xef\xbb\xbf{}\n\n", &["'x'", "-"]);
    check_body(b"\xef\xbb\xbf {}", &["'{}'"]);
    let cuts = run_all(Framing::Sse, b"\xef\xbb\xbfdata: x\n\n");
    assert_eq!(cuts[0].raw, b"\xef\xbb\xbfdata: x\n\n");
}

#[test]
fn fields_are_read_as_the_standard_says() {
    check("data:  two spaces\n\n", &["' two spaces'"]);
    check("data:{\"a\":1}\n\ndata:[DONE]\n\n", &["'{\"a\":1}'", "'[DONE]'"]);
    check("data:\tx\n\n", &["'\tx'"]);
    check("data\n\ndata:\n\ndata: \n\n", &["''", "''", "''"]);
    check("data\ndata\n\n", &["'|'"]);
    check("data: a:b\n\n", &["'a:b'"]);
    check(": c\nDATA: x\n data: x\ndata : x\ndatax: x\nid2\n\n", &["-"]);
    check("event: a\nevent:b\ndata: 1\n\n", &["'1' event=b"]);
    check("event: a\ndata: 1\nevent\n\n", &["'1'"]);
    check("id: 1\ndata\n\nid\ndata\n\n", &["'' id=1", "'' id="]);
    check(b"id: 0\nid: a\0b\ndata: 1\n\n", &["'1' id=0"]);
    check("data: {\"a\":\ndata: 0}\n\n", &["'{\"a\":|0}'"]);
    check("data: 1\n: c\nx: y\nz\ndata: 2\n\n", &["'1|2'"]);
    check("data: 1\ndata: 2\n\ndata: 3\ndata: 4\n\n", &["'1|2'", "'3|4'"]);
    check("data: é\u{1f600}\n\n", &["'é\u{1f600}'"]);
    check(b"data: b\xff\n\ndata: c\n\n", &["'b\u{fffd}'", "'c'"]);
}

#[test]
fn a_retry_is_digits_only() {
    check("retry: 10\n\n", &["- retry=10"]);
    for retry in ["10s", "abc", "+5", "-1", "", " 1", "1 ", "1.0"] {
        check(format!("retry: {retry}\ndata: 1\n\n"), &["'1'"]);
    }
    let huge = format!("retry: {}\ndata\n\n", "9".repeat(30));
    check(huge, &["'' retry=18446744073709551615"]);
}

#[test]
fn frames_without_data_are_empty() {
    check(": ping\n\n:\n\nevent: ping\n\n", &["-", "-", "- event=ping"]);
    check("\n\r\r\n\ndata: a\n\n", &["-", "-", "-", "-", "'a'"]);
    check("data: : OPENROUTER PROCESSING\n\n", &["': OPENROUTER PROCESSING'"]);
    let cuts = run_all(Framing::Sse, "\n".repeat(10_000).as_bytes());
    assert!(cuts.len() == 10_000 && cuts.iter().all(|cut| cut.data == Err("empty")));
}

#[test]
fn only_several_data_lines_are_copied() {
    let mut framer = Framer::new(Framing::Sse);
    let input = b": c\nevent: e\ndata: abc\nid: 1\n\n";
    assert_eq!(framer.next(input).unwrap().payload, Payload::Data(19..22));
    assert_eq!(framer.retained(), 0);

    let line = format!("data: {}\n", "x".repeat(100_000));
    let half = format!("{line}{line}");
    assert_eq!(framer.next(half.as_bytes()), None);
    framer.shrink();
    let whole = format!("{half}\n");
    assert_eq!(framer.next(whole.as_bytes()).unwrap().payload, Payload::Joined);
    assert_eq!(framer.joined().len(), 200_001);
    assert!(framer.retained() >= 200_001);
    framer.shrink();
    assert!(framer.retained() <= 4096);
}

#[test]
fn bare_json_between_frames_is_data() {
    let error = "{\n  \"error\": {\n    \"code\": 429\n  }\n}";
    let bare = format!("'{}' Bare", error.replace('\n', "|"));
    check(format!("data: 1\r\n\r\n{error}\n\ndata: 2\n\n"), &["'1'", &bare, "'2'"]);
    check(format!("data: 1\n\n{error}\n"), &["'1'", &bare]);
    check(format!("data: 1\n\n{error}"), &["'1'", &bare]);
    check(format!("data: 1\n\n{}", &error[..20]), &["'1'", "! Unterminated"]);
    check(": c\n \t{\"a\":1} \r\r", &["'{\"a\":1} ' Bare"]);
    check("data: 1\n{\"a\":1}\n\n", &["'1'"]);
    let gaps = error.replace('\n', "\r\n\r\n");
    let bare = format!("'{}' Bare", gaps.replace("\r\n", "\r|"));
    check(format!("data: 1\r\n\r\n{gaps}\r\n\r\ndata: 2\r\n\r\n"), &["'1'", &bare, "'2'"]);
    check(format!("data: 1\r\n\r\n{gaps}"), &["'1'", &bare]);
    // What broke off ends at its first blank line, once it is seen that it does not go on.
    for (next, word) in [("data: 2", "'2'"), (": c", "-"), ("id: 7", "- id=7")] {
        check(format!(": c\n{{\"a\":\n\n\n{next}\n\n"), &["'{\"a\":' Bare", "-", word]);
    }
    check(": c\n{\"a\":\n\n{\"b\":1}\n\n", &["'{\"a\":' Bare", "'{\"b\":1}' Bare"]);
    check(": c\n{\"a\":\"x\n\ny\"}\n\n", &["'{\"a\":\"x' Bare", "-"]);
    check(": c\n{\"a\":\n\n", &["! Unterminated"]);
    check(": c\n{\"a\":\n\ndata", &["'{\"a\":' Bare", "! Unterminated"]);
    check("data: 1\n\nx\n{\"a\":1}\n\n", &["'1'", "-"]);
}

#[test]
fn the_last_frame_is_given_out_where_it_is_whole() {
    for end in ["", "\n", "\r", "\r\n"] {
        check(format!("data: [DONE]{end}"), &["'[DONE]' Unterminated"]);
        check(format!("data: {{\"a\":\"}}\\\"\"}}{end}"), &["'{\"a\":\"}\\\"\"}' Unterminated"]);
        check(format!("event: e\nid: 1\ndata: {{{end}"), &["! Unterminated"]);
        check(format!("data: {{\ndata: }} {end}"), &["'{|} ' Unterminated"]);
    }
    for data in ["", "x", "12", "{\"a\":\"}", "{}}", "[DONE", "[DONE]x", "tru", "\"a"] {
        check(format!("data: {data}\n"), &["! Unterminated"]);
    }
    for data in ["null", "true ", "\"a\"", "{} []", " {}{}"] {
        check(format!("data: {data}"), &[&format!("'{data}' Unterminated")]);
    }
    check("data: a\r\n\r", &["'a'"]);
    check("data: a\n\nda", &["'a'", "! Unterminated"]);
    check("data: {}\nda", &["'{}' Unterminated"]);
    check("data: {}\nid: 12", &["'{}' Unterminated"]);
    check("data: {}\nevent: message_st", &["'{}' Unterminated"]);
}

#[test]
fn a_last_frame_without_data_is_no_event() {
    check(": c\n\n: c\n", &["-", "-"]);
    check(": c\n\n: c", &["-", "! Unterminated"]);
    check("id: 7\nevent: response.completed\n", &["- Unterminated"]);
    check("event: response.completed", &["! Unterminated"]);
    check("id: 7\n", &["-"]);
    check("", &[]);
    check("\n \n", &["-", "-"]);
    check_body("", &[]);
    check_body("\n\n", &["-"]);
}

#[test]
fn a_json_body_in_place_of_a_stream_is_one_frame() {
    check("{\"a\":1}", &["'{\"a\":1}'"]);
    check("\n\n \n{\"a\":\n[2]}\n\n", &["-", "-", "'{\"a\":|[2]}'", "-"]);
    check("{\"a\":1}\ndata: [DONE]\n\n", &["'{\"a\":1}'", "! Trailing", "-"]);
    check("{\"a\":1}{\"b\":2}\n{}", &["'{\"a\":1}'", "'{\"b\":2}'", "'{}'"]);
    check("{\"a\":\"\\", &["! Unterminated"]);
    check("{\"a\":\"\\\\\\\"}\"}x", &["'{\"a\":\"\\\\\\\"}\"}'", "! Trailing"]);
    check_body("null\n{}\n", &["! Trailing", "'{}'", "-"]);
    check_body("data: {}\n\n", &["'{}'"]);
    check_body("}{}", &["! Trailing"]);
}

#[test]
fn a_body_that_is_no_stream_says_what_it_is() {
    check("<html>\n\n</html>", &["! Foreign(Html)"]);
    check(b"\xef\xbb\xbf \t<!doctype html>", &["! Foreign(Html)"]);
    check(b"\x1f\x8b\x08\0\n\n", &["! Foreign(Compressed)"]);
    check(b"\x1f", &["! Foreign(Binary)"]);
    check(b"\x28\xb5\x2f\xfd\n\n", &["! Foreign(Compressed)"]);
    check(b"\x28\xb5\x2f", &["! Foreign(Text)"]);
    check("(text)\n", &["! Foreign(Text)"]);
    check(b"\0data: x\n\n", &["! Foreign(Binary)"]);
    check_body(b"<html>", &["! Foreign(Html)"]);
    check_body(b"\x1f\x8b", &["! Foreign(Compressed)"]);
    let page = format!("<html>{}", "\n\n".repeat(5000));
    let cuts = run_all(Framing::Sse, page.as_bytes());
    let lens: Vec<_> = cuts.iter().map(|cut| cut.raw.len()).collect();
    assert_eq!(lens, [4096, 4096, 1814]);
}

#[test]
fn text_without_any_field_is_no_stream() {
    check("Internal Server Error\n", &["! Foreign(Text)"]);
    check("Internal Server Error", &["! Foreign(Text)"]);
    check("upstream: down\r\n\r\nretrying", &["-", "! Foreign(Text)"]);
    // The bytes went out with the blank line: the verdict has none left.
    check("Internal Server Error\n\n", &["-", "! Foreign(Text)"]);
    check("x\nda", &["! Foreign(Text)"]);
    check("x\n\n: c\n\n", &["-", "-"]);
    check("x\ndata: {}", &["'{}' Unterminated"]);
    // To the standard no field, but written by someone who meant one.
    check(" data: {}\n\n", &["-"]);
    check("x\n\n{}", &["-", "'{}' Bare"]);
    for field in ["data:", "event:", "id:", "retry:", ":"] {
        for end in 1..=field.len() {
            check(&field[..end], &["! Unterminated"]);
            check(
                format!("{}x", &field[..end]),
                &[if end < field.len() { "! Foreign(Text)" } else { "! Unterminated" }],
            );
        }
        let name = field.trim_end_matches(':');
        check(format!("x\n{field}"), &["! Unterminated"]);
        check(format!("x\n{name}"), &["! Foreign(Text)"]);
    }
}

#[test]
fn the_oracle_agrees_under_every_chunking() {
    let seed = 0x7468_616c;
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..12_000 {
        let input = random_input(&mut random);
        for framing in FRAMINGS {
            let expected = run_all(framing, &input);
            for _ in 0..2 {
                let chunks = random_chunks(&mut random, &input);
                assert_eq!(run(framing, chunks), expected, "{}", input.escape_ascii());
            }
        }
    }
}

fn random_input(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = Vec::new();
    // Most streams must get past the first bytes, or only these would be tested.
    match random.u8(..6) {
        0 => input.extend_from_slice(b"\xef\xbb\xbf"),
        1 => input.extend_from_slice(b"data: "),
        2 => input.extend_from_slice(b": c\n"),
        3 => input.extend_from_slice(b"x\n"),
        _ => {}
    }
    for _ in 0..random.usize(..16) {
        input.extend_from_slice(PIECES[random.usize(..PIECES.len())]);
        if random.bool() {
            input.extend_from_slice(LINE_ENDS[random.usize(..LINE_ENDS.len())]);
        }
    }
    // Half of them end anywhere, as a broken connection does.
    if random.bool() {
        input.truncate(random.usize(..=input.len()));
    }
    input
}

fn random_chunks<'a>(random: &mut fastrand::Rng, mut input: &'a [u8]) -> Vec<&'a [u8]> {
    let mut chunks = vec![];
    while !input.is_empty() {
        let (chunk, rest) = input.split_at(random.usize(..=input.len().min(9)));
        chunks.push(chunk);
        input = rest;
    }
    chunks
}

#[test]
fn any_bytes_give_cuts() {
    let mut random = fastrand::Rng::with_seed(0x7765_6721);
    for _ in 0..3_000 {
        let input: Vec<u8> = (0..random.usize(..40)).map(|_| random.u8(..)).collect();
        for framing in FRAMINGS {
            run_all(framing, &input);
        }
    }
}

#[test]
fn a_long_line_in_small_chunks_is_one_frame() {
    let input = format!("data: {}\n\n", "x".repeat(4 << 20));
    for size in [1024, 4096] {
        let mut framer = Framer::new(Framing::Sse);
        let mut ends = (size..).step_by(size).take_while(|&end| end < input.len());
        assert!(ends.all(|end| framer.next(&input.as_bytes()[..end]).is_none()));
        let cut = framer.next(input.as_bytes()).unwrap();
        assert_eq!(cut.payload, Payload::Data(6..input.len() - 2));
        assert_eq!(framer.retained(), 0);
    }
}

#[test]
fn many_frames_in_one_chunk_are_all_found() {
    let input = "data: {\"a\":1}\n\n".repeat(80_000);
    let mut framer = Framer::new(Framing::Sse);
    let mut pending = input.as_bytes();
    let mut count = 0;
    while let Some(cut) = framer.next(pending) {
        assert_eq!((cut.len, cut.payload), (15, Payload::Data(6..13)));
        pending = &pending[cut.len..];
        count += 1;
    }
    assert_eq!((count, pending.len()), (80_000, 0));
}

#[test]
fn a_cut_is_small() {
    assert!(size_of::<Option<Cut>>() <= 128);
}

const FRAMINGS: [Framing; 4] = [Framing::Sse, Framing::Body, Framing::Lines, Framing::AwsEventStream];

const LINE_ENDS: &[&[u8]] = &[b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n"];

const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"data:",
    b"data: ",
    b"data",
    b"data: {\"a\":\"b\"}",
    b":",
    b": c",
    b"event:",
    b"event: e",
    b"id:",
    b"id: 7",
    b"retry:",
    b"retry: 12",
    b"\0",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"[DONE]",
    b" ",
    b"\t",
    b"x",
    b"<",
    b"9",
    b"null",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"\xf0\x9f\x98\x80",
    b"\xff",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"{\"a\":[1]}",
    b"{\"a\":\n{\"b\":\n\n1}}",
    b"[{},",
    b",",
];
