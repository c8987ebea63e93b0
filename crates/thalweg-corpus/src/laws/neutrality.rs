use fastrand::Rng;
use serde_json::Value;
use thalweg::{ErrorKind, Protocol, Response};

use crate::wire::{self, Line};
use crate::{Setup, Violation};

/// Law 7: line ends, a byte order mark, the space after `data:`, comments, pings, and unknown events and fields leave
/// the fold equal, less anomalies, unknown frames, the JSON that errors keep verbatim and the number of frames.
///
/// For event streams only: anything else, and what is detected, passes. `seed` says what goes where.
///
/// # Errors
/// With what was changed and the two responses.
pub fn check_neutrality<'d>(setup: impl Into<Setup<'d>>, bytes: &[u8], seed: u64) -> Result<(), Violation> {
    let setup = setup.into();
    let Some(protocol) = setup.dialect.map(|dialect| dialect.protocol).filter(|_| wire::is_sse(bytes)) else {
        return Ok(());
    };
    let original = setup.response(bytes);
    if original.errors.iter().any(|error| error.kind == ErrorKind::NotAStream) {
        return Ok(());
    }
    let original = without_noise(original);
    let lines = wire::lines(bytes);
    let had_mark = bytes.starts_with(wire::BYTE_ORDER_MARK);
    for rewrite in [
        Rewrite::Ending(b"\n"),
        Rewrite::Ending(b"\r\n"),
        Rewrite::Ending(b"\r"),
        Rewrite::ByteOrderMark,
        Rewrite::Spaces,
        Rewrite::Between(seed),
        Rewrite::Between(seed.wrapping_add(1)),
        Rewrite::Inside(seed, protocol),
    ] {
        let mut changed = Vec::new();
        if had_mark || matches!(rewrite, Rewrite::ByteOrderMark) {
            changed.extend_from_slice(wire::BYTE_ORDER_MARK);
        }
        rewrite.write(&lines, &mut changed);
        let other = without_noise(setup.response(&changed));
        // A limit counts bytes, and there are more or fewer of them now.
        if reaches_limit(&original) != reaches_limit(&other) {
            continue;
        }
        if other != original {
            let message = format!("{rewrite:?} changes the response");
            return Err(Violation::new(LAW, message).between(original, other));
        }
    }
    Ok(())
}

/// A response without what neutral changes may change.
pub(super) fn without_noise(mut response: Response) -> Response {
    response.anomalies.clear();
    response.unknown.clear();
    for error in &mut response.errors {
        error.raw = None;
    }
    if let Some(evidence) = &mut response.evidence {
        evidence.frames = 0;
    }
    response
}

fn reaches_limit(response: &Response) -> bool {
    response.evidence.is_some_and(|evidence| evidence.limit.is_some())
}

/// A change that must not matter.
#[derive(Debug)]
enum Rewrite {
    /// Every line ends like this; an unterminated tail stays one.
    Ending(&'static [u8]),
    /// A mark before everything.
    ByteOrderMark,
    /// The space after `data:` goes where there is one, comes where there is none.
    Spaces,
    /// Things without meaning between frames.
    Between(u64),
    /// Unknown fields inside the JSON of frames.
    Inside(u64, Protocol),
}

impl Rewrite {
    fn write(&self, lines: &[Line<'_>], out: &mut Vec<u8>) {
        let mut rng = match self {
            Self::Between(seed) | Self::Inside(seed, _) => Rng::with_seed(*seed),
            _ => Rng::with_seed(0),
        };
        // A frame may begin here.
        let mut is_border = true;
        for (n, line) in lines.iter().enumerate() {
            let is_first = core::mem::replace(&mut is_border, line.is_blank());
            match self {
                Self::Ending(ending) => {
                    out.extend_from_slice(line.text);
                    out.extend_from_slice(if line.ending.is_empty() { b"" } else { ending });
                    continue;
                }
                Self::Spaces => out.extend_from_slice(&respaced(line.text)),
                Self::Between(_) => {
                    if is_first && rng.u8(0..3) == 0 {
                        insert(&mut rng, line, out);
                    }
                    out.extend_from_slice(line.text);
                }
                Self::Inside(_, protocol) if is_whole(lines, n) => {
                    out.extend_from_slice(&widened(&mut rng, line.text, *protocol));
                }
                Self::Inside(..) | Self::ByteOrderMark => out.extend_from_slice(line.text),
            }
            out.extend_from_slice(line.ending);
        }
    }
}

/// The line is terminated, and all the data that its frame has.
fn is_whole(lines: &[Line<'_>], n: usize) -> bool {
    let has_data = |lines: &mut dyn Iterator<Item = &Line<'_>>| {
        lines.take_while(|line| !line.is_blank()).any(|line| line.text.starts_with(b"data"))
    };
    !lines[n].ending.is_empty() && !has_data(&mut lines[..n].iter().rev()) && !has_data(&mut lines[n + 1..].iter())
}

/// `data:` with the space it did not have, or without the one it had. A second space belongs to the data.
fn respaced(line: &[u8]) -> Vec<u8> {
    match line.strip_prefix(b"data:") {
        Some([b' ', rest @ ..]) if rest.first() != Some(&b' ') => [b"data:", rest].concat(),
        Some(rest) if rest.first() != Some(&b' ') => [b"data: ", rest].concat(),
        _ => line.into(),
    }
}

/// Writes something without meaning at the border before `line`.
fn insert(rng: &mut Rng, line: &Line<'_>, out: &mut Vec<u8>) {
    let is_field = [&b"data:"[..], b"event:"].iter().any(|name| line.text.starts_with(name));
    let many = if is_field { BETWEEN.len() } else { WHOLE_FRAMES };
    for _ in 0..rng.usize(1..3) {
        out.extend_from_slice(BETWEEN[rng.usize(..many)]);
    }
}

/// What has no meaning between frames. The last ones are lines that join the frame behind them.
const BETWEEN: [&[u8]; 13] = [
    b": keep-alive\n\n",
    b":\n\n",
    b"\n",
    b"event: ping\n\n",
    b"event: ping\ndata: {\"type\":\"ping\"}\n\n",
    b"data: {\"object\":\"thalweg.test\"}\n\n",
    b"data: {\"object\":\"thalweg.test\",\"delta\":{\"content\":\"no\"},\"index\":0}\r\n\r\n",
    b"data: {\"type\":\"thalweg_test\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"no\"}}\n\n",
    b"event: response.thalweg_test\ndata: {\"type\":\"response.thalweg_test\",\"output_index\":0,\"delta\":\"no\"}\n\n",
    b"thalweg: test\n\n",
    b"data:\n\n",
    b": inside\n",
    b"thalweg: test\n",
];
const WHOLE_FRAMES: usize = 11;

/// The line with unknown fields in its JSON: in front of the frame's own, and in front of those of objects that the
/// protocol names. A quote inside a string is escaped, so these texts are found outside of strings only.
fn widened(rng: &mut Rng, line: &[u8], protocol: Protocol) -> Vec<u8> {
    let Some(data) = line.strip_prefix(b"data:").and_then(|data| str::from_utf8(data).ok()) else { return line.into() };
    let value = serde_json::from_str(data).ok().filter(|value: &Value| value.is_object() && !is_opaque(value));
    let Some(value) = value else { return line.into() };
    let mut out = String::from("data:");
    let mut rest = data;
    for opening in openings(protocol, &value) {
        let Some(at) = rest.find(opening) else { continue };
        let end = at + opening.len();
        let is_escaped = rest[..at].ends_with('\\');
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        if !is_escaped && rng.u8(0..3) > 0 {
            out.push_str(UNKNOWN_FIELDS[rng.usize(..UNKNOWN_FIELDS.len())]);
            if !rest.trim_start().starts_with('}') {
                out.push(',');
            }
        }
    }
    out.push_str(rest);
    out.into()
}

/// What begins the objects of a frame that are read field by field. What is given on as it stands has no unknown
/// fields: items, blocks and results.
fn openings(protocol: Protocol, frame: &Value) -> &'static [&'static str] {
    match protocol {
        _ if frame["item"].is_object() || frame["content_block"].is_object() => &["{"],
        Protocol::OpenaiResponses => &["{", "\"response\":{", "\"part\":{"],
        Protocol::AnthropicMessages => &["{", "\"message\":{", "\"delta\":{"],
        Protocol::Gemini => &["{", "\"candidates\":[{", "\"content\":{", "\"parts\":[{", "\"usageMetadata\":{"],
        _ => &["{", "\"choices\":[{", "\"delta\":{", "\"function\":{"],
    }
}

/// A delta of an unknown type, or a part that is nothing known, which is given on as it stands.
fn is_opaque(value: &Value) -> bool {
    let candidates = value["candidates"].as_array().into_iter().flatten();
    let mut parts = candidates.filter_map(|candidate| candidate["content"]["parts"].as_array()).flatten();
    if parts.any(|part| !PAYLOADS.iter().any(|name| !part[*name].is_null())) {
        return true;
    }
    const KNOWN: [&str; 5] = ["text_delta", "thinking_delta", "input_json_delta", "signature_delta", "citations_delta"];
    value["delta"]["type"].as_str().is_some_and(|kind| !KNOWN.contains(&kind))
}

/// What parts of Gemini's are, where they are read field by field.
const PAYLOADS: [&str; 4] = ["text", "functionCall", "inlineData", "executableCode"];

const UNKNOWN_FIELDS: [&str; 4] = [
    "\"thalweg_test\":null",
    "\"thalweg_test\":{\"content\":\"no\",\"choices\":[1,{\"delta\":{}}]}",
    "\"thalweg_test\":\"\\\"delta\\\":{\"",
    "\"p\":\"abcdefgh\"",
];

const LAW: &str = "neutrality";
