//! The cuts of a whole stream, the slow and obvious way: no state between calls, everything copied.

mod aws;
mod json;

use alloc::{string::String, vec::Vec};

use super::super::{Defect, Foreign, Framing};

/// A cut with its bytes instead of ranges. `data` is `Err` with the name of the payload where there
/// is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flat {
    pub(super) raw: Vec<u8>,
    pub(super) data: Result<Vec<u8>, &'static str>,
    pub(super) event: Option<Vec<u8>>,
    pub(super) is_exception: bool,
    pub(super) id: Option<Vec<u8>>,
    pub(super) retry_ms: Option<u64>,
    pub(super) defect: Option<Defect>,
}

impl Flat {
    pub(super) fn new(raw: &[u8], data: Result<&[u8], &'static str>, defect: Option<Defect>) -> Self {
        let data = data.map(<[u8]>::to_vec);
        Self { raw: raw.to_vec(), data, event: None, is_exception: false, id: None, retry_ms: None, defect }
    }
}

/// A line without its end, and its raw bytes.
type Line<'a> = (&'a [u8], &'a [u8]);

pub(super) fn cuts(framing: Framing, input: &[u8]) -> Vec<Flat> {
    let mut cuts = Vec::new();
    if aws::begins(input) && (input[0] <= 1 || framing == Framing::AwsEventStream) {
        return aws::cuts(input);
    }
    let mut rest = input;
    let mut body = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    while matches!(framing, Framing::Sse | Framing::Lines) && matches!(body.first(), Some(b'\r' | b'\n')) {
        let (_, raw) = lines(body)[0];
        let len = rest.len() - body.len() + raw.len();
        cuts.push(Flat::new(&rest[..len], Err("empty"), None));
        rest = &rest[len..];
        body = rest;
    }
    let spaces = body.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
    let kind = match &body[spaces..] {
        [b'<', ..] => Some(Foreign::Html),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Foreign::Compressed),
        [byte, ..] if *byte < 0x20 && framing == Framing::AwsEventStream => return aws::cuts(input),
        [byte, ..] if *byte < 0x20 => Some(Foreign::Binary),
        _ => None,
    };
    if let Some(kind) = kind {
        let pieces = rest.chunks(4096);
        cuts.extend(pieces.map(|piece| Flat::new(piece, Err("junk"), Some(Defect::Foreign(kind)))));
        return cuts;
    }
    let (text, mark) = (&body[spaces..], rest.len() - body.len());
    let names = ["data:", "event:", "id:", "retry:", ":"].map(str::as_bytes);
    let is_sse = names.iter().any(|name| text.starts_with(name) || name.starts_with(text));
    match (framing, text.first()) {
        (_, Some(b'[')) => json::array_cuts(rest, mark, &mut cuts),
        (Framing::Lines, Some(b'{')) => json::line_cuts(rest, mark, &mut cuts),
        (Framing::Body, None) | (_, Some(b'{')) => json::body_cuts(rest, mark, &mut cuts),
        (Framing::Body, Some(_)) if !is_sse => json::body_cuts(rest, mark, &mut cuts),
        (Framing::Lines, Some(_)) if !is_sse => json::line_cuts(rest, mark, &mut cuts),
        _ => sse_cuts(rest, mark, &mut cuts),
    }
    cuts
}

fn lines(mut text: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    while !text.is_empty() {
        let end = text.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(text.len());
        let width = if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
        let (raw, rest) = text.split_at((end + width).min(text.len()));
        lines.push((&text[..end], raw));
        text = rest;
    }
    lines
}

/// `Ok((name, value))` of a field the standard knows, `Err(is_comment)` otherwise.
fn field(line: &[u8]) -> Result<(&'static str, Vec<u8>), bool> {
    let colon = line.iter().position(|&byte| byte == b':');
    let name = &line[..colon.unwrap_or(line.len())];
    let value = colon.map_or(&[][..], |colon| &line[colon + 1..]);
    let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
    let known = ["data", "event", "id", "retry"].into_iter().find(|known| known.as_bytes() == name);
    known.map(|name| (name, value)).ok_or_else(|| colon == Some(0))
}

fn is_bare(line: &[u8]) -> bool {
    let text = line.iter().find(|byte| !b" \t".contains(byte));
    text == Some(&b'{')
}

fn sse_cuts(mut input: &[u8], mut mark: usize, cuts: &mut Vec<Flat>) {
    let (mut known, mut text) = (false, false);
    loop {
        let mut frame: Vec<Line<'_>> = Vec::new();
        let mut len = mark;
        let mut ended = false;
        let mut gap = None;
        for line in lines(&input[mark..]) {
            len += line.1.len();
            let is_inside = |frame: &[Line<'_>]| {
                let bare = frame.iter().find(|line| field(line.0) != Err(true)).is_some_and(|line| is_bare(line.0));
                let text: Vec<u8> = frame.iter().flat_map(|line| line.1).copied().collect();
                let first = frame.iter().take_while(|line| field(line.0) == Err(true)).map(|line| line.1.len()).sum();
                bare && json::is_open(&text[first..])
            };
            if line.0.is_empty() && !is_inside(&frame) {
                ended = true;
                break;
            }
            let is_none_of_it = line.0.first() == Some(&b'{') || !line.0.is_empty() && field(line.0) != Err(false);
            if let Some((count, end)) = gap.filter(|_| is_none_of_it) {
                frame.truncate(count);
                len = end;
                ended = true;
                break;
            }
            if line.0.is_empty() {
                gap = gap.or(Some((frame.len(), len)));
            }
            frame.push(line);
        }
        let raw = &input[..len];
        // A last line without its end counts only where half of it cannot be taken for another one.
        let tail = frame.last().filter(|line| line.0.len() == line.1.len()).map(|line| line.0);
        let bare = frame.iter().position(|line| field(line.0) != Err(true));
        let bare = bare.filter(|&first| is_bare(frame[first].0));
        if let Some(tail) = tail.filter(|_| bare.is_none()) {
            let names = ["data:", "event:", "id:", "retry:"];
            let partial = names.iter().any(|name| tail != name.as_bytes() && name.as_bytes().starts_with(tail));
            if partial || field(tail).is_ok_and(|(name, _)| name != "data") {
                known |= !partial;
                frame.pop();
            }
        }
        for line in &frame[..bare.unwrap_or(frame.len())] {
            let blanks = line.0.iter().take_while(|byte| b" \t".contains(byte)).count();
            let is_field = field(&line.0[blanks..]) != Err(false);
            known |= is_field;
            text |= !is_field && blanks < line.0.len();
        }
        known |= bare.is_some();
        let mut flat = build(raw, mark, &frame, bare);
        if !ended {
            if text && !known {
                flat = Flat::new(raw, Err("junk"), Some(Defect::Foreign(Foreign::Text)));
            } else if raw.is_empty() {
                return;
            } else if flat.data.as_ref().is_ok_and(|data| json::is_whole(data)) {
                flat.defect = flat.defect.or(Some(Defect::Unterminated));
            } else if flat.data.is_err() && tail.is_none() {
                flat = Flat::new(raw, Err("empty"), flat.event.map(|_| Defect::Unterminated));
            } else {
                flat = Flat::new(raw, Err("junk"), Some(Defect::Unterminated));
            }
            cuts.push(flat);
            return;
        }
        cuts.push(flat);
        input = &input[len..];
        mark = 0;
    }
}

fn build(raw: &[u8], mark: usize, frame: &[Line<'_>], bare: Option<usize>) -> Flat {
    let mut flat = Flat::new(raw, Err("empty"), None);
    if let Some(first) = bare {
        let before: usize = mark + frame[..first].iter().map(|line| line.1.len()).sum::<usize>();
        let until: usize = mark + frame.iter().map(|line| line.1.len()).sum::<usize>();
        let last = frame[frame.len() - 1];
        let begin = before + raw[before..].iter().position(|&byte| byte == b'{').unwrap();
        flat.data = Ok(raw[begin..until - (last.1.len() - last.0.len())].to_vec());
        flat.defect = Some(Defect::Bare);
        return flat;
    }
    let fields: Vec<_> = frame.iter().filter_map(|line| field(line.0).ok()).collect();
    let data: Vec<&[u8]> = fields.iter().filter(|f| f.0 == "data").map(|f| &f.1[..]).collect();
    if !data.is_empty() {
        flat.data = Ok(data.join(&b'\n'));
    }
    for (name, value) in fields {
        match name {
            "event" => flat.event = Some(value).filter(|value| !value.is_empty()),
            "id" if !value.contains(&0) => flat.id = Some(value),
            "retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = String::from_utf8(value).unwrap();
                flat.retry_ms = Some(digits.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }
    flat
}
