//! Events into messages of an AWS event stream.

use fastrand::Rng;

use super::frames::Frame;
use super::perturbation::Perturbation as P;
use super::select::Selection;
use crate::eventstream::{Message, Value};

/// Writes the body. `unknown` are events that nobody documented: names and data.
pub(super) fn write(
    frames: &[Frame],
    unknown: &'static [(&'static str, &'static str)],
    selection: &mut Selection,
    rng: &mut Rng,
) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        if selection.roll(P::UnknownFrames, 4, rng) {
            let (name, data) = unknown[rng.usize(..unknown.len())];
            out.extend(dressed(Message::event(name, data), selection, rng).encode());
        }
        let name = frame.name.unwrap_or_default();
        let message =
            if frame.is_exception { Message::exception(name, &frame.data) } else { Message::event(name, &frame.data) };
        out.extend(dressed(message, selection, rng).encode());
    }
    out
}

/// The message with headers that say nothing.
fn dressed(mut message: Message, selection: &mut Selection, rng: &mut Rng) -> Message {
    if selection.roll(P::HeadersMore, 2, rng) {
        let values = [
            Value::True,
            Value::False,
            Value::Int8(-1),
            Value::Int16(300),
            Value::Int32(-70_000),
            Value::Int64(i64::MIN),
            Value::Bytes(b"\xff\x00".to_vec()),
            Value::String("exception".into()),
            Value::Timestamp(1_760_000_000_000),
            Value::Uuid([7; 16]),
        ];
        for n in 0..rng.usize(1..=3) {
            let value = values[rng.usize(..values.len())].clone();
            message = message.with_header(format!("x-trace-{n}"), value);
        }
    }
    if selection.has(P::HeadersShuffled) {
        selection.hit(P::HeadersShuffled);
        rng.shuffle(&mut message.headers);
    }
    message
}
