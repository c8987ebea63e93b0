//! Bytes that no recording has: heartbeats, very long lines, garbage; and where in a body they may stand.

use bytes::{BufMut, Bytes, BytesMut};

use super::library::Wire;

/// Bytes to be sent between those of a recording, made while they are sent.
#[derive(Clone, Debug)]
pub(super) struct Filler {
    head: Bytes,
    /// What is repeated; not empty where there is something left.
    piece: Bytes,
    /// Where in the piece the next bytes begin.
    at: usize,
    left: u64,
    tail: Bytes,
}

impl Filler {
    /// Signs of life, as the wire has them.
    pub(super) fn heartbeats(wire: Wire, count: u64) -> Self {
        let beat = match wire {
            Wire::Sse => Bytes::from_static(b": heartbeat\n\n"),
            Wire::Lines => Bytes::from_static(b"\n"),
            Wire::EventStream => empty_message(),
            Wire::Json | Wire::Html => Bytes::from_static(b" "),
        };
        let times = PIECE_BYTES / beat.len().max(1);
        let left = count.saturating_mul(beat.len() as u64);
        Self { head: Bytes::new(), piece: beat.repeat(times).into(), at: 0, left, tail: Bytes::new() }
    }

    /// One line of so many bytes, which is no JSON.
    pub(super) fn line(wire: Wire, bytes: u64) -> Self {
        let (head, tail) = match wire {
            Wire::Sse => ("data: ", "\n\n"),
            _ => ("", "\n"),
        };
        let piece = vec![b'a'; PIECE_BYTES].into();
        let left = bytes.saturating_sub((head.len()) as u64);
        Self {
            head: Bytes::from_static(head.as_bytes()),
            piece,
            at: 0,
            left,
            tail: Bytes::from_static(tail.as_bytes()),
        }
    }

    /// Random bytes of which no frame of this wire can be made. Where frames are lines they are one, so that they
    /// spoil no other; they begin with a byte that no text can have there.
    pub(super) fn garbage(wire: Wire, bytes: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut garbage = BytesMut::with_capacity(bytes + 8);
        garbage.put_u8(0xff);
        while garbage.len() < bytes {
            let byte = random.u8(..);
            garbage.put_u8(if byte == b'\n' || byte == b'\r' { 0xfe } else { byte });
        }
        let (head, tail) = match wire {
            Wire::Sse => ("data: ", "\n\n"),
            Wire::Lines => ("", "\n"),
            _ => ("", ""),
        };
        let none = Bytes::new();
        let whole = [head.as_bytes(), &garbage, tail.as_bytes()].concat();
        Self { head: whole.into(), piece: none.clone(), at: 0, left: 0, tail: none }
    }

    /// The next bytes, at most so many, which must be above zero; none at the end.
    pub(super) fn next(&mut self, max: usize) -> Option<Bytes> {
        if !self.head.is_empty() {
            return Some(self.head.split_to(self.head.len().min(max)));
        }
        if self.left > 0 && !self.piece.is_empty() {
            let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(max).min(self.piece.len() - self.at);
            let bytes = self.piece.slice(self.at..self.at + len);
            self.left -= len as u64;
            self.at = (self.at + len) % self.piece.len();
            return Some(bytes);
        }
        let len = self.tail.len().min(max);
        (len > 0).then(|| self.tail.split_to(len))
    }
}

/// The first offset from `at` on between two frames, before the first or behind the last.
pub(super) fn frame_border(wire: Wire, bytes: &[u8], at: u64) -> usize {
    let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let border = match wire {
        _ if at == 0 => Some(0),
        Wire::Sse => blank_line_ends(bytes).find(|end| *end >= at),
        Wire::Lines => bytes[at - 1..].iter().position(|byte| *byte == b'\n').map(|found| at + found),
        Wire::EventStream => messages_end(bytes).find(|end| *end >= at),
        Wire::Json | Wire::Html => None,
    };
    border.unwrap_or(bytes.len())
}

/// Where the blank lines end that end events.
fn blank_line_ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    (1..bytes.len()).filter_map(|at| {
        let before = &bytes[..=at];
        // A CR with an LF behind it ends there, not here.
        let is_whole = bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
        let is_blank = [&b"\n\n"[..], b"\n\r\n", b"\r\r", b"\r\r\n"].iter().any(|end| before.ends_with(end));
        (is_whole && is_blank).then_some(at + 1)
    })
}

/// Where messages of an AWS event stream end, as far as their lengths can be true.
fn messages_end(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let len = bytes.get(start..)?.first_chunk::<4>().map(|len| u32::from_be_bytes(*len))?;
        let len = usize::try_from(len).ok().filter(|len| *len >= MESSAGE_MIN)?;
        start = start.checked_add(len).filter(|end| *end <= bytes.len())?;
        Some(start)
    })
}

/// A message without headers and without payload.
fn empty_message() -> Bytes {
    let mut message = BytesMut::with_capacity(MESSAGE_MIN);
    message.put_u32(16);
    message.put_u32(0);
    message.put_u32(crc32fast::hash(&message));
    message.put_u32(crc32fast::hash(&message));
    message.freeze()
}

/// Fillers are sent in pieces of about this size.
const PIECE_BYTES: usize = 16 * 1024;

/// The shortest message of an AWS event stream.
const MESSAGE_MIN: usize = 16;

#[cfg(test)]
mod tests;
