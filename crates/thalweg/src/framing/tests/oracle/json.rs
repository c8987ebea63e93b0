//! The cuts of bodies of JSON: values, lines, and the elements of an array.

use alloc::vec::Vec;

use super::super::super::{Defect, Foreign};
use super::Flat;

/// Whether the value that `text` begins with, behind spaces, goes on behind it, and not inside of a string.
pub(super) fn is_open(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    // What is inside of a string ends with a quote.
    value_len(text).is_none() && value_len(&[text, b"\"".as_slice(), &b"}".repeat(text.len())].concat()).is_none()
}

/// How many bytes the JSON object, array or string has that `text` begins with.
fn value_len(text: &[u8]) -> Option<usize> {
    let (mut depth, mut string, mut escaped) = (0, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => depth += 1,
            b'}' | b']' if !string => depth -= 1,
            _ => {}
        }
        if depth == 0 && !string {
            return Some(at + 1);
        }
    }
    None
}

pub(super) fn is_whole(text: &[u8]) -> bool {
    let text: &[u8] = text.trim_ascii();
    if [&b"null"[..], b"true", b"false"].contains(&text) {
        return true;
    }
    match text.first() {
        Some(b'{' | b'[' | b'"') => value_len(text).is_some_and(|len| len == text.len() || is_whole_list(&text[len..])),
        _ => false,
    }
}

fn is_whole_list(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    matches!(text.first(), Some(b'{' | b'[' | b'"')) && is_whole(text)
}

pub(super) fn body_cuts(mut input: &[u8], mut mark: usize, cuts: &mut Vec<Flat>) {
    while !input.is_empty() {
        let text = &input[mark..];
        let begin = mark + text.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        let (len, data, defect) = match &input[begin..] {
            [] => (input.len(), Err("empty"), None),
            value @ [b'{' | b'[', ..] => match value_len(value) {
                Some(len) => (begin + len, Ok(&value[..len]), None),
                None => (input.len(), Err("junk"), Some(Defect::Unterminated)),
            },
            line => {
                let len = line.iter().position(|&byte| byte == b'\n').map_or(line.len(), |at| at + 1);
                (begin + len, Err("junk"), Some(Defect::Trailing))
            }
        };
        cuts.push(Flat::new(&input[..len], data, defect));
        input = &input[len..];
        mark = 0;
    }
}

/// As [`value_len`], for a value that may break off at the end of a line: `Err` behind that.
fn line_len(text: &[u8]) -> Option<Result<usize, usize>> {
    let (mut depth, mut string, mut escaped) = (0, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\n' if string || escaped => return Some(Err(at + 1)),
            b'\n' if text.get(at + 1) == Some(&b'{') => return Some(Err(at + 1)),
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' | b'[' if !string => depth += 1,
            b'}' | b']' if !string => depth -= 1,
            _ => {}
        }
        if depth == 0 && !string {
            return Some(Ok(at + 1));
        }
    }
    None
}

pub(super) fn line_cuts(mut input: &[u8], mut mark: usize, cuts: &mut Vec<Flat>) {
    let blanks = |text: &[u8]| text.iter().take_while(|byte| b" \t\r".contains(byte)).count();
    let (mut seen, mut text) = (false, false);
    while !input.is_empty() {
        let begin = mark + blanks(&input[mark..]);
        let line = &input[begin..];
        let feed = line.iter().position(|&byte| byte == b'\n');
        let foreign = Some(Defect::Foreign(Foreign::Text));
        let (len, data, defect) = match (line, feed) {
            ([], _) if text && !seen => (begin, Err("junk"), foreign),
            ([], _) => (begin, Err("empty"), None),
            ([b'\n', ..], _) => (begin + 1, Err("empty"), None),
            ([b'{' | b'[', ..], _) => {
                seen = true;
                match line_len(line) {
                    Some(Ok(len)) => {
                        let end = begin + len + blanks(&line[len..]);
                        (end + usize::from(input.get(end) == Some(&b'\n')), Ok(&line[..len]), None)
                    }
                    Some(Err(len)) => (begin + len, Ok(line[..len].trim_ascii_end()), None),
                    None => (input.len(), Err("junk"), Some(Defect::Unterminated)),
                }
            }
            (_, Some(feed)) if seen => (begin + feed + 1, Ok(line[..feed].trim_ascii_end()), None),
            (_, Some(feed)) => {
                text = true;
                (begin + feed + 1, Err("junk"), Some(Defect::Trailing))
            }
            _ if !seen => (input.len(), Err("junk"), foreign),
            _ if is_whole(line) => (input.len(), Ok(line), Some(Defect::Unterminated)),
            _ => (input.len(), Err("junk"), Some(Defect::Unterminated)),
        };
        seen |= defect == foreign;
        cuts.push(Flat::new(&input[..len], data, defect));
        input = &input[len..];
        mark = 0;
    }
    if text && !seen {
        cuts.push(Flat::new(b"", Err("junk"), Some(Defect::Foreign(Foreign::Text))));
    }
}

pub(super) fn array_cuts(mut input: &[u8], mark: usize, cuts: &mut Vec<Flat>) {
    let mut begin = mark + input[mark..].iter().position(|&byte| byte == b'[').unwrap() + 1;
    loop {
        begin += input[begin..].iter().take_while(|byte| b", \t\r\n".contains(byte)).count();
        let text = &input[begin..];
        let word = text.iter().position(|byte| b",]{[\" \t\r\n".contains(byte));
        let unterminated = Some(Defect::Unterminated);
        let (len, data) = match text {
            [] => return cuts.push(Flat::new(input, Err("empty"), unterminated)),
            [b']', ..] => {
                cuts.push(Flat::new(&input[..=begin], Err("end"), None));
                return body_cuts(&input[begin + 1..], 0, cuts);
            }
            [b'{' | b'[' | b'"', ..] => match value_len(text) {
                Some(len) => (begin + len, &text[..len]),
                None => return cuts.push(Flat::new(input, Err("junk"), unterminated)),
            },
            _ => match word {
                Some(len) => (begin + len, &text[..len]),
                None if is_whole(text) => return cuts.push(Flat::new(input, Ok(text), unterminated)),
                None => return cuts.push(Flat::new(input, Err("junk"), unterminated)),
            },
        };
        cuts.push(Flat::new(&input[..len], Ok(data), None));
        input = &input[len..];
        begin = 0;
    }
}
