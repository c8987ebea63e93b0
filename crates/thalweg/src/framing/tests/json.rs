//! JSON lines, and arrays whose elements are frames.

use alloc::{format, string::String, vec::Vec};

use super::super::{Framer, Framing};
use super::{check as check_sse, check_body, run_all, show};

#[track_caller]
fn check(input: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(show(&run_all(Framing::Lines, input.as_ref())), expected);
}

/// An array is one with any framing.
#[track_caller]
fn check_array(input: &str, expected: &[&str]) {
    check_sse(input, expected);
    check_body(input, expected);
    check(input, expected);
    assert_eq!(show(&run_all(Framing::AwsEventStream, input.as_bytes())), expected);
}

#[test]
fn each_line_is_a_frame() {
    check("{\"a\":1}\n{\"b\":[2]}\n", &["'{\"a\":1}'", "'{\"b\":[2]}'"]);
    check("{\"a\":1}\r\n{\"b\":2}\r\n", &["'{\"a\":1}'", "'{\"b\":2}'"]);
    check(" {\"a\":1} \t\r\n", &["'{\"a\":1}'"]);
    check("{\"a\":\"\\n}\\\\\\\"{\u{2028}\u{85}\"}\n{}\n", &["'{\"a\":\"\\n}\\\\\\\"{\u{2028}\u{85}\"}'", "'{}'"]);
    check("\u{feff}{}\n{}\n", &["'{}'", "'{}'"]);
    let cuts = run_all(Framing::Lines, b"{\"a\":1}\r\n{}\n");
    assert_eq!(cuts[0].raw, b"{\"a\":1}\r\n");
}

#[test]
fn blank_lines_are_signs_of_life() {
    check("\n\r\n \n{}\n\n\t\r\n{}\n\n", &["-", "-", "-", "'{}'", "-", "-", "'{}'", "-"]);
    check("\n", &["-"]);
    check("{}\n ", &["'{}'", "-"]);
}

#[test]
fn the_last_line_needs_no_end() {
    for end in ["", " ", "\r", "\r\n"] {
        check(format!("{{}}\n{{\"a\":1}}{end}"), &["'{}'", "'{\"a\":1}'"]);
    }
    let line = "{\"a\":[\"}\",{}]}";
    for end in 1..line.len() {
        check(format!("{{}}\n{}", &line[..end]), &["'{}'", "! Unterminated"]);
    }
}

#[test]
fn a_value_over_many_lines_is_one_frame() {
    let error = "{\n  \"error\": {\n    \"code\": 500\n\n  },\n\"list\": [\n{ \"a\": 1 }]\n}";
    let pretty = error.replace("\n{ ", "\n  { ");
    let word = format!("'{}'", pretty.replace('\n', "|"));
    check(&pretty, &[&word]);
    check(format!("{{}}\n{pretty}\n{{}}\n"), &["'{}'", &word, "'{}'"]);
    check(pretty.replace('\n', "\r\n"), &[&word.replace('|', "\r|")]);
}

#[test]
fn a_line_that_broke_off_takes_no_other_with_it() {
    let good = "{\"b\":\"c\"}";
    let line = "{\"a\":[\"x\\\"y\",{\"z\":1}]}";
    for end in 1..line.len() {
        let broken = &line[..end];
        check(format!("{good}\n{broken}\n{good}\n"), &["'{\"b\":\"c\"}'", &format!("'{broken}'"), "'{\"b\":\"c\"}'"]);
    }
    check(format!("{line}]}}\n{good}\n"), &[&format!("'{line}'"), "']}'", "'{\"b\":\"c\"}'"]);
    check("{\"a\":\"\\\n{}\n", &["'{\"a\":\"\\'", "'{}'"]);
}

#[test]
fn what_shares_a_line_is_taken_apart() {
    check("{}{\"a\":1} [2]\n{}\n", &["'{}'", "'{\"a\":1}'", "'[2]'", "'{}'"]);
    check("{} x\n{}\n", &["'{}'", "'x'", "'{}'"]);
    check("{}\nnull\n\"a\"\n{}\n", &["'{}'", "'null'", "'\"a\"'", "'{}'"]);
    check("{}\nnull", &["'{}'", "'null' Unterminated"]);
    check("{}\nnul", &["'{}'", "! Unterminated"]);
    check("{}\n\0\n", &["'{}'", "'\0'"]);
}

#[test]
fn lines_of_text_are_no_stream() {
    check("Bad Gateway", &["! Foreign(Text)"]);
    check("Bad Gateway\n\nRetry.\n", &["! Trailing", "-", "! Trailing", "! Foreign(Text)"]);
    check("Bad\nGateway", &["! Trailing", "! Foreign(Text)"]);
    check("loading\n{}\nx\n", &["! Trailing", "'{}'", "'x'"]);
    check("<html>", &["! Foreign(Html)"]);
    check(b"\x1f\x8b\x08", &["! Foreign(Compressed)"]);
    check("\x02{}", &["! Foreign(Binary)"]);
}

#[test]
fn fields_in_place_of_lines_are_read_as_what_they_are() {
    check("data: {\"a\":1}\n\n", &["'{\"a\":1}'"]);
    check("\n: ping\n\ndata:{}\n\n", &["-", "-", "'{}'"]);
    check("event: e\ndata: {}\n\n", &["'{}' event=e"]);
    check("data", &["! Unterminated"]);
    check("datum\n", &["! Trailing", "! Foreign(Text)"]);
}

#[test]
fn a_long_line_is_looked_at_once() {
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1 << 20));
    let mut framer = Framer::new(Framing::Lines);
    let ends: Vec<_> = (1024..line.len()).step_by(1024).collect();
    assert!(ends.iter().all(|end| framer.next(&line.as_bytes()[..*end]).is_none()));
    assert_eq!(framer.next(line.as_bytes()).unwrap().len, line.len());
}

#[test]
fn each_element_is_a_frame() {
    check_array("[{\"a\":1},{\"b\":[2]}]", &["'{\"a\":1}'", "'{\"b\":[2]}'", "]"]);
    check_array("[{\"a\":\"],[\"}\n,\r\n{}\n]\n", &["'{\"a\":\"],[\"}'", "'{}'", "]", "-"]);
    check_array(" \n [\r\n\r\n{\n \"a\": 1\n}\n]", &["'{| \"a\": 1|}'", "]"]);
    check_array("\u{feff}[{}]", &["'{}'", "]"]);
    check_array("[]", &["]"]);
    check_array("[ , ]", &["]"]);
    check_array(
        "[[1,[2]],\"]\",-1.5e3,null,true ,x}:]",
        &["'[1,[2]]'", "'\"]\"'", "'-1.5e3'", "'null'", "'true'", "'x}:'", "]"],
    );
}

#[test]
fn an_element_is_given_when_its_last_byte_is_there() {
    let mut framer = Framer::new(Framing::Body);
    assert_eq!(framer.next(b"[{\"a\":1"), None);
    assert_eq!(framer.next(b"[{\"a\":1}").unwrap().len, 8);
    assert!(framer.is_array() && !framer.is_body());
    assert_eq!(framer.next(b"\n,"), None);
    assert_eq!(framer.next(b"\n,\r\n{}").unwrap().len, 6);
    assert_eq!(framer.next(b"]").unwrap().len, 1);
}

#[test]
fn an_array_that_is_cut_says_so_at_every_place() {
    let array = "[{\"a\":\"b\"},\n{\"c\":[1]}\n]";
    for end in 1..array.len() {
        let expected: &[&str] = match end {
            1 => &["- Unterminated"],
            ..10 => &["! Unterminated"],
            10..=12 => &["'{\"a\":\"b\"}'", "- Unterminated"],
            13..21 => &["'{\"a\":\"b\"}'", "! Unterminated"],
            _ => &["'{\"a\":\"b\"}'", "'{\"c\":[1]}'", "- Unterminated"],
        };
        check_array(&array[..end], expected);
    }
    check_array("[1,2", &["'1'", "! Unterminated"]);
    check_array("[1,true", &["'1'", "'true' Unterminated"]);
}

#[test]
fn what_stands_behind_an_array_is_a_body() {
    check_array("[{}]]\n{\"a\":1}\n", &["'{}'", "]", "! Trailing", "'{\"a\":1}'", "-"]);
    check_array("[{}] {\"error\":1}[2]", &["'{}'", "]", "'{\"error\":1}'", "'[2]'"]);
    let spaces: String = " ".repeat(40);
    check_array(&format!("[]{spaces}"), &["]", "-"]);
}
