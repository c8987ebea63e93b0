//! What is read of AWS event streams, as JSON lines: the half of the comparison with botocore that is ours. `compare.py`
//! beside this file runs it, and says what agreement is.
//!
//! The standard input is streams, each behind its length in four bytes (big-endian). A line is a stream:
//!
//! ```text
//! {"frames":[{"len":96,"event":"6d6573...","exception":false,"data":"7b7d","unwrapped":false,"defect":null}],
//!  "fault":[2,"corrupt_message"]}
//! ```
//!
//! `frames` is what the framing cuts, with bytes as hexadecimal digits. `fault` is the number of the first frame that the
//! normalizer says is damaged, and the anomaly.

use std::io::{self, Read as _, Write as _};

use serde_json::{Value, json};
use thalweg::framing::{Cut, Defect, Framer, Framing, Payload};
use thalweg::{AnomalyKind, Close, Event, Normalizer, dialects};

fn main() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut rest = input.as_slice();
    while let Some((len, behind)) = rest.split_first_chunk() {
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(io::Error::other)?;
        let Some((stream, behind)) = behind.split_at_checked(len) else {
            return Err(io::Error::other("the last stream is cut"));
        };
        writeln!(out, "{}", json!({ "frames": frames(stream), "fault": fault(stream) }))?;
        rest = behind;
    }
    out.flush()
}

fn frames(stream: &[u8]) -> Vec<Value> {
    let mut framer = Framer::new(Framing::AwsEventStream);
    let mut pending = stream;
    let mut frames = Vec::new();
    while let Some(cut) = framer.next(pending).or_else(|| framer.finish(pending)) {
        frames.push(frame(&cut, pending, framer.joined()));
        pending = &pending[cut.len..];
    }
    frames
}

fn frame(cut: &Cut, pending: &[u8], joined: &[u8]) -> Value {
    let data = match &cut.payload {
        Payload::Data(range) => Some(&pending[range.clone()]),
        Payload::Joined => Some(joined),
        _ => None,
    };
    let defect = cut.defect.map(|defect| match defect {
        Defect::Corrupt(corrupt) => format!("{corrupt:?}"),
        other => format!("{other:?}"),
    });
    json!({
        "len": cut.len,
        "event": cut.event.clone().map(|range| hex(&pending[range])),
        "exception": cut.is_exception,
        "data": data.map(hex),
        "unwrapped": cut.payload == Payload::Joined,
        "defect": defect,
    })
}

/// The first frame that is damaged.
fn fault(stream: &[u8]) -> Option<(usize, &'static str)> {
    let mut normalizer = Normalizer::new(&dialects::BEDROCK_CONVERSE);
    normalizer.feed(stream);
    normalizer.finish(Close::Clean);
    let mut number = 0;
    while let Some(frame) = normalizer.poll_frame() {
        for event in frame.events() {
            if let Event::Anomaly { kind, .. } = event
                && FAULTS.contains(&kind)
            {
                return Some((number, kind.as_str()));
            }
        }
        number += 1;
    }
    None
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is said of bytes, not of the JSON in them.
const FAULTS: [AnomalyKind; 4] =
    [AnomalyKind::CorruptMessage, AnomalyKind::UnterminatedFrame, AnomalyKind::NotAStream, AnomalyKind::TrailingBytes];
